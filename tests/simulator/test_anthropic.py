"""The simulated Claude on its surfaces: keys, versions, flags, strictness, pings, errors, counts."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime
from typing import Any

import pytest

from comity.dialects import anthropic_messages, bedrock_invoke
from comity.exchange import StreamEnd, StreamFailure, Usage
from comity.http import Headers
from comity.simulator import AwsAccount, Cloud, CloudSpec, Fault, SimulatedModel
from comity.simulator.anthropic import AnthropicWire, VertexClaudeWire
from comity.simulator.anthropic_rules import sign
from comity.simulator.bedrock import BedrockWire
from comity.simulator.bedrock_invoke import BedrockInvokeWire
from comity.simulator.cloud import Ticket
from comity.simulator.wire import Asked

MODELS = (
    SimulatedModel(name="claude"),
    SimulatedModel(name="slow", requests_per_minute=1),
    SimulatedModel(name="small", context_window=100),
)
HI: list[dict[str, Any]] = [{"role": "user", "content": "hi"}]
BODY: dict[str, Any] = {"model": "claude", "max_tokens": 20, "messages": HI}
TOOL = {"name": "f", "input_schema": {"type": "object", "properties": {"a": {"type": "integer"}}}}
CALL: dict[str, Any] = {
    "role": "assistant",
    "content": [{"type": "tool_use", "id": "t1", "name": "f", "input": {}}],
}
RESULT: dict[str, Any] = {
    "role": "user",
    "content": [{"type": "tool_result", "tool_use_id": "t1", "content": "ok"}],
}
MARK = {"type": "ephemeral"}
RAW = "/model/claude/invoke"
PLACE = "/v1/projects/p/locations/europe-west1/publishers/anthropic/models"


def anthropic(**more: Any) -> Cloud:
    """An account at Anthropic."""
    spec = CloudSpec(name="a", kind="anthropic", models=MODELS, api_keys=("key",), **more)
    return Cloud(spec, AnthropicWire(spec))


def bedrock() -> Cloud:
    """Bedrock with both of its wires."""
    account = AwsAccount("id", "secret")
    spec = CloudSpec(name="b", kind="bedrock", models=MODELS, api_keys=("key",), accounts=(account,))
    return Cloud(spec, BedrockWire(spec), BedrockInvokeWire(spec))


def vertex() -> Cloud:
    """Vertex AI in one location."""
    spec = CloudSpec(name="v", kind="vertex", models=MODELS, api_keys=("key",), region="europe-west1")
    return Cloud(spec, VertexClaudeWire(spec))


def ask(cloud: Cloud, body: Any = None, path: str = "/v1/messages", **headers: str) -> Ticket:
    """The cloud's answer; headers with underscores, None where the usual one is to be left out."""
    usual = {"authorization": "Bearer key", "anthropic_version": "2023-06-01"} | headers
    pairs = [(name.replace("_", "-").encode(), value.encode()) for name, value in usual.items() if value]
    data = body if isinstance(body, bytes) else json.dumps(BODY if body is None else body).encode()
    method = "GET" if path.endswith("/models") else "POST"
    at = datetime(2026, 3, 1, tzinfo=UTC)
    return cloud.answer(Asked(method, path, "", Headers.of(tuple(pairs)), data, at), 0.0)


def told(ticket: Ticket) -> dict[str, Any]:
    """The JSON of a whole answer or a refusal."""
    value: dict[str, Any] = json.loads(b"".join(step.data for step in ticket.reply.steps))
    return value


def refused(body: dict[str, Any], **headers: str) -> str:
    """The complaint of a refusal."""
    ticket = ask(anthropic(), body, **headers)
    assert ticket.reply.status == 400, told(ticket)
    message: str = told(ticket)["error"]["message"]
    return message


