"""Reads content blocks into the hub's parts.

Members without a place in the hub are kept by their path in the message (`content[0].context`), and so are
whole blocks that a user sent; what the model made and only Anthropic understands becomes `Opaque`.
"""

from __future__ import annotations

import base64
import binascii
from typing import Any

import msgspec

from comity.dialects.anthropic_messages.citations import read_citations
from comity.dialects.anthropic_messages.family import ORIGIN
from comity.dialects.anthropic_messages.media import read_document, read_image
from comity.dialects.anthropic_messages.request_shapes import WireBlock, WireCacheControl
from comity.dialects.provenance import read_id, unwrap
from comity.dialects.wire_json import read_request_part, unknown_members
from comity.errors import RequestError
from comity.exchange import CacheMark, Media, Opaque, Part, Reasoning, Text, ToolCall, ToolResult

_MEMBERS: dict[str, frozenset[str]] = {
    "text": frozenset({"type", "text", "citations", "cache_control"}),
    "image": frozenset({"type", "source", "cache_control"}),
    "document": frozenset({"type", "source", "title", "context", "citations", "cache_control"}),
    "tool_use": frozenset({"type", "id", "name", "input", "cache_control"}),
    "tool_result": frozenset({"type", "tool_use_id", "content", "is_error", "cache_control"}),
    "thinking": frozenset({"type", "thinking", "signature"}),
    "redacted_thinking": frozenset({"type", "data"}),
}
_NEUTRAL: dict[str, tuple[object, ...]] = {"caller": ({"type": "direct"},)}
_MARK = frozenset(WireCacheControl.__struct_fields__)


def read_content(
    content: str | list[dict[str, Any]],
    path: str,
    extra: dict[str, Any],
    *,
    made_by_model: bool,
    origin: str = ORIGIN,
) -> tuple[Part, ...]:
    """The parts of a message's content; raises RequestError with the path of what cannot be read.

    `origin` is who signed its thoughts.
    """
    if isinstance(content, str):
        return (Text(content),)
    parts: list[Part] = []
    for index, raw in enumerate(content):
        key = f"content[{index}]"
        part = read_block(raw, f"{path}[{index}]", key, extra, origin)
        if part is not None:
            parts.append(part)
        elif made_by_model:
            parts.append(Opaque(str(raw["type"]), raw, ORIGIN))
        else:
            extra[key] = raw
    return tuple(parts)


def read_block(
    raw: dict[str, Any], path: str, key: str, extra: dict[str, Any], origin: str = ORIGIN
) -> Part | None:
    """The part of one block, None where the hub has none for it; `key` leads to it within its message."""
    kind = raw.get("type")
    if not isinstance(kind, str):
        raise RequestError("a block needs a type", f"{path}.type")
    members = _MEMBERS.get(kind)
    if members is None:
        return None
    wire = read_request_part(raw, WireBlock, path)
    part = _thought(wire, path, origin) or _part(wire, path, key, extra)
    if part is None:
        return None
    for name, value in unknown_members(raw, members).items():
        if value not in _NEUTRAL.get(name, ()):
            extra[f"{key}.{name}"] = value
    mark = raw.get("cache_control")
    if isinstance(mark, dict) and mark.keys() - _MARK:
        extra[f"{key}.cache_control"] = mark
    return part


def cache_mark(wire: WireCacheControl | None) -> CacheMark | None:
    """The mark of `cache_control`."""
    return None if wire is None else CacheMark(wire.ttl)


def read_reasoning(thinking: str, signature: str, origin: str) -> Reasoning:
    """A `thinking` block; a signature that another model made comes home with its origin."""
    foreign = unwrap(signature)
    if foreign is not None:
        return Reasoning(thinking, foreign.signature or None, origin=foreign.origin)
    return Reasoning(thinking, signature or None, origin=origin if signature else "")


def read_redacted(data: str, origin: str) -> Reasoning:
    """A `redacted_thinking` block; what another model encrypted comes home with its origin."""
    foreign = unwrap(data)
    if foreign is None:
        return Reasoning(redacted=data.encode(), origin=origin)
    try:
        return Reasoning(redacted=base64.b64decode(foreign.signature, validate=True), origin=foreign.origin)
    except (binascii.Error, ValueError):
        return Reasoning(origin=foreign.origin)


def _thought(wire: WireBlock, path: str, origin: str) -> Reasoning | None:
    if wire.type == "thinking":
        return read_reasoning(_said(wire.thinking, path, "thinking"), wire.signature or "", origin)
    if wire.type == "redacted_thinking":
        return read_redacted(_said(wire.data, path, "data"), origin)
    return None


def _part(wire: WireBlock, path: str, key: str, extra: dict[str, Any]) -> Part | None:
    mark = cache_mark(wire.cache_control)
    match wire.type:
        case "text":
            return Text(_said(wire.text, path, "text"), mark, read_citations(wire.citations))
        case "image":
            return read_image(wire, path, mark)
        case "document":
            return read_document(wire, path, mark)
        case "tool_use":
            return _call(wire, path, mark)
        case _:
            return _result(wire, path, key, extra)


def _said(value: str | None, path: str, name: str) -> str:
    if value is None:
        raise RequestError("field required", f"{path}.{name}")
    return value


def _call(wire: WireBlock, path: str, mark: CacheMark | None) -> ToolCall:
    arguments = {} if wire.input is None else wire.input
    if not isinstance(arguments, dict):
        raise RequestError("expected an object of arguments", f"{path}.input")
    identity, signed = read_id(_said(wire.id, path, "id"))
    text = msgspec.json.encode(arguments).decode()
    name = _said(wire.name, path, "name")
    if signed is None:
        return ToolCall(identity, name, text, mark)
    return ToolCall(identity, name, text, mark, signed.signature, signed.origin)


def _result(wire: WireBlock, path: str, key: str, extra: dict[str, Any]) -> ToolResult:
    identity, _ = read_id(_said(wire.tool_use_id, path, "tool_use_id"))
    content: list[Text | Media] = []
    held = [] if wire.content is None else wire.content
    if isinstance(held, str):
        held = [{"type": "text", "text": held}]
    for index, raw in enumerate(read_request_part(held, list[dict[str, Any]], f"{path}.content")):
        inner = f"{key}.content[{index}]"
        part = read_block(raw, f"{path}.content[{index}]", inner, extra)
        if isinstance(part, (Text, Media)):
            content.append(part)
        elif part is None:
            extra[inner] = raw
        else:
            place = f"{path}.content[{index}].type"
            raise RequestError("expected text, an image or a document in a tool result", place)
    return ToolResult(identity, tuple(content), wire.is_error is True, cache_mark(wire.cache_control))
