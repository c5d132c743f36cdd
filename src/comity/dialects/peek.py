"""What the gateway reads of a body that it does not translate: little, typed, and before any decision."""

from __future__ import annotations

import re

import msgspec

from comity.exchange import Usage

_INLINE = re.compile(rb"[A-Za-z0-9+/=_-]{1024,}")
_TOKENS_PER_INLINE = 1600
_BYTES_PER_TOKEN = 3
_LONG = 4096


class Peek(msgspec.Struct, frozen=True):
    """What routing and metering need to know of a request."""

    model: str
    """Model name as the client wrote it."""
    stream: bool
    """Whether the answer is streamed."""
    stream_usage: bool
    """Whether the client asked to see usage in the stream; dialects that always show it say True."""
    max_output_tokens: int | None
    """The client's bound of generated tokens per answer; None when it gave none."""
    candidates: int
    """How many answers are wanted, at least 1."""
    input_estimate: int
    """A generous guess of the tokens to be read, for reservations; settled by the provider's count."""
    service_tier: str | None
    """The tier the client asked for; it may change the price."""
    members: dict[str, msgspec.Raw]
    """The body's members in the bytes they came in, for `adapt`; never to be changed."""
    origins: frozenset[str] = frozenset()
    """Who alone can read blocks in this body, where they say so; another target gets it without them."""


class Outline(msgspec.Struct, frozen=True):
    """What metering needs to know of a whole answer."""

    usage: Usage | None
    """The provider's count; None when it gave none."""
    model: str
    """The model as the provider names it; empty when it does not."""
    finish: str
    """Finish reason of the first answer in the provider's word; empty when it gives none."""
    tier: str = ""
    """The tier that served, in the provider's word; empty when it does not say."""
    body: bytes | None = None
    """The answer as the client gets it, where that is not what came."""
    place: str = ""
    """Where it was served, as books of contracts call it; empty where the answer does not say."""


def estimate_input(body: bytes) -> int:
    """A generous guess of the tokens in a body: its text by length, each long base64 run as one image."""
    size, inline = len(body), 0
    if size > _LONG:
        for match in _INLINE.finditer(body):
            size -= match.end() - match.start()
            inline += _TOKENS_PER_INLINE
    return size // _BYTES_PER_TOKEN + inline + 1
