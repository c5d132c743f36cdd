"""The watcher of streams that pass through."""

from __future__ import annotations

import pytest

from comity.dialects.openai_chat import StreamTap
from comity.dialects.sse import EVENT_LIMIT
from comity.errors import ResponseError
from comity.exchange import FailureClass, Usage

HEAD = b'"id":"c","object":"chat.completion.chunk","created":1,"model":"m-1"'
ROLE = b'data: {%s,"choices":[{"index":0,"delta":{"role":"assistant","content":""}}]}\n\n' % HEAD
TEXT = (
    b'data: {%s,"choices":[{"index":0,"delta":{"content":"hi"},"finish_reason":null}],"usage":null}\n\n'
    % HEAD
)
STOP = b'data: {%s,"choices":[{"index":0,"delta":{},"finish_reason":"stop"}],"usage":null}\n\n' % HEAD
COUNT = b'"usage":{"prompt_tokens":3,"completion_tokens":2,"total_tokens":5}'
USAGE = b'data: {%s,"choices":[],%s}\n\n' % (HEAD, COUNT)
DONE = b"data: [DONE]\n\n"
PLAIN = ROLE + TEXT + STOP + USAGE + DONE
CRLF = PLAIN.replace(b"\n\n", b"\r\n\r\n")
FILTERS = (
    b'data: {"choices":[],"id":"","model":"","object":"","prompt_filter_results":[{"prompt_index":0}]}\n\n'
)
ASYNC = b'data: {"id":"","choices":[{"index":0,"finish_reason":null,"content_filter_results":{}}]}\n\n'
SPENT = Usage(input=3, output=2)


def run(tap: StreamTap, *pieces: bytes) -> bytes:
    """What a client gets of a whole stream."""
    return b"".join(map(tap.feed, pieces)) + tap.flush()


@pytest.mark.parametrize("stream", [PLAIN, CRLF, b": hi\n\n" + PLAIN, PLAIN.removesuffix(b"\n\n")])
def test_shown_streams_leave_byte_for_byte_in_any_splitting(stream: bytes) -> None:
    """When nothing is hidden, every piece leaves as it came and everything is still seen."""
    for cut in range(len(stream) + 1):
        tap = StreamTap(hide_usage=False)
        assert tap.feed(stream[:cut]) == stream[:cut]
        assert tap.feed(stream[cut:]) == stream[cut:]
        assert tap.flush() == b""
        assert (tap.usage, tap.started, tap.done, tap.finished) == (SPENT, True, True, True)
        assert tap.model == "m-1"


@pytest.mark.parametrize(("stream", "usage"), [(PLAIN, USAGE), (CRLF, USAGE.replace(b"\n\n", b"\r\n\r\n"))])
def test_t28a_a_usage_chunk_is_hidden_in_any_splitting(stream: bytes, usage: bytes) -> None:
    """T28 (a): the chunk with usage only is counted and never seen by a client that did not ask."""
    for cut in range(len(stream) + 1):
        tap = StreamTap(hide_usage=True)
        assert run(tap, stream[:cut], stream[cut:]) == stream.replace(usage, b"")
        assert (tap.usage, tap.done) == (SPENT, True)


def test_t28b_usage_beside_content_is_taken_out_of_its_chunk() -> None:
    """T28 (b): usage in the last chunk with choices is counted and cut out, the rest of the chunk stays."""
    last = b'data: {%s,"choices":[{"index":0,"delta":{},"finish_reason":"stop"}],%s}\n\n' % (HEAD, COUNT)
    tap = StreamTap(hide_usage=True)
    shown = run(tap, ROLE + TEXT + last + DONE)
    assert shown == ROLE + TEXT + last.replace(b"," + COUNT, b"") + DONE
    assert tap.usage == SPENT


