"""Images and documents, both ways."""

from __future__ import annotations

import base64
import binascii
from typing import Any

import msgspec

from comity.dialects.anthropic_messages.request_shapes import WireBlock
from comity.dialects.losses import Losses
from comity.dialects.wire_json import stated
from comity.errors import RequestError
from comity.exchange import CacheMark, Media

_IMAGES = {"image/jpeg", "image/png", "image/gif", "image/webp"}
_PDF = "application/pdf"
_PLAIN = "text/plain"


def read_image(wire: WireBlock, path: str, mark: CacheMark | None) -> Media | None:
    """An image; None when only Anthropic can find it, by the id of a file."""
    source = wire.source
    if source is None:
        raise RequestError("field required", f"{path}.source")
    if source.type == "url":
        return Media("image", url=source.url, cache=mark)
    if source.type != "base64":
        return None
    return Media("image", source.media_type, _bytes(source.data, path), cache=mark)


def read_document(wire: WireBlock, path: str, mark: CacheMark | None) -> Media | None:
    """A document; None for those made of blocks and those that only Anthropic can find."""
    source = wire.source
    if source is None:
        raise RequestError("field required", f"{path}.source")
    cited = wire.citations.get("enabled") is True if isinstance(wire.citations, dict) else None
    told = Media("document", name=wire.title, cache=mark, context=wire.context, cited=cited)
    match source.type:
        case "text":
            kind, data = source.media_type or _PLAIN, (source.data or "").encode()
            return msgspec.structs.replace(told, media_type=kind, data=data)
        case "url":
            return msgspec.structs.replace(told, media_type=_PDF, url=source.url)
        case "base64":
            data = _bytes(source.data, path)
            return msgspec.structs.replace(told, media_type=source.media_type or _PDF, data=data)
        case _:
            return None


def write_media(media: Media, path: str, losses: Losses, *, fetches: bool) -> dict[str, Any] | None:
    """The block of a medium, or None after telling `losses` why there is none."""
    if media.detail not in {None, "auto"}:
        losses.hint(f"{path}.detail", "Messages have no resolution hint")
    if media.kind not in {"image", "document"}:
        losses.impossible(path, f"Messages hold no {media.kind}")
        return None
    source = _source(media, path, losses, fetches=fetches)
    if source is None:
        return None
    if media.kind == "image":
        return {"type": "image", "source": source}
    cited = None if media.cited is None else {"enabled": media.cited}
    told = stated(title=media.name or None, context=media.context, citations=cited)
    return {"type": "document", "source": source, **told}


def _source(media: Media, path: str, losses: Losses, *, fetches: bool) -> dict[str, Any] | None:
    if media.data is None:
        return _address(media, path, losses, fetches=fetches)
    kind = "image/jpeg" if media.media_type == "image/jpg" else (media.media_type or "").lower()
    if media.kind == "image" and kind not in _IMAGES:
        losses.impossible(path, "Messages take an image as one of gif, jpeg, png, webp")
        return None
    if media.kind == "document" and kind.startswith("text/"):
        return _text(media.data, path, losses)
    if media.kind == "document" and kind != _PDF:
        losses.impossible(path, "Messages take a document as PDF or text")
        return None
    return {"type": "base64", "media_type": kind, "data": base64.b64encode(media.data).decode()}


def _address(media: Media, path: str, losses: Losses, *, fetches: bool) -> dict[str, Any] | None:
    if not fetches:
        losses.impossible(path, f"the target does not fetch addresses: send the {media.kind} by value")
        return None
    if not (media.url or "").startswith(("https://", "http://")):
        losses.impossible(path, f"Messages take a {media.kind} by value or from a web address")
        return None
    return {"type": "url", "url": media.url}


def _text(data: bytes, path: str, losses: Losses) -> dict[str, Any] | None:
    try:
        return {"type": "text", "media_type": _PLAIN, "data": data.decode()}
    except UnicodeDecodeError:
        losses.impossible(path, "the text of the document is not UTF-8")
        return None


def _bytes(data: str | None, path: str) -> bytes:
    try:
        read = base64.b64decode(data or "", validate=True)
    except (binascii.Error, ValueError) as error:
        raise RequestError("the data is not base64", f"{path}.source.data") from error
    if not read:
        raise RequestError("the data is empty", f"{path}.source.data")
    return read
