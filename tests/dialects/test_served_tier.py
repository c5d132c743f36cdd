"""The tier and the model that served are read on the way through, from whole answers and from streams."""

from __future__ import annotations

import json
from typing import Any

import pytest

from comity.dialects import DIALECTS
from comity.dialects.event_stream import Frame, encode_frame
from comity.dialects.peek import Peek
from comity.exchange import AnswerKey, ModelTraits, Started, UsageReport

SEEN = Peek("m", True, True, None, 1, 10, None, {})
TRAITS = ModelTraits()


def sse(*events: Any) -> bytes:
    """Server-sent events with these bodies."""
    return b"".join(b"data: " + json.dumps(event).encode() + b"\n\n" for event in events)


def frame(kind: str, payload: Any) -> bytes:
    """One frame of Bedrock's event stream."""
    headers = {":message-type": "event", ":event-type": kind, ":content-type": "application/json"}
    return encode_frame(Frame(headers, json.dumps(payload).encode()))


CHAT_USAGE = {"prompt_tokens": 5, "completion_tokens": 2}
CHAT_CHUNK = {"id": "c", "model": "m-1", "choices": [{"index": 0, "delta": {"content": "a"}}]}
MESSAGE = {"id": "a", "model": "m-1", "content": [], "stop_reason": "end_turn"}
MESSAGE_USAGE = {"input_tokens": 5, "output_tokens": 2, "service_tier": "priority"}
RESPONSE = {"id": "r", "model": "m-1", "status": "completed", "output": [], "service_tier": "priority"}
GOOGLE = {
    "candidates": [{"content": {"parts": [{"text": "a"}]}, "finishReason": "STOP"}],
    "modelVersion": "m-1",
}
COUNT = {"promptTokenCount": 5, "candidatesTokenCount": 2}
CONVERSE_USAGE = {"inputTokens": 5, "outputTokens": 2}

WHOLE: dict[str, dict[str, Any]] = {
    "openai.chat": {"model": "m-1", "usage": CHAT_USAGE, "service_tier": "priority", "choices": []},
    "openai.responses": {**RESPONSE, "usage": {"input_tokens": 5, "output_tokens": 2}},
    "anthropic.messages": {**MESSAGE, "usage": MESSAGE_USAGE},
    "bedrock.converse": {"usage": CONVERSE_USAGE, "serviceTier": {"type": "priority"}, "output": {}},
    "gemini.generate": {**GOOGLE, "usageMetadata": {**COUNT, "serviceTier": "priority"}},
}
STREAMS = {
    "openai.chat": sse(
        CHAT_CHUNK, {**CHAT_CHUNK, "choices": [], "usage": CHAT_USAGE, "service_tier": "priority"}
    ),
    "openai.responses": sse(
        {"type": "response.created", "response": {"id": "r", "model": "m-1", "service_tier": "auto"}},
        {"type": "response.completed", "response": WHOLE["openai.responses"]},
    ),
    "anthropic.messages": sse(
        {"type": "message_start", "message": {**MESSAGE, "usage": MESSAGE_USAGE}},
        {"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": {"output_tokens": 2}},
    ),
    "bedrock.converse": frame("messageStart", {"role": "assistant"})
    + frame("metadata", {"usage": CONVERSE_USAGE, "serviceTier": {"type": "priority"}}),
    "gemini.generate": sse({**GOOGLE, "usageMetadata": {**COUNT, "trafficType": "ON_DEMAND_PRIORITY"}}),
}


@pytest.mark.parametrize("dialect", WHOLE)
def test_a_whole_answer_says_its_tier(dialect: str) -> None:
    """For metering, and in the hub's answer."""
    body = json.dumps(WHOLE[dialect]).encode()
    outline = DIALECTS[dialect].read_usage(body, TRAITS)
    assert outline.tier == "priority"
    assert outline.model == ("" if dialect == "bedrock.converse" else "m-1")


@pytest.mark.parametrize("dialect", STREAMS)
def test_a_stream_says_its_tier(dialect: str) -> None:
    """For metering on the way through, and in the hub's events."""
    spoken = DIALECTS[dialect]
    tap = spoken.tap(SEEN, TRAITS)
    tap.feed(STREAMS[dialect])
    assert (tap.tier, tap.model) == ("priority", "" if dialect == "bedrock.converse" else "m-1")
    events = spoken.EventDecoder(AnswerKey()).feed(STREAMS[dialect])
    said = [event.tier for event in events if isinstance(event, Started | UsageReport) and event.tier]
    assert said[-1] == "priority"


def test_a_chat_stream_without_a_count_says_its_tier_all_the_same() -> None:
    """The first chunk names it; a server that ends lines with CR is read as well."""
    chunk = {**CHAT_CHUNK, "service_tier": "flex"}
    for body in (sse(chunk), sse(chunk).replace(b"\n", b"\r\n")):
        tap = DIALECTS["openai.chat"].tap(SEEN, TRAITS)
        tap.feed(body)
        assert tap.tier == "flex"


@pytest.mark.parametrize(
    ("word", "tier"),
    [
        ("ON_DEMAND", "standard"),
        ("ON_DEMAND_FLEX", "flex"),
        ("PROVISIONED_THROUGHPUT", "PROVISIONED_THROUGHPUT"),
    ],
)
def test_vertex_says_what_throughput_served(word: str, tier: str) -> None:
    """Its traffic types are told in AI Studio's words, where that has one."""
    body = json.dumps({**GOOGLE, "usageMetadata": {**COUNT, "trafficType": word}}).encode()
    assert DIALECTS["gemini.generate"].read_usage(body, TRAITS).tier == tier
    assert DIALECTS["gemini.generate"].decode_response(body).service_tier == tier
