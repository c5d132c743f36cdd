"""Blocks of a stream that the hub takes whole: Bedrock's own tools, their results, and images.

Their pieces are gathered until the block stops. The way back is the block's start, one delta and its stop.
"""

from __future__ import annotations

from typing import Any

import msgspec

from comity.dialects.bedrock_converse.block_reader import read_blocks
from comity.dialects.bedrock_converse.blocks import NAME
from comity.dialects.bedrock_converse.media import write_media
from comity.dialects.bedrock_converse.names import DocumentNames
from comity.dialects.bedrock_converse.shapes import SERVER_TOOL
from comity.dialects.losses import Losses
from comity.errors import RequestError
from comity.exchange import Media, Opaque


class HeldBlock:
    """One block in the making."""

    def __init__(self, start: dict[str, Any]) -> None:
        self._kind, members = next(iter(start.items()))
        self._members = dict(members) if isinstance(members, dict) else {}
        self._input: list[str] = []

    def take(self, delta: dict[str, Any]) -> None:
        """One more piece."""
        piece = delta.get(self._kind)
        if isinstance(piece, list):
            self._members.setdefault("content", []).extend(piece)
        elif isinstance(piece, dict) and self._kind == "toolUse":
            self._input.append(str(piece.get("input", "")))
        elif isinstance(piece, dict):
            self._members |= piece

    def block(self) -> Opaque | Media | None:
        """The whole block; None when it is none that the hub can hold."""
        if self._kind == "toolUse":
            self._members["input"] = _arguments("".join(self._input))
        try:
            parts = read_blocks([{self._kind: self._members}], "", {}, "", by_model=True)
        except RequestError:
            return None
        return next((part for part in parts if isinstance(part, (Opaque, Media))), None)


def is_held(start: dict[str, Any]) -> bool:
    """Whether a block that starts so is taken whole: all but the calls that the client must answer."""
    call = start.get("toolUse")
    return bool(start) and not (isinstance(call, dict) and call.get("type") != SERVER_TOOL)


def split_block(block: Opaque | Media) -> tuple[dict[str, Any], dict[str, Any]] | None:
    """The start and the delta of a block; None where a stream of Converse has no form for it."""
    wire = write_media(block, DocumentNames(), "", Losses()) if isinstance(block, Media) else block.wire
    if wire is None or (isinstance(block, Opaque) and block.origin != NAME):
        return None
    kind = next(iter(wire), "")
    members: dict[str, Any] = wire.get(kind) or {}
    match kind:
        case "toolUse":
            text = msgspec.json.encode(members.get("input", {})).decode()
            return {kind: _without(members, "input")}, {kind: {"input": text}}
        case "toolResult":
            return {kind: _without(members, "content")}, {kind: members.get("content", [])}
        case "image":
            return {kind: {"format": members["format"]}}, {kind: {"source": members["source"]}}
        case _:
            return None


def _without(members: dict[str, Any], left_out: str) -> dict[str, Any]:
    return {name: value for name, value in members.items() if name != left_out}


def _arguments(text: str) -> Any:
    try:
        return msgspec.json.decode(text or "{}")
    except (msgspec.DecodeError, UnicodeError, RecursionError, ValueError):
        return {}
