"""Writes the conversation as Converse takes it: system apart, roles in strict alternation.

INVARIANT: consecutive turns of one role become one message, tool results first, except for models that refuse
text beside tool results. Blank text is left out everywhere, since Bedrock refuses it; a turn that holds
nothing else disappears. Each call must be answered in the very next message, as Bedrock demands.
"""

from __future__ import annotations

from typing import Any

import msgspec

from comity.dialects.bedrock_converse.blocks import Scope, Unit, write_parts
from comity.dialects.bedrock_converse.shapes import SERVER_TOOL
from comity.dialects.mixed_turns import Piece, in_pieces
from comity.exchange import Media, Turn

NO_TEXT_BESIDE_DOCUMENT = "Bedrock wants text beside a document: say what to do with it in the same turn"


class Conversation(msgspec.Struct, frozen=True):
    """The two lists that a Converse body holds."""

    system: list[dict[str, Any]]
    """System blocks in the order of all system and developer turns."""
    messages: list[dict[str, Any]]
    """Messages with their content."""


class _Message(msgspec.Struct):
    role: str
    units: list[Unit]
    path: str
    results_only: bool


def write_conversation(turns: tuple[Turn, ...], scope: Scope) -> Conversation:
    """The system blocks and messages of the turns; tells the scope's losses what cannot be said."""
    system: list[dict[str, Any]] = []
    messages: list[_Message] = []
    for piece in in_pieces(turns, scope.traits):
        turn = piece.turn
        _note_members(piece, scope)
        units = write_parts(piece.parts, scope, by_model=turn.role == "assistant")
        if turn.role in {"system", "developer"}:
            system.extend(block for unit in units for block in unit)
        elif units:
            _append(messages, "assistant" if turn.role == "assistant" else "user", units, piece.path, scope)
    _check(messages, scope)
    return Conversation(
        system,
        [
            {"role": message.role, "content": [block for unit in message.units for block in unit]}
            for message in messages
        ],
    )


def _note_members(piece: Piece, scope: Scope) -> None:
    turn = piece.turn
    for name, value in turn.extra.items():
        if isinstance(value, dict) and "cachePoint" in value:
            why = "a cache point stands behind a block that can carry it"
            scope.losses.unplaced_hint(piece.index, name, why)
        elif value not in ([], {}, ""):
            scope.losses.unplaced_member(piece.index, name, "Converse has no place for it")
    if turn.name is not None:
        scope.losses.hint(f"{piece.path}.name", "Converse has no names of speakers")
    if turn.role in {"system", "developer"} and any(isinstance(part, Media) for part in turn.parts):
        scope.losses.loss(piece.path, "a system turn of Converse holds text only")


def _append(messages: list[_Message], role: str, units: list[Unit], path: str, scope: Scope) -> None:
    results_only = all("toolResult" in unit[0] for unit in units)
    last = messages[-1] if messages else None
    if last is not None and last.role == role and _may_join(last, results_only, scope):
        last.units.extend(units)
        last.results_only = last.results_only and results_only
    else:
        messages.append(_Message(role, list(units), path, results_only))


def _may_join(last: _Message, results_only: bool, scope: Scope) -> bool:  # noqa: FBT001 - a fact of the units
    mixed = last.role == "user" and last.results_only != results_only
    return scope.traits.tool_result_with_text or not mixed


def _check(messages: list[_Message], scope: Scope) -> None:
    losses = scope.losses
    if not messages:
        losses.impossible("messages", "Bedrock wants at least one turn that is not blank")
    elif messages[0].role != "user":
        losses.impossible(messages[0].path, "Bedrock wants the conversation to begin with the user")
    asked: list[str] = []
    for message in messages:
        if message.role == "user":
            message.units.sort(key=lambda unit: "toolResult" not in unit[0])
        _check_results(asked, message, scope)
        asked = _asked(message)
        kinds = {kind for unit in message.units for kind in unit[0]}
        if "document" in kinds and "text" not in kinds:
            losses.impossible(message.path, NO_TEXT_BESIDE_DOCUMENT)


def _asked(message: _Message) -> list[str]:
    """Ids of the calls that the client must answer: not of those that Bedrock itself runs."""
    calls = [unit[0]["toolUse"] for unit in message.units if "toolUse" in unit[0]]
    return [call["toolUseId"] for call in calls if call.get("type") != SERVER_TOOL]


def _answered(message: _Message) -> list[str]:
    """Ids that the client's results name; results in an assistant's turn are Bedrock's own."""
    if message.role != "user":
        return []
    return [unit[0]["toolResult"]["toolUseId"] for unit in message.units if "toolResult" in unit[0]]


def _check_results(asked: list[str], message: _Message, scope: Scope) -> None:
    answered = _answered(message)
    for identity in dict.fromkeys(answered):
        if identity not in asked:
            scope.losses.impossible(
                message.path, f"the tool result `{identity}` answers no call of the turn before"
            )
        elif answered.count(identity) > 1:
            scope.losses.impossible(message.path, f"the tool call `{identity}` is answered twice")
    for identity in asked:
        if identity not in answered:
            scope.losses.impossible(
                message.path, f"the tool call `{identity}` of the turn before has no result"
            )
        if asked.count(identity) > 1:
            scope.losses.impossible(message.path, f"two tool calls have the id `{identity}`")
