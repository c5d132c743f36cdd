"""Embeddings in no vendor's dialect: what is to be embedded, and the vectors."""

from __future__ import annotations

from typing import Any, Literal, TypeAlias

import msgspec

from comity.exchange.response import Usage
from comity.exchange.turns import Media, Text

EmbeddingTask: TypeAlias = Literal[
    "query",
    "document",
    "similarity",
    "classification",
    "clustering",
    "question",
    "fact_check",
    "code_query",
]
"""What the vectors are for."""

EmbeddingInput: TypeAlias = tuple[Text | Media, ...] | tuple[int, ...]
"""One thing to embed as one vector: text and media together, or token ids of the model's own tokenizer."""


class EmbeddingRequest(msgspec.Struct, frozen=True):
    """One call of an embedding model."""

    model: str
    """Model name as the client wrote it."""
    inputs: tuple[EmbeddingInput, ...]
    """What to embed, one vector each; at least one."""
    dimensions: int | None = None
    """Length of the vectors; None leaves it to the model."""
    encoding: Literal["float", "base64"] | None = None
    """How the client wants numbers written; None when it did not say."""
    task: EmbeddingTask | None = None
    """What the vectors are for; None when the client did not say."""
    title: str | None = None
    """Title of the document that is embedded."""
    truncate: Literal["none", "start", "end"] | None = None
    """What to cut off an input that is too long; None when the client did not say."""
    user: str | None = None
    """End-user id that the client passes on."""
    extra: dict[str, Any] = {}
    """Parameters without a place here, by their name in the client's dialect."""
    dialect: str = ""
    """Dialect that the names in `extra` belong to."""
    form: str = ""
    """Which of its dialect's forms the client used, where it has several; the answer has the same."""


class EmbeddingResponse(msgspec.Struct, frozen=True):
    """The vectors."""

    vectors: tuple[tuple[float, ...], ...]
    """One per input, in their order."""
    model: str = ""
    """The model as the provider names it; empty when it does not."""
    usage: Usage | None = None
    """None when the provider did not say: unknown is not zero."""
    id: str = ""
    """The provider's id of the answer; empty when it gives none."""
