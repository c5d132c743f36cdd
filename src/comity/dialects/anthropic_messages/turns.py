"""Writes the conversation as the API takes it: system apart, results first, no blank turns.

Consecutive turns of one role become one message, as the API would make of them. System turns within the
conversation move to the front in their order, unless a client of this family put them where they stand.
"""

from __future__ import annotations

import re
from typing import Any

import msgspec

from comity.dialects.anthropic_messages.blocks import Scope, write_part
from comity.exchange import Media, Turn

_PLACE = re.compile(r"content\[(\d+)\](?:\.content\[(\d+)\])?(?:\.(\w+))?")


class Conversation(msgspec.Struct, frozen=True):
    """The two lists that a body holds."""

    system: list[dict[str, Any]]
    """Text blocks of the system turns."""
    messages: list[dict[str, Any]]
    """Messages with their content."""


class _Message(msgspec.Struct):
    role: str
    content: list[dict[str, Any]]
    path: str


def write_conversation(turns: tuple[Turn, ...], scope: Scope) -> Conversation:
    """The system blocks and messages of the turns; tells the scope's losses what cannot be said."""
    system: list[dict[str, Any]] = []
    messages: list[_Message] = []
    for index, turn in enumerate(turns):
        path = f"messages[{index}]"
        content = _content(turn, index, scope)
        if turn.role in {"system", "developer"}:
            if any(isinstance(part, Media) for part in turn.parts):
                scope.losses.loss(path, "a system turn of Messages holds text only")
                content = [block for block in content if block["type"] == "text"]
            if not (scope.native and messages):
                system += content
                continue
        if content:
            _append(messages, turn, content, path)
    _check(messages, scope)
    for message in messages:
        if message.role == "user":
            message.content.sort(key=lambda block: block["type"] != "tool_result")
    return Conversation(system, [{"role": one.role, "content": one.content} for one in messages])


def _append(messages: list[_Message], turn: Turn, content: list[dict[str, Any]], path: str) -> None:
    role = turn.role if turn.role in {"assistant", "system"} else "user"
    last = messages[-1] if messages else None
    if last is not None and last.role == role:
        last.content += content
    else:
        messages.append(_Message(role, content, path))


def _content(turn: Turn, at: int, scope: Scope) -> list[dict[str, Any]]:
    path = f"messages[{at}]"
    if turn.name is not None:
        scope.losses.hint(f"{path}.name", "Messages have no names of speakers")
    by_model = turn.role == "assistant"
    blocks = [
        write_part(part, f"{path}.content[{index}]", scope, by_model=by_model)
        for index, part in enumerate(turn.parts)
    ]
    if scope.native:
        _restore(blocks, turn.extra)
    else:
        scope.losses.unplaced(turn, at, "Messages have no place for it")
    return [block for block in blocks if block is not None]


def _restore(blocks: list[dict[str, Any] | None], extra: dict[str, Any]) -> None:
    """Puts back, where they stood, the blocks and members that have no place in the hub."""
    found = [(match, value) for name, value in extra.items() if (match := _PLACE.fullmatch(name))]
    # A whole block comes before the members of others, so that every place is counted as the client did.
    found.sort(key=lambda item: (item[0][3] is not None, int(item[0][1]), int(item[0][2] or -1)))
    for match, value in found:
        _put(blocks, int(match[1]), match[2], match[3], value)


def _put(
    blocks: list[dict[str, Any] | None], at: int, inner: str | None, member: str | None, value: Any
) -> None:
    if inner is not None:
        held = blocks[at] if at < len(blocks) else None
        if held is not None and isinstance(held.get("content"), list):
            _put(held["content"], int(inner), None, member, value)
    elif member is None:
        blocks.insert(at, dict(value))
    elif at < len(blocks) and (block := blocks[at]) is not None:
        block[member] = value


def _check(messages: list[_Message], scope: Scope) -> None:
    losses = scope.losses
    if not messages:
        losses.impossible("messages", "Messages want at least one turn that is not blank")
    asked: list[str] = []
    for message in messages:
        answered = [block["tool_use_id"] for block in message.content if block["type"] == "tool_result"]
        for identity in asked:
            if identity not in answered:
                losses.impossible(
                    message.path, f"the tool call `{identity}` of the turn before has no result"
                )
        for identity in dict.fromkeys(answered):
            if identity not in asked:
                losses.impossible(
                    message.path, f"the tool result `{identity}` answers no call of the turn before"
                )
            elif answered.count(identity) > 1:
                losses.impossible(message.path, f"the tool call `{identity}` is answered twice")
        asked = [block["id"] for block in message.content if block["type"] == "tool_use"]
        for identity in dict.fromkeys(asked):
            if asked.count(identity) > 1:
                losses.impossible(message.path, f"two tool calls have the id `{identity}`")