def test_a_whole_answer() -> None:
    """A message with its usage and its request id."""
    ticket = ask(anthropic())
    body = told(ticket)
    assert ticket.reply.status == 200
    assert (body["type"], body["role"], body["model"]) == ("message", "assistant", "claude")
    assert body["usage"]["output_tokens"] <= 20
    assert b"request-id" in dict(ticket.reply.headers)


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"authorization": "", "x_api_key": "key"}, 200),
        ({"authorization": "", "api_key": "key"}, 200),
        ({"authorization": ""}, 401),
        ({"authorization": "Bearer other"}, 401),
        ({"anthropic_version": ""}, 400),
        ({"anthropic_version": "2020-01-01"}, 400),
        ({"anthropic_version": "2026-10-21"}, 200),
        ({"anthropic_beta": "context-1m-2025-08-07, interleaved-thinking-2025-05-14"}, 200),
        ({"anthropic_beta": "nonsense"}, 400),
    ],
)
def test_headers_are_demanded(headers: dict[str, str], status: int) -> None:
    """A key in any of its places, a version that exists, flags that could."""
    assert ask(anthropic(), **headers).reply.status == status


def test_addresses() -> None:
    """Foundry's path, the list of models, and nothing else."""
    assert ask(anthropic(), path="/anthropic/v1/messages").reply.status == 200
    assert [one["id"] for one in told(ask(anthropic(), path="/v1/models"))["data"]] == [
        "claude",
        "slow",
        "small",
    ]
    assert ask(anthropic(), path="/v1/batches").reply.status == 404
    assert ask(anthropic(), BODY | {"model": "other"}).reply.status == 404
    assert ask(anthropic(), {"messages": HI}).reply.status == 400
    assert AnthropicWire(anthropic().spec).serves(
        Asked("POST", "/v1/messages", "", Headers.of(()), b"", datetime(2026, 1, 1, tzinfo=UTC))
    )


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"messages": []}, "at least one message"),
        ({"max_tokens": None}, "max_tokens"),
        ({"max_tokens": "5"}, "valid integer"),
        ({"stream": 1}, "valid boolean"),
        ({"foo": 1}, "foo: Extra inputs"),
        ({"metadata": {"x": 1}}, "metadata.x: Extra inputs"),
        ({"context_management": {}}, "context_management: Extra inputs"),
        ({"messages": ["x"]}, "should be an object"),
        ({"messages": [{"role": "user"}]}, "messages.0.content: Field required"),
        ({"messages": [{"role": "user", "content": "x", "name": "b"}]}, "messages.0.name: Extra inputs"),
        ({"messages": [{"role": "tool", "content": "x"}]}, "messages.0.role"),
        ({"messages": [{"role": "user", "content": 1}]}, "valid list"),
        ({"messages": [{"role": "assistant", "content": "x"}]}, "first message"),
        ({"messages": [{"role": "user", "content": ""}]}, "non-empty content"),
        ({"messages": [{"role": "user", "content": [{"text": "x"}]}]}, "type: Field required"),
        ({"messages": [{"role": "user", "content": [{"type": "audio"}]}]}, "does not match any"),
        ({"messages": [{"role": "user", "content": [{"type": "text"}]}]}, "text.text: Field required"),
        ({"messages": [{"role": "user", "content": [{"type": "text", "text": 1}]}]}, "valid string"),
        (
            {"messages": [{"role": "user", "content": [{"type": "text", "text": "x", "y": 1}]}]},
            "text.y: Extra inputs",
        ),
        ({"messages": [{"role": "user", "content": [{"type": "text", "text": ""}]}]}, "non-empty"),
        ({"messages": [{"role": "user", "content": [{"type": "text", "text": " "}]}]}, "non-whitespace"),
        (
            {"messages": [{"role": "user", "content": [{"type": "image", "source": {"type": "s3"}}]}]},
            "source.type",
        ),
        (
            {"messages": [{"role": "user", "content": [{"type": "image", "source": {"type": "url"}}]}]},
            "expected exactly url",
        ),
        ({"system": [{"type": "image"}]}, "system.0"),
        ({"system": [{"type": "text", "text": " "}]}, "system: text"),
        ({"messages": [*HI, CALL, RESULT]}, "must define tools"),
        ({"messages": [*HI, CALL], "tools": [TOOL]}, "without `tool_result`"),
        ({"messages": [*HI, CALL, *HI], "tools": [TOOL]}, "immediately after: t1"),
        ({"messages": [*HI, RESULT], "tools": [TOOL]}, "unexpected `tool_use_id`"),
        (
            {
                "messages": [*HI, CALL, {"role": "user", "content": RESULT["content"] * 2}],
                "tools": [TOOL],
            },
            "single result",
        ),
        (
            {
                "messages": [
                    *HI,
                    {
                        "role": "assistant",
                        "content": [{"type": "tool_use", "id": "a b", "name": "f", "input": {}}],
                    },
                ]
            },
            "should match pattern",
        ),
        ({"tools": ["x"]}, "should be an object"),
        ({"tools": [{"name": "f"}]}, "input_schema: Field required"),
        ({"tools": [TOOL | {"name": "a b"}]}, "should match pattern"),
        ({"tools": [TOOL | {"x": 1}]}, "custom.x: Extra inputs"),
        ({"tools": [TOOL | {"input_schema": {}}]}, "input_schema.type"),
        ({"tool_choice": {"type": "auto"}}, "while providing `tools`"),
        ({"temperature": 1.5}, "range: 0..1"),
        ({"stop_sequences": [" "]}, "non-whitespace"),
        ({"thinking": {"type": "sometimes"}}, "thinking.type"),
        ({"thinking": {"type": "enabled", "budget_tokens": 5}}, "greater than or equal to 1024"),
        ({"thinking": {"type": "enabled", "budget_tokens": 1024}}, "greater than `thinking"),
        ({"thinking": {"type": "adaptive"}, "temperature": 0.5}, "only be set to 1"),
        (
            {"thinking": {"type": "adaptive"}, "tools": [TOOL], "tool_choice": {"type": "any"}},
            "forces tool use",
        ),
        (
            {"thinking": {"type": "adaptive"}, "tools": [TOOL], "messages": [*HI, CALL, RESULT]},
            "Expected `thinking`",
        ),
        (
            {
                "messages": [
                    *HI,
                    {
                        "role": "assistant",
                        "content": [{"type": "thinking", "thinking": "a", "signature": "x"}],
                    },
                ]
            },
            "Invalid `signature`",
        ),
        (
            {
                "messages": [
                    {"role": "user", "content": [{"type": "text", "text": "x", "cache_control": MARK}] * 5}
                ]
            },
            "maximum of 4",
        ),
    ],
)
def test_what_the_api_refuses(changes: dict[str, Any], words: str) -> None:
    """In its own words."""
    body = {name: value for name, value in (BODY | changes).items() if value is not None}
    assert words in refused(body)


