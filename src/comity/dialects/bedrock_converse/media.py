"""Images, documents, sounds and videos as Converse's blocks, both ways.

Bedrock fetches nothing but objects in S3: other addresses are refused.
"""

from __future__ import annotations

import base64
import binascii
from typing import Any, Literal

from msgspec.structs import replace

from comity.dialects.bedrock_converse.names import DocumentNames
from comity.dialects.bedrock_converse.shapes import WireMedium
from comity.dialects.losses import Losses
from comity.dialects.wire_json import stated
from comity.errors import RequestError
from comity.exchange import Media

Kind = Literal["image", "document", "audio", "video"]
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
    "video": {
        "video/mp4": "mp4",
        "video/quicktime": "mov",
        "video/x-matroska": "mkv",
        "video/webm": "webm",
        "video/x-flv": "flv",
        "video/mpeg": "mpeg",
        "video/mpg": "mpg",
        "video/x-ms-wmv": "wmv",
        "video/3gpp": "three_gp",
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
    if media.kind != "document":
        return {media.kind: {"format": word, "source": source}}
    told = stated(name=names.wire(media.name), context=media.context)
    cited = {} if media.cited is None else {"citations": {"enabled": media.cited}}
    return {media.kind: {"format": word, "source": source, **told, **cited}}


def read_media(kind: Kind, wire: WireMedium, path: str) -> Media:
    """The medium in a block; raises RequestError when its bytes are none."""
    media_type = _TYPES.get((kind, wire.format or ""), f"{kind}/{wire.format}" if wire.format else None)
    cited = None if wire.citations is None else wire.citations.enabled
    media = Media(kind, media_type, name=wire.name, context=wire.context, cited=cited)
    if wire.source.s3_location is not None:
        return replace(media, url=str(wire.source.s3_location.get("uri")))
    if wire.source.text is not None:
        text = wire.source.text.encode("utf-8", "replace")
        return replace(media, media_type=media_type or "text/plain", data=text)
    try:
        data = base64.b64decode(wire.source.bytes or "", validate=True)
    except (binascii.Error, ValueError) as error:
        raise RequestError("the data is not base64", f"{path}.source.bytes") from error
    if not data:
        raise RequestError("the data is empty", f"{path}.source")
    return replace(media, data=data)


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
