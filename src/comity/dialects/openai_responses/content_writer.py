"""Writes text, media and citations as the content of Responses messages and tool results."""

from __future__ import annotations

import base64
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from comity.dialects.data_urls import file_name, write_data_url
from comity.dialects.losses import Losses
from comity.dialects.openai_responses.names import NAME
from comity.dialects.wire_json import stated
from comity.exchange import Citation, Media, Text

NO_MARKS = "this API caches by itself and takes no marks"
"""Why cache marks are left out."""

_SOUNDS = {"audio/wav": "wav", "audio/x-wav": "wav", "audio/mp3": "mp3", "audio/mpeg": "mp3"}


def write_input(
    parts: Sequence[tuple[str, Text | Media]], losses: Losses, kept: Mapping[str, Any]
) -> str | list[dict[str, Any]]:
    """The content of an input message, from parts with places: a string for one plain text, else a list.

    `kept` are the parts and members that the reader had no place for, by their path.
    """
    for path, part in parts:
        if part.cache is not None:
            losses.hint(f"{path}.cache_control", NO_MARKS)
        if isinstance(part, Media):
            losses.unread_document(part, path)
    first = parts[0][1] if parts else None
    if len(parts) == 1 and isinstance(first, Text) and not kept:
        return first.text
    written = [_part(part, path, losses) for path, part in parts]
    return _restored(written, kept) if kept else written


def write_annotations(citations: Iterable[Citation], length: int) -> list[dict[str, Any]]:
    """The annotations of a text of `length` characters; only what has a form here is shown."""
    found = (write_annotation(citation, length) for citation in citations)
    return [annotation for annotation in found if annotation is not None]


def write_annotation(citation: Citation, length: int) -> dict[str, Any] | None:
    """One annotation, or None for a citation of a document, which has no form here."""
    if citation.origin == NAME and citation.wire:
        return citation.wire
    if citation.url is None:
        return None
    return {
        "type": "url_citation",
        "url": citation.url,
        "title": citation.title or "",
        "start_index": citation.start or 0,
        "end_index": length if citation.end is None else citation.end,
    }


def _part(part: Text | Media, path: str, losses: Losses) -> dict[str, Any]:
    if isinstance(part, Text):
        return {"type": "input_text", "text": part.text}
    if part.kind == "image":
        return _image(part)
    if part.kind == "document":
        return _file(part)
    if part.kind == "audio":
        return _sound(part, path, losses)
    losses.impossible(path, f"the Responses API takes no {part.kind}")
    return {"type": "input_text", "text": ""}


def _image(part: Media) -> dict[str, Any]:
    url = part.url if part.data is None else write_data_url(part.media_type or "image/png", part.data)
    return {"type": "input_image", "image_url": url, "detail": part.detail or "auto"}


def _file(part: Media) -> dict[str, Any]:
    named = stated(detail=part.detail)
    if part.data is None:
        return {"type": "input_file", "file_url": part.url, **stated(filename=part.name), **named}
    data = write_data_url(part.media_type or "application/pdf", part.data)
    name = file_name(part.name, part.media_type or "application/pdf")
    return {"type": "input_file", "file_data": data, "filename": name, **named}


def _sound(part: Media, path: str, losses: Losses) -> dict[str, Any]:
    form = _SOUNDS.get(part.media_type or "")
    if form is None or part.data is None:
        losses.impossible(path, "sound is taken by value, as `wav` or `mp3`")
    data = base64.b64encode(part.data or b"").decode()
    return {"type": "input_audio", "input_audio": {"data": data, "format": form or "wav"}}


def _restored(written: list[dict[str, Any]], kept: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The parts with what was kept of the client's own, where it stood."""
    for name, value in kept.items():
        index = int(name[len("content[") : name.index("]")])
        member = name[name.index("]") + 1 :].lstrip(".")
        if not member:
            written.insert(index, value)
        elif index < len(written):
            written[index][member] = value
    return written
