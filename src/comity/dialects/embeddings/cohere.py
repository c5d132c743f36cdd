"""Cohere's bodies on Bedrock: texts, images, or both together, many per call.

Every call must say what the vectors are for; where the client did not, they are embedded as documents, and
the answer says so.
"""

from __future__ import annotations

import base64
import re
from typing import Any, Literal

import msgspec

from comity.dialects.embeddings.reading import parts_of, text_of
from comity.dialects.losses import Losses
from comity.dialects.wire_json import read_request_part, stated, unknown_members
from comity.errors import RequestError
from comity.exchange import (
    EmbeddingInput,
    EmbeddingRequest,
    EmbeddingResponse,
    EmbeddingTask,
    Media,
    Text,
)

NAME = "cohere"
MARKS = frozenset({"texts", "images", "inputs"})

_READ: dict[str, EmbeddingTask] = {
    "search_query": "query",
    "search_document": "document",
    "classification": "classification",
    "clustering": "clustering",
}
_WRITTEN: dict[EmbeddingTask, str] = {
    **{task: word for word, task in _READ.items()},
    "question": "search_query",
    "code_query": "search_query",
}
_CUTS: dict[str, Literal["none", "start", "end"]] = {"NONE": "none", "START": "start", "END": "end"}
_DATA_URL = re.compile(r"data:([a-z]+/[\w.+-]+);base64,(.+)", re.DOTALL | re.IGNORECASE)


class _Input(msgspec.Struct):
    content: list[dict[str, Any]]


class _Body(msgspec.Struct):
    texts: list[str] | None = None
    images: list[str] | None = None
    inputs: list[_Input] | None = None
    input_type: str | None = None
    truncate: str | None = None
    output_dimension: int | None = None


def decode_request(raw: dict[str, Any]) -> EmbeddingRequest:
    """The request in a body of Cohere's."""
    wire = read_request_part(raw, _Body, "")
    inputs: list[EmbeddingInput] = [(Text(text),) for text in wire.texts or ()]
    inputs += [(_image(url, f"images[{index}]"),) for index, url in enumerate(wire.images or ())]
    inputs += [_mixed(one, f"inputs[{index}]") for index, one in enumerate(wire.inputs or ())]
    if not inputs:
        raise RequestError("there is nothing to embed", "texts")
    extra = unknown_members(raw, _Body.__struct_fields__)
    task, cut = _READ.get(wire.input_type or ""), _CUTS.get(wire.truncate or "")
    if wire.input_type is not None and task is None and wire.input_type != "image":
        extra["input_type"] = wire.input_type
    if wire.truncate is not None and cut is None:
        extra["truncate"] = wire.truncate
    return EmbeddingRequest("", tuple(inputs), wire.output_dimension, None, task, None, cut, extra=extra)


def encode_request(request: EmbeddingRequest, model: str, losses: Losses) -> dict[str, Any]:
    """The body for one of Cohere's models."""
    if request.title is not None:
        losses.loss("title", "Cohere knows no titles")
    cut = None if request.truncate is None else request.truncate.upper()
    members = stated(output_dimension=request.dimensions, truncate=cut)
    texts = [text_of(one) for one in request.inputs]
    if all(text is not None for text in texts):
        return {"texts": texts, "input_type": _input_type(request, model, losses), **members}
    alone = [one[0] for one in request.inputs if len(one) == 1 and isinstance(one[0], Media)]
    if len(alone) == len(request.inputs):
        images = [_url(image, f"input[{index}]", losses) for index, image in enumerate(alone)]
        return {"images": images, "input_type": "image", **members}
    inputs = [_content(one, f"input[{index}]", losses) for index, one in enumerate(request.inputs)]
    return {"inputs": inputs, "input_type": _input_type(request, model, losses), **members}


def encode_response(response: EmbeddingResponse, request: EmbeddingRequest) -> dict[str, Any]:
    """The answer as Cohere writes it: by type where the client named types, else numbers alone."""
    texts = [text for one in request.inputs if (text := text_of(one)) is not None]
    by_type = "embedding_types" in request.extra
    return {
        "id": response.id,
        "texts": texts,
        "embeddings": {"float": response.vectors} if by_type else response.vectors,
        "response_type": "embeddings_by_type" if by_type else "embeddings_floats",
    }


def vectors(listed: Any) -> tuple[tuple[float, ...], ...]:
    """The vectors of an answer, whichever form it has."""
    numbers = listed["float"] if isinstance(listed, dict) else listed
    return tuple(tuple(float(one) for one in vector) for vector in numbers)


def _input_type(request: EmbeddingRequest, model: str, losses: Losses) -> str:
    if request.task is None:
        losses.hint("task", f"`{model}` wants a purpose and the client named none: `search_document` is sent")
        return "search_document"
    word = _WRITTEN.get(request.task)
    if word is None:
        losses.loss("task", f"Cohere has no word for `{request.task}`")
    return word or "search_document"


def _image(url: str, path: str) -> Media:
    match = _DATA_URL.fullmatch(url)
    try:
        data = base64.b64decode(match[2], validate=True) if match else b""
    except ValueError:
        data = b""
    if match is None or not data:
        raise RequestError("expected `data:TYPE;base64,DATA`", path)
    return Media("image", match[1].lower(), data)


def _mixed(wire: _Input, path: str) -> tuple[Text | Media, ...]:
    parts: list[Text | Media] = []
    for index, raw in enumerate(wire.content):
        place = f"{path}.content[{index}]"
        if isinstance(raw.get("text"), str):
            parts.append(Text(raw["text"]))
            continue
        image = raw.get("image_url")
        url = image.get("url") if isinstance(image, dict) else image
        parts.append(_image(str(url), f"{place}.image_url"))
    return tuple(parts)


def _url(image: Media, path: str, losses: Losses) -> str:
    if image.kind != "image" or image.data is None:
        losses.impossible(path, "Cohere embeds images by value only")
    return f"data:{image.media_type};base64,{base64.b64encode(image.data or b'').decode()}"


def _content(one: EmbeddingInput, path: str, losses: Losses) -> dict[str, Any]:
    return {
        "content": [
            {"type": "text", "text": part.text}
            if isinstance(part, Text)
            else {"type": "image_url", "image_url": {"url": _url(part, path, losses)}}
            for part in parts_of(one)
        ]
    }
