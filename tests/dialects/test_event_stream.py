"""Amazon's event stream against botocore's reader and writer, and against damage."""

from __future__ import annotations

import struct
from zlib import crc32

import pytest
from botocore.eventstream import EventStreamBuffer
from hypothesis import given
from hypothesis import strategies as st

from comity.dialects.event_stream import (
    HEADER_LIMIT,
    Frame,
    FrameDecoder,
    HeaderValue,
    encode_frame,
)
from comity.errors import ResponseError

NAMES = st.text(st.characters(codec="ascii", min_codepoint=33), min_size=1, max_size=40)
VALUES: st.SearchStrategy[HeaderValue] = st.one_of(
    st.text(max_size=60), st.binary(max_size=60), st.booleans(), st.integers(-(2**63), 2**63 - 1)
)
FRAMES = st.builds(Frame, st.dictionaries(NAMES, VALUES, max_size=5), st.binary(max_size=200))
HELLO = encode_frame(Frame({":event-type": "hello", ":message-type": "event"}, b'{"x":1}'))


def frame_bytes(headers: bytes, payload: bytes = b"") -> bytes:
    """A frame with right checksums around any headers."""
    lengths = struct.pack(">II", len(headers) + len(payload) + 16, len(headers))
    message = lengths + struct.pack(">I", crc32(lengths)) + headers + payload
    return message + struct.pack(">I", crc32(message))


@given(st.lists(FRAMES, max_size=4), st.integers(1, 50))
def test_decode_and_encode_are_inverse_in_any_splitting(frames: list[Frame], size: int) -> None:
    """Frames written and read again are the same, cut into pieces of any size."""
    written = b"".join(map(encode_frame, frames))
    decoder = FrameDecoder()
    pieces = [written[at : at + size] for at in range(0, len(written), size)]
    assert [frame for piece in pieces for frame in decoder.feed(piece)] == frames
    decoder.flush()


@given(FRAMES)
def test_botocore_reads_what_is_written(frame: Frame) -> None:
    """The official reader finds the same headers and payload, and both checksums right."""
    buffer = EventStreamBuffer()
    buffer.add_data(encode_frame(frame))
    message = next(iter(buffer))
    assert (message.headers, message.payload) == (frame.headers, frame.payload)


def test_every_header_type_is_read() -> None:
    """All ten types of the format, as botocore reads them."""
    values = [
        b"\0",
        b"\1",
        b"\2\xff",
        b"\3\x01\x00",
        b"\4\x00\x00\x00\x05",
        b"\5" + struct.pack(">q", -6),
        b"\6\x00\x02ab",
        b"\7\x00\x03\xe2\x82\xac",
        b"\x08" + struct.pack(">q", 1234),
        b"\x09" + bytes(range(16)),
    ]
    headers = b"".join(bytes((1, 97 + index)) + value for index, value in enumerate(values))
    buffer = EventStreamBuffer()
    buffer.add_data(frame_bytes(headers))
    expected = next(iter(buffer)).headers
    (frame,) = FrameDecoder().feed(frame_bytes(headers))
    assert list(frame.headers.values())[:9] == list(expected.values())[:9]
    assert frame.headers["j"] == bytes(range(16))
    assert frame.text("h") == "€"
    assert frame.text("g") == ""


@given(st.integers(0, len(HELLO) - 1), st.integers(1, 255))
def test_any_damaged_byte_is_noticed(at: int, flip: int) -> None:
    """A frame with one wrong byte is never believed: refused, or waited for when a length grew."""
    damaged = bytearray(HELLO)
    damaged[at] ^= flip
    decoder = FrameDecoder()
    with pytest.raises(ResponseError):
        assert decoder.feed(bytes(damaged)) == []


@pytest.mark.parametrize(
    ("total", "headers", "why"),
    [(15, 0, "out of bounds"), (16, 1, "out of bounds"), (2**31, 0, "out of bounds")],
)
def test_impossible_lengths_are_refused(total: int, headers: int, why: str) -> None:
    """Lengths are bounded before anything is buffered."""
    lengths = struct.pack(">II", total, headers)
    with pytest.raises(ResponseError, match=why):
        FrameDecoder().feed(lengths + struct.pack(">I", crc32(lengths)))


def test_too_many_headers_are_refused() -> None:
    """The headers have a limit of their own."""
    lengths = struct.pack(">II", HEADER_LIMIT + 17, HEADER_LIMIT + 1)
    with pytest.raises(ResponseError, match="out of bounds"):
        FrameDecoder().feed(lengths + struct.pack(">I", crc32(lengths)))


@pytest.mark.parametrize(
    "headers",
    [
        b"\5ab",
        b"\1a",
        b"\1a\4\0",
        b"\1a\7\0\5ab",
        b"\1a\x0a",
        b"\1a\0\1a\1",
        b"\1\xff\0",
        b"\1a\x09\0",
        b"\1a\7\0",
    ],
)
def test_headers_that_cannot_be_read_are_refused(headers: bytes) -> None:
    """Cut, doubled, unknown and undecodable headers are errors with right checksums too."""
    with pytest.raises(ResponseError):
        FrameDecoder().feed(frame_bytes(headers))


def test_a_body_that_ends_inside_a_frame_is_cut() -> None:
    """Flush tells a cut from an end."""
    decoder = FrameDecoder()
    assert decoder.feed(HELLO[:-1]) == []
    with pytest.raises(ResponseError, match="inside a frame"):
        decoder.flush()


def test_headers_of_frames_cannot_be_changed_into_those_of_others() -> None:
    """Frames of one kind may share their headers, so nobody can write to them."""
    first, second = FrameDecoder().feed(HELLO * 2)
    assert first == second
    with pytest.raises(TypeError):
        first.headers[":event-type"] = "other"  # type: ignore[index]  # that it cannot be is the point
    assert FrameDecoder().feed(HELLO) == [second]
