"""Recorded exchanges with Claude on its three surfaces: what we read is what was said, there and back.

The recordings are other people's data and lie beside the project; without them these tests skip.
"""

from __future__ import annotations

import json
from typing import Any, NamedTuple

import pytest
from tests.dialects.test_recorded import heard, said
from tests.material import beside, read_lines, recordings

from comity.dialects import DIALECTS, Dialect, anthropic_messages, bedrock_converse, openai_chat
from comity.dialects.event_stream import FrameDecoder, encode_frame
from comity.exchange import (
    AnswerKey,
    Event,
    Finished,
    ModelTraits,
    StreamEnd,
    TextDelta,
    WireRequest,
)

NAMES = {
    "anthropic-messages": "anthropic.messages",
    "vertex-anthropic": "vertex.messages",
    "bedrock-invoke": "bedrock.invoke",
    "bedrock-invoke-with-response-stream": "bedrock.invoke",
}
TRAITS = ModelTraits(max_output_tokens=5, beta_flags=("context-management-2025-06-27",))
KEY = AnswerKey(origin="anthropic.messages")
NEUTRAL = {"is_error": False, "caller": {"type": "direct"}, "citations": []}


class Exchange(NamedTuple):
    """One recorded request and its answer."""

    name: str
    """File and position, for messages."""
    spoken: Dialect
    """The dialect."""
    request: dict[str, Any]
    """Body of the request, without nulls."""
    status: int
    """Status of the answer."""
    answer: bytes
    """Body of the answer."""


def pruned(value: Any) -> Any:
    """JSON without nulls, which say nothing."""
    if isinstance(value, dict):
        return {key: pruned(item) for key, item in value.items() if item is not None}
    return [pruned(item) for item in value] if isinstance(value, list) else value


@pytest.fixture(scope="module")
def recorded() -> list[Exchange]:
    """Every recorded exchange with Claude."""
    exchanges = []
    for one in recordings(lambda row: row["dialect"] in NAMES):
        try:
            request = pruned(json.loads(one.request))
        except ValueError:
            continue
        if "messages" not in request or "nova" in one.name:
            continue  # InvokeModel with the bodies of other models
        spoken = DIALECTS[NAMES[one.row["dialect"]]]
        exchanges.append(Exchange(one.name, spoken, request, one.status, one.answer))
    return exchanges


def streamed(exchange: Exchange) -> bool:
    """Whether the answer is a stream."""
    return exchange.answer.startswith((b"event:", b"\0"))


def normal(request: dict[str, Any]) -> dict[str, Any]:
    """The request as the API understands it: text as blocks, turns joined, hosted tools last."""
    messages: list[dict[str, Any]] = []
    for message in request["messages"]:
        content = blocks(message["content"])
        for block in content:
            if block["type"] == "tool_result" and "content" in block:
                block["content"] = blocks(block["content"])
        if messages and messages[-1]["role"] == message["role"]:
            messages[-1]["content"] += content
        else:
            messages.append({"role": message["role"], "content": content})
    tools = sorted(request.get("tools", []), key=lambda tool: tool.get("type", "custom") != "custom")
    system = {"system": blocks(request["system"])} if request.get("system") else {}
    stream = {"stream": True} if request.get("stream") else {}
    rest = {k: v for k, v in request.items() if k not in {"messages", "tools", "system", "stream"}}
    return rest | {"messages": messages} | ({"tools": tools} if tools else {}) | system | stream


def blocks(content: Any) -> list[dict[str, Any]]:
    """Content as blocks, without what says nothing."""
    listed = [{"type": "text", "text": content}] if isinstance(content, str) else content
    return [
        {name: value for name, value in block.items() if value != NEUTRAL.get(name, value is None)}
        for block in listed
    ]


def test_requests_come_back_the_same(recorded: list[Exchange]) -> None:
    """Every accepted request is read, and written again says the same, member by member."""
    count = 0
    for exchange in recorded:
        if exchange.status >= 400:
            continue
        body = json.dumps(exchange.request).encode()
        request = exchange.spoken.decode_request(body, model="m")
        wire = exchange.spoken.encode_request(request, request.model, TRAITS, lossy=False)
        assert isinstance(wire, WireRequest), exchange.name
        assert wire.dropped == (), exchange.name
        assert normal(json.loads(wire.body)) == normal(exchange.request), exchange.name
        seen = exchange.spoken.peek(body, "m")
        passed = exchange.spoken.adapt(body, model=seen.model, ask_usage=True, traits=TRAITS, seen=seen)
        assert json.loads(passed.body) == exchange.request, exchange.name
        count += 1
    assert count > 100


def test_whole_answers_come_back_the_same(recorded: list[Exchange]) -> None:
    """Equal JSON, usage included; chat completions and Converse say the same of them."""
    count = 0
    for exchange in recorded:
        if exchange.status >= 400 or streamed(exchange):
            continue
        response = exchange.spoken.decode_response(exchange.answer, KEY)
        told = pruned(json.loads(exchange.answer))
        again = pruned(json.loads(exchange.spoken.encode_response(response)))
        told["content"], again["content"] = blocks(told["content"]), blocks(again["content"])
        counts, recounts = told.pop("usage"), again.pop("usage")
        assert again == told, exchange.name
        for name in counts.keys() - {"cache_creation", "output_tokens_details"}:
            assert recounts.get(name, 0) == counts[name], exchange.name
        assert response.usage is not None
        assert exchange.spoken.read_usage(exchange.answer, TRAITS).usage == response.usage
        for other in (openai_chat, bedrock_converse):
            heard_there = other.decode_response(other.encode_response(response))
            assert said(heard_there) == said(response), exchange.name
            assert heard_there.usage is not None
            assert heard_there.usage.prompt == response.usage.prompt, exchange.name
            assert heard_there.usage.completion == response.usage.completion, exchange.name
            assert heard_there.choices[0].finish is response.choices[0].finish, exchange.name
        count += 1
    assert count > 60


