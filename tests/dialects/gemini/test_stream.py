"""Streamed answers of Google's, both ways, as events and as an array, in any splitting."""

from __future__ import annotations

import json
from typing import Any

import pytest

from comity.dialects.gemini import EventDecoder, EventEncoder, json_array
from comity.dialects.gemini.passthrough import tap
from comity.dialects.peek import Peek
from comity.errors import ResponseError
from comity.exchange import (
    AnswerKey,
    BlockDelta,
    Citation,
    CitationDelta,
    Event,
    FailureClass,
    Fault,
    Finish,
    Finished,
    LogprobsDelta,
    Media,
    ModelTraits,
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

NAME = "gemini.generate"
KEY = AnswerKey(tools={"wire": "client"}, model="asked", id="made", created=7, origin=NAME)
SEEN = Peek("m", True, True, None, 1, 1, None, {})


def sse(*chunks: dict[str, Any]) -> bytes:
    """The bytes of a stream."""
    return b"".join(b"data: %b\r\n\r\n" % json.dumps(chunk).encode() for chunk in chunks)


def chunk(*parts: dict[str, Any], usage: dict[str, int] | None = None, **candidate: Any) -> dict[str, Any]:
    """One chunk of one candidate."""
    counted = {} if usage is None else {"usageMetadata": usage}
    content = {"content": {"role": "model", "parts": list(parts)}}
    return {"candidates": [content | candidate], **counted, "responseId": "r", "modelVersion": "v"}


def read(*pieces: bytes) -> list[Event]:
    """The events of a stream."""
    decoder = EventDecoder(KEY)
    return [event for piece in pieces for event in decoder.feed(piece)] + decoder.flush()


COUNT = {"promptTokenCount": 9, "candidatesTokenCount": 1, "totalTokenCount": 10}
STREAM = sse(
    chunk({"text": "hm", "thought": True}, usage=COUNT),
    chunk({"text": "Kö"}, usage=COUNT | {"candidatesTokenCount": 2, "totalTokenCount": 11}),
    chunk({"text": "ln", "thoughtSignature": "czE="}),
    chunk({"functionCall": {"name": "wire", "args": {"a": 1}, "id": "c"}, "thoughtSignature": "czI="}),
    chunk({"executableCode": {"code": "1"}}, {"inlineData": {"mimeType": "image/png", "data": "eA=="}}),
    chunk(
        {"text": ""}, finishReason="STOP", usage=COUNT | {"candidatesTokenCount": 3, "totalTokenCount": 12}
    ),
)
EVENTS: list[Event] = [
    Started("r", "v", 7),
    ReasoningDelta("hm", origin=NAME),
    UsageReport(Usage(9, output=1)),
    TextDelta("Kö"),
    UsageReport(Usage(9, output=2)),
    ReasoningDelta("", "czE=", origin=NAME),
    TextDelta("ln"),
    ToolCallStart(0, "c", "client", signature="czI=", origin=NAME),
    ToolCallDelta(0, '{"a":1}'),
    BlockDelta(Opaque("executableCode", {"executableCode": {"code": "1"}}, NAME)),
    BlockDelta(Media("image", "image/png", b"x")),
    Finished(Finish.TOOL_CALLS, "STOP"),
    UsageReport(Usage(9, output=3)),
    StreamEnd(),
]


def test_T43_a_stream_with_everything_is_read_at_every_split() -> None:
    """Cut at any byte, the events are the same."""
    for cut in range(len(STREAM) + 1):
        assert read(STREAM[:cut], STREAM[cut:]) == EVENTS
    assert read(b": keep-alive\n\n" + STREAM) == EVENTS
    assert read(STREAM.replace(b"\r\n", b"\n")) == EVENTS


def test_T22_counts_are_cumulative_and_the_last_stands() -> None:
    """They are reported as they come and never summed."""
    reports = [event.usage for event in read(STREAM) if isinstance(event, UsageReport)]
    assert [usage.output for usage in reports] == [1, 2, 3]
    watch = tap(SEEN, ModelTraits())
    assert watch.feed(STREAM) == STREAM
    assert (watch.usage, watch.started, watch.finished, watch.done) == (Usage(9, output=3), True, True, False)
    assert watch.flush() == b""
    assert watch.done


def test_T43_a_stream_that_is_cut_has_no_end() -> None:
    """Without a reason the answer is not whole; half a chunk says nothing."""
    cut = STREAM[: STREAM.index(b"finishReason")]
    assert not any(isinstance(event, (StreamEnd, Finished)) for event in read(cut))
    assert read(b"") == []


def test_T43_nonsense_is_no_stream() -> None:
    """The provider's fault is told as one."""
    with pytest.raises(ResponseError):
        read(b"data: {oops}\n\n")


def test_T23_a_blocked_prompt_ends_as_a_filter() -> None:
    """There is no candidate at all."""
    blocked = sse({"promptFeedback": {"blockReason": "SAFETY"}, "usageMetadata": {"promptTokenCount": 4}})
    assert read(blocked)[1:] == [
        Finished(Finish.CONTENT_FILTER, "SAFETY"),
        UsageReport(Usage(4)),
        StreamEnd(),
    ]


def test_errors_come_inside_streams() -> None:
    """With status 200 before them; the code stands for the status."""
    error = {"error": {"code": 503, "message": "The model is overloaded.", "status": "UNAVAILABLE"}}
    (failed,) = read(sse(error))
    assert failed == StreamFailure(
        ProviderFailure(FailureClass.OVERLOADED, 503, "The model is overloaded.", "UNAVAILABLE")
    )
    (wordless,) = read(sse({"error": {}}))
    assert isinstance(wordless, StreamFailure)
    assert (wordless.failure.kind, wordless.failure.status) == (FailureClass.SERVER, 500)


def test_several_answers_are_told_apart() -> None:
    """Each has its calls and its end; the stream is whole when all of them are."""
    call = {"functionCall": {"name": "f"}}
    first = chunk(call, index=0, finishReason="STOP")
    second = chunk({"text": "x"}, index=1)
    both = {"candidates": [*first["candidates"], *second["candidates"]], "responseId": "r"}
    assert not any(isinstance(event, StreamEnd) for event in read(sse(both)))
    events = read(sse(both, chunk(call, index=1, finishReason="STOP")))
    starts = [event for event in events if isinstance(event, ToolCallStart)]
    assert [(start.index, start.choice) for start in starts] == [(0, 0), (0, 1)]
    assert starts[0].id != starts[1].id
    assert isinstance(events[-1], StreamEnd)


def test_sources_and_log_probabilities_come_with_the_last_chunk() -> None:
    """Places are counted over all the text so far."""
    grounding = {
        "groundingChunks": [{"web": {"uri": "u"}}],
        "groundingSupports": [{"segment": {"startIndex": 3, "endIndex": 5}, "groundingChunkIndices": [0]}],
    }
    result = {"chosenCandidates": [{"token": "K", "logProbability": -1.0}]}
    events = read(
        sse(
            chunk({"text": "Kö"}),
            chunk({"text": "ln"}, finishReason="STOP", groundingMetadata=grounding, logprobsResult=result),
        )
    )
    (cited,) = [event.citation for event in events if isinstance(event, CitationDelta)]
    assert (cited.url, cited.start, cited.end) == ("u", 2, 4)
    (logprobs,) = [event.logprobs for event in events if isinstance(event, LogprobsDelta)]
    assert logprobs["content"][0]["token"] == "K"


def arguments(*pieces: dict[str, Any], **last: Any) -> str:
    """The arguments of a call that comes in pieces."""
    first = {"functionCall": {"name": "f", "willContinue": True}}
    calls = [chunk({"functionCall": piece}) for piece in pieces]
    events = read(sse(chunk(first), *calls, chunk({"text": ""}, finishReason="STOP", **last)))
    assert [type(event) for event in events[1:]] == [ToolCallStart, ToolCallDelta, Finished, StreamEnd]
    (told,) = [event.fragment for event in events if isinstance(event, ToolCallDelta)]
    return told


def test_arguments_that_google_streams_are_put_together() -> None:
    """Values at paths, text in pieces, lists, and a call whose last piece is empty or missing."""

    def piece(path: str, more: bool = False, **value: Any) -> dict[str, Any]:  # noqa: FBT001, FBT002 - Google's own flag
        return {"partialArgs": [{"jsonPath": path, **value, "willContinue": more}], "willContinue": True}

    whole = arguments(
        piece("$.city", True, stringValue="Os"),
        piece("$.city", stringValue="lo"),
        piece("$.list[1].n", numberValue=2),
        piece("$.list[0]['odd name']", boolValue=True),
        piece("$.none"),
        piece("nonsense"),
        piece("$[0]", numberValue=1),
        piece("$.city.deeper", numberValue=1),
        piece("$.list.word", numberValue=1),
        {},
    )
    assert json.loads(whole) == {"city": "Oslo", "list": [{"odd name": True}, {"n": 2}], "none": None}
    assert arguments({"partialArgs": [{"jsonPath": "$.a", "numberValue": 1}]}) == '{"a":1}'
    assert (
        arguments({"partialArgs": [{"jsonPath": "$.a", "numberValue": 1}], "willContinue": True}) == '{"a":1}'
    )


def test_an_empty_call_without_a_beginning_is_nothing() -> None:
    """It closes a call that is closed already."""
    events = read(sse(chunk({"functionCall": {}}, finishReason="STOP")))
    assert [type(event) for event in events] == [Started, Finished, StreamEnd]


def write(*events: Event) -> list[dict[str, Any]]:
    """The chunks of a stream for a client."""
    encoder = EventEncoder(Request("m", ()))
    written = b"".join(map(encoder.encode, events))
    return [json.loads(line[6:]) for line in written.split(b"\r\n\r\n") if line]


def test_what_is_written_is_read_again() -> None:
    """The hub's events survive the way to Google's client, but for the pieces of a call."""
    written = EventEncoder(Request("m", ()))
    stream = b"".join(map(written.encode, [event for event in EVENTS if not isinstance(event, UsageReport)]))
    again = EventDecoder(AnswerKey(created=7, origin=NAME))
    seen = again.feed(stream) + again.flush()
    assert seen == [
        event if not isinstance(event, ToolCallStart) else ToolCallStart(0, "c", "client", 0, "czI=", NAME)
        for event in EVENTS
        if not isinstance(event, UsageReport)
    ]


def test_text_ends_a_call_and_encrypted_thoughts_find_home() -> None:
    """A call before text is told before it; what Claude hides travels as a signature."""
    chunks = write(
        Started("r", "m"),
        ToolCallStart(0, "a", "f"),
        ToolCallDelta(0, "{}"),
        TextDelta('"x"'),
        TextDelta("y"),
    )
    assert [list(one["candidates"][0]["content"]["parts"][0]) for one in chunks] == [
        ["functionCall"],
        ["text"],
        ["text"],
    ]
    assert chunks[1]["candidates"][0]["content"]["parts"] == [{"text": '"x"'}]
    hidden = ReasoningDelta(redacted=b"x", origin="anthropic.messages")
    assert hidden in read(EventEncoder().encode(hidden))


def test_calls_are_held_until_they_are_whole() -> None:
    """Google sends a call in one part; interleaved pieces of parallel calls are sorted out."""
    chunks = write(
        Started("r", "m"),
        ToolCallStart(0, "a", "f"),
        ToolCallStart(1, "b", "g"),
        ToolCallDelta(1, '{"y":'),
        ToolCallDelta(0, "{}"),
        ToolCallDelta(1, "2}"),
        Finished(Finish.TOOL_CALLS),
        UsageReport(Usage(1, output=2)),
        StreamEnd(),
    )
    calls = [part["functionCall"] for one in chunks for part in one["candidates"][0]["content"]["parts"]]
    assert calls == [{"id": "a", "name": "f", "args": {}}, {"id": "b", "name": "g", "args": {"y": 2}}]
    assert chunks[-1]["candidates"][0]["finishReason"] == "STOP"
    assert chunks[-1]["usageMetadata"]["totalTokenCount"] == 3


def test_a_call_that_was_cut_is_malformed() -> None:
    """Its arguments are no object: there is nothing that Google's client could run, and it is told why."""
    call = ToolCallStart(0, "a", "f"), ToolCallDelta(0, '{"y":')
    cut = write(*call, Finished(Finish.LENGTH, "length"), StreamEnd())
    assert cut[-1]["candidates"][0] == {
        "content": {"parts": [], "role": "model"},
        "index": 0,
        "finishReason": "MAX_TOKENS",
    }
    chunks = write(*call, Finished(Finish.TOOL_CALLS), StreamEnd())
    assert chunks[-1]["candidates"][0]["finishReason"] == "MALFORMED_FUNCTION_CALL"
    before = write(
        ToolCallStart(0, "a", "f"), ToolCallDelta(0, "["), TextDelta("x"), Finished(Finish.STOP), StreamEnd()
    )
    assert before[-1]["candidates"][0]["finishReason"] == "MALFORMED_FUNCTION_CALL"


def test_sources_and_log_probabilities_are_told_at_the_end() -> None:
    """And everything else as it comes; empty pieces are not sent."""
    chunks = write(
        TextDelta(""),
        RefusalDelta(""),
        BlockDelta(Opaque("x", {}, "openai.responses")),
        TextDelta("ab"),
        RefusalDelta("no"),
        CitationDelta(Citation("u", start=0, end=1)),
        LogprobsDelta({"content": [{"token": "a", "logprob": -1.0}]}),
        LogprobsDelta({"content": [{"token": "b", "logprob": -2.0}]}),
        Finished(Finish.STOP),
        StreamEnd(),
    )
    assert [one["candidates"][0]["content"]["parts"] for one in chunks] == [
        [{"text": "ab"}],
        [{"text": "no"}],
        [],
    ]
    last = chunks[-1]["candidates"][0]
    assert last["groundingMetadata"]["groundingSupports"][0]["segment"]["text"] == "a"
    assert [one["token"] for one in last["logprobsResult"]["chosenCandidates"]] == ["a", "b"]


def test_a_failure_is_an_error_chunk() -> None:
    """In Google's own shape."""
    failure = ProviderFailure(FailureClass.OVERLOADED, 503, "busy")
    (told,) = write(StreamFailure(failure))
    assert told["error"] == {"code": 503, "message": "busy", "status": "UNAVAILABLE"}


def test_a_stream_without_events_is_one_array() -> None:
    """For clients that leave `alt=sse` out; what passes through is the same at every split."""
    encoder = json_array.EventEncoder(Request("m", ()))
    whole = json.loads(b"".join(map(encoder.encode, EVENTS)))
    assert whole[-1]["usageMetadata"]["totalTokenCount"] == 12
    for cut in range(0, len(STREAM), 7):
        through = json_array.tap(SEEN, ModelTraits())
        array = through.feed(STREAM[:cut]) + through.feed(STREAM[cut:]) + through.flush()
        assert [one["responseId"] for one in json.loads(array)] == ["r"] * 6
        assert through.usage == Usage(9, output=3)


def test_an_array_is_closed_only_when_the_answer_is_whole() -> None:
    """A stream that was cut stays open, unless the gateway says why or completes it."""
    through = json_array.tap(SEEN, ModelTraits())
    opened = through.feed(STREAM[: STREAM.index(b"czE=")]) + through.flush()
    with pytest.raises(ValueError, match="Expecting"):
        json.loads(opened)
    assert json.loads(opened + through.complete())
    failed = json.loads(opened + json_array.encode_stream_failure(Fault(502, "cut")))
    assert failed[-1]["error"]["message"] == "cut"
    assert json.loads(json_array.tap(SEEN, ModelTraits()).complete()) == []
    last = json_array.tap(SEEN, ModelTraits())
    assert json.loads(last.feed(STREAM[:-4]) + last.flush())[-1]["candidates"][0]["finishReason"] == "STOP"
