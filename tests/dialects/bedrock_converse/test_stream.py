"""ConverseStream, both ways, with botocore as the oracle of the wire."""

from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.eventstream import EventStreamBuffer

from comity.dialects import openai_chat
from comity.dialects.bedrock_converse import EventDecoder, EventEncoder
from comity.dialects.event_stream import Frame, encode_frame
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
    Opaque,
    ProviderFailure,
    ReasoningDelta,
    RefusalDelta,
    Request,
    Started,
    StreamEnd,
    StreamFailure,
    TextDelta,
    ToolCallDelta,
    ToolCallStart,
    Usage,
    UsageReport,
)

NAME = "bedrock.converse"
KEY = AnswerKey(tools={"a_b_1": "a.b"}, model="m", id="id", created=7, origin="o")
EVENTS: list[Event] = [
    Started("id", "m", 7),
    ReasoningDelta("hm", origin="o"),
    ReasoningDelta(signature="s", origin="o"),
    ReasoningDelta(redacted=b"x", origin="o"),
    TextDelta("hé"),
    TextDelta("llo"),
    ToolCallStart(0, "1", "f"),
    ToolCallDelta(0, '{"a":'),
    ToolCallDelta(0, "1}"),
    ToolCallStart(1, "2", "g"),
    ToolCallDelta(1, "{}"),
    Finished(Finish.TOOL_CALLS, "tool_use"),
    UsageReport(Usage(1, 2, 3, 4)),
    StreamEnd(),
]


def write(*events: Event) -> bytes:
    """The bytes of a stream."""
    encoder = EventEncoder(Request("m", ()))
    return b"".join(map(encoder.encode, events))


def read(*pieces: bytes) -> list[Event]:
    """The events of a stream."""
    decoder = EventDecoder(KEY)
    return [event for piece in pieces for event in decoder.feed(piece)] + decoder.flush()


def frame(kind: str, payload: dict[str, Any]) -> bytes:
    """A frame of the cloud."""
    headers = {":event-type": kind, ":content-type": "application/json", ":message-type": "event"}
    return encode_frame(Frame(dict(headers), json.dumps(payload).encode()))


STREAM = write(*EVENTS)


@pytest.mark.no_cover
def test_a_stream_with_everything_round_trips_in_any_splitting() -> None:
    """Every event comes back, cut at any byte."""
    for cut in range(len(STREAM) + 1):
        assert read(STREAM[:cut], STREAM[cut:]) == EVENTS


def test_blocks_are_in_order_as_the_cloud_sends_them() -> None:
    """Botocore reads the frames: each block is stopped before the next one begins, and frames are padded."""
    buffer = EventStreamBuffer()
    buffer.add_data(STREAM)
    seen = [(message.headers[":event-type"], json.loads(message.payload)) for message in buffer]
    kinds = [(kind, payload.get("contentBlockIndex")) for kind, payload in seen]
    assert kinds == [
        ("messageStart", None),
        ("contentBlockDelta", 0),
        ("contentBlockDelta", 0),
        ("contentBlockStop", 0),
        ("contentBlockDelta", 1),
        ("contentBlockStop", 1),
        ("contentBlockDelta", 2),
        ("contentBlockDelta", 2),
        ("contentBlockStop", 2),
        ("contentBlockStart", 3),
        ("contentBlockDelta", 3),
        ("contentBlockDelta", 3),
        ("contentBlockStop", 3),
        ("contentBlockStart", 4),
        ("contentBlockDelta", 4),
        ("contentBlockStop", 4),
        ("messageStop", None),
        ("metadata", None),
    ]
    assert len({len(payload["p"]) for _, payload in seen}) > 5


def test_t6_a_call_without_arguments_is_an_empty_object() -> None:
    """T6: streamed too, the client gets `{}` and never an empty string."""
    start = {"start": {"toolUse": {"toolUseId": "1", "name": "f"}}, "contentBlockIndex": 0}
    empty = {"delta": {"toolUse": {"input": ""}}, "contentBlockIndex": 0}
    stream = frame("contentBlockStart", start) + frame("contentBlockDelta", empty)
    events = read(stream + frame("contentBlockStop", {"contentBlockIndex": 0}))
    assert events == [ToolCallStart(0, "1", "f"), ToolCallDelta(0, "{}")]


