"""What every dialect of embeddings offers: a module with these names, much smaller than a `Dialect`.

Nothing is streamed, and an answer is written in the form that the request had. Errors are those of the
dialect that generates at the same address: `registry.ERRORS`.
"""

from __future__ import annotations

from typing import Protocol

from comity.dialects.peek import Outline, Peek
from comity.exchange import (
    AnswerKey,
    EmbeddingRequest,
    EmbeddingResponse,
    Inexpressible,
    ModelTraits,
    WireRequest,
)


class EmbeddingDialect(Protocol):
    """The surface of a dialect of embeddings."""

    @property
    def NAME(self) -> str:  # noqa: N802 - a module's constant
        """Its name in configuration, for example `openai.embeddings`."""

    def peek(self, body: bytes, model: str | None = None, *, stream: bool | None = None) -> Peek:
        """What routing needs of a body; nothing is ever streamed. Raises RequestError."""

    def adapt(self, body: bytes, model: str, traits: ModelTraits) -> bytes | None:
        """`body` for a target of this dialect; None where it must be read and written anew."""

    def decode_request(self, body: bytes, *, model: str | None = None) -> EmbeddingRequest:
        """A client's request; `model` as the address says it. Raises RequestError."""

    def encode_request(
        self, request: EmbeddingRequest, model: str, traits: ModelTraits, *, lossy: bool
    ) -> WireRequest | Inexpressible:
        """The body for a target, or what it cannot express."""

    def decode_response(self, body: bytes, key: AnswerKey = ...) -> EmbeddingResponse:
        """A provider's answer. Raises ResponseError."""

    def encode_response(self, response: EmbeddingResponse, request: EmbeddingRequest) -> bytes:
        """An answer for the client that sent `request`."""

    def read_usage(self, body: bytes, traits: ModelTraits) -> Outline:
        """What metering needs of an answer. Raises ResponseError."""
