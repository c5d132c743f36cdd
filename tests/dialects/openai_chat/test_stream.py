"""Streamed chat completions, both ways."""

from __future__ import annotations

import json

import pytest

from comity.dialects.openai_chat import EventDecoder, EventEncoder
from comity.errors import ResponseError
from comity.exchange import (
    AnswerKey,
    Event,
    FailureClass,
    Finish,
    Finished,
    ProviderFailure,
    ReasoningDelta,
    RefusalDelta,
    Request,
    Sampling,
    Started,
    StreamEnd,
    StreamFailure,
    TextDelta,
    ToolCallDelta,
    ToolCallStart,
    Usage,
    UsageReport,
)

EVENTS: list[Event] = [
    Started("c", "m", 5),
    ReasoningDelta("hm", origin="o"),
    ReasoningDelta(signature="s", origin="o"),
    ReasoningDelta(redacted=b"x", origin="o"),
    TextDelta("hé"),
    RefusalDelta("no"),
    ToolCallStart(0, "1", "f"),
    ToolCallDelta(0, '{"a":'),
    ToolCallDelta(0, "1}"),
    ToolCallStart(1, "2", "g"),
    TextDelta("second", 1),
    Finished(Finish.STOP, "stop", 1),
    Finished(Finish.TOOL_CALLS, "tool_calls"),
    UsageReport(Usage(1, 2, output=3)),
    StreamEnd(),
]


def write(events: list[Event], request: Request) -> bytes:
    """The bytes of a stream for the client of `request`."""
    encoder = EventEncoder(request)
    return b"".join(map(encoder.encode, events))


def read(*pieces: bytes, key: AnswerKey | None = None) -> list[Event]:
    """The events of a stream."""
    decoder = EventDecoder() if key is None else EventDecoder(key)
    return [event for piece in pieces for event in decoder.feed(piece)] + decoder.flush()


ASKED = Request("m", (), stream_usage=True, sampling=Sampling(candidates=2))
STREAM = write(EVENTS, ASKED)


@pytest.mark.no_cover
def test_a_stream_with_everything_round_trips_in_any_splitting() -> None:
    """Every event comes back, cut at any byte, a character's own bytes included."""
    for cut in range(len(STREAM) + 1):
        assert read(STREAM[:cut], STREAM[cut:]) == EVENTS


def test_a_client_that_did_not_ask_sees_no_usage() -> None:
    """T28: the count stays with the gateway."""
    assert b"usage" not in write(EVENTS, Request("m", ()))


def test_usage_is_the_last_chunk_before_the_end() -> None:
    """T28 (b): a count that came with the finish is written as the chunk of its own that clients expect."""
    count = b'"usage":{"prompt_tokens":1,"completion_tokens":2}'
    stop = b'data: {"id":"c","choices":[{"delta":{},"finish_reason":"stop"}],%s}\n\n' % count
    events = read(stop + b"data: [DONE]\n\n")
    written = write(events, ASKED).split(b"\n\n")
    assert written[-2] == b"data: [DONE]"
    assert json.loads(written[-3][6:])["choices"] == []
    assert json.loads(written[-3][6:])["usage"]["total_tokens"] == 3


def test_t25_azures_chunks() -> None:
    """T25: filter chunks give nothing; the answer starts with the first chunk that has a delta."""
    filters = b'data: {"choices":[],"id":"","model":"","object":"","prompt_filter_results":[{}]}\n\n'
    late = b'data: {"choices":[{"index":0,"finish_reason":null,"content_filter_results":{}}],"id":""}\n\n'
    text = b'data: {"id":"c","choices":[{"delta":{"content":"a"}}]}\n\n'
    events = read(filters + late + text + late, key=AnswerKey(model="k"))
    assert events == [Started("c", "k"), TextDelta("a")]


def test_t26_an_error_inside_the_stream() -> None:
    """T26: an error after the role chunk is a failure with its class, and a count beside it is kept."""
    role = b'data: {"id":"c","model":"m","choices":[{"delta":{"role":"assistant"}}]}\n\n'
    error = b'data: {"error":{"message":"slow down","code":429},"usage":{"prompt_tokens":1}}\n\n'
    failure = ProviderFailure(FailureClass.RATE_LIMITED, 429, "slow down", "429")
    assert read(role + error) == [Started("c", "m"), StreamFailure(failure), UsageReport(Usage(1))]


def test_an_error_is_written_in_the_clients_shape() -> None:
    """A failure after output becomes an error event."""
    failure = ProviderFailure(FailureClass.SERVER, 500, "boom", "internalServerException")
    data = json.loads(EventEncoder(ASKED).encode(StreamFailure(failure))[6:])
    assert data["error"]["message"] == "boom"
    assert data["error"]["code"] == "internalServerException"


def test_tool_calls_of_lenient_servers() -> None:
    """No index, no id, arguments as an object, the legacy call."""
    bare = b'data: {"choices":[{"delta":{"tool_calls":[{"function":{"name":"f","arguments":{"a":1}}}]}}]}\n\n'
    assert read(bare)[1:] == [ToolCallStart(0, "call_0_0", "f"), ToolCallDelta(0, '{"a":1}')]
    legacy = b'data: {"choices":[{"delta":{"function_call":{"name":"f"}}}]}\n\n'
    assert read(legacy)[1:] == [ToolCallStart(0, "call_0_0", "f")]


def test_plain_reasoning_under_both_names() -> None:
    """`reasoning_content` and `reasoning`, with unknown details ignored."""
    for name in (b"reasoning_content", b"reasoning"):
        chunk = b'data: {"choices":[{"delta":{"%s":"hm","reasoning_details":[{"type":"?"}]}}]}\n\n' % name
        assert read(chunk)[1:] == [ReasoningDelta("hm")]


def test_details_are_numbered_by_block() -> None:
    """A signature ends its block, so that clients can put the pieces together."""
    chunks = [json.loads(line[6:]) for line in STREAM.split(b"\n\n")[2:5]]
    details = [chunk["choices"][0]["delta"]["reasoning_details"][0] for chunk in chunks]
    assert [detail["index"] for detail in details] == [0, 0, 1]


@pytest.mark.parametrize(
    "data",
    [b"oops", b"[]", b'{"choices":{}}', b'{"choices":[{"delta":{"tool_calls":[{"index":0}]}}]}', b"\xff"],
)
def test_nonsense_is_a_response_error(data: bytes) -> None:
    """A provider's garbage is refused, but a cut last event only ends the stream."""
    with pytest.raises(ResponseError):
        read(b"data: " + data + b"\n\n")
    assert read(b"data: " + data) == []


def test_a_missing_last_blank_line_is_forgiven() -> None:
    """The end mark without its blank line is still the end."""
    assert read(b"data: [DONE]") == [StreamEnd()]


def test_text_is_written_like_any_other_piece() -> None:
    """What is written once of a chunk of text follows the answer's id and each choice, whatever the text."""
    encoder = EventEncoder(Request("m", (), sampling=Sampling(candidates=2)))
    for identity in ("a", "b"):
        encoder.encode(Started(identity, "m", 5))
        for choice, text in (
            (0, "plain"),
            (1, 'quoted "}\n\n\u00e9'),
            (0, ""),
            (0, '""},"finish_reason":null}]}'),
        ):
            written = encoder.encode(TextDelta(text, choice))
            assert written.startswith(b"data: ")
            assert written.endswith(b"\n\n")
            assert json.loads(written[6:]) == {
                "id": identity,
                "object": "chat.completion.chunk",
                "created": 5,
                "model": "m",
                "choices": [{"index": choice, "delta": {"content": text}, "finish_reason": None}],
            }
