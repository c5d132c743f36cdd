"""Recorded exchanges of real providers: what we read is what they said, in any splitting.

The recordings are other people's data and lie beside the project; without them these tests skip.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, NamedTuple

import pytest
from tests.material import read_lines, recordings

from comity.dialects import DIALECTS, bedrock_converse, openai_chat
from comity.dialects.event_stream import FrameDecoder, encode_frame
from comity.dialects.sse import EventSourceDecoder
from comity.errors import RequestError
from comity.exchange import (
    AnswerKey,
    Event,
    Finished,
    Inexpressible,
    ModelTraits,
    Response,
    StreamEnd,
    StreamFailure,
    Text,
    TextDelta,
    ToolCall,
    ToolCallDelta,
    ToolCallStart,
    Usage,
    UsageReport,
    WireRequest,
)

SOURCES = {"pydantic-ai", "otel-contrib", "fantasy", "envoy-ai-gateway"}
CHAT = {"openai-chat", "azure-chat", "compat-chat"}
CONVERSE = {"bedrock-converse", "bedrock-converse-stream"}
TRAITS = ModelTraits(
    prompt_caching=True, reasoning_signatures="required", structured_output=True, reasoning_effort=True
)


class Exchange(NamedTuple):
    """One recorded request and its answer."""

    name: str
    """File and position, for messages."""
    dialect: str
    """Name of the dialect."""
    request: bytes
    """Body of the request."""
    status: int
    """Status of the answer."""
    answer: bytes
    """Body of the answer."""
    streamed: bool
    """Whether the answer is a stream."""


@pytest.fixture(scope="module")
def recorded() -> list[Exchange]:
    """Every recorded exchange in one of the dialects."""
    return [
        Exchange(
            one.name,
            "openai.chat" if one.row["dialect"] in CHAT else "bedrock.converse",
            one.request,
            one.status,
            one.answer,
            one.streamed,
        )
        for one in recordings(lambda row: row["dialect"] in CHAT | CONVERSE and row["source"] in SOURCES)
    ]


def answers(recorded: list[Exchange], dialect: str) -> Iterator[tuple[Exchange, dict[str, Any]]]:
    """The whole answers of a dialect with their JSON, echoes of test servers aside."""
    for exchange in recorded:
        if exchange.dialect == dialect and exchange.status < 400 and not exchange.streamed:
            try:
                value = json.loads(exchange.answer)
            except ValueError:
                continue
            if "choices" in value or "output" in value:
                yield exchange, value


def streams(recorded: list[Exchange], dialect: str) -> list[Exchange]:
    """The streamed answers of a dialect."""
    return [item for item in recorded if item.dialect == dialect and item.status < 400 and item.streamed]


def said(response: Response) -> tuple[str, list[tuple[str, Any]]]:
    """Text and calls of the first choice."""
    parts = response.choices[0].parts
    calls = [(part.name, json.loads(part.arguments or "{}")) for part in parts if isinstance(part, ToolCall)]
    return "".join(part.text for part in parts if isinstance(part, Text)), calls


def heard(events: list[Event]) -> tuple[str, list[str], list[str], Usage | None]:
    """Text, tool names, argument texts and the last count of a stream."""
    usage = [event.usage for event in events if isinstance(event, UsageReport)]
    names = [event.name for event in events if isinstance(event, ToolCallStart)]
    arguments = ["" for _ in names]
    for event in events:
        if isinstance(event, ToolCallDelta):
            arguments[event.index] += event.fragment
    text = "".join(event.text for event in events if isinstance(event, TextDelta))
    return text, names, arguments, usage[-1] if usage else None


def test_requests_come_back_the_same(recorded: list[Exchange]) -> None:
    """Every accepted request is read; written in its own dialect and read again it is equal."""
    unsaid, unread, count = [], [], 0
    for exchange in recorded:
        if exchange.status >= 400:
            continue
        spoken = DIALECTS[exchange.dialect]
        try:
            request = spoken.decode_request(exchange.request, model="m")
        except RequestError as error:
            unread.append((exchange.name, str(error)))
            continue
        wire = spoken.encode_request(request, request.model, TRAITS, lossy=False)
        if isinstance(wire, Inexpressible):
            unsaid.append((exchange.name, [item.parameter for item in wire.missing]))
            continue
        again = spoken.decode_request(wire.body, model="m")
        count += 1
        if exchange.dialect == "openai.chat":
            twice = spoken.encode_request(again, again.model, TRAITS, lossy=False)
            assert isinstance(twice, WireRequest)
            assert json.loads(twice.body) == json.loads(wire.body), exchange.name
            assert (again.tools, again.sampling, again.extra) == (
                request.tools,
                request.sampling,
                request.extra,
            )
    assert count > 380
    # Video, which the hub has no part for, a breakpoint inside a part, and tools that Bedrock runs by itself.
    assert len(unsaid) <= 9, unsaid
    assert len(unread) <= 2, unread


def test_chat_answers_say_what_the_json_says(recorded: list[Exchange]) -> None:
    """Text, tool names, arguments, finish and usage of every recorded whole answer."""
    count = 0
    for exchange, value in answers(recorded, "openai.chat"):
        response = openai_chat.decode_response(exchange.answer)
        choice = value["choices"][0]
        message = choice["message"]
        calls = [
            (call["function"]["name"], json.loads(call["function"].get("arguments") or "{}"))
            for call in message.get("tool_calls") or []
        ]
        content = message.get("content")
        if isinstance(content, list):
            content = "".join(block.get("text", "") for block in content)
        assert said(response) == (content or "", calls), exchange.name
        assert response.choices[0].finish_detail == (choice.get("finish_reason") or "")
        assert response.usage is not None
        counted = value["usage"]
        assert response.usage.prompt == counted["prompt_tokens"], exchange.name
        reasoning = (counted.get("completion_tokens_details") or {}).get("reasoning_tokens") or 0
        assert response.usage.completion - counted["completion_tokens"] in {0, reasoning}, exchange.name
        assert openai_chat.read_usage(exchange.answer).usage == response.usage
        assert openai_chat.decode_response(openai_chat.encode_response(response)).usage == response.usage
        count += 1
    assert count > 200


def test_converse_answers_say_what_the_json_says(recorded: list[Exchange]) -> None:
    """Text, tool names, arguments, stop reason and usage of every recorded whole answer."""
    count = 0
    for exchange, value in answers(recorded, "bedrock.converse"):
        response = bedrock_converse.decode_response(exchange.answer)
        blocks = value["output"]["message"]["content"]
        calls = [
            (block["toolUse"]["name"], block["toolUse"]["input"])
            for block in blocks
            if "toolUse" in block and block["toolUse"].get("type") != "server_tool_use"
        ]
        text = "".join(block.get("text", "") for block in blocks)
        cited = [block["citationsContent"] for block in blocks if "citationsContent" in block]
        if not cited:
            assert said(response) == (text, calls), exchange.name
        assert response.choices[0].finish_detail == value["stopReason"]
        assert response.usage is not None
        assert response.usage.total == value["usage"]["totalTokens"], exchange.name
        count += 1
    assert count > 60


@pytest.mark.no_cover
def test_chat_streams_byte_by_byte(recorded: list[Exchange]) -> None:
    """Every recorded stream gives the same events at once and byte by byte, and ends as it should."""
    count = 0
    for exchange in streams(recorded, "openai.chat"):
        whole = openai_chat.EventDecoder()
        events = whole.feed(exchange.answer) + whole.flush()
        slow = openai_chat.EventDecoder()
        pieces = [slow.feed(exchange.answer[at : at + 1]) for at in range(len(exchange.answer))]
        assert [event for piece in pieces for event in piece] + slow.flush() == events, exchange.name
        assert isinstance(events[-1], (StreamEnd, StreamFailure)), exchange.name
        failed = any(isinstance(event, StreamFailure) for event in events)
        unsaid = b'"finish_reason":"' not in exchange.answer.replace(b'": "', b'":"')
        assert failed or unsaid != any(isinstance(event, Finished) for event in events), exchange.name
        source = EventSourceDecoder()
        chunks = [
            json.loads(sent.data) for sent in source.feed(exchange.answer) if sent.data.startswith(b"{")
        ]
        counts = [chunk["usage"] for chunk in chunks if chunk.get("usage")]
        usage = heard(events)[3]
        assert (usage is None) == (not counts), exchange.name
        if usage is not None:
            assert usage.prompt == counts[-1]["prompt_tokens"], exchange.name
        for arguments in heard(events)[2]:
            assert failed or isinstance(json.loads(arguments or "{}"), dict), exchange.name
        count += 1
    assert count > 80


def test_chat_streams_pass_the_tap_unharmed(recorded: list[Exchange]) -> None:
    """The watcher forwards every recorded stream byte for byte, sees its usage, and hides it when asked."""
    for exchange in streams(recorded, "openai.chat"):
        events = openai_chat.EventDecoder().feed(exchange.answer)
        shown = openai_chat.StreamTap(hide_usage=False)
        step = 97
        cuts = range(0, len(exchange.answer), step)
        passed = b"".join(shown.feed(exchange.answer[at : at + step]) for at in cuts) + shown.flush()
        assert passed == exchange.answer, exchange.name
        assert shown.usage == heard(events)[3], exchange.name
        failures = [event.failure for event in events if isinstance(event, StreamFailure)]
        assert shown.failure == (failures[0] if failures else None)
        hidden = openai_chat.StreamTap(hide_usage=True)
        kept = b"".join(hidden.feed(exchange.answer[at : at + step]) for at in cuts) + hidden.flush()
        assert hidden.usage == shown.usage
        again = openai_chat.EventDecoder()
        left = again.feed(kept) + again.flush()
        assert left == [event for event in events if not isinstance(event, UsageReport)], exchange.name


@pytest.mark.no_cover
def test_converse_streams_byte_by_byte(recorded: list[Exchange]) -> None:
    """Every recorded stream gives the same events byte by byte; its frames are written again as they came."""
    count = 0
    for exchange in streams(recorded, "bedrock.converse"):
        frames = FrameDecoder().feed(exchange.answer)
        assert b"".join(map(encode_frame, frames)) == exchange.answer, exchange.name
        key = AnswerKey(model="m", id="id")
        whole = bedrock_converse.EventDecoder(key)
        events = whole.feed(exchange.answer) + whole.flush()
        slow = bedrock_converse.EventDecoder(key)
        pieces = [slow.feed(exchange.answer[at : at + 1]) for at in range(len(exchange.answer))]
        assert [event for piece in pieces for event in piece] + slow.flush() == events, exchange.name
        assert isinstance(events[-1], StreamEnd), exchange.name
        metadata = json.loads(frames[-1].payload)
        usage = heard(events)[3]
        assert usage is not None
        assert usage.total == metadata["usage"]["totalTokens"], exchange.name
        for arguments in heard(events)[2]:
            assert isinstance(json.loads(arguments), dict), exchange.name
        count += 1
    assert count == 20


def test_recorded_failures_are_understood(recorded: list[Exchange]) -> None:
    """Every recorded error has a text, and a class that is the client's fault or the limit's."""
    seen = set()
    for exchange in recorded:
        if exchange.status >= 400:
            failure = DIALECTS[exchange.dialect].decode_failure(
                exchange.status, lambda _: None, exchange.answer
            )
            assert len(failure.message) > 10, exchange.name
            seen.add(failure.kind.value)
    assert seen == {"bad_request", "not_found", "rate_limited"}


@pytest.mark.parametrize("server", ["vllm_0.32.0", "llamacpp_xllamacpp_2026.10"])
def test_local_servers_are_understood(server: str) -> None:
    """Two real servers' chat answers, streams and errors."""
    count = 0
    for row in read_lines(f"material/recordings/{server}.jsonl"):
        if not row["path"].endswith("/chat/completions"):
            continue
        body = row["response"].encode()
        if row["status"] >= 400:
            failure = openai_chat.decode_failure(row["status"], lambda _: None, body)
            assert len(failure.message) > 10, row["case"]
        elif body.startswith(b"data:"):
            decoder = openai_chat.EventDecoder()
            events = decoder.feed(body) + decoder.flush()
            assert isinstance(events[-1], StreamEnd), row["case"]
            tap = openai_chat.StreamTap(hide_usage=False)
            assert tap.feed(body) == body
            assert (tap.finished, tap.usage) == (True, heard(events)[3]), row["case"]
        else:
            response = openai_chat.decode_response(body)
            assert response.usage is not None
            assert response.usage.total == json.loads(body)["usage"]["total_tokens"], row["case"]
        count += 1
    assert count > 15