def test_t7_streamed_tool_names_come_back() -> None:
    """T7: the client sees the name it declared."""
    tool = {"toolUseId": "1", "name": "a_b_1", "type": "tool_use"}
    start = {"start": {"toolUse": tool}, "contentBlockIndex": 3}
    assert read(frame("contentBlockStart", start)) == [ToolCallStart(0, "1", "a.b")]


def test_t12_signed_and_redacted_reasoning_reaches_a_chat_client() -> None:
    """T12: streamed reasoning keeps its signatures in the chat dialect."""
    encoder = openai_chat.EventEncoder(Request("m", (), stream_usage=True))
    decoder = openai_chat.EventDecoder()
    written = b"".join(encoder.encode(event) for event in read(STREAM))
    assert decoder.feed(written) == [
        Finished(Finish.TOOL_CALLS, "tool_calls") if isinstance(event, Finished) else event
        for event in EVENTS
    ]


@pytest.mark.parametrize(
    ("name", "kind", "status"),
    [
        ("throttlingException", FailureClass.RATE_LIMITED, 429),
        ("internalServerException", FailureClass.SERVER, 500),
        ("serviceUnavailableException", FailureClass.UNAVAILABLE, 503),
        ("validationException", FailureClass.BAD_REQUEST, 400),
        ("modelStreamErrorException", FailureClass.SERVER, 424),
        ("newException", FailureClass.SERVER, 500),
    ],
)
def test_t13_exception_frames_are_failures(name: str, kind: FailureClass, status: int) -> None:
    """T13: the exception's type, not the status 200, says what may be tried again."""
    headers = {":message-type": "exception", ":exception-type": name}
    stream = encode_frame(Frame(dict(headers), b'{"message":"boom"}'))
    assert read(stream) == [StreamFailure(ProviderFailure(kind, status, "boom", name))]


def test_t13_unmodelled_errors_are_failures() -> None:
    """T13: error frames carry their text in headers."""
    headers = {":message-type": "error", ":error-code": "InternalError", ":error-message": "boom"}
    failure = ProviderFailure(FailureClass.SERVER, 500, "boom", "InternalError")
    assert read(encode_frame(Frame(dict(headers), b""))) == [StreamFailure(failure)]


@pytest.mark.parametrize("kind", list(FailureClass))
def test_failures_are_written_as_exceptions_that_exist(kind: FailureClass) -> None:
    """Each class has a frame that the SDKs know."""
    (event,) = read(write(StreamFailure(ProviderFailure(kind, 500, "boom"))))
    assert isinstance(event, StreamFailure)
    assert event.failure.message == "boom"
    assert event.failure.code in {
        "throttlingException",
        "internalServerException",
        "serviceUnavailableException",
        "validationException",
        "modelStreamErrorException",
    }


def test_the_end_without_metadata_and_a_cut() -> None:
    """A stream is whole after `messageStop`, and a cut one has no end."""
    stop = frame("messageStop", {"stopReason": "guardrail_intervened"})
    assert read(stop) == [Finished(Finish.CONTENT_FILTER, "guardrail_intervened"), StreamEnd()]
    assert read(frame("messageStart", {"role": "assistant"})) == [Started("id", "m", 7)]
    assert read(stop, frame("metadata", {}))[-1:] == [StreamEnd()]


def block(start: dict[str, Any], *deltas: dict[str, Any]) -> bytes:
    """The frames of one block."""
    return b"".join(
        (
            frame("contentBlockStart", {"start": start, "contentBlockIndex": 0}),
            *(frame("contentBlockDelta", {"delta": delta, "contentBlockIndex": 0}) for delta in deltas),
            frame("contentBlockStop", {"contentBlockIndex": 0}),
        )
    )


CALL = {"toolUse": {"toolUseId": "1", "name": "code", "type": "server_tool_use"}}
RESULT = {"toolResult": {"toolUseId": "1", "type": "code_result", "status": "success"}}


