"""`data:` URLs and base64 at the border: bytes both ways, and errors that name the field at fault."""

from __future__ import annotations

import base64
import binascii

from comity.errors import RequestError

_ALIASES = {"image/jpg": "image/jpeg"}
_OFFICE = "application/vnd.openxmlformats-officedocument"
_ENDINGS = {
    "application/pdf": ".pdf",
    "text/plain": ".txt",
    "text/markdown": ".md",
    "text/html": ".html",
    "text/csv": ".csv",
    "application/msword": ".doc",
    "application/vnd.ms-excel": ".xls",
    f"{_OFFICE}.wordprocessingml.document": ".docx",
    f"{_OFFICE}.spreadsheetml.sheet": ".xlsx",
}


def read_data_url(url: str, path: str) -> tuple[str, bytes]:
    """Media type and bytes of a `data:` URL; raises RequestError at `path` when it is none."""
    head, comma, payload = url.partition(",")
    media_type, *flags = head.removeprefix("data:").split(";")
    if not head.startswith("data:") or not comma or "base64" not in flags or "/" not in media_type:
        raise RequestError("expected `data:TYPE;base64,DATA` or an address", path)
    media_type = media_type.lower()
    return _ALIASES.get(media_type, media_type), read_base64(payload, path)


def read_base64(text: str, path: str) -> bytes:
    """The bytes of base64 text; raises RequestError at `path` when it is none, or nothing."""
    try:
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise RequestError("the data is not base64", path) from error
    if not data:
        raise RequestError("the data is empty", path)
    return data


def file_name(name: str | None, media_type: str | None) -> str:
    """A file's name with the ending by which OpenAI tells what it is; other dialects send none."""
    stem = name or "document"
    ending = _ENDINGS.get(media_type or "", "")
    return stem if "." in stem else stem + ending


def write_data_url(media_type: str, data: bytes) -> str:
    """The `data:` URL of some bytes."""
    return f"data:{media_type};base64,{base64.b64encode(data).decode()}"
