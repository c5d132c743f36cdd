"""The JSON object of an error answer, however little of one a server sent."""

from __future__ import annotations

from typing import Any

import msgspec


def read_error_body(body: bytes) -> dict[str, Any]:
    """The object, also as the first of a list; empty where the body is none."""
    try:
        value = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeError, RecursionError, ValueError):
        return {}
    if isinstance(value, list) and value:
        value = value[0]
    return value if isinstance(value, dict) else {}
