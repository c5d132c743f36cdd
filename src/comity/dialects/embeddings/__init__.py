"""Embeddings: a small surface of their own beside the dialects that generate.

`EMBEDDINGS` is the registry; a new dialect is a module here with the names of `EmbeddingDialect`.
"""

from __future__ import annotations

from collections.abc import Mapping

from comity.dialects.embeddings import bedrock, gemini, openai, vertex
from comity.dialects.embeddings.dialect import EmbeddingDialect

EMBEDDINGS: Mapping[str, EmbeddingDialect] = {
    openai.NAME: openai,
    bedrock.NAME: bedrock,
    gemini.NAME: gemini,
    vertex.NAME: vertex,
}
"""The dialects of embeddings by their name in configuration."""

__all__ = ["EMBEDDINGS", "EmbeddingDialect", "bedrock", "gemini", "openai", "vertex"]
