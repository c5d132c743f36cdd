"""Estimates are rough, rounded up, and prefer what is known."""

from __future__ import annotations

from comity.exchange import Usage
from comity.ledger import estimate_usage, input_tokens, output_tokens


def test_request_bytes_become_input_tokens() -> None:
    """Four bytes are a token, and a started token counts."""
    assert [input_tokens(size) for size in (0, 1, 4, 5, 4000)] == [0, 1, 1, 2, 1000]


def test_text_goes_before_stream_bytes() -> None:
    """Known text is a better measure than the events around it, even when it is empty."""
    assert output_tokens(text_bytes=40, stream_bytes=99_999) == 10
    assert output_tokens(text_bytes=0, stream_bytes=99_999) == 0
    assert output_tokens(stream_bytes=1700) == 10


def test_both_sides_make_a_usage() -> None:
    """The estimate fills the plain classes only."""
    assert estimate_usage(400, stream_bytes=171) == Usage(input=100, output=2)
