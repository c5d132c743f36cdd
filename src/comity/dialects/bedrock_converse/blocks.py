"""Writes the parts of a turn as Converse's content blocks."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from typing import Any, TypeAlias

import msgspec

from comity.dialects.arguments import write_arguments
from comity.dialects.bedrock_converse.cache_points import write_point
from comity.dialects.bedrock_converse.citations import write_cited
from comity.dialects.bedrock_converse.media import write_media
from comity.dialects.bedrock_converse.names import DocumentNames, wire_id
from comity.dialects.losses import FOREIGN_REASON, Losses
from comity.dialects.mixed_turns import PlacedPart
from comity.dialects.tool_names import ToolNames
from comity.exchange import (
    CacheMark,
    Media,
    ModelTraits,
    Opaque,
    Part,
    Reasoning,
    Refusal,
    Text,
    ToolCall,
    ToolResult,
)

NAME = "bedrock.converse"
_CLAUDE = "anthropic.messages"

Unit: TypeAlias = list[dict[str, Any]]
"""A block and, behind it, its cache point."""


class Scope(msgspec.Struct, frozen=True):
    """What the writers of one request share."""

    traits: ModelTraits
    """What the target takes."""
    losses: Losses
    """Where they tell what is left out."""
    tools: ToolNames
    """Tool names on the wire."""
    documents: DocumentNames
    """Document names used so far."""

    @property
    def origin(self) -> str:
        """What marks reasoning as the target's own."""
        return origin_of(self.traits)


def origin_of(traits: ModelTraits) -> str:
    """The origin of reasoning that a model with these traits makes on Bedrock."""
    return f"{NAME}/{traits.family}" if traits.family else NAME


def write_parts(parts: Sequence[PlacedPart], scope: Scope, *, by_model: bool) -> list[Unit]:
    """The blocks of a turn that Bedrock takes; may be empty."""
    units = []
    for path, part in parts:
        if isinstance(part, Opaque):
            block = _opaque(part, path, scope, by_model=by_model)
        else:
            block = _block(part, path, scope)
        if block is not None:
            units.append([block, *write_point(_mark(part), path, scope.traits, scope.losses)])
    return units


def _mark(part: Part) -> CacheMark | None:
    if isinstance(part, ToolResult):
        # A point cannot stand inside a result: a mark there moves behind it.
        return part.cache or next((inner.cache for inner in part.content if inner.cache), None)
    return None if isinstance(part, (Reasoning, Refusal)) else part.cache


def _opaque(part: Opaque, path: str, scope: Scope, *, by_model: bool) -> dict[str, Any] | None:
    if part.origin == NAME:
        return part.wire
    scope.losses.foreign_block(part, path, by_model=by_model)
    return None


def _text(part: Text, path: str, scope: Scope) -> dict[str, Any] | None:
    if not part.text.strip():
        return None
    own = [source for source in part.citations if source.origin == NAME]
    if len(own) < len(part.citations):
        scope.losses.hint(f"{path}.citations", "the citations are those of another dialect")
    return write_cited(part.text, own)


def _block(part: Part, path: str, scope: Scope) -> dict[str, Any] | None:
    match part:
        case Text():
            return _text(part, path, scope)
        case Refusal():
            return {"text": part.text} if part.text.strip() else None
        case Media():
            return write_media(part, scope.documents, path, scope.losses)
        case ToolCall():
            return _call(part, path, scope)
        case ToolResult():
            return _result(part, path, scope)
        case Reasoning():
            return _reasoning(part, path, scope)
        case Opaque():
            raise AssertionError("opaque blocks are written by their own function")


def _call(call: ToolCall, path: str, scope: Scope) -> dict[str, Any]:
    if call.signature is not None:
        scope.losses.hint(f"{path}.signature", "only the model that signed this call may read its signature")
    made = {
        "toolUseId": wire_id(call.id),
        "name": scope.tools.wire(call.name),
        "input": write_arguments(call, path, scope.losses),
    }
    return {"toolUse": made}


def _result(result: ToolResult, path: str, scope: Scope) -> dict[str, Any]:
    content: list[dict[str, Any]] = []
    for part in result.content:
        if isinstance(part, Text):
            # Always text: a JSON document must be an object, and the text is what the tool said.
            content.extend([{"text": part.text}] if part.text.strip() else [])
        elif part.kind == "audio":
            scope.losses.loss(path, "a tool result of Converse holds no sound")
        else:
            block = write_media(part, scope.documents, path, scope.losses)
            content.extend([block] if block is not None else [])
    status = {"status": "error"} if result.is_error else {}
    return {"toolResult": {"toolUseId": wire_id(result.call_id), "content": content, **status}}


def _reasoning(block: Reasoning, path: str, scope: Scope) -> dict[str, Any] | None:
    reason = _foreign(block, scope)
    if reason:
        scope.losses.hint(path, reason)
        return None
    if block.redacted is not None:
        return {"reasoningContent": {"redactedContent": base64.b64encode(block.redacted).decode()}}
    signed = {} if block.signature is None else {"signature": block.signature}
    return {"reasoningContent": {"reasoningText": {"text": block.text, **signed}}}


def _foreign(block: Reasoning, scope: Scope) -> str:
    """Why the target may not see this reasoning; empty when it may."""
    rule = scope.traits.reasoning_signatures
    signed = block.signature is not None or block.redacted is not None
    if rule == "none":
        return "the model takes no reasoning back"
    if block.origin not in {"", scope.origin} and not _made_by_claude(block, scope):
        return FOREIGN_REASON
    if rule == "required" and not signed:
        return "the model takes only reasoning that it signed"
    if rule == "forbidden" and (signed or not block.text.strip()):
        return "the model takes only plain reasoning"
    return ""


def _made_by_claude(block: Reasoning, scope: Scope) -> bool:
    """Whether Claude signed it elsewhere: its signatures are valid on every platform it runs on.

    Anthropic's guide to extended thinking says so of signatures; of encrypted thinking it does not.
    """
    return scope.traits.family == "claude" and block.origin == _CLAUDE and block.redacted is None
