"""Streamed answers: SSE and Bedrock's frames, in any splitting, whole, cut and broken."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from comity.dialects import anthropic_messages, bedrock_invoke
from comity.dialects.anthropic_messages.stream_writer import encode_wire
from comity.dialects.bedrock_converse.failure import exception_frame
from comity.dialects.bedrock_invoke.stream import chunk_frame
from comity.dialects.event_stream import Frame, FrameDecoder, encode_frame
from comity.dialects.provenance import read_id, unwrap
from comity.dialects.sse import EventSourceDecoder
from comity.errors import ResponseError
from comity.exchange import (
    AnswerKey,
    BlockDelta,
    Citation,
    CitationDelta,
    Event,
    FailureClass,
    Finish,
    Finished,
    LogprobsDelta,
    Media,
    ModelTraits,
    Opaque,
    ProviderFailure,
    ReasoningDelta,
    RefusalDelta,
    Started,
    StreamEnd,
    StreamFailure,
    TextDelta,
    ToolCallDelta,
    ToolCallStart,
    Usage,
    UsageReport,
)

OWN = "anthropic.messages"
KEY = AnswerKey(origin=OWN, tools={"f_1": "f.1"}, created=5)
SOURCE = {"type": "char_location", "cited_text": "q"}
SEARCH: dict[str, Any] = {"type": "server_tool_use", "id": "srvtoolu_1", "name": "web_search", "input": {}}
FOUND: dict[str, Any] = {"type": "web_search_tool_result", "tool_use_id": "srvtoolu_1", "content": [{"x": 1}]}


def start(index: int, **block: Any) -> dict[str, Any]:
    """A block begins."""
    return {"type": "content_block_start", "index": index, "content_block": block}


def delta(index: int, kind: str, **members: Any) -> dict[str, Any]:
    """More of a block."""
    return {"type": "content_block_delta", "index": index, "delta": {"type": kind, **members}}


def stop(index: int) -> dict[str, Any]:
    """A block ends."""
    return {"type": "content_block_stop", "index": index}


COUNTED = {"input_tokens": 7, "cache_read_input_tokens": 2, "output_tokens": 1}
WIRE: list[dict[str, Any]] = [
    {"type": "message_start", "message": {"id": "msg_1", "model": "claude", "content": [], "usage": COUNTED}},
    {"type": "ping"},
    start(0, type="thinking", thinking="", signature=""),
    delta(0, "thinking_delta", thinking="hm"),
    delta(0, "signature_delta", signature="c2ln"),
    stop(0),
    start(1, type="redacted_thinking", data="EmwK"),
    stop(1),
    start(2, type="text", text=""),
    delta(2, "text_delta", text="so "),
    delta(2, "citations_delta", citation=SOURCE),
    delta(2, "text_delta", text="ön"),
    stop(2),
    start(3, **SEARCH),
    delta(3, "input_json_delta", partial_json='{"query"'),
    delta(3, "input_json_delta", partial_json=': "q"}'),
    stop(3),
    start(4, **FOUND),
    stop(4),
    start(5, type="tool_use", id="t1", name="f_1", input={}),
    delta(5, "input_json_delta", partial_json=""),
    delta(5, "input_json_delta", partial_json='{"a"'),
    delta(5, "input_json_delta", partial_json=":1}"),
    stop(5),
    start(6, type="tool_use", id="t2", name="g", input={}),
    stop(6),
    {
        "type": "message_delta",
        "delta": {"stop_reason": "tool_use", "stop_sequence": None, "container": {"id": "c"}},
        "usage": {"output_tokens": 20, "server_tool_use": {"web_search_requests": 1}},
        "context_management": {"applied_edits": []},
    },
    {"type": "message_stop"},
]
EVENTS: list[Event] = [
    Started("msg_1", "claude", 5, Usage(7, 2, output=1)),
    ReasoningDelta("hm", origin=OWN),
    ReasoningDelta(signature="c2ln", origin=OWN),
    ReasoningDelta(redacted=b"EmwK", origin=OWN),
    TextDelta("so "),
    CitationDelta(Citation(quote="q", origin=OWN, wire=SOURCE)),
    TextDelta("ön"),
    BlockDelta(Opaque("server_tool_use", SEARCH | {"input": {"query": "q"}}, OWN)),
    BlockDelta(Opaque("web_search_tool_result", FOUND, OWN)),
    ToolCallStart(0, "t1", "f.1"),
    ToolCallDelta(0, '{"a"'),
    ToolCallDelta(0, ":1}"),
    ToolCallStart(1, "t2", "g"),
    ToolCallDelta(1, "{}"),
    Finished(
        Finish.TOOL_CALLS,
        "tool_use",
        extra={
            "container": {"id": "c"},
            "usage.server_tool_use": {"web_search_requests": 1},
            "context_management": {"applied_edits": []},
        },
        dialect=OWN,
    ),
    UsageReport(Usage(7, 2, output=20)),
    StreamEnd(),
]
SSE = b"".join(encode_wire(event) for event in WIRE)
FRAMES = b"".join(chunk_frame(event) for event in WIRE)
FORMS = pytest.mark.parametrize(
    ("spoken", "stream"), [(anthropic_messages, SSE), (bedrock_invoke, FRAMES)], ids=["sse", "frames"]
)


def decode(spoken: Any, *pieces: bytes) -> list[Event]:
    """The events of these pieces."""
    decoder = spoken.EventDecoder(KEY)
    events: list[Event] = [event for piece in pieces for event in decoder.feed(piece)]
    events.extend(decoder.flush())
    return events


def shown(*events: Event) -> list[dict[str, Any]]:
    """The wire's events that a client gets."""
    encoder = anthropic_messages.EventEncoder()
    source = EventSourceDecoder()
    return [json.loads(one.data) for event in events for one in source.feed(encoder.encode(event))]


