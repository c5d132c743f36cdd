"""What real clients were seen to send, replayed byte by byte: each is answered as its client understands."""

from __future__ import annotations

import http.client
import json
import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import msgspec
import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from tests.environment import unmeasured
from tests.gateway.answer_forms import check_answer
from tests.gateway.everywhere import CALLER, DISTINCT, everywhere
from tests.gateway.running import KEYS, Gateway
from tests.material import CAPTURES, read_lines

RELEVANT = ("content-type", "accept", "anthropic-version", "anthropic-beta", "user-agent")
KEY_HEADERS = ("authorization", "api-key", "x-api-key", "x-goog-api-key")
ROUTES: dict[str, tuple[str, ...]] = {
    "m": ("chat", "vectors", "messages", "converse"),
    "dep": ("responses", "vectors"),
    "gpt-4o": ("chat",),
    "gpt-5.1-codex": ("thinker",),
    "claude-sonnet-4-5": ("messages",),
    "claude-sonnet-4-5@20250929": ("raw-predict",),
    "anthropic.claude-3-haiku-20240307-v1:0": ("invoke",),
    "us.anthropic.claude-sonnet-4-5-20250929-v1:0": ("invoke",),
    "us.anthropic.claude-haiku-4-5-20251001-v1:0": ("converse",),
    "us.amazon.nova-lite-v1:0": ("converse",),
    "arn:aws:bedrock:us-east-1:123456789012:inference-profile/us.amazon.nova-lite-v1:0": ("converse",),
    "amazon.titan-embed-text-v2:0": ("titan",),
    "gemini-2.5-flash": ("studio",),
    "gemini-embedding-001": ("studio-vectors",),
    "text-embedding-005": ("vertex-vectors",),
}
"""Every model that the captures name, and what stands behind it."""
REFUSED: dict[str, tuple[int, str]] = {
    "boto3.invoke_stream": (400, "the body is one of Titan's embeddings, which nobody streams"),
}
"""Requests that are refused: with which status, and why that is right."""


LOST = {
    "tools.namespace": "what OpenAI's grouping of functions says besides the functions",
    "tools.web_search": "a tool that OpenAI runs",
    "thinking.budget_tokens": "a bound in tokens, where a target knows effort words only",
    "context_management": "a beta of Anthropic's own API",
}
"""What agents ask for that some targets cannot express: refused by name, unless the route drops it."""
ANYWHERE = ["thinker" if target == "responses" else target for target in DISTINCT]
"""Targets of agents; the model behind the Responses API is one that reasons, as theirs does."""


class Capture(msgspec.Struct):
    """One recorded request."""

    client: str
    """The client that sent it."""
    m: str
    """Method."""
    p: str
    """Path and query."""
    h: dict[str, str]
    """Headers."""
    body: Any
    """The body as JSON; None where there was none."""


def _captures(*, agents: bool = False) -> list[Any]:
    try:
        rows = [msgspec.convert(row, Capture) for row in read_lines(CAPTURES)]
    except pytest.skip.Exception as absent:
        return [pytest.param(None, marks=pytest.mark.skip(reason=str(absent)), id="none")]
    named = [(row, f"{number}-{row.client.split()[0]}") for number, row in enumerate(rows)]
    chosen = [(row, name) for row, name in named if not agents or ("cod" in name and row.m == "POST")]
    return [pytest.param(row, id=name) for row, name in chosen]


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    """A gateway with a route for every model that the captures name."""
    strict = {f"only-{target}": (target,) for target in ANYWHERE}
    with everywhere(tmp_path_factory.mktemp("captures"), ROUTES | strict, unmeasured()) as gateway:
        yield gateway


@pytest.mark.parametrize("capture", _captures())
def test_a_captured_request_is_answered(home: Gateway, capture: Capture) -> None:
    """A whole answer is valid for the dialect, a stream complete; what is refused is listed with why."""
    status, body, _ = _send(home, capture)
    expected, _why = REFUSED.get(capture.client, (200, ""))
    assert status == expected, body
    if status != 200:
        assert json.loads(body)
    elif capture.m == "POST":
        _check(capture, body)


AGENTS = pytest.mark.parametrize("capture", _captures(agents=True))


