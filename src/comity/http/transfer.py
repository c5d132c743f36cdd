"""What a client of a pool sees: a receiver is told what comes, and of a failure exactly what is known."""

from __future__ import annotations

from typing import Literal, Protocol

import msgspec

from comity.http.headers import Headers


class TransportFailure(msgspec.Struct, frozen=True):
    """A request got no whole response; whether to try again is the caller's decision."""

    kind: Literal[
        "connect",
        "tls",
        "timeout_connect",
        "timeout_response",
        "timeout_idle",
        "closed",
        "protocol",
        "cancelled",
        "pool_full",
    ]
    """What happened."""
    sent: bool
    """Whether any byte of the request may have reached the peer; then a second try may be a second bill."""
    answered: bool
    """Whether any byte of a response had come."""
    detail: str
    """More for the operator; never shown to a client."""
    reused: bool = False
    """Whether the connection had served before: reused, `closed` and unanswered is mostly a stale one."""


class Receiver(Protocol):
    """Told of a response: at most one head, any data, then exactly one of end and failure."""

    def on_response(self, status: int, headers: Headers) -> None:
        """The head of the final response has come; interim ones (1xx) are passed over."""

    def on_data(self, data: bytes) -> None:
        """A piece of the body: at most one per read, never empty."""

    def on_end(self) -> None:
        """The response is complete."""

    def on_failure(self, failure: TransportFailure) -> None:
        """The response will never be complete."""