@FORMS
def test_a_whole_stream(spoken: Any, stream: bytes) -> None:
    """Every kind of block, and what the hub has no place for."""
    assert decode(spoken, stream) == EVENTS


@pytest.mark.no_cover
@FORMS
def test_T43_every_splitting_gives_the_same(spoken: Any, stream: bytes) -> None:
    """Cut in two at every byte."""
    for cut in range(len(stream) + 1):
        assert decode(spoken, stream[:cut], stream[cut:]) == EVENTS


@FORMS
def test_the_hubs_events_come_back(spoken: Any, stream: bytes) -> None:
    """Written and read again they are the same, names in the wire's form aside."""
    encoder = spoken.EventEncoder()
    again = decode(spoken, *(encoder.encode(event) for event in EVENTS))
    assert again == EVENTS
    assert decode(spoken, stream) == again


@FORMS
def test_a_cut_stream_is_not_whole(spoken: Any, stream: bytes) -> None:
    """Without its end there is no StreamEnd."""
    end = len(stream) // 2
    assert StreamEnd() not in decode(spoken, stream[:end])


@FORMS
def test_the_way_through_keeps_every_byte(spoken: Any, stream: bytes) -> None:
    """The tap watches: content, usage, the end; it can complete what a server left open."""
    tap = spoken.tap(spoken.peek(b'{"model":"m","messages":[]}', "m"), ModelTraits())
    passed = b"".join(tap.feed(stream[at : at + 50]) for at in range(0, len(stream), 50)) + tap.flush()
    assert passed == stream
    assert (tap.started, tap.finished, tap.done, tap.usage) == (True, True, True, Usage(7, 2, output=20))
    assert decode(spoken, tap.complete()) == [StreamEnd()]


def test_T43_keep_alives_comments_and_unknown_events() -> None:
    """Nothing that is new or idle stops the stream; usage comes once, from the end."""
    odd = b": keep-alive\n\n" + encode_wire({"type": "brand_new", "x": 1})
    mixed = b"".join(odd + encode_wire(event) for event in WIRE)
    assert decode(anthropic_messages, mixed.replace(b"\n", b"\r\n")) == EVENTS


def test_texts_that_come_with_the_start() -> None:
    """Servers that put content into the start of a block."""
    wire = [
        start(0, type="text", text="a", citations=[SOURCE]),
        start(1, type="thinking", thinking="b", signature="c2ln"),
        start(2, type="tool_use", id="t", name="f", input={"a": 1}),
        stop(2),
        delta(9, "input_json_delta", partial_json="{"),
        delta(9, "brand_new_delta"),
        {"type": "message_delta", "delta": {}, "usage": {"output_tokens": 1}},
    ]
    assert decode(anthropic_messages, *(encode_wire(event) for event in wire)) == [
        TextDelta("a"),
        CitationDelta(Citation(quote="q", origin=OWN, wire=SOURCE)),
        ReasoningDelta("b", "c2ln", origin=OWN),
        ToolCallStart(0, "t", "f"),
        ToolCallDelta(0, '{"a":1}'),
    ]


def test_opaque_blocks_that_come_in_pieces() -> None:
    """Texts join, anything else replaces."""
    wire = [
        start(0, type="compaction", content="a", n=1),
        delta(0, "compaction_delta", content="b", n=2),
        stop(0),
    ]
    block = {"type": "compaction", "content": "ab", "n": 2}
    assert decode(anthropic_messages, *(encode_wire(event) for event in wire)) == [
        BlockDelta(Opaque("compaction", block, OWN))
    ]


