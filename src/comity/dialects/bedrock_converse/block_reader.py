"""Reads Converse's content blocks into the hub's parts.

Blocks that only Bedrock understands (guard content, search results, tools that it runs by itself) stay in
their place as they came.
"""

from __future__ import annotations

from typing import Any

import msgspec

from comity.dialects.bedrock_converse.cache_points import read_point
from comity.dialects.bedrock_converse.citations import read_cited
from comity.dialects.bedrock_converse.media import read_media
from comity.dialects.bedrock_converse.shapes import (
    SERVER_TOOL,
    WireBlock,
    WireCachePoint,
    WireReasoning,
    WireToolResult,
    WireToolUse,
)
from comity.dialects.provenance import read_id, read_redacted, unwrap
from comity.dialects.wire_json import read_request_part
from comity.errors import RequestError
from comity.exchange import Media, Opaque, Part, Reasoning, Refusal, Text, ToolCall, ToolResult

_ORIGIN = "bedrock.converse"
_KNOWN = frozenset(WireBlock.__struct_encode_fields__)


def read_blocks(
    raws: list[dict[str, Any]], path: str, extra: dict[str, Any], origin: str, *, by_model: bool
) -> list[Part]:
    """The parts of a message's content, cache points put on the part before them.

    `by_model` says that the model wrote them: a tool result in there is one of Bedrock's own tools.
    """
    parts: list[Part] = []
    for index, raw in enumerate(raws):
        if _only_bedrock_reads(raw, by_model=by_model):
            parts.append(Opaque(_kind(raw), raw, _ORIGIN))
            continue
        wire = read_request_part(raw, WireBlock, f"{path}[{index}]")
        if wire.cache_point is not None:
            mark_last(parts, wire.cache_point, extra, f"content[{index}]")
        else:
            parts.append(read_block(wire, f"{path}[{index}]", origin))
    return parts


def mark_last(parts: list[Part], point: WireCachePoint, extra: dict[str, Any], key: str) -> None:
    """Puts a cache point on the last part; where none can carry it, it is kept by its path."""
    last = parts[-1] if parts else None
    if last is None or isinstance(last, (Reasoning, Refusal)):
        extra[key] = {"cachePoint": msgspec.to_builtins(point)}
    else:
        parts[-1] = msgspec.structs.replace(last, cache=read_point(point))


def read_block(wire: WireBlock, path: str, origin: str) -> Part:
    """The part of one block."""
    if wire.text is not None:
        return Text(wire.text)
    if wire.tool_use is not None:
        return read_call(wire.tool_use)
    if wire.tool_result is not None:
        return _result(wire.tool_result, path)
    if wire.reasoning_content is not None:
        return read_reasoning(wire.reasoning_content, origin)
    if wire.citations_content is not None:
        return read_cited(wire.citations_content)
    medium = _medium(wire, path)
    if medium is None:
        raise RequestError("the block is empty", path)
    return medium


def read_call(wire: WireToolUse) -> ToolCall:
    """The call of a `toolUse` block; an absent input is no arguments."""
    arguments = {} if wire.input is None else wire.input
    identity, signed = read_id(wire.tool_use_id)
    call = ToolCall(identity, wire.name, msgspec.json.encode(arguments).decode())
    if signed is None:
        return call
    return msgspec.structs.replace(call, signature=signed.signature, origin=signed.origin)


def read_reasoning(wire: WireReasoning, origin: str) -> Reasoning:
    """The reasoning of a `reasoningContent` block."""
    if wire.redacted_content is not None:
        data, maker = read_redacted(wire.redacted_content, origin)
        return Reasoning(redacted=data, origin=maker)
    text = wire.reasoning_text
    if text is None:
        return Reasoning(origin=origin)
    signed = None if text.signature is None else unwrap(text.signature)
    if signed is not None:
        return Reasoning(text.text, signed.signature, origin=signed.origin)
    return Reasoning(text.text, text.signature, origin=origin)


def _only_bedrock_reads(raw: dict[str, Any], *, by_model: bool) -> bool:
    if not _KNOWN & raw.keys() or (by_model and "toolResult" in raw):
        return True
    call, document = raw.get("toolUse"), raw.get("document")
    if isinstance(call, dict) and call.get("type") == SERVER_TOOL:
        return True
    source = document.get("source") if isinstance(document, dict) else None
    return isinstance(source, dict) and "content" in source


def _kind(raw: dict[str, Any]) -> str:
    return SERVER_TOOL if "toolUse" in raw else next(iter(raw), "")


def _medium(wire: WireBlock, path: str) -> Media | None:
    if wire.image is not None:
        return read_media("image", wire.image, f"{path}.image")
    if wire.document is not None:
        return read_media("document", wire.document, f"{path}.document")
    if wire.video is not None:
        return read_media("video", wire.video, f"{path}.video")
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
            raise RequestError("expected text, JSON, an image, a document or a video in a tool result", place)
        content.append(part)
    return ToolResult(read_id(wire.tool_use_id)[0], tuple(content), wire.status == "error")
