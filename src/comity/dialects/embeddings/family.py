"""What a family of embedding models on Bedrock offers: its own bodies, read and written."""

from __future__ import annotations

from typing import Any, Protocol

from comity.dialects.losses import Losses
from comity.exchange import EmbeddingRequest, EmbeddingResponse


class Family(Protocol):
    """The surface of a family's module."""

    @property
    def NAME(self) -> str:  # noqa: N802 - a module's constant
        """The family's name in a deployment's traits."""

    @property
    def MARKS(self) -> frozenset[str]:  # noqa: N802 - a module's constant
        """Members of which each body of the family has one, and no other family's has."""

    def decode_request(self, raw: dict[str, Any]) -> EmbeddingRequest:
        """The request in a body. Raises RequestError."""

    def encode_request(self, request: EmbeddingRequest, model: str, losses: Losses) -> dict[str, Any]:
        """The body for a model of the family."""

    def encode_response(self, response: EmbeddingResponse, request: EmbeddingRequest) -> dict[str, Any]:
        """The answer's body for the client that sent `request`."""
