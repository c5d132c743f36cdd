"""A real model server behind the gateway: llama.cpp, with the official SDK and with curl in front."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import openai
import pytest
from tests.environment import unmeasured
from tests.gateway.running import BOOK, KEYS, PRICE, Gateway, serving

from comity.intake import hash_key
from comity.ledger import Attempted
from comity.simulator import Background
from comity.simulator.llama import LlamaServer, llama_available

pytestmark = pytest.mark.skipif(
    not llama_available(), reason="needs the extra `llama`: pip install comity[llama]"
)

QUESTION: Any = [{"role": "user", "content": "hello there"}]
TOOL: Any = {
    "type": "function",
    "function": {
        "name": "look_up",
        "parameters": {"type": "object", "properties": {"word": {"type": "string"}}, "required": ["word"]},
    },
}


@pytest.fixture(scope="module")
def llama_gateway(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    """A gateway in front of llama.cpp."""
    folder = tmp_path_factory.mktemp("llama")
    with LlamaServer(folder, "tools") as server, Background() as nothing:
        config = f"""
book: {BOOK}
facts: {{actor: acme}}
ledger: {{journal: ledger, fold_every: 0}}
listen: {{port: 0}}
deployments:
  - id: house
    cloud: own
    region: [swedencentral]
    model: tiny
    dialect: openai.chat
    url: {server.url}/v1
    traits: {{family: llama, completion_limit_field: max_tokens}}
    price: {PRICE}
models:
  tiny: {{from: [house]}}
callers:
  - id: app
    key: "sha256:{hash_key(KEYS["app"])}"
    facts: {{customer: acme, product: support, data: public}}
"""
        with serving(folder, nothing, config, (), unmeasured()) as gateway:
            yield gateway


def test_a_whole_and_a_streamed_answer(llama_gateway: Gateway) -> None:
    """The real server's text and counts arrive, and the ledger has the same counts."""
    sdk = llama_gateway.sdk()
    raw = sdk.chat.completions.with_raw_response.create(model="tiny", messages=QUESTION, max_tokens=8, seed=1)
    answer = raw.parse()
    assert answer.choices[0].message.content
    assert answer.usage is not None
    (attempt,) = [
        record
        for record in llama_gateway.entry(raw.headers["comity-receipt"])
        if isinstance(record, Attempted)
    ]
    assert attempt.usage is not None
    assert attempt.usage.prompt == answer.usage.prompt_tokens
    assert attempt.usage.completion == answer.usage.completion_tokens
    stream = sdk.chat.completions.create(model="tiny", messages=QUESTION, max_tokens=8, seed=1, stream=True)
    text = "".join(chunk.choices[0].delta.content or "" for chunk in stream if chunk.choices)
    assert text == answer.choices[0].message.content


def test_streamed_and_plain_in_turn(llama_gateway: Gateway) -> None:
    """The server closes a connection after a stream without a word; no request is sent into that end."""
    sdk = llama_gateway.sdk()
    for _ in range(50):
        stream = sdk.chat.completions.create(model="tiny", messages=QUESTION, max_tokens=2, stream=True)
        assert list(stream)
        assert sdk.chat.completions.create(model="tiny", messages=QUESTION, max_tokens=2).choices


def test_a_tool_call_and_its_result(llama_gateway: Gateway) -> None:
    """A tool that must be called is called, grammar-constrained; its result is taken."""
    sdk = llama_gateway.sdk()
    answer = sdk.chat.completions.create(
        model="tiny", messages=QUESTION, tools=[TOOL], tool_choice="required", max_tokens=400, seed=1
    )
    calls = answer.choices[0].message.tool_calls
    assert calls
    call: Any = calls[0]
    assert call.function.name == "look_up"
    history = [
        *QUESTION,
        {"role": "assistant", "tool_calls": [call.model_dump()]},
        {"role": "tool", "tool_call_id": call.id, "content": "a word"},
    ]
    after = sdk.chat.completions.create(model="tiny", messages=history, tools=[TOOL], max_tokens=6)
    assert after.choices


def test_the_real_servers_errors_come_through(llama_gateway: Gateway) -> None:
    """What the server refuses is the client's error, in its own words."""
    with pytest.raises(openai.BadRequestError):
        llama_gateway.sdk().chat.completions.create(
            model="tiny", messages=[{"role": "user", "content": "word " * 9000}], max_tokens=4
        )


@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")
@pytest.mark.parametrize("stream", [False, True])
def test_curl(llama_gateway: Gateway, tmp_path: Path, *, stream: bool) -> None:
    """A plain curl line works, streamed and not."""
    body = {"model": "tiny", "messages": QUESTION, "max_tokens": 6, "stream": stream}
    done = subprocess.run(
        [
            *("curl", "-sSN", f"{llama_gateway.url}/v1/chat/completions"),
            *("-H", f"authorization: Bearer {KEYS['app']}", "-H", "content-type: application/json"),
            *("-d", json.dumps(body)),
        ],
        capture_output=True,
        text=True,
        check=True,
    )
    if stream:
        assert done.stdout.rstrip().endswith("data: [DONE]")
    else:
        assert json.loads(done.stdout)["object"] == "chat.completion"
