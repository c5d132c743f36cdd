"""What every dialect offers: one folder, these names.

A dialect is a module that satisfies `Dialect`; `tests/dialects/test_dialect.py` holds each of them to it.
Everything is sans-IO and pure: bytes and values in, bytes and values out. Addresses, credentials and headers
belong to `clouds`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from comity.dialects.peek import Outline, Peek
from comity.exchange import (
    AnswerKey,
    Event,
    Fault,
    Inexpressible,
    ModelTraits,
    Names,
    ProviderFailure,
    Request,
    Response,
    Usage,
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


class Tap(Protocol):
    """One stream on its way to the client: bytes of the cloud in, bytes for the client out."""

    @property
    def started(self) -> bool:
        """Whether content has come: from then on the answer is committed to this attempt."""

    @property
    def done(self) -> bool:
        """Whether the stream's own end mark has come."""

    @property
    def finished(self) -> bool:
        """Whether the answer is whole, even if the end mark is missing."""

    @property
    def failure(self) -> ProviderFailure | None:
        """The error that the provider reported inside the stream."""

    @property
    def usage(self) -> Usage | None:
        """The provider's count, as far as it has come."""

    @property
    def model(self) -> str:
        """The model that served, as the provider names it; empty while it does not."""

    @property
    def tier(self) -> str:
        """The tier that served, in the provider's word; empty while it does not say."""

    @property
    def place(self) -> str:
        """Where it was served, as books of contracts call it; empty while it does not say."""

    def feed(self, data: bytes) -> bytes:
        """The client's bytes for the next piece of the cloud's stream; raises ResponseError on nonsense."""
        ...

    def flush(self) -> bytes:
        """The client's last bytes, once the cloud's stream has ended."""
        ...

    def complete(self) -> bytes:
        """The client's bytes that complete a whole answer whose server left the end mark out."""
        ...


class Dialect(Protocol):
    """The surface of a dialect's module: translation both ways, and the way through untranslated."""

    @property
    def NAME(self) -> str:  # noqa: N802 - a module's constant
        """Its name in configuration, for example `openai.chat`."""

    @property
    def NAMES(self) -> Names:  # noqa: N802 - a module's constant
        """What its clients call what the hub has a word for."""

    @property
    def ID_PREFIX(self) -> str:  # noqa: N802 - a module's constant
        """How ids of answers begin, for answers of clouds that give none; may be empty."""

    @property
    def REQUEST_ID(self) -> bytes:  # noqa: N802 - a module's constant
        """Header in which a client looks for the id of its request."""

    @property
    def STREAM_TYPE(self) -> bytes:  # noqa: N802 - a module's constant
        """Content type of a streamed answer."""

    def decode_request(self, body: bytes, *, model: str | None = None, stream: bool | None = None) -> Request:
        """A client's request; `model` and `stream` as the address says them. Raises RequestError."""

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

    def failure_headers(self, fault: Fault) -> tuple[tuple[bytes, bytes], ...]:
        """Headers that a client of this dialect looks for on an error, besides the content type."""

    def encode_stream_failure(self, fault: Fault) -> bytes:
        """The bytes that tell a client, inside its stream, that the answer is broken off."""

    def peek(self, body: bytes, model: str | None = None, *, stream: bool | None = None) -> Peek:
        """What routing needs of a body; `model` and `stream` as the address says. Raises RequestError."""

    def adapt(
        self, body: bytes, *, model: str | None, ask_usage: bool, traits: ModelTraits, seen: Peek | None = ...
    ) -> WireRequest:
        """`body` for a target of this dialect, changed as little as can be, and what it is sent without.

        Raises RequestError.
        """

    def tap(self, seen: Peek, traits: ModelTraits) -> Tap:
        """The way through for a streamed answer of this dialect to the request behind `seen`."""

    def read_usage(self, body: bytes, traits: ModelTraits) -> Outline:
        """What metering needs of a whole answer. Raises ResponseError."""

    @property
    def EventDecoder(self) -> Callable[[AnswerKey], DecodesEvents]:  # noqa: N802 - a module's class
        """Decoder of streamed answers."""

    @property
    def EventEncoder(self) -> Callable[[Request], EncodesEvents]:  # noqa: N802 - a module's class
        """Encoder of streamed answers for the client that sent the request."""
