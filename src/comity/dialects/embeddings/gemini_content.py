"""What Google's two dialects of embeddings share: tasks, and contents made of parts."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Any, Literal

import msgspec

from comity.dialects.embeddings.reading import parts_of
from comity.dialects.losses import Losses
from comity.dialects.wire_json import read_request_part
from comity.errors import RequestError
from comity.exchange import EmbeddingInput, EmbeddingTask, Media, Text

TASKS: Mapping[str, EmbeddingTask] = {
    "RETRIEVAL_QUERY": "query",
    "RETRIEVAL_DOCUMENT": "document",
    "SEMANTIC_SIMILARITY": "similarity",
    "CLASSIFICATION": "classification",
    "CLUSTERING": "clustering",
    "QUESTION_ANSWERING": "question",
    "FACT_VERIFICATION": "fact_check",
    "CODE_RETRIEVAL_QUERY": "code_query",
}
"""Google's words for what the vectors are for."""
WORDS = {task: word for word, task in TASKS.items()}
"""The same, the other way."""

_KINDS: dict[str, Literal["image", "audio", "video"]] = {
    "image": "image",
    "audio": "audio",
    "video": "video",
}


class _Blob(msgspec.Struct, rename="camel"):
    mime_type: str | None = None
    data: bytes | None = None
    file_uri: str | None = None


class _Part(msgspec.Struct, rename="camel"):
    text: str | None = None
    inline_data: _Blob | None = None
    file_data: _Blob | None = None


class _Content(msgspec.Struct):
    parts: list[_Part] = []


def read_content(raw: dict[str, Any], path: str) -> tuple[Text | Media, ...]:
    """The text and media of a content; raises RequestError when it holds nothing to embed."""
    wire = read_request_part(raw, _Content, path)
    parts = [_part(part, f"{path}.parts[{index}]") for index, part in enumerate(wire.parts)]
    if not parts:
        raise RequestError("there is nothing to embed", f"{path}.parts")
    return tuple(parts)


def write_content(one: EmbeddingInput, path: str, losses: Losses) -> dict[str, Any]:
    """The content of one input."""
    return {"parts": [_written(part, path, losses) for part in parts_of(one)]}


def _part(part: _Part, path: str) -> Text | Media:
    if part.text is not None:
        return Text(part.text)
    blob = part.inline_data or part.file_data
    if blob is None or (blob.data is None and blob.file_uri is None):
        raise RequestError("expected `text`, `inlineData` or `fileData`", path)
    kind = _KINDS.get((blob.mime_type or "").partition("/")[0])
    return Media(kind or "document", blob.mime_type, blob.data, blob.file_uri)


def _written(part: Text | Media, path: str, losses: Losses) -> dict[str, Any]:
    if isinstance(part, Text):
        return {"text": part.text}
    if part.data is not None:
        data = base64.b64encode(part.data).decode()
        return {"inlineData": {"mimeType": part.media_type, "data": data}}
    if part.url is None or part.media_type is None:
        losses.impossible(path, "Gemini takes media by value, or by address with their type")
    return {"fileData": {"mimeType": part.media_type, "fileUri": part.url}}
