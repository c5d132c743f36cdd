"""What passes between a case, the gateway under test and the providers behind it."""

from __future__ import annotations

from typing import Any, Literal, TypeAlias

import msgspec

Provider: TypeAlias = Literal["chat", "spare", "converse", "messages", "gemini", "unknown"]
"""Who is addressed; `spare` is a second place for chat completions, for failing over to."""


class Received(msgspec.Struct, frozen=True):
    """One request as a provider got it."""

    provider: Provider
    """Whose path it came to."""
    path: str
    """Request target as it stood on the request line."""
    headers: dict[str, str]
    """Headers by lower-case name."""
    body: Any
    """The JSON body; None when it was no JSON."""
    raw: bytes
    """The body's bytes."""


class Reply(msgspec.Struct, frozen=True):
    """What a provider answers."""

    pieces: tuple[bytes, ...]
    """Body, piece by piece; each is sent as a write of its own."""
    status: int = 200
    """HTTP status."""
    kind: str = "application/json"
    """Content type."""
    headers: tuple[tuple[str, str], ...] = ()
    """Further headers."""
    endless: bool = False
    """Whether the connection stays open after the last piece until the client leaves."""


class Answer(msgspec.Struct, frozen=True):
    """What a gateway answered."""

    status: int
    """HTTP status; 0 when the connection broke before one."""
    headers: dict[str, str]
    """Headers by lower-case name."""
    raw: bytes
    """The body, as far as it came."""
    json: Any
    """The JSON body; None when it was none."""
    events: tuple[Any, ...]
    """JSON of the server-sent events, `[DONE]` as text."""
    whole: bool
    """Whether the body ended as HTTP says a body ends."""


class Verdict(msgspec.Struct, frozen=True):
    """How a gateway did in one case."""

    outcome: Literal["pass", "fail", "not applicable"]
    """In one word."""
    evidence: str
    """What was seen, short."""
