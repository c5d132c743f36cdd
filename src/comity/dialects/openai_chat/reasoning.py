"""Reasoning in chat messages: plain text, or `reasoning_details` that keep signatures.

The official dialect has no place for reasoning. Compatible servers send `reasoning_content`; OpenRouter's
`reasoning_details` also carries signatures and encrypted blocks, so a client that echoes the message gives
the provider back what it signed. A signature whose origin is not told is one of this dialect, and no other
provider is sent it.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterable, Mapping
from typing import Any

from comity.dialects.wire_json import stated
from comity.exchange import Reasoning

_ORIGIN = "openai.chat"
_TEXT = "reasoning.text"
_ENCRYPTED = "reasoning.encrypted"


def decode_reasoning(details: Iterable[Mapping[str, Any]] | None, plain: str | None) -> tuple[Reasoning, ...]:
    """The blocks of a message; `plain` counts only where there are no details, which repeat it."""
    blocks = tuple(block for detail in details or () if (block := decode_detail(detail)) is not None)
    if blocks:
        return blocks
    return (Reasoning(text=plain),) if plain else ()


def decode_detail(detail: Mapping[str, Any]) -> Reasoning | None:
    """One entry of `reasoning_details`, or None when it has another form."""
    origin = _word(detail.get("format")) or _ORIGIN
    if detail.get("type") == _ENCRYPTED:
        try:
            return Reasoning(
                redacted=base64.b64decode(_word(detail.get("data")), validate=True), origin=origin
            )
        except (binascii.Error, ValueError):
            return None
    if detail.get("type") != _TEXT:
        return None
    signature = _word(detail.get("signature")) or None
    if signature is None:
        origin = _word(detail.get("format"))
    return Reasoning(_word(detail.get("text")), signature, origin=origin)


def encode_detail(block: Reasoning, index: int) -> dict[str, Any]:
    """One entry of `reasoning_details`."""
    if block.redacted is not None:
        data = base64.b64encode(block.redacted).decode()
        return {"type": _ENCRYPTED, "data": data, "index": index, **stated(format=_format(block))}
    return {
        "type": _TEXT,
        "text": block.text,
        "index": index,
        **stated(signature=block.signature, format=_format(block)),
    }


def encode_reasoning(blocks: Iterable[Reasoning]) -> dict[str, Any]:
    """The members of a message for its reasoning: `reasoning_content`, and details where text is not all."""
    listed = tuple(blocks)
    if not listed:
        return {}
    members: dict[str, Any] = {}
    text = "".join(block.text for block in listed)
    if text:
        members["reasoning_content"] = text
    if len(listed) > 1 or any(
        block.signature or block.redacted is not None or block.origin for block in listed
    ):
        members["reasoning_details"] = [encode_detail(block, index) for index, block in enumerate(listed)]
    return members


def _format(block: Reasoning) -> str | None:
    """The member that tells the origin; this dialect's own needs none."""
    return None if block.origin in {"", _ORIGIN} else block.origin


def _word(value: object) -> str:
    return value if isinstance(value, str) else ""
