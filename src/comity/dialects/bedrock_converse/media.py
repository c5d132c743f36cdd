"""Images, documents and sounds as Converse's blocks, both ways; addresses other than S3 are refused."""

from __future__ import annotations

import base64
import binascii
from typing import Any, Literal

from comity.dialects.bedrock_converse.names import DocumentNames
from comity.dialects.bedrock_converse.shapes import WireMedium
from comity.dialects.losses import Losses
from comity.dialects.wire_json import stated
from comity.errors import RequestError
from comity.exchange import Media

Kind = Literal["image", "document", "audio"]
"""What a medium is."""

_FORMATS: dict[str, dict[str, str]] = {
    "image": {
        "image/png": "png",
        "image/jpeg": "jpeg",
        "image/jpg": "jpeg",
        "image/gif": "gif",
        "image/webp": "webp",
    },
    "document": {
        "application/pdf": "pdf",
        "text/csv": "csv",
        "application/msword": "doc",
        "application/vnd.openxmlformats-officedocument.wordprocessingml.document": "docx",
        "application/vnd.ms-excel": "xls",
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": "xlsx",
        "text/html": "html",
        "text/plain": "txt",
        "text/markdown": "md",
    },
    "audio": {
        "audio/wav": "wav",
        "audio/x-wav": "wav",
        "audio/mp3": "mp3",
        "audio/mpeg": "mp3",
        "audio/flac": "flac",
        "audio/ogg": "ogg",
        "audio/opus": "opus",
        "audio/aac": "aac",
        "audio/mp4": "mp4",
    },
}
_TYPES = {
    (kind, word): media_type
    for kind, words in _FORMATS.items()
    for media_type, word in reversed(words.items())
}


def write_media(media: Media, names: DocumentNames, path: str, losses: Losses) -> dict[str, Any] | None:
    """The block of a medium, or None after telling `losses` why there is none."""
    source = _source(media)
    if source is None:
        losses.impossible(path, f"Bedrock does not fetch addresses: send the {media.kind} by value")
        return None
    word = _FORMATS[media.kind].get(_media_type(media))
    if word is None:
        allowed = ", ".join(sorted(set(_FORMATS[media.kind].values())))
        losses.impossible(path, f"Bedrock takes a {media.kind} as one of {allowed}")
        return None
    if media.detail not in {None, "auto"}:
        losses.hint(f"{path}.detail", "Converse has no resolution hint")
    name = names.wire(media.name) if media.kind == "document" else None
    return {media.kind: {"format": word, "source": source, **stated(name=name)}}


def read_media(kind: Kind, wire: WireMedium, path: str) -> Media:
    """The medium in a block; raises RequestError when its bytes are none."""
    media_type = _TYPES.get((kind, wire.format or ""), f"{kind}/{wire.format}" if wire.format else None)
    if wire.source.s3_location is not None:
        return Media(kind, media_type, url=str(wire.source.s3_location.get("uri")), name=wire.name)
    if wire.source.text is not None:
        return Media(kind, "text/plain", wire.source.text.encode(), name=wire.name)
    try:
        data = base64.b64decode(wire.source.bytes or "", validate=True)
    except (binascii.Error, ValueError) as error:
        raise RequestError("the data is not base64", f"{path}.source.bytes") from error
    if not data:
        raise RequestError("the data is empty", f"{path}.source")
    return Media(kind, media_type, data, name=wire.name)


def _source(media: Media) -> dict[str, Any] | None:
    if media.data is not None:
        return {"bytes": base64.b64encode(media.data).decode()}
    if media.url is not None and media.url.startswith("s3://"):
        return {"s3Location": {"uri": media.url}}
    return None


def _media_type(media: Media) -> str:
    if media.media_type is not None:
        return media.media_type.lower()
    suffix = (media.url or "").rsplit(".", 1)[-1].lower()
    return _TYPES.get((media.kind, "jpeg" if suffix == "jpg" else suffix), "")
