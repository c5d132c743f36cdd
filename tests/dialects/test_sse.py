"""Server-sent events in any splitting."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from comity.dialects.sse import EventSourceDecoder, ServerSentEvent, encode_event
from comity.errors import ResponseError

STREAM = (
    b"\xef\xbb\xbf: hello\n\ndata: one\ndata:two\nid: 7\n\n"
    b"event: ping\r\ndata: \r\n\r\n:keep-alive\r\rdata: cr\r\rnothing: here\n\nretry: 3\ndata\n\ndata: last"
)
EVENTS = [
    ServerSentEvent(b"one\ntwo", id=b"7"),
    ServerSentEvent(b"", event=b"ping"),
    ServerSentEvent(b"cr"),
    ServerSentEvent(b""),
    ServerSentEvent(b"last"),
]


def read(*pieces: bytes) -> list[ServerSentEvent]:
    """The events of a whole stream."""
    decoder = EventSourceDecoder()
    return [event for piece in pieces for event in decoder.feed(piece)] + decoder.flush()


def test_every_line_end_comments_a_byte_order_mark_and_a_missing_last_blank_line() -> None:
    """The grammar's corner cases in one stream."""
    assert read(STREAM) == EVENTS


@pytest.mark.parametrize("cut", range(len(STREAM) + 1))
def test_the_splitting_of_the_bytes_does_not_matter(cut: int) -> None:
    """A stream cut anywhere, a carriage return from its line feed included, gives the same events."""
    assert read(STREAM[:cut], STREAM[cut:]) == EVENTS


def test_bytes_one_by_one() -> None:
    """Single bytes give the same events."""
    assert read(*(bytes((byte,)) for byte in STREAM)) == EVENTS


def test_an_event_is_given_as_soon_as_its_blank_line_is_there() -> None:
    """Nothing waits for the next event."""
    assert EventSourceDecoder().feed(b"data: x\n\n") == [ServerSentEvent(b"x")]


def test_pieces_of_whole_events_are_no_different() -> None:
    """Several at once, odd ones between them, and a name that came with the piece before."""
    pieces = (
        b"data: a\n\nevent: x\n",
        b"data: b\n\n",
        b"data: c\n\n\ndata:d\n\nevent: y\ndata: e\ndata: f\n\n",
    )
    assert read(*pieces) == read(b"".join(pieces))
    assert read(*pieces)[1:] == [
        ServerSentEvent(b"b", b"x"),
        ServerSentEvent(b"c"),
        ServerSentEvent(b"d"),
        ServerSentEvent(b"e\nf", b"y"),
    ]


def test_a_long_whole_event_is_refused() -> None:
    """The limit holds for a piece that is whole."""
    decoder = EventSourceDecoder(limit=16)
    decoder.feed(b"data: x\n\n")
    with pytest.raises(ResponseError, match="longer than 16"):
        decoder.feed(b"data: 12345678901234567890\n\n")


def test_an_event_without_data_is_none() -> None:
    """Names and ids alone dispatch nothing."""
    assert read(b"event: x\nid: 1\n\n") == []


def test_an_endless_event_is_refused() -> None:
    """A server that never ends its event cannot fill the memory, with lines or without."""
    for piece in (b"data: 123456789\n", b"1234567890123456"):
        decoder = EventSourceDecoder(limit=64)
        for _ in range(4):
            assert decoder.feed(piece) == []
        with pytest.raises(ResponseError, match="longer than 64"):
            decoder.feed(piece)


def test_a_long_stream_of_short_events_and_comments_is_no_endless_event() -> None:
    """The limit counts one event, not the stream."""
    decoder = EventSourceDecoder(limit=64)
    events = [event for _ in range(100) for event in decoder.feed(b": alive\n\ndata: x\n\n")]
    assert len(events) == 100


@given(
    st.lists(st.builds(ServerSentEvent, st.binary(min_size=1), st.sampled_from([b"", b"error"]))),
    st.integers(1, 9),
)
def test_encode_and_decode_are_inverse(events: list[ServerSentEvent], size: int) -> None:
    """What was written is read again, in pieces of any size."""
    clean = [
        ServerSentEvent(event.data.replace(b"\r", b""), event.event)
        for event in events
        if event.data.replace(b"\r", b"")
    ]
    written = b"".join(map(encode_event, clean))
    assert read(*(written[at : at + size] for at in range(0, len(written), size))) == clean


def test_an_id_is_written() -> None:
    """Encode writes every field that is set."""
    assert encode_event(ServerSentEvent(b"a\nb", b"e", b"1")) == b"event: e\nid: 1\ndata: a\ndata: b\n\n"


@pytest.mark.parametrize("end", [b"\n", b"\r\n"])
@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
def test_a_piece_of_whole_events_is_read_like_its_bytes(end: bytes, mark: bytes) -> None:
    """The short way for pieces that end with an event, at the beginning of a stream and later."""
    piece = end.join(
        (b"event: a", b"data: 1", b"", b"data: 2", b"", b": note", b"data: 3", b"data: 4", b"", b"")
    )
    whole, slow = EventSourceDecoder(), EventSourceDecoder()
    for stream in (mark + piece, piece):
        seen = [event for byte in stream for event in slow.feed(bytes((byte,)))]
        assert whole.feed(stream) == seen
        assert [event.data for event in seen] == [b"1", b"2", b"3\n4"]
