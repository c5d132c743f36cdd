"""Every dialect by its name in configuration; a new one is a folder and one line here."""

from __future__ import annotations

from collections.abc import Mapping

from comity.dialects import (
    anthropic_messages,
    bedrock_converse,
    bedrock_invoke,
    embeddings,
    gemini,
    openai_chat,
    openai_responses,
    vertex_messages,
)
from comity.dialects.dialect import Dialect

DIALECTS: Mapping[str, Dialect] = {
    openai_chat.NAME: openai_chat,
    bedrock_converse.NAME: bedrock_converse,
    anthropic_messages.NAME: anthropic_messages,
    bedrock_invoke.NAME: bedrock_invoke,
    vertex_messages.NAME: vertex_messages,
    openai_responses.NAME: openai_responses,
    gemini.NAME: gemini,
}
"""The dialects that can be spoken."""

ERRORS: Mapping[str, Dialect] = {
    **DIALECTS,
    embeddings.openai.NAME: openai_chat,
    embeddings.bedrock.NAME: bedrock_converse,
    embeddings.gemini.NAME: gemini,
    embeddings.vertex.NAME: gemini,
}
"""The dialect whose errors are spoken beside each dialect, those of embeddings included."""