def test_consecutive_turns_are_one() -> None:
    """The API joins them, so they are no mistake; results may come in several messages."""
    twice = {"role": "assistant", "content": "so"}
    body = BODY | {"messages": [*HI, *HI, twice, CALL, RESULT, *HI], "tools": [TOOL]}
    assert ask(anthropic(), body).reply.status == 200


def test_hosted_blocks_and_tools_are_left_alone() -> None:
    """Anthropic's own are not looked at; a signature of the model's is right."""
    content = [
        {"type": "thinking", "thinking": "a", "signature": sign("a")},
        {"type": "redacted_thinking", "data": "x"},
        {"type": "server_tool_use", "id": "srvtoolu_1", "name": "web_search", "input": {}},
        {"type": "web_search_tool_result", "tool_use_id": "srvtoolu_1", "content": []},
    ]
    messages = [*HI, {"role": "assistant", "content": content}, *HI]
    tools = [{"type": "web_search_20250305", "name": "web_search"}]
    assert ask(anthropic(), BODY | {"messages": messages, "tools": tools}).reply.status == 200


def test_versions_and_flags_change_what_is_taken() -> None:
    """The later version takes no sampling; a member of a beta needs its flag."""
    assert "temperature: Extra" in refused(BODY | {"temperature": 1.0}, anthropic_version="2026-10-21")
    body = BODY | {"context_management": {"edits": []}}
    assert ask(anthropic(), body, anthropic_beta="context-management-2025-06-27").reply.status == 200