@AGENTS
@pytest.mark.parametrize("target", ANYWHERE)
def test_an_agent_works_anywhere(home: Gateway, capture: Capture, target: str) -> None:
    """Codex and Claude Code run on every target of a route that may drop what it cannot express."""
    moved = _moved(capture, target)
    status, answer, _ = _send(home, moved)
    assert status == 200, answer
    _check(moved, answer)


@AGENTS
@pytest.mark.parametrize("target", ANYWHERE)
def test_an_agent_hears_what_would_be_lost(home: Gateway, capture: Capture, target: str) -> None:
    """Where nothing may be dropped, the refusal names each parameter in the client's error shape."""
    moved = _moved(capture, f"only-{target}")
    status, answer, headers = _send(home, moved)
    if status == 200:
        _check(moved, answer)
        return
    assert status == 400
    told = json.loads(answer)
    error = told.get("error", told)
    assert error["code"] == "unsupported_parameter" if "error" in told else set(told) == {"message"}
    named = set(re.findall(r"`([^`]+)`: ", error["message"])) - {f"d-{target}"}
    assert named
    assert named <= LOST.keys()
    assert error.get("param", min(named)) in named
    assert headers["x-should-retry"] == "false"


def _moved(capture: Capture, model: str) -> Capture:
    """The same request for another model."""
    body = capture.body | ({"model": model} if "model" in capture.body else {})
    path = re.sub(r"(/models?/)[^/:]+(?::0)?", rf"\g<1>{model}", capture.p)
    return msgspec.structs.replace(capture, p=path, body=body)


def _check(capture: Capture, body: bytes) -> None:
    stream = isinstance(capture.body, dict) and capture.body.get("stream") is True
    check_answer(urlsplit(capture.p).path, body, stream=stream)


def _send(gateway: Gateway, capture: Capture) -> tuple[int, bytes, http.client.HTTPMessage]:
    """The request as recorded, with the key of a caller."""
    body = b"" if capture.body is None else json.dumps(_filled(capture.body)).encode()
    headers = {name: value for name, value in capture.h.items() if name in RELEVANT}
    address = urlsplit(gateway.url)
    headers |= _keys(capture, body, address.netloc)
    connection = http.client.HTTPConnection(address.netloc, timeout=60)
    try:
        connection.request(capture.m, capture.p, body, headers)
        answer = connection.getresponse()
        return answer.status, answer.read(), answer.headers
    finally:
        connection.close()


def _keys(capture: Capture, body: bytes, host: str) -> dict[str, str]:
    key = KEYS["app"]
    sent = {name: value for name, value in capture.h.items() if name in KEY_HEADERS}
    if not sent:
        # Claude Code was told to leave the clouds' logins out; the key comes as its users configure it.
        return {"authorization": f"Bearer {key}"}
    if "AWS4" in sent.get("authorization", ""):
        request = AWSRequest(capture.m, f"http://{host}{capture.p}", {"host": host}, body)
        keys = Credentials(CALLER.access_key_id, CALLER.secret_access_key)
        SigV4Auth(keys, "bedrock", "us-east-1").add_auth(request)
        return dict(request.headers.items())
    return {name: f"Bearer {key}" if name == "authorization" else key for name in sent}


def _filled(value: Any) -> Any:
    """A body of which only the shape was kept, with something of the same size in it."""
    if isinstance(value, dict):
        return {name: _filled(member) for name, member in value.items()}
    if isinstance(value, list):
        return [_filled(item) for item in value]
    if not isinstance(value, str):
        return value
    if size := re.fullmatch(r"<str (\d+)>", value):
        return ("word " * (int(size[1]) // 5 + 1))[: int(size[1])].strip()
    if number := re.fullmatch(r"<(\d+) tools>", value):
        return [_tool(one) for one in range(int(number[1]))]
    known = {"{...}": {"type": "ephemeral"}, "... 1 more": {"type": "text", "text": "say ok"}}
    return known.get(value, value)


def _tool(number: int) -> dict[str, Any]:
    schema = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "type": "object",
        "properties": {"path": {"type": "string", "description": "A path"}},
        "required": ["path"],
        "additionalProperties": False,
    }
    return {"name": f"Tool{number}", "description": "Does something. " * 50, "input_schema": schema}
