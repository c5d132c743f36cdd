"""Tokens that nobody counted, estimated from bytes: for answers a client broke off, and for admission.

Rough on purpose and always flagged `estimated` where it is recorded. The figures are medians of public
recorded chat traffic and vary by half to twice with language and model; a provider's count, an explicit
zero included, always goes first.
"""

from __future__ import annotations

from comity.exchange import Usage

REQUEST_BYTES_PER_TOKEN = 4
"""Bytes of a JSON request body per input token (median 4.2; the middle half lies in 2.6 to 7.0)."""
TEXT_BYTES_PER_TOKEN = 4
"""Bytes of answer text per output token, as usual for English."""
STREAM_BYTES_PER_TOKEN = 170
"""Bytes of a chat completions event stream per output token (median 169; middle half 111 to 300)."""


def input_tokens(body_bytes: int) -> int:
    """Input tokens of a request body of that many bytes, rounded up."""
    return -(-body_bytes // REQUEST_BYTES_PER_TOKEN)


def output_tokens(*, text_bytes: int | None = None, stream_bytes: int = 0) -> int:
    """Output tokens of an answer, rounded up: from its text where that is known, else from the stream."""
    if text_bytes is not None:
        return -(-text_bytes // TEXT_BYTES_PER_TOKEN)
    return -(-stream_bytes // STREAM_BYTES_PER_TOKEN)


def estimate_usage(body_bytes: int, *, text_bytes: int | None = None, stream_bytes: int = 0) -> Usage:
    """The usage of an answer that ended without a count; record it with `estimated=True`."""
    return Usage(
        input=input_tokens(body_bytes),
        output=output_tokens(text_bytes=text_bytes, stream_bytes=stream_bytes),
    )