@pytest.mark.parametrize("body", [b"{", b"[]"])
def test_bodies_that_are_none(body: bytes) -> None:
    """On every surface."""
    assert ask(vertex(), body, f"{PLACE}/claude:rawPredict").reply.status == 400
    invoked = json.dumps([*HI, "messages"]).encode() if body == b"[]" else b'{"messages"'
    assert ask(bedrock(), invoked, RAW).reply.status == 400


def test_a_stream_pings_and_thinks() -> None:
    """Signed thoughts, text, an end with the whole count."""
    body = BODY | {"stream": True, "max_tokens": 2000, "thinking": {"type": "enabled", "budget_tokens": 1024}}
    ticket = ask(anthropic(), body)
    stream = b"".join(step.data for step in ticket.reply.steps)
    assert b"event: ping" in stream
    decoder = anthropic_messages.EventDecoder()
    events = decoder.feed(stream)
    assert isinstance(events[-1], StreamEnd)
    assert ticket.reply.composition is not None
    assert ticket.reply.composition.usage().reasoning > 0


def test_tools_are_called() -> None:
    """With an empty first piece, as the real one streams."""
    body = BODY | {"stream": True, "tools": [TOOL], "tool_choice": {"type": "any"}}
    stream = b"".join(step.data for step in ask(anthropic(), body).reply.steps)
    assert b'"partial_json": ""' in stream
    assert b'"toolu_' in stream
    assert told(ask(anthropic(), body | {"stream": False}))["content"][0]["type"] == "tool_use"


def test_limits_filters_and_failures() -> None:
    """In Anthropic's shape, with a wait where there is one."""
    cloud = anthropic(faults=(Fault(kind="status", status=529, first=9),))
    assert ask(cloud, BODY | {"model": "slow"}).reply.status == 200
    limited = ask(cloud, BODY | {"model": "slow"})
    assert (limited.reply.status, told(limited)["error"]["type"]) == (429, "rate_limit_error")
    assert b"retry-after" in dict(limited.reply.headers)
    long = told(ask(cloud, BODY | {"model": "small", "messages": [{"role": "user", "content": "x" * 999}]}))
    assert "prompt is too long" in long["error"]["message"]
    filtered = [{"role": "user", "content": "simulate: filter"}]
    assert "content filtering" in told(ask(cloud, BODY | {"messages": filtered}))["error"]["message"]
    wire = AnthropicWire(cloud.spec)
    assert wire.fail(429).headers[-1] == (b"retry-after", b"1")
    assert json.loads(wire.fail(599).body)["error"]["type"] == "api_error"
    (failed,) = anthropic_messages.EventDecoder().feed(wire.exception(529))
    assert isinstance(failed, StreamFailure)
    assert b"content_block_delta" in wire.malformed()


def test_cache_writes_have_a_lifetime() -> None:
    """An hour's are counted apart, and read the second time."""
    text = {"type": "text", "text": "word " * 2000, "cache_control": MARK | {"ttl": "1h"}}
    cloud = anthropic()
    body = BODY | {"messages": [{"role": "user", "content": [text]}]}
    first, second = told(ask(cloud, body))["usage"], told(ask(cloud, body))["usage"]
    assert first["cache_creation"]["ephemeral_1h_input_tokens"] > 1024
    assert second["cache_read_input_tokens"] == first["cache_creation"]["ephemeral_1h_input_tokens"]
    brief = BODY | {
        "messages": [{"role": "user", "content": [text | {"text": "s " * 3000, "cache_control": MARK}]}]
    }
    assert told(ask(cloud, brief))["usage"]["cache_creation"]["ephemeral_5m_input_tokens"] > 1024


def test_counts_are_free() -> None:
    """Nothing is generated or billed; what is no part of a prompt is refused."""
    cloud = anthropic()
    ticket = ask(cloud, {"model": "claude", "messages": HI}, "/v1/messages/count_tokens")
    cloud.settle(ticket, "complete", 0)
    assert told(ticket)["input_tokens"] > 0
    assert cloud.record.usage() == Usage()
    assert ask(cloud, BODY, "/v1/messages/count_tokens").reply.status == 400
    inner = base64.b64encode(json.dumps({**BEDROCK, "max_tokens": 1}).encode()).decode()
    counted = ask(bedrock(), {"input": {"invokeModel": {"body": inner}}}, "/model/claude/count-tokens")
    assert told(counted)["inputTokens"] > 0
    asked = {"model": "claude", "anthropic_version": "vertex-2023-10-16", "messages": HI}
    assert told(ask(vertex(), asked, f"{PLACE}/count-tokens:rawPredict"))["input_tokens"] > 0


