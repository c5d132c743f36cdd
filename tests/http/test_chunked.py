"""The scanner of chunked bodies finds their end in any splitting."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from comity.http.chunked import LAST_CHUNK, ChunkError, ChunkScanner, TooLargeError, encode_chunk


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.binary(min_size=1, max_size=40), max_size=6),
    st.lists(st.integers(1, 9), max_size=40),
    st.binary(),
)
def test_end_is_exact(pieces: list[bytes], cuts: list[int], behind: bytes) -> None:
    """Every byte of the body is taken, none of what follows."""
    body = b"".join(encode_chunk(piece) for piece in pieces) + LAST_CHUNK
    scanner = ChunkScanner(10_000)
    data, taken = body + behind, 0
    for cut in [*cuts, len(data)]:
        taken += scanner.feed(data[taken : taken + cut])
        assert scanner.done is (taken == len(body))
    assert taken == len(body)


def test_trailers_belong_to_the_body() -> None:
    """Trailers are taken with it."""
    scanner = ChunkScanner(100)
    data = b"1\r\nx\r\n0\r\nA: b\r\nC:\r\n\r\n"
    assert scanner.feed(data + b"GET") == len(data)
    assert scanner.done


def test_limit_is_inclusive() -> None:
    """A body of exactly the limit is taken, one more is too large."""
    assert ChunkScanner(5).feed(b"5\r\nhello\r\n") == 10
    with pytest.raises(TooLargeError):
        ChunkScanner(5).feed(b"5\r\nhello\r\n1\r\n")


def test_errors_are_of_one_kind() -> None:
    """Whatever is wrong is a ChunkError."""
    with pytest.raises(ChunkError, match="hexadecimal"):
        ChunkScanner(5).feed(b"x\r\n")
