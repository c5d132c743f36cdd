"""Writes the conversation as Google takes it: system apart, `user` and `model` in turn.

INVARIANT: consecutive turns of one role become one content, results first and in the order of their calls. A
turn of calls is answered in the very next content, each call once. Turns that hold nothing disappear.
"""

from __future__ import annotations

from typing import Any

import msgspec

from comity.dialects.gemini.part_writer import Scope, write_parts
from comity.dialects.gemini.shapes import NAME
from comity.dialects.mixed_turns import Piece, PlacedPart, in_pieces
from comity.exchange import Media, Part, Request, ToolCall, ToolResult


class Conversation(msgspec.Struct, frozen=True):
    """The two places of a body that hold the conversation."""

    system: list[dict[str, Any]]
    """Parts of all system and developer turns, in order."""
    contents: list[dict[str, Any]]
    """Turns with their role."""


class _Content(msgspec.Struct):
    role: str
    parts: list[PlacedPart]
    path: str
    extra: dict[str, Any]


def write_conversation(request: Request, scope: Scope) -> Conversation:
    """The system parts and contents of the turns; tells the scope's losses what cannot be said."""
    system: list[PlacedPart] = []
    contents: list[_Content] = []
    for piece in in_pieces(request.turns, scope.traits):
        extra = _members(piece, scope, native=request.dialect == NAME)
        if piece.turn.role in {"system", "developer"}:
            _note_media(piece, scope)
            system.extend(piece.parts)
        else:
            role = "model" if piece.turn.role == "assistant" else "user"
            _append(contents, _Content(role, list(piece.parts), piece.path, extra), scope)
    _check(contents, scope)
    written = [_write(content, scope) for content in contents]
    return Conversation(
        write_parts(system, scope, by_model=False),
        [content for content in written if content["parts"]],
    )


def _members(piece: Piece, scope: Scope, *, native: bool) -> dict[str, Any]:
    """Members that only this dialect has and can take back; others are losses."""
    kept: dict[str, Any] = {}
    turn = piece.turn
    for name, value in turn.extra.items():
        if native and name.startswith("parts["):
            kept[name] = value
        elif value not in ([], {}, ""):
            scope.losses.unplaced_member(piece.index, name, "generateContent has no place for it")
    if turn.name is not None:
        scope.losses.hint(f"{piece.path}.name", "generateContent has no names of speakers")
    return kept


def _note_media(piece: Piece, scope: Scope) -> None:
    if any(isinstance(part, Media) for _, part in piece.parts):
        scope.losses.loss(piece.path, "the system instruction holds text only")


def _append(contents: list[_Content], content: _Content, scope: Scope) -> None:
    last = contents[-1] if contents else None
    if not content.parts:
        return
    if last is None or last.role != content.role or not _may_join(last, content, scope):
        contents.append(content)
    else:
        last.parts.extend(content.parts)
        last.extra.update(content.extra)


def _may_join(last: _Content, content: _Content, scope: Scope) -> bool:
    if last.extra or content.extra:
        # Paths count parts from the turn's first.
        return False
    return scope.traits.tool_result_with_text or _only_results(last) == _only_results(content)


def _only_results(content: _Content) -> bool:
    return all(isinstance(part, ToolResult) for _, part in content.parts)


def _check(contents: list[_Content], scope: Scope) -> None:
    asked: list[str] = []
    for content in contents:
        order = {identity: place for place, identity in enumerate(asked)}
        if content.role == "user":
            content.parts.sort(key=lambda one: _place(one[1], order))
        _check_results(asked, content, scope)
        asked = [part.id for _, part in content.parts if isinstance(part, ToolCall)]
    for identity in asked:
        scope.losses.impossible("messages", f"the tool call `{identity}` has no result")


def _place(part: Part, order: dict[str, int]) -> int:
    """Results first, in the order of their calls."""
    return order.get(part.call_id, len(order)) if isinstance(part, ToolResult) else len(order) + 1


def _check_results(asked: list[str], content: _Content, scope: Scope) -> None:
    answered = [part.call_id for _, part in content.parts if isinstance(part, ToolResult)]
    for identity in dict.fromkeys(answered):
        if identity not in asked:
            message = f"the tool result `{identity}` answers no call of the turn before"
            scope.losses.impossible(content.path, message)
        elif answered.count(identity) > 1:
            scope.losses.impossible(content.path, f"the tool call `{identity}` is answered twice")
    for identity in asked:
        if identity not in answered:
            message = f"the tool call `{identity}` of the turn before has no result"
            scope.losses.impossible(content.path, message)


def _write(content: _Content, scope: Scope) -> dict[str, Any]:
    parts = write_parts(content.parts, scope, by_model=content.role == "model")
    for key, value in content.extra.items():
        place, _, name = key.removeprefix("parts[").partition("].")
        if place.isdecimal() and int(place) < len(parts) and name:
            parts[int(place)][name] = value
    return {"role": content.role, "parts": parts}
