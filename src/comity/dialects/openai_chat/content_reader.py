"""Reads the content of chat messages: text and parts, `data:` URLs decoded.

A part that only its provider understands (an uploaded file, a type unknown here) stays in place as it came.
"""

from __future__ import annotations

from typing import Any, Literal, TypeAlias

import msgspec

from comity.dialects.data_urls import read_base64, read_data_url
from comity.dialects.openai_chat.request_shapes import (
    WireAudioPart,
    WireCacheControl,
    WireFilePart,
    WireImagePart,
    WireRefusalPart,
    WireTextPart,
)
from comity.dialects.wire_json import read_request_part, unknown_members
from comity.exchange import CacheMark, Media, Opaque, Part, Refusal, Text

_WirePart: TypeAlias = WireTextPart | WireRefusalPart | WireImagePart | WireAudioPart | WireFilePart

_SHAPES: dict[str, type[_WirePart]] = {
    "text": WireTextPart,
    "refusal": WireRefusalPart,
    "image_url": WireImagePart,
    "input_audio": WireAudioPart,
    "file": WireFilePart,
}


def read_content(
    content: str | list[dict[str, Any]] | None, path: str, extra: dict[str, Any]
) -> tuple[Part, ...]:
    """The parts of a message's content; what has no place in the hub goes into `extra` by its path."""
    if content is None:
        return ()
    if isinstance(content, str):
        return (Text(content),)
    return tuple(
        _read_part(raw, f"{path}[{index}]", f"content[{index}]", extra) for index, raw in enumerate(content)
    )


def cache_mark(control: WireCacheControl | None) -> CacheMark | None:
    """The cache mark that a `cache_control` member asks for."""
    if control is None:
        return None
    lifetime: Literal["5m", "1h"] | None = None
    if control.ttl in {"5m", "1h"}:
        lifetime = msgspec.convert(control.ttl, Literal["5m", "1h"])
    return CacheMark(lifetime)


def _read_part(raw: dict[str, Any], path: str, key: str, extra: dict[str, Any]) -> Part:
    kind = str(raw.get("type"))
    shape = _SHAPES.get(kind)
    if shape is None or _uploaded(raw):
        return Opaque(kind, raw, "openai.chat")
    wire = read_request_part(raw, shape, path)
    for name, value in unknown_members(raw, wire.__struct_fields__).items():
        extra[f"{key}.{name}"] = value
    return _part(wire, path)


def _part(wire: _WirePart, path: str) -> Part:
    if isinstance(wire, WireTextPart):
        return Text(wire.text, cache_mark(wire.cache_control))
    if isinstance(wire, WireRefusalPart):
        return Refusal(wire.refusal)
    cache = cache_mark(wire.cache_control)
    if isinstance(wire, WireImagePart):
        url, detail = wire.image_url.url, wire.image_url.detail
        if not url.startswith("data:"):
            return Media("image", url=url, detail=detail, cache=cache)
        media_type, data = read_data_url(url, f"{path}.image_url.url")
        return Media("image", media_type, data, detail=detail, cache=cache)
    if isinstance(wire, WireAudioPart):
        data = read_base64(wire.input_audio.data, f"{path}.input_audio.data")
        return Media("audio", f"audio/{wire.input_audio.format}", data, cache=cache)
    media_type, data = read_data_url(wire.file.file_data or "", f"{path}.file.file_data")
    return Media("document", media_type, data, name=wire.file.filename, cache=cache)


def _uploaded(raw: dict[str, Any]) -> bool:
    """Whether a file part names a file that only its provider has."""
    file = raw.get("file")
    return isinstance(file, dict) and "file_id" in file and "file_data" not in file