BEDROCK = {"anthropic_version": "bedrock-2023-05-31", "max_tokens": 20, "messages": HI}


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"anthropic_version": None}, "anthropic_version: Field required"),
        ({"anthropic_version": "2023-06-01"}, "anthropic_version: Input"),
        ({"model": "m"}, "model: Extra"),
        ({"stream": True}, "stream: Extra"),
        ({"anthropic_beta": ["claude-code-20250219"]}, "invalid beta flag"),
        (
            {
                "messages": [
                    {"role": "user", "content": [{"type": "image", "source": {"type": "url", "url": "u"}}]}
                ]
            },
            "URL sources",
        ),
        ({"max_tokens": None}, "max_tokens: Field required"),
        (
            {
                "messages": [
                    {
                        "role": "user",
                        "content": [
                            {
                                "type": "image",
                                "source": {"type": "base64", "media_type": "image/png", "data": "%"},
                            }
                        ],
                    }
                ]
            },
            "base64",
        ),
    ],
)
def test_bedrocks_own_strictness(changes: dict[str, Any], words: str) -> None:
    """As a validation exception."""
    body = {name: value for name, value in (BEDROCK | changes).items() if value is not None}
    ticket = ask(bedrock(), body, RAW)
    assert (ticket.reply.status, ticket.reply.code) == (400, "ValidationException")
    assert words in told(ticket)["message"]


def test_bedrock_streams_frames() -> None:
    """One event each, the last with the metrics; whole answers are Anthropic's; other models are unknown."""
    stream = b"".join(
        step.data for step in ask(bedrock(), BEDROCK, f"{RAW}-with-response-stream").reply.steps
    )
    assert isinstance(bedrock_invoke.EventDecoder().feed(stream)[-1], StreamEnd)
    assert told(ask(bedrock(), BEDROCK, RAW))["type"] == "message"
    assert ask(bedrock(), BEDROCK, "/model/other/invoke").reply.status == 400
    assert ask(bedrock(), {"inputText": "x"}, RAW).reply.status == 404
    wire = BedrockInvokeWire(bedrock().spec)
    at = datetime(2026, 1, 1, tzinfo=UTC)
    strange = wire.locate(Asked("GET", RAW, "", Headers.of(()), b"", at))
    assert getattr(strange, "status", 0) == 404


def test_vertex_is_addressed_by_place() -> None:
    """Another location, another model and a missing token are Google's errors."""
    body = {"anthropic_version": "vertex-2023-10-16", "max_tokens": 20, "messages": HI}
    assert told(ask(vertex(), body, f"{PLACE}/claude:rawPredict"))["type"] == "message"
    elsewhere = PLACE.replace("europe-west1", "us-central1")
    assert ask(vertex(), body, f"{elsewhere}/claude:rawPredict").reply.status == 404
    assert ask(vertex(), body, f"{PLACE}/other:rawPredict").reply.status == 404
    denied = ask(vertex(), body, f"{PLACE}/claude:rawPredict", authorization="")
    assert (denied.reply.status, told(denied)["error"]["status"]) == (401, "UNAUTHENTICATED")
    assert ask(vertex(), body | {"model": "m"}, f"{PLACE}/claude:rawPredict").reply.status == 400
    bad = [
        {
            "role": "user",
            "content": [
                {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "%"}}
            ],
        }
    ]
    assert ask(vertex(), body | {"messages": bad}, f"{PLACE}/claude:rawPredict").reply.status == 400
    wire = VertexClaudeWire(vertex().spec)
    assert wire.serves(
        Asked("POST", f"{PLACE}/m:rawPredict", "", Headers.of(()), b"", datetime(2026, 1, 1, tzinfo=UTC))
    )
