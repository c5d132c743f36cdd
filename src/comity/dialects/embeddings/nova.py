"""Amazon Nova's bodies: one text or one medium per call, with a purpose.

Nothing is cut off unless the client says so; where it names no purpose, the vectors are made for an index,
and the answer says so.
"""

from __future__ import annotations

import base64
from typing import Any, Literal

import msgspec

from comity.dialects.bedrock_converse.media import Kind, read_media
from comity.dialects.bedrock_converse.shapes import WireMedium
from comity.dialects.embeddings.reading import parts_of, refuse_several
from comity.dialects.losses import Losses
from comity.dialects.wire_json import read_request_part, stated, unknown_members
from comity.errors import RequestError
from comity.exchange import EmbeddingRequest, EmbeddingResponse, EmbeddingTask, Media, Text

NAME = "nova"
MARKS = frozenset({"singleEmbeddingParams"})

_PARAMS = "singleEmbeddingParams"
_KINDS: tuple[Kind, ...] = ("image", "audio", "video")
_READ: dict[str, EmbeddingTask] = {
    "GENERIC_INDEX": "document",
    "GENERIC_RETRIEVAL": "query",
    "CLASSIFICATION": "classification",
    "CLUSTERING": "clustering",
}
_WRITTEN: dict[EmbeddingTask, str] = {
    **{task: word for word, task in _READ.items()},
    "question": "GENERIC_RETRIEVAL",
    "code_query": "GENERIC_RETRIEVAL",
}
_CUTS: dict[str | None, Literal["none", "start", "end"]] = {"NONE": "none", "START": "start", "END": "end"}


class _Text(msgspec.Struct, rename="camel"):
    value: str
    truncation_mode: str | None = None


class _Params(msgspec.Struct, rename="camel"):
    embedding_purpose: str | None = None
    embedding_dimension: int | None = None
    text: _Text | None = None
    image: dict[str, Any] | None = None
    audio: dict[str, Any] | None = None
    video: dict[str, Any] | None = None


def decode_request(raw: dict[str, Any]) -> EmbeddingRequest:
    """The request in a body of Nova's."""
    params = raw.get(_PARAMS)
    wire = read_request_part(params, _Params, _PARAMS)
    extra = unknown_members(raw, ("taskType", _PARAMS, "schemaVersion"))
    task = _READ.get(wire.embedding_purpose or "")
    own = unknown_members(params if isinstance(params, dict) else {}, _Params.__struct_encode_fields__)
    if wire.embedding_purpose is not None and task is None:
        own["embeddingPurpose"] = wire.embedding_purpose
    if own:
        extra[_PARAMS] = own
    cut = None if wire.text is None else _CUTS.get(wire.text.truncation_mode)
    return EmbeddingRequest(
        "", ((_input(wire),),), wire.embedding_dimension, None, task, None, cut, extra=extra
    )


def encode_request(request: EmbeddingRequest, model: str, losses: Losses) -> dict[str, Any]:
    """The body for one of Nova's models."""
    refuse_several(request, losses, model)
    if request.title is not None:
        losses.loss("title", "Nova knows no titles")
    parts = parts_of(request.inputs[0])
    if len(parts) > 1:
        losses.impossible("input[0]", "Nova embeds one text or one medium at a time")
    params: dict[str, Any] = {"embeddingPurpose": _purpose(request, model, losses)}
    params.update(stated(embeddingDimension=request.dimensions))
    for part in parts[:1]:
        params |= _written(part, request, losses)
    return {"taskType": "SINGLE_EMBEDDING", _PARAMS: params}


def encode_response(response: EmbeddingResponse, request: EmbeddingRequest) -> dict[str, Any]:
    """The answer as Nova writes it."""
    first = request.inputs[0][0]
    kind = first.kind if isinstance(first, Media) else "text"
    return {
        "embeddings": [{"embeddingType": kind.upper(), "embedding": vector} for vector in response.vectors]
    }


def vectors(listed: list[dict[str, Any]]) -> tuple[tuple[float, ...], ...]:
    """The vectors of an answer."""
    return tuple(tuple(float(one) for one in entry["embedding"]) for entry in listed)


def _input(wire: _Params) -> Text | Media:
    if wire.text is not None:
        return Text(wire.text.value)
    for kind in _KINDS:
        raw = getattr(wire, kind)
        if raw is not None:
            path = f"{_PARAMS}.{kind}"
            return read_media(kind, read_request_part(raw, WireMedium, path), path)
    raise RequestError("there is nothing to embed", _PARAMS)


def _purpose(request: EmbeddingRequest, model: str, losses: Losses) -> str:
    if request.task is None:
        own = request.extra.get(_PARAMS)
        if request.form == NAME and isinstance(own, dict) and "embeddingPurpose" in own:
            return str(own["embeddingPurpose"])
        losses.hint("task", f"`{model}` wants a purpose and the client named none: `GENERIC_INDEX` is sent")
        return "GENERIC_INDEX"
    word = _WRITTEN.get(request.task)
    if word is None:
        losses.loss("task", f"Nova has no word for `{request.task}`")
    return word or "GENERIC_INDEX"


def _written(part: Text | Media, request: EmbeddingRequest, losses: Losses) -> dict[str, Any]:
    if isinstance(part, Text):
        cut = "NONE" if request.truncate is None else request.truncate.upper()
        return {"text": {"truncationMode": cut, "value": part.text}}
    if part.data is None or part.kind not in _KINDS:
        losses.impossible("input[0]", f"Nova embeds no {part.kind} without its bytes")
        return {}
    word = (part.media_type or "").rpartition("/")[2]
    source = {"bytes": base64.b64encode(part.data).decode()}
    mode = {"embeddingMode": "AUDIO_VIDEO_COMBINED"} if part.kind == "video" else {}
    return {part.kind: {"format": word, "source": source, **mode}}
