"""Amazon Titan's bodies: one text, or one image with a text, per call."""

from __future__ import annotations

import base64
from typing import Any

import msgspec

from comity.dialects.embeddings.reading import parts_of, refuse_several
from comity.dialects.losses import Losses
from comity.dialects.wire_json import read_request_part, unknown_members
from comity.exchange import EmbeddingRequest, EmbeddingResponse, Media, Text

NAME = "titan"
MARKS = frozenset({"inputText", "inputImage"})


class _ImageConfig(msgspec.Struct, rename="camel"):
    output_embedding_length: int | None = None


class _Body(msgspec.Struct, rename="camel"):
    input_text: str | None = None
    input_image: bytes | None = None
    dimensions: int | None = None
    embedding_config: _ImageConfig | None = None


def decode_request(raw: dict[str, Any]) -> EmbeddingRequest:
    """The request in a body of Titan's."""
    wire = read_request_part(raw, _Body, "")
    parts: list[Text | Media] = [] if wire.input_text is None else [Text(wire.input_text)]
    if wire.input_image is not None:
        parts.append(Media("image", _type_of(wire.input_image), wire.input_image))
    config = wire.embedding_config
    dimensions = wire.dimensions if config is None else config.output_embedding_length
    extra = unknown_members(raw, _Body.__struct_encode_fields__)
    return EmbeddingRequest("", (tuple(parts),), dimensions, extra=extra)


def encode_request(request: EmbeddingRequest, model: str, losses: Losses) -> dict[str, Any]:
    """The body for one of Titan's models."""
    refuse_several(request, losses, model)
    _note(request, losses)
    parts = parts_of(request.inputs[0])
    images = [part.data for part in parts if isinstance(part, Media) and part.kind == "image" and part.data]
    if len(images) > 1 or len(images) < sum(isinstance(part, Media) for part in parts):
        losses.impossible("input[0]", "Titan embeds one image by value, with or without a text")
    text = "".join(part.text for part in parts if isinstance(part, Text))
    body: dict[str, Any] = {"inputText": text} if text or not images else {}
    if not images:
        return body | ({} if request.dimensions is None else {"dimensions": request.dimensions})
    body["inputImage"] = base64.b64encode(images[0]).decode()
    if request.dimensions is not None:
        body["embeddingConfig"] = {"outputEmbeddingLength": request.dimensions}
    return body


def encode_response(response: EmbeddingResponse, request: EmbeddingRequest) -> dict[str, Any]:
    """The answer as Titan writes it; its count is 0 where nobody counted."""
    del request
    count = 0 if response.usage is None else response.usage.prompt
    return {"embedding": response.vectors[0], "inputTextTokenCount": count}


def vectors(members: dict[str, Any]) -> tuple[tuple[float, ...], ...]:
    """The vector of an answer."""
    if "embedding" in members:
        return (tuple(float(one) for one in members["embedding"]),)
    return (tuple(float(one) for one in members["embeddingsByType"]["float"]),)


def _note(request: EmbeddingRequest, losses: Losses) -> None:
    if request.task is not None:
        losses.hint("task", "the model embeds alike for every purpose")
    if request.title is not None:
        losses.loss("title", "Titan knows no titles")
    if request.truncate in {"start", "end"}:
        losses.loss("truncate", "Titan refuses what is too long")


def _type_of(data: bytes) -> str:
    return "image/png" if data.startswith(b"\x89PNG") else "image/jpeg"
