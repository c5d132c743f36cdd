"""Reads Converse's content blocks into the hub's parts.

Blocks that the hub has no part for (video, guard content, search results) are kept by their path.
"""

from __future__ import annotations

from typing import Any

import msgspec

from comity.dialects.bedrock_converse.cache_points import read_point
from comity.dialects.bedrock_converse.media import read_media
from comity.dialects.bedrock_converse.shapes import (
    WireBlock,
    WireCachePoint,
    WireReasoning,
    WireToolResult,
    WireToolUse,
)
from comity.dialects.wire_json import read_request_part
from comity.errors import RequestError
from comity.exchange import Media, Part, Reasoning, Refusal, Text, ToolCall, ToolResult

_KNOWN = frozenset(WireBlock.__struct_encode_fields__)


def read_blocks(raws: list[dict[str, Any]], path: str, extra: dict[str, Any], origin: str) -> list[Part]:
    """The parts of a message's content, cache points put on the part before them."""
    parts: list[Part] = []
    for index, raw in enumerate(raws):
        if not _KNOWN & raw.keys():
            extra[f"content[{index}]"] = raw
            continue
        wire = read_request_part(raw, WireBlock, f"{path}[{index}]")
        if wire.cache_point is not None:
            mark_last(parts, wire.cache_point, extra, f"content[{index}]")
        else:
            part = read_block(wire, f"{path}[{index}]", origin)
            parts.extend([] if part is None else [part])
    return parts


def mark_last(parts: list[Part], point: WireCachePoint, extra: dict[str, Any], key: str) -> None:
    """Puts a cache point on the last part; where none can carry it, it is kept by its path."""
    last = parts[-1] if parts else None
    if last is None or isinstance(last, (Reasoning, Refusal)):
        extra[key] = {"cachePoint": msgspec.to_builtins(point)}
    else:
        parts[-1] = msgspec.structs.replace(last, cache=read_point(point))


def read_block(wire: WireBlock, path: str, origin: str) -> Part | None:
    """The part of one block; None for blocks that Bedrock runs or cites by itself."""
    if wire.text is not None:
        return Text(wire.text)
    if wire.tool_use is not None:
        return read_call(wire.tool_use)
    if wire.tool_result is not None:
        return _result(wire.tool_result, path)
    if wire.reasoning_content is not None:
        return read_reasoning(wire.reasoning_content, origin)
    if wire.citations_content is not None:
        pieces = wire.citations_content.get("content") or []
        return Text("".join(str(piece.get("text", "")) for piece in pieces if isinstance(piece, dict)))
    return _medium(wire, path)


def read_call(wire: WireToolUse) -> ToolCall:
    """The call of a `toolUse` block; an absent input is no arguments."""
    arguments = {} if wire.input is None else wire.input
    return ToolCall(wire.tool_use_id, wire.name, msgspec.json.encode(arguments).decode())


def read_reasoning(wire: WireReasoning, origin: str) -> Reasoning:
    """The reasoning of a `reasoningContent` block."""
    if wire.redacted_content is not None:
        return Reasoning(redacted=wire.redacted_content, origin=origin)
    text = wire.reasoning_text
    if text is None:
        return Reasoning(origin=origin)
    return Reasoning(text.text, text.signature, origin=origin)


def _medium(wire: WireBlock, path: str) -> Media | None:
    if wire.image is not None:
        return read_media("image", wire.image, f"{path}.image")
    if wire.document is not None:
        return read_media("document", wire.document, f"{path}.document")
    return None if wire.audio is None else read_media("audio", wire.audio, f"{path}.audio")


def _result(wire: WireToolResult, path: str) -> ToolResult:
    content: list[Text | Media] = []
    for index, raw in enumerate(wire.content):
        place = f"{path}.toolResult.content[{index}]"
        if "json" in raw:
            content.append(Text(msgspec.json.encode(raw["json"]).decode()))
            continue
        block = read_request_part(raw, WireBlock, place)
        part = Text(block.text) if block.text is not None else _medium(block, place)
        if part is None:
            raise RequestError("expected text, JSON, an image or a document in a tool result", place)
        content.append(part)
    return ToolResult(wire.tool_use_id, tuple(content), wire.status == "error")