def test_what_bedrock_runs_itself_comes_whole() -> None:
    """Server tools, their results and images are blocks, gathered from their pieces, and written again."""
    pieces = ({"toolUse": {"input": '{"a"'}}, {"toolUse": {"input": ":1}"}})
    stream = block(CALL, *pieces)
    stream += block(RESULT, {"toolResult": [{"text": "x"}]}, {"toolResult": [{"json": {"y": 1}}]})
    stream += block({"image": {"format": "png"}}, {"image": {"source": {"bytes": "eA=="}}})
    whole = {"toolUse": {**CALL["toolUse"], "input": {"a": 1}}}
    content = [{"text": "x"}, {"json": {"y": 1}}]
    events: list[Event] = [
        BlockDelta(Opaque("server_tool_use", whole, "bedrock.converse")),
        BlockDelta(Opaque("toolResult", {"toolResult": RESULT["toolResult"] | {"content": content}}, NAME)),
        BlockDelta(Media("image", "image/png", b"x")),
    ]
    assert read(stream) == events
    assert read(write(*events)) == events


def test_blocks_without_a_form_leave_no_trace() -> None:
    """Another dialect's block, media by address, nonsense from the cloud, and what no stream starts with."""
    for one in (
        Opaque("x", {"x": 1}, "o"),
        Opaque("guardContent", {"guardContent": {}}, NAME),
        Media("image", url="https://a"),
        Media("document", "text/plain", b"x"),
    ):
        assert write(BlockDelta(one)) == b""
    assert write(LogprobsDelta({})) == b""
    assert read(block({"image": {"format": "png"}})) == []
    broken = read(block(CALL, {"toolUse": {"input": "{"}}))
    assert isinstance(broken[0], BlockDelta)
    assert broken[0].block.wire["toolUse"]["input"] == {}  # type: ignore[union-attr]  # an opaque block
    with pytest.raises(ResponseError):
        read(block({"toolUse": {"name": "no id"}}))


def test_streamed_citations_belong_to_the_text_before_them() -> None:
    """Bedrock's own go out as they came, another dialect's with title, quote and address."""
    source = {"title": "t", "location": {"documentChar": {"documentIndex": 0}}}
    delta = frame("contentBlockDelta", {"delta": {"citation": source}, "contentBlockIndex": 0})
    cited = CitationDelta(Citation(title="t", origin=NAME, wire=source))
    assert read(delta) == [cited]
    assert read(write(TextDelta("a"), cited)) == [TextDelta("a"), cited]
    foreign = CitationDelta(Citation("https://a.example", "t", "q", origin="openai.chat", wire={"x": 1}))
    (_, again) = read(write(TextDelta("a"), foreign))
    assert isinstance(again, CitationDelta)
    assert (again.citation.url, again.citation.title, again.citation.quote) == ("https://a.example", "t", "q")


def test_a_streamed_stop_sequence_is_told_as_claude_tells_it() -> None:
    """Which sequence was met stands in the model's own fields."""
    stream = write(Finished(Finish.STOP, stop_sequence="END"))
    assert read(stream)[:1] == [Finished(Finish.STOP, "stop_sequence", stop_sequence="END")]


def test_new_events_are_skipped() -> None:
    """Unknown events and empty ones give nothing, as in the SDKs."""
    stream = (
        frame("contentBlockStart", {"start": {}, "contentBlockIndex": 1})
        + frame("contentBlockDelta", {"contentBlockIndex": 1})
        + frame("brandNew", {"x": 1})
    )
    assert read(stream) == []


def test_t14_streamed_usage_follows_the_traits() -> None:
    """T14: an input that holds the cache is taken apart."""
    counts = {"inputTokens": 10, "outputTokens": 1, "cacheReadInputTokens": 4}
    decoder = EventDecoder(AnswerKey(input_includes_cache=True))
    events = decoder.feed(frame("metadata", {"usage": counts}))
    assert events == [UsageReport(Usage(6, 4, 0, 1)), StreamEnd()]


def test_a_payload_that_cannot_be_read_is_a_response_error() -> None:
    """Right checksums around nonsense."""
    headers = {":event-type": "messageStart", ":message-type": "event"}
    with pytest.raises(ResponseError):
        read(encode_frame(Frame(dict(headers), b"oops")))


def test_only_the_first_answer_is_written() -> None:
    """Converse has one; refusals are text."""
    stream = write(
        TextDelta("b", 1), ToolCallDelta(0, "x", 1), RefusalDelta("no"), Finished(Finish.STOP, choice=1)
    )
    assert read(stream) == [TextDelta("no")]
