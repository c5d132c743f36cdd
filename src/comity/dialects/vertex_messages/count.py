"""Counting the tokens of a prompt for Claude on Vertex AI: one address for all models of a place."""

from __future__ import annotations

from comity.dialects.anthropic_messages.count import (
    decode_count,
    decode_count_request,
    encode_count_answer,
    write_count,
)
from comity.dialects.anthropic_messages.family import VERTEX
from comity.exchange import Inexpressible, ModelTraits, Request, WireRequest

__all__ = ["decode_count", "decode_count_request", "encode_count", "encode_count_answer"]


def encode_count(request: Request, model: str, traits: ModelTraits) -> WireRequest | Inexpressible:
    """The body that asks how many tokens the prompt has."""
    return write_count(request, model, traits, VERTEX)