def test_t28c_a_stream_without_usage_has_none() -> None:
    """T28 (c): unknown is not zero."""
    tap = StreamTap(hide_usage=True)
    assert run(tap, ROLE + TEXT + STOP + DONE) == ROLE + TEXT + STOP + DONE
    assert tap.usage is None


def test_the_last_count_stands() -> None:
    """Cumulative counts on every chunk are never summed."""
    more = USAGE.replace(b'"prompt_tokens":3', b'"prompt_tokens":4')
    tap = StreamTap(hide_usage=True)
    run(tap, USAGE + more)
    assert tap.usage == Usage(input=4, output=2)


def test_t25_azures_filter_chunks_are_no_content() -> None:
    """T25: filter chunks with no choices, or choices without delta, pass and are not the first token."""
    tap = StreamTap(hide_usage=True)
    assert run(tap, FILTERS + ROLE + ASYNC) == FILTERS + ROLE + ASYNC
    assert not tap.started
    tap.feed(TEXT)
    assert tap.started


@pytest.mark.parametrize(
    "delta",
    [
        b'{"tool_calls":[{"index":0}]}',
        b'{"reasoning_content":"x"}',
        b'{"reasoning":"x"}',
        b'{"refusal":"x"}',
        b'{"function_call":{"name":"f"}}',
        b'{"audio":{"id":"a"}}',
        b'{"content":[{"type":"text","text":"x"}]}',
    ],
)
def test_every_kind_of_content_starts_the_answer(delta: bytes) -> None:
    """Not only text counts."""
    tap = StreamTap(hide_usage=False)
    tap.feed(b'data: {"choices":[{"index":0,"delta":%s}]}\n\n' % delta)
    assert tap.started


def test_t26_an_error_before_content_leaves_the_answer_unstarted() -> None:
    """T26: after the role chunk another target may still be tried."""
    tap = StreamTap(hide_usage=False)
    run(tap, ROLE + b'data: {"error":{"message":"boom","code":"server_error"}}\n\n')
    assert not tap.started
    assert tap.failure is not None
    assert (tap.failure.kind, tap.failure.message) == (FailureClass.SERVER, "boom")
    assert not tap.finished


def test_an_error_after_content_is_seen_too() -> None:
    """The first error stands."""
    tap = StreamTap(hide_usage=False)
    run(tap, TEXT + b'event: error\ndata: {"error":"first"}\n\ndata: {"error":{"message":"second"}}\n\n')
    assert tap.started
    assert tap.failure is not None
    assert tap.failure.message == "first"


def test_words_inside_the_text_are_no_marks() -> None:
    """A model that writes about usage, errors and [DONE] changes nothing."""
    said = b'data: {"choices":[{"index":0,"delta":{"content":"\\"usage\\": 1 \\"error\\" [DONE]"}}]}\n\n'
    tap = StreamTap(hide_usage=True)
    assert run(tap, said + said) == said + said
    assert (tap.usage, tap.failure, tap.done) == (None, None, False)


def test_t43_a_missing_end_mark_is_told_by_the_finish_reasons() -> None:
    """T43: without [DONE] a stream is whole when every wanted answer has finished."""
    tap = StreamTap(hide_usage=False, candidates=2)
    tap.feed(TEXT + STOP)
    assert not tap.finished
    tap.feed(STOP.replace(b'"index":0', b'"index":1'))
    assert tap.finished
    assert not tap.done


def test_broken_json_passes() -> None:
    """The watcher is no validator: what it cannot read is the client's to judge."""
    tap = StreamTap(hide_usage=True)
    assert run(tap, b'data: {"usage" oops}\n\ndata: hello\n\n') == b'data: {"usage" oops}\n\ndata: hello\n\n'


def test_an_endless_event_is_refused() -> None:
    """A server that never ends its event cannot fill the memory."""
    tap = StreamTap(hide_usage=True)
    tap.feed(b"data: ")
    with pytest.raises(ResponseError, match="longer than"):
        tap.feed(b"x" * EVENT_LIMIT)
