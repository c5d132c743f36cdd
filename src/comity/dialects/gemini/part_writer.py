"""Writes the hub's parts as Google's.

A signature goes only to Google, on the part it came with: calls hold their own, an empty signed `Reasoning`
signs the text or media behind it, and where nothing of the kind follows it stands alone.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from comity.dialects.gemini.part_reader import json_object
from comity.dialects.gemini.shapes import NAME
from comity.dialects.losses import FOREIGN_REASON, Losses
from comity.dialects.mixed_turns import PlacedPart
from comity.dialects.tool_names import ToolNames
from comity.dialects.wire_json import stated
from comity.exchange import (
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

CACHE_REASON = "Google takes no marks: it caches by itself, or reads a cache that was made before"
UNSIGNED = "skip_thought_signature_validator"
"""What Google documents for a call that a model without its signatures made (decision 204)."""
_SIGNED = "thoughtSignature"
_TYPES = {
    "png": "image/png",
    "jpg": "image/jpeg",
    "jpeg": "image/jpeg",
    "gif": "image/gif",
    "webp": "image/webp",
    "heic": "image/heic",
    "pdf": "application/pdf",
    "mp3": "audio/mp3",
    "wav": "audio/wav",
    "mp4": "video/mp4",
    "webm": "video/webm",
}


class Scope(msgspec.Struct, frozen=True):
    """What the writers of one request share."""

    traits: ModelTraits
    """What the target takes."""
    losses: Losses
    """Where they tell what is left out."""
    tools: ToolNames
    """Tool names on the wire."""
    called: Mapping[str, str]
    """Call id to the name that was called."""

    @property
    def ids(self) -> bool:
        """Whether calls and results carry ids: Vertex refuses them (T20)."""
        return self.traits.surface == "ai-studio"


def write_parts(parts: Sequence[PlacedPart], scope: Scope, *, by_model: bool) -> list[dict[str, Any]]:
    """The wire's parts, blank text left out; may be empty."""
    written = _written(parts, scope, by_model=by_model)
    if by_model and scope.traits.reasoning_signatures == "required":
        _mark_unsigned(written)
    return written


def _written(parts: Sequence[PlacedPart], scope: Scope, *, by_model: bool) -> list[dict[str, Any]]:
    written: list[dict[str, Any]] = []
    pending: str | None = None
    for place, part in parts:
        if isinstance(part, Reasoning):
            if pending is not None:
                written.append(_signature_alone(pending))
            block, pending = _reasoning(part, place, scope)
            written += block
            continue
        if isinstance(part, Opaque) and part.origin != NAME:
            scope.losses.foreign_block(part, place, by_model=by_model)
            continue
        one = _part(part, place, scope)
        if one is None:
            continue
        if pending is not None and _SIGNED not in one and not isinstance(part, ToolCall):
            one[_SIGNED], pending = pending, None
        elif pending is not None:
            written.append(_signature_alone(pending))
            pending = None
        written.append(one)
        if getattr(part, "cache", None) is not None:
            scope.losses.hint(f"{place}.cache_control", CACHE_REASON)
    return [*written, _signature_alone(pending)] if pending is not None else written


def _mark_unsigned(written: list[dict[str, Any]]) -> None:
    """Puts Google's own word for "another model's call" on the first call of a turn that nobody signed."""
    call = next((one for one in written if "functionCall" in one), None)
    if call is not None and not any(_SIGNED in one for one in written):
        call[_SIGNED] = UNSIGNED


def _signature_alone(signature: str) -> dict[str, Any]:
    return {"text": "", _SIGNED: signature}


def _reasoning(block: Reasoning, path: str, scope: Scope) -> tuple[list[dict[str, Any]], str | None]:
    """The thought, or the signature that waits for the part behind it."""
    if block.origin != NAME or block.redacted is not None:
        scope.losses.hint(path, FOREIGN_REASON)
        return [], None
    if not block.text:
        return [], block.signature
    return [{"text": block.text, "thought": True, **stated(thoughtSignature=block.signature)}], None


def _part(part: Part, path: str, scope: Scope) -> dict[str, Any] | None:
    match part:
        case Text() | Refusal():
            if isinstance(part, Text) and part.citations:
                scope.losses.hint(f"{path}.citations", "Google takes no citations back")
            return {"text": part.text} if part.text else None
        case Media():
            return write_media(part, path, scope)
        case ToolCall():
            return _call(part, path, scope)
        case ToolResult():
            return _result(part, path, scope)
        case Opaque():
            return dict(part.wire)
        case Reasoning():
            raise AssertionError("reasoning is written before")


def _call(call: ToolCall, path: str, scope: Scope) -> dict[str, Any]:
    text = call.arguments.strip() or "{}"
    arguments = json_object(text)
    if arguments is None:
        scope.losses.impossible(path, f"the arguments of the tool call `{call.id}` are no JSON object")
    made = {"name": scope.tools.wire(call.name), "args": arguments or {}}
    signature = call.signature if call.origin == NAME else None
    if call.signature is not None and signature is None:
        scope.losses.hint(f"{path}.signature", "only the model that signed this call may see the signature")
    return {
        "functionCall": {**({"id": call.id} if scope.ids else {}), **made},
        **stated(thoughtSignature=signature),
    }


def _result(result: ToolResult, path: str, scope: Scope) -> dict[str, Any]:
    text = "".join(part.text for part in result.content if isinstance(part, Text))
    media = [part for part in result.content if isinstance(part, Media)]
    parts = [one for part in media if (one := write_media(part, path, scope)) is not None]
    name = scope.called.get(result.call_id)
    if name is None:
        scope.losses.impossible(path, f"the tool result `{result.call_id}` answers no call")
        name = ""
    return {
        "functionResponse": {
            **({"id": result.call_id} if scope.ids else {}),
            "name": name,
            "response": _response(text, failed=result.is_error) if text or not parts else {},
            **stated(parts=parts or None),
        }
    }


def _response(text: str, *, failed: bool) -> dict[str, Any]:
    """The answer as Google's object: the tool's own object, or its text under Google's word."""
    value = json_object(text)
    if failed:
        return value if value is not None and set(value) == {"error"} else {"error": value or text}
    return {"output": text} if value is None else value


def write_media(media: Media, path: str, scope: Scope) -> dict[str, Any] | None:
    """The part of a medium, or None after telling the losses why there is none."""
    if media.detail not in {None, "auto"}:
        scope.losses.hint(f"{path}.detail", "resolution is set for the whole request here")
    scope.losses.unread_document(media, path)
    media_type = media.media_type or _guessed(media.url)
    if media_type is None and (media.data is not None or scope.traits.surface != "ai-studio"):
        scope.losses.impossible(path, f"Google wants to know the media type of the {media.kind}")
        return None
    if media.data is not None:
        data = base64.b64encode(media.data).decode()
        return {"inlineData": {"mimeType": media_type, "data": data}}
    return {"fileData": {"fileUri": media.url, **stated(mimeType=media_type)}}


def _guessed(url: str | None) -> str | None:
    path = (url or "").partition("?")[0].partition("#")[0]
    return _TYPES.get(path.rsplit(".", 1)[-1].lower())
