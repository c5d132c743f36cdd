"""What every dialect offers: one folder, these names.

A dialect is a module that satisfies `Dialect`; `tests/dialects/test_dialect.py` holds each of them to it.
Everything is sans-IO and pure: bytes and values in, bytes and values out. Addresses, credentials and headers
belong to `clouds`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from comity.exchange import (
    AnswerKey,
    Event,
    Fault,
    Inexpressible,
    ModelTraits,
    ProviderFailure,
    Request,
    Response,
    WireRequest,
)


class DecodesEvents(Protocol):
    """A stream's body in any splitting to events."""

    def feed(self, data: bytes) -> list[Event]:
        """The events that `data` completes; raises ResponseError on nonsense."""

    def flush(self) -> list[Event]:
        """What the end of the body leaves."""


class EncodesEvents(Protocol):
    """Events to a stream's bytes."""

    def encode(self, event: Event) -> bytes:
        """The bytes of one event; may be empty."""


class Dialect(Protocol):
    """The surface of a dialect's module."""

    @property
    def NAME(self) -> str:  # noqa: N802 - a module's constant
        """Its name in configuration, for example `openai.chat`."""

    def decode_request(self, body: bytes, *, model: str | None = None) -> Request:
        """A client's request; `model` stands in where the address names it. Raises RequestError."""

    def encode_request(
        self, request: Request, model: str, traits: ModelTraits, *, lossy: bool
    ) -> WireRequest | Inexpressible:
        """The body for a target, or what it cannot express."""

    def decode_response(self, body: bytes, key: AnswerKey = ...) -> Response:
        """A provider's whole answer. Raises ResponseError."""

    def encode_response(self, response: Response) -> bytes:
        """A whole answer for a client."""

    def decode_failure(
        self, status: int, headers: Callable[[bytes], bytes | None], body: bytes
    ) -> ProviderFailure:
        """A provider's error answer, whatever it looks like."""

    def encode_failure(self, fault: Fault) -> bytes:
        """The body that tells a client what went wrong."""

    @property
    def EventDecoder(self) -> Callable[[AnswerKey], DecodesEvents]:  # noqa: N802 - a module's class
        """Decoder of streamed answers."""

    @property
    def EventEncoder(self) -> Callable[[Request], EncodesEvents]:  # noqa: N802 - a module's class
        """Encoder of streamed answers for the client that sent the request."""
