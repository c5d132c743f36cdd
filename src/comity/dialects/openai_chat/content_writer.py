"""Writes text and media as chat message content."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from typing import Any

from comity.dialects.data_urls import file_name
from comity.dialects.losses import Losses
from comity.dialects.wire_json import stated
from comity.exchange import CacheMark, Media, ModelTraits, Opaque, Text


def write_content(
    parts: Sequence[tuple[str, Text | Media | Opaque]], traits: ModelTraits, losses: Losses
) -> str | list[dict[str, Any]]:
    """The content of a message, from parts with their places: a string for one plain text, else a list."""
    if not parts:
        return ""
    _, first = parts[0]
    if len(parts) == 1 and isinstance(first, Text) and first.cache is None:
        return first.text
    return [_part(part, path, traits, losses) for path, part in parts]


def write_cache(mark: CacheMark | None, path: str, traits: ModelTraits, losses: Losses) -> dict[str, Any]:
    """The `cache_control` member for targets that take it."""
    if mark is None:
        return {}
    if not traits.prompt_caching:
        losses.hint(f"{path}.cache_control", "the model takes no cache marks")
        return {}
    return {"cache_control": {"type": "ephemeral", **stated(ttl=mark.lifetime)}}


def _part(part: Text | Media | Opaque, path: str, traits: ModelTraits, losses: Losses) -> dict[str, Any]:
    if isinstance(part, Opaque):
        return part.wire
    mark = write_cache(part.cache, path, traits, losses)
    if isinstance(part, Text):
        return {"type": "text", "text": part.text, **mark}
    return _media(part, path, losses) | mark


def _media(part: Media, path: str, losses: Losses) -> dict[str, Any]:
    losses.unread_document(part, path)
    data = "" if part.data is None else base64.b64encode(part.data).decode()
    if part.kind == "image":
        url = part.url if part.url is not None else f"data:{part.media_type};base64,{data}"
        return {"type": "image_url", "image_url": {"url": url, **stated(detail=part.detail)}}
    if part.kind == "video":
        losses.impossible(path, "chat completions takes no video")
    if part.data is None:
        losses.impossible(path, f"chat completions takes a {part.kind} by value only")
    if part.kind == "audio":
        sound = (part.media_type or "").removeprefix("audio/")
        if sound not in {"wav", "mp3"}:
            losses.impossible(path, "chat completions takes `wav` and `mp3` only")
        return {"type": "input_audio", "input_audio": {"data": data, "format": sound}}
    name = file_name(part.name, part.media_type)
    file = {"file_data": f"data:{part.media_type};base64,{data}", "filename": name}
    return {"type": "file", "file": file}