def test_T26_an_error_inside_the_stream() -> None:
    """Its type says what it means, and both ways."""
    wire = {"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}}
    failure = ProviderFailure(FailureClass.OVERLOADED, 529, "Overloaded", "overloaded_error")
    assert decode(anthropic_messages, encode_wire(wire)) == [StreamFailure(failure)]
    (told,) = shown(StreamFailure(failure))
    assert told["error"]["type"] == "overloaded_error"
    assert told["error"]["message"] == "Overloaded"


def test_T13_exception_frames() -> None:
    """After status 200, as Converse's; errors of the stream itself too."""
    (failed,) = decode(bedrock_invoke, exception_frame("throttlingException", "slow down"))
    assert isinstance(failed, StreamFailure)
    assert failed.failure.kind is FailureClass.RATE_LIMITED
    encoder = bedrock_invoke.EventEncoder()
    (frame,) = FrameDecoder().feed(encoder.encode(failed))
    assert frame.text(":exception-type") == "throttlingException"
    headers = {":message-type": "error", ":error-code": "X", ":error-message": "broken"}
    (failed,) = decode(bedrock_invoke, encode_frame(Frame({**headers}, b"")))
    assert isinstance(failed, StreamFailure)
    assert failed.failure.message == "broken"
    other = Frame({":message-type": "event", ":event-type": "initial-response"}, b"{}")
    assert decode(bedrock_invoke, encode_frame(other)) == []


@pytest.mark.parametrize(
    "data", [b"data: {\n\n", b"data: []\n\n", b'data: {"type":"content_block_start","content_block":1}\n\n']
)
def test_nonsense_is_no_stream(data: bytes) -> None:
    """It is the provider's fault."""
    with pytest.raises(ResponseError):
        decode(anthropic_messages, data)


@pytest.mark.parametrize("payload", [b"{", b'{"bytes":"%"}', b'{"bytes":"e30="}'])
def test_nonsense_in_a_frame(payload: bytes) -> None:
    """No JSON, no base64, no event."""
    frame = Frame({":message-type": "event", ":event-type": "chunk"}, payload)
    with pytest.raises(ResponseError):
        decode(bedrock_invoke, encode_frame(frame))


def test_frames_of_the_encoder_hold_one_event_each() -> None:
    """As the service writes them."""
    encoder = bedrock_invoke.EventEncoder()
    frames = FrameDecoder().feed(encoder.encode(Started("i", "m")) + encoder.encode(TextDelta("x")))
    kinds = [json.loads(base64.b64decode(json.loads(frame.payload)["bytes"]))["type"] for frame in frames]
    assert kinds == ["message_start", "content_block_start", "content_block_delta"]
    assert {frame.text(":event-type") for frame in frames} == {"chunk"}


def test_what_other_dialects_stream() -> None:
    """Refusals as text, blocks and log-probabilities that have no form not at all, one answer only."""
    wire = shown(
        Started("i", "m"),
        RefusalDelta("no"),
        TextDelta("other", choice=1),
        LogprobsDelta({}),
        BlockDelta(Media("image", "image/png", b"x")),
        BlockDelta(Opaque("x", {}, "openai.responses")),
        CitationDelta(Citation(title="a.pdf")),
        CitationDelta(Citation("https://x")),
        UsageReport(Usage(3, output=2)),
        Finished(Finish.REFUSAL, extra={"x": 1}, dialect="other"),
        StreamEnd(),
    )
    kinds = [event["delta"].get("type") for event in wire if event["type"] == "content_block_delta"]
    assert kinds == ["text_delta", "citations_delta"]
    assert wire[-2]["delta"] == {"stop_reason": "refusal", "stop_sequence": None}
    assert (wire[-2]["usage"]["input_tokens"], wire[-2]["usage"]["output_tokens"]) == (3, 2)


def test_T12_thoughts_of_others_carry_their_origin() -> None:
    """Signed, encrypted and plain ones; a new id begins a new block."""
    wire = shown(
        ReasoningDelta("a", origin="gemini.generate"),
        ReasoningDelta(signature="eHl6", origin="gemini.generate"),
        ReasoningDelta(redacted=b"\xff", origin="openai.responses"),
        ReasoningDelta("b", origin="openai.chat", id="r1"),
        ReasoningDelta("c", origin="openai.chat", id="r2"),
        TextDelta("so"),
    )
    signed = [event["delta"] for event in wire if event.get("delta", {}).get("type") == "signature_delta"]
    origins = [unwrapped.origin for one in signed if (unwrapped := unwrap(one["signature"])) is not None]
    assert origins == ["gemini.generate", "openai.chat", "openai.chat"]
    starts = [event["content_block"]["type"] for event in wire if event["type"] == "content_block_start"]
    assert starts == ["thinking", "redacted_thinking", "thinking", "thinking", "text"]
    indexes = [event["index"] for event in wire if event["type"] == "content_block_stop"]
    assert indexes == [0, 1, 2, 3]


def test_T19_a_signed_call_is_signed_in_its_id() -> None:
    """And its pieces belong to its block."""
    wire = shown(
        ToolCallStart(0, "c", "f", signature="c2ln", origin="gemini.generate"),
        ToolCallStart(1, "d", "g"),
        ToolCallDelta(0, "{}"),
        ToolCallDelta(1, ""),
    )
    identity, signed = read_id(wire[0]["content_block"]["id"])
    assert identity == "c"
    assert signed is not None
    assert [event["index"] for event in wire if event["type"] == "content_block_delta"] == [0]


def test_a_stream_without_a_reason_says_none() -> None:
    """Nothing is made up."""
    assert shown(StreamEnd())[0]["delta"]["stop_reason"] is None