def bare(events: list[Event]) -> list[Event]:
    """The events without text, which may come in other pieces."""
    return [event for event in events if not isinstance(event, TextDelta)]


def test_streams_come_back_the_same(recorded: list[Exchange]) -> None:
    """At once and byte by byte, through the tap unharmed, and through the hub with equal events."""
    count = 0
    for exchange in recorded:
        if exchange.status >= 400 or not streamed(exchange):
            continue
        spoken = exchange.spoken
        whole = spoken.EventDecoder(KEY)
        events = whole.feed(exchange.answer) + whole.flush()
        assert isinstance(events[-1], StreamEnd), exchange.name
        slow = spoken.EventDecoder(KEY)
        pieces = [slow.feed(exchange.answer[at : at + 1]) for at in range(len(exchange.answer))]
        assert [event for piece in pieces for event in piece] == events, exchange.name
        tap = spoken.tap(spoken.peek(json.dumps(exchange.request).encode(), "m"), TRAITS)
        assert tap.feed(exchange.answer) == exchange.answer
        text, names, arguments, usage = heard(events)
        assert (tap.done, tap.usage) == (True, usage), exchange.name
        assert [isinstance(json.loads(one), dict) for one in arguments] == [True] * len(names)
        assert usage is not None
        encoder = spoken.EventEncoder(spoken.decode_request(json.dumps(exchange.request).encode(), model="m"))
        decoder = spoken.EventDecoder(KEY)
        again = decoder.feed(b"".join(encoder.encode(event) for event in events))
        assert bare(again) == bare(events), exchange.name
        assert heard(again)[0] == text, exchange.name
        count += 1
    assert count > 35


def test_bedrocks_frames_are_written_again_as_they_came(recorded: list[Exchange]) -> None:
    """Byte for byte."""
    for exchange in recorded:
        if exchange.answer.startswith(b"\0"):
            frames = FrameDecoder().feed(exchange.answer)
            assert b"".join(map(encode_frame, frames)) == exchange.answer, exchange.name


def test_chat_clients_hear_recorded_streams(recorded: list[Exchange]) -> None:
    """Text, names, arguments, reason and count survive the way into chat completions and Converse."""
    for exchange in recorded:
        if exchange.status >= 400 or not streamed(exchange):
            continue
        events = exchange.spoken.EventDecoder(KEY).feed(exchange.answer)
        request = exchange.spoken.decode_request(
            json.dumps(exchange.request | {"stream": True}).encode(), model="m"
        )
        for other in (openai_chat, bedrock_converse):
            encoder = other.EventEncoder(request)
            decoder = other.EventDecoder(KEY)
            there = decoder.feed(b"".join(encoder.encode(event) for event in events)) + decoder.flush()
            text, names, arguments, usage = heard(there)
            assert (text, names, arguments) == heard(events)[:3], exchange.name
            assert usage is not None
            counted = heard(events)[3]
            assert counted is not None
            assert (usage.prompt, usage.completion) == (counted.prompt, counted.completion)
            ends = [event.finish for event in there if isinstance(event, Finished)]
            assert ends == [event.finish for event in events if isinstance(event, Finished)]


def test_recorded_failures_are_understood(recorded: list[Exchange]) -> None:
    """Every recorded error has a text and a class."""
    kinds = {
        exchange.spoken.decode_failure(exchange.status, lambda _: None, exchange.answer).kind.value
        for exchange in recorded
        if exchange.status >= 400
    }
    assert kinds == {"bad_request", "not_found"}


@pytest.mark.parametrize(
    "name", ["basic", "compaction", "fallback", "fallback_credit", "refusal", "tool_use"]
)
def test_the_sdks_own_fixtures(name: str) -> None:
    """What Anthropic tests its SDK with."""
    folder = beside("material/anthropic-sdk-python")
    found = [path for path in folder.rglob(f"{name}_response.txt") if path.is_file()]
    decoder = anthropic_messages.EventDecoder(KEY)
    events = decoder.feed(found[0].read_bytes()) + decoder.flush()
    assert isinstance(events[-1], StreamEnd)


@pytest.mark.parametrize("server", ["vllm_0.32.0", "llamacpp_xllamacpp_2026.10"])
def test_local_servers_are_understood(server: str) -> None:
    """Two real servers' answers, streams, counts and errors at Anthropic's paths."""
    count = 0
    for row in read_lines(f"material/recordings/{server}.jsonl"):
        body = row["response"].encode()
        if "/v1/messages" not in row["path"]:
            continue
        count += 1
        if row["status"] >= 400:
            assert anthropic_messages.decode_failure(row["status"], lambda _: None, body).message
        elif row["path"].endswith("count_tokens"):
            assert anthropic_messages.decode_count(body) > 0
        elif body.startswith(b"event:"):
            decoder = anthropic_messages.EventDecoder(KEY)
            events = decoder.feed(body) + decoder.flush()
            assert isinstance(events[-1], StreamEnd), row["case"]
            assert heard(events)[3] is not None, row["case"]
        else:
            assert anthropic_messages.decode_response(body, KEY).usage is not None, row["case"]
    assert count > 3
