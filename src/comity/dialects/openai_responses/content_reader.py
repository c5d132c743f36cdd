"""Reads the content of Responses messages and tool results: text, media, refusals, citations."""

from __future__ import annotations

from typing import Any

from comity.dialects.data_urls import read_base64, read_data_url
from comity.dialects.openai_responses.names import NAME
from comity.dialects.openai_responses.shapes import WirePart
from comity.dialects.wire_json import read_request_part, unknown_members
from comity.errors import RequestError
from comity.exchange import Citation, Media, Part, Refusal, Text

_TEXTS = {"input_text", "output_text", "text", "summary_text", "reasoning_text"}


def read_content(
    content: str | list[dict[str, Any]] | None, path: str, extra: dict[str, Any]
) -> tuple[Part, ...]:
    """The parts of a content; what has no place in the hub goes into `extra` by its path."""
    if content is None:
        return ()
    if isinstance(content, str):
        return (Text(content),)
    parts = []
    for index, raw in enumerate(content):
        part = _read_part(raw, f"{path}[{index}]", f"content[{index}]", extra)
        if part is not None:
            parts.append(part)
    return tuple(parts)


def read_citation(wire: dict[str, Any]) -> Citation:
    """The source behind an annotation, with the annotation itself for who wrote it."""
    url, title = wire.get("url"), wire.get("title", wire.get("filename"))
    start, end = wire.get("start_index"), wire.get("end_index")
    return Citation(
        url=url if isinstance(url, str) else None,
        title=title if isinstance(title, str) else None,
        start=start if isinstance(start, int) else None,
        end=end if isinstance(end, int) else None,
        origin=NAME,
        wire=wire,
    )


def _read_part(raw: dict[str, Any], path: str, key: str, extra: dict[str, Any]) -> Part | None:
    wire = read_request_part(raw, WirePart, path)
    part = _part(wire, path)
    if part is None:
        extra[key] = raw
        return None
    for name, value in unknown_members(raw, WirePart.__struct_fields__).items():
        extra[f"{key}.{name}"] = value
    return part


def _part(wire: WirePart, path: str) -> Part | None:
    if wire.type in _TEXTS:
        if wire.text is None:
            raise RequestError("a text part needs its text", f"{path}.text")
        return Text(wire.text, citations=tuple(map(read_citation, wire.annotations or ())))
    if wire.type == "refusal":
        return Refusal(wire.refusal or "")
    if wire.type == "input_image" and wire.image_url is not None:
        return _image(wire, wire.image_url, path)
    if wire.type == "input_file":
        return _file(wire, path)
    if wire.type == "input_audio" and wire.input_audio is not None:
        data = read_base64(wire.input_audio.data, f"{path}.input_audio.data")
        return Media("audio", f"audio/{wire.input_audio.format}", data)
    return None


def _image(wire: WirePart, url: str, path: str) -> Media:
    if not url.startswith("data:"):
        return Media("image", url=url, detail=wire.detail)
    media_type, data = read_data_url(url, f"{path}.image_url")
    return Media("image", media_type, data, detail=wire.detail)


def _file(wire: WirePart, path: str) -> Media | None:
    if wire.file_data is not None:
        media_type, data = read_data_url(wire.file_data, f"{path}.file_data")
        return Media("document", media_type, data, name=wire.filename, detail=wire.detail)
    if wire.file_url is not None:
        return Media("document", url=wire.file_url, name=wire.filename, detail=wire.detail)
    return None
