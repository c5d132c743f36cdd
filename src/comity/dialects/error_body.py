"""Errors as all dialects have them: the object of an answer, and words that clients know a cause by."""

from __future__ import annotations

from typing import Any

import msgspec

from comity.exchange import FailureClass, Fault


def read_error_body(body: bytes) -> dict[str, Any]:
    """The object, also as the first of a list; empty where the body is none."""
    try:
        value = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeError, RecursionError, ValueError):
        return {}
    if isinstance(value, list) and value:
        value = value[0]
    return value if isinstance(value, dict) else {}


def told_message(fault: Fault, opening: str, sign: str = "") -> str:
    """The message; of a prompt that is too long it begins with `opening`, unless it holds that or `sign`.

    Clients know that by their vendor's words only, and shorten the conversation.
    """
    if fault.means is not FailureClass.CONTEXT_WINDOW or (sign or opening).lower() in fault.message.lower():
        return fault.message
    return f"{opening}: {fault.message}"
