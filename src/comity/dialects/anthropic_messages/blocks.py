"""Writes the parts of a turn as content blocks."""

from __future__ import annotations

import base64
import re
from typing import Any

import msgspec

from comity.dialects.anthropic_messages.citations import replayed
from comity.dialects.anthropic_messages.family import FAMILY, ORIGIN, Surface
from comity.dialects.anthropic_messages.media import write_media
from comity.dialects.arguments import write_arguments
from comity.dialects.losses import FOREIGN_REASON, Losses
from comity.dialects.provenance import sign_id, wrap
from comity.dialects.tool_names import NameRule, ToolNames, digested
from comity.dialects.wire_json import stated
from comity.exchange import (
    CacheMark,
    Media,
    ModelTraits,
    Opaque,
    Part,
    Reasoning,
    Refusal,
    Request,
    Text,
    ToolCall,
    ToolResult,
)

TOOL_RULE = NameRule(re.compile(r"[A-Za-z0-9_-]{1,128}"), re.compile(r"[^A-Za-z0-9_-]+"), 128)
"""What the API allows in a tool's name."""

_ID_RULE = NameRule(re.compile(r"[A-Za-z0-9_-]+"), re.compile(r"[^A-Za-z0-9_-]+"), 64)
_CONVERSE = "bedrock.converse/claude"


class Scope(msgspec.Struct, frozen=True):
    """What the writers of one request share."""

    request: Request
    """What is written."""
    surface: Surface
    """Where it is sent."""
    traits: ModelTraits
    """What the target takes."""
    losses: Losses
    """Where they tell what is left out."""
    tools: ToolNames
    """Tool names on the wire."""

    @property
    def native(self) -> bool:
        """Whether the client wrote it for this family, so that names and paths in it mean something here."""
        return self.request.dialect in FAMILY


def write_part(part: Part, path: str, scope: Scope, *, by_model: bool) -> dict[str, Any] | None:
    """The block of a part; None for what the API does not take, after telling the scope's losses why."""
    match part:
        case Text() | Refusal():
            return _text(part, path, scope)
        case Media():
            block = write_media(part, path, scope.losses, fetches=scope.surface.fetches)
            return None if block is None else block | write_mark(part.cache)
        case ToolCall():
            return _call(part, path, scope)
        case ToolResult():
            return _result(part, path, scope)
        case Reasoning():
            return _reasoning(part, path, scope)
        case Opaque():
            if part.origin in FAMILY:
                return dict(part.wire)
            scope.losses.foreign_block(part, path, by_model=by_model)
            return None


def write_mark(mark: CacheMark | None) -> dict[str, Any]:
    """The `cache_control` member of a mark."""
    if mark is None:
        return {}
    return {"cache_control": {"type": "ephemeral", **stated(ttl=mark.lifetime)}}


def wire_id(identity: str) -> str:
    """The id on the wire for a tool call's id; the same for the call and its result."""
    return identity if _ID_RULE.allowed.fullmatch(identity) else digested(identity, _ID_RULE)


def show_part(part: Part) -> dict[str, Any] | None:
    """The block that shows a part of an answer to a client; None for what the dialect has no form for.

    What another model signed or encrypted is wrapped with its origin, so that it finds its way home.
    """
    match part:
        case Text():
            return {"type": "text", "text": part.text}
        case Refusal():
            return {"type": "text", "text": part.text}
        case ToolCall():
            arguments = msgspec.Raw((part.arguments.strip() or "{}").encode())
            identity = sign_id(part.id, part.signature, part.origin)
            return {"type": "tool_use", "id": identity, "name": part.name, "input": arguments}
        case Reasoning(redacted=None):
            return {"type": "thinking", "thinking": part.text, "signature": shown_signature(part)}
        case Reasoning():
            return {"type": "redacted_thinking", "data": shown_redacted(part)}
        case Opaque(origin=origin) if origin in FAMILY:
            return part.wire
        case _:
            return None


def shown_signature(block: Reasoning) -> str:
    """A signature as a client gets it."""
    if block.origin in {"", ORIGIN}:
        return block.signature or ""
    return wrap(block.signature or "", block.origin)


def shown_redacted(block: Reasoning) -> str:
    """Encrypted reasoning as a client gets it."""
    data = block.redacted or b""
    if block.origin in {"", ORIGIN} and data.isascii():
        return data.decode()
    return wrap(base64.b64encode(data).decode(), block.origin)


def _text(part: Text | Refusal, path: str, scope: Scope) -> dict[str, Any] | None:
    if not part.text.strip():
        # Blank text is refused by the API wherever it stands, and says nothing.
        return None
    if isinstance(part, Refusal):
        return {"type": "text", "text": part.text}
    own = replayed(part.citations)
    if len(own) < len(part.citations):
        scope.losses.hint(f"{path}.citations", "only the model that cited these sources may read them again")
    return {"type": "text", "text": part.text, **stated(citations=own or None), **write_mark(part.cache)}


def _call(call: ToolCall, path: str, scope: Scope) -> dict[str, Any]:
    return {
        "type": "tool_use",
        "id": wire_id(call.id),
        "name": scope.tools.wire(call.name),
        "input": write_arguments(call, path, scope.losses),
        **write_mark(call.cache),
    }


def _result(result: ToolResult, path: str, scope: Scope) -> dict[str, Any]:
    content = [
        block
        for index, part in enumerate(result.content)
        if (block := write_part(part, f"{path}.content[{index}]", scope, by_model=False)) is not None
    ]
    return {
        "type": "tool_result",
        "tool_use_id": wire_id(result.call_id),
        "content": content,
        **stated(is_error=result.is_error or None),
        **write_mark(result.cache),
    }


def _reasoning(block: Reasoning, path: str, scope: Scope) -> dict[str, Any] | None:
    reason = _foreign(block, scope)
    if reason:
        scope.losses.hint(path, reason)
        return None
    if block.redacted is not None:
        return {"type": "redacted_thinking", "data": block.redacted.decode()}
    return {"type": "thinking", "thinking": block.text, "signature": block.signature or ""}


def _foreign(block: Reasoning, scope: Scope) -> str:
    """Why the target may not see this reasoning; empty when it may."""
    signed = block.signature is not None or block.redacted is not None
    if scope.traits.reasoning_signatures == "forbidden":
        plain = not signed and block.text.strip() and block.origin in {"", scope.surface.name}
        return "" if plain else "the model takes only plain reasoning of its own"
    if not signed:
        return "the model takes only reasoning that it signed"
    # Converse shows Claude's thinking with Claude's own signature; its encrypted form differs.
    own = {ORIGIN} if block.redacted is not None else {"", ORIGIN, _CONVERSE}
    if block.origin not in own:
        return FOREIGN_REASON
    return ""
