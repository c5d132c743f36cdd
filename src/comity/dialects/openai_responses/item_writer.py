"""Writes the hub's turns as the items of a Responses input.

Reasoning and opaque blocks go out only to who made them; an id of the provider's goes back with its item.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from comity.dialects.losses import Losses
from comity.dialects.mixed_turns import PlacedPart, placed
from comity.dialects.openai_responses.content_writer import NO_MARKS, write_annotations, write_input
from comity.dialects.openai_responses.names import NAME, call_id, origin_of, short_name
from comity.dialects.openai_responses.reasoning import same_item, write_reasoning
from comity.dialects.openai_responses.shapes import Item
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
    Turn,
)

_NO_PLACE = "it stands where the translation has no place for it"


class Scope(msgspec.Struct, frozen=True):
    """What the writers of one request share."""

    traits: ModelTraits
    """What the target takes."""
    losses: Losses
    """Where they tell what is left out."""
    tools: ToolNames
    """Tool names on the wire."""
    native: bool
    """Whether the client spoke this dialect, so that what the hub has no place for goes out as it came."""


def write_turn(turn: Turn, at: int, scope: Scope) -> list[Item]:
    """The items of one turn, the one `at` its place."""
    kept, path = _kept(turn, at, scope), f"messages[{at}]"
    parts = placed(turn, at)
    if turn.name is not None:
        scope.losses.hint(f"{path}.name", "the Responses API has no names of speakers")
    if turn.role == "assistant":
        return _assistant(turn, parts, scope, kept)
    items: list[Item] = []
    content = [(place, part) for place, part in parts if isinstance(part, (Text, Media))]
    for place, part in parts:
        if isinstance(part, ToolResult):
            items.append(_result(part, place, scope, {} if content else kept))
        elif isinstance(part, Opaque):
            items.extend(_opaque(part, place, scope, by_model=False))
    if content or not items:
        inside = {name: value for name, value in kept.items() if name.startswith("content[")}
        members = {name: value for name, value in kept.items() if name not in inside}
        if turn.role != "tool":
            written = write_input(content, scope.losses, inside)
            items.append({"role": turn.role, "content": written, **members})
    return items


def _kept(turn: Turn, at: int, scope: Scope) -> dict[str, Any]:
    if scope.native:
        return turn.extra
    scope.losses.unplaced(turn, at, _NO_PLACE)
    return {}


def _assistant(turn: Turn, parts: Sequence[PlacedPart], scope: Scope, kept: dict[str, Any]) -> list[Item]:
    items: list[Item] = []
    thoughts: list[Reasoning] = []
    thought_at = ""
    for path, part in parts:
        if isinstance(part, Reasoning) and thoughts and same_item(thoughts[-1], part):
            thoughts.append(part)
            continue
        items.extend(_reasoning(thoughts, thought_at, scope))
        thoughts, thought_at = [part] if isinstance(part, Reasoning) else [], path
        if not thoughts:
            items.extend(_made(part, path, scope, items))
    items.extend(_reasoning(thoughts, thought_at, scope))
    items = [_message(item) if item.get("role") == "assistant" else item for item in items]
    _restore(items, turn, kept)
    return items


def _message(item: Item) -> Item:
    """A message as the API takes it: one that no provider made is a plain text, where it is only that.

    Anything else needs an id, which nothing refers to.
    """
    if "id" in item:
        return item
    first = item["content"][0]
    members = {name: value for name, value in item.items() if name not in {"type", "content"}}
    if len(item["content"]) == 1 and first["type"] == "output_text" and not first["annotations"]:
        return {**members, "content": first["text"]}
    return {**item, "id": "msg_0", "status": "completed"}


def _made(part: Part, path: str, scope: Scope, before: list[Item]) -> list[Item]:
    """The items of one part of the model's; text joins the message before it where it stood there."""
    if isinstance(part, (Text, ToolCall, Media)) and part.cache is not None:
        scope.losses.hint(f"{path}.cache_control", NO_MARKS)
    match part:
        case Text() | Refusal():
            content = _said(part)
            if isinstance(part, Text) and len(content["annotations"]) < len(part.citations):
                scope.losses.hint(f"{path}.citations", "the Responses API has no form for these citations")
            identity = part.message if isinstance(part, Text) else None
            if before and before[-1].get("role") == "assistant" and before[-1].get("id") == identity:
                before[-1]["content"].append(content)
                return []
            phase = part.phase if isinstance(part, Text) else None
            status = None if identity is None else "completed"
            members = stated(id=identity, status=status, phase=phase)
            return [{"type": "message", "role": "assistant", "content": [content], **members}]
        case ToolCall():
            members = stated(id=part.item)
            arguments = part.arguments.strip() or "{}"
            group = part.namespace if scope.native else None
            name = scope.tools.wire(part.name) if group is None else short_name(group, part.name)
            call = {"type": "function_call", "call_id": call_id(part.id), "name": name}
            return [{**call, "arguments": arguments, **members, **stated(namespace=group)}]
        case Opaque():
            return _opaque(part, path, scope, by_model=True)
        case Media():
            scope.losses.loss(path, "a message of the model holds text only")
            return []
        case _:
            assert isinstance(part, ToolResult), "reasoning is written with its neighbours"
            return [_result(part, path, scope, {})]


def _said(part: Text | Refusal) -> dict[str, Any]:
    if isinstance(part, Refusal):
        return {"type": "refusal", "refusal": part.text}
    return {
        "type": "output_text",
        "text": part.text,
        "annotations": write_annotations(part.citations, len(part.text)),
    }


def _opaque(part: Opaque, path: str, scope: Scope, *, by_model: bool) -> list[Item]:
    if part.origin == NAME:
        return [part.wire]
    scope.losses.foreign_block(part, path, by_model=by_model)
    return []


def _reasoning(blocks: list[Reasoning], path: str, scope: Scope) -> list[Item]:
    if not blocks:
        return []
    last, rule = blocks[-1], scope.traits.reasoning_signatures
    if last.origin not in {NAME, origin_of(scope.traits)}:
        scope.losses.hint(path, "only who made this reasoning may read it again")
    elif rule == "none" and not scope.native:
        scope.losses.hint(path, "the model takes no reasoning back")
    elif rule == "required" and last.signature is None:
        scope.losses.hint(path, "reasoning without its encrypted form is not taken back")
    elif last.redacted is None:
        return [write_reasoning(blocks, last.id or "rs_0", last.signature)]
    return []


def _result(result: ToolResult, path: str, scope: Scope, kept: dict[str, Any]) -> Item:
    if result.is_error:
        scope.losses.hint(f"{path}.is_error", "the Responses API cannot mark a tool's output as failed")
    if result.cache is not None:
        scope.losses.hint(f"{path}.cache_control", NO_MARKS)
    parts = {name: value for name, value in kept.items() if name.startswith("content[")}
    content = [(f"{path}.content[{index}]", part) for index, part in enumerate(result.content)]
    for place, part in content:
        if isinstance(part, Media) and part.kind in {"audio", "video"}:
            scope.losses.impossible(place, "a tool's output holds text, images and files only")
    said = result.content or parts
    output = write_input(content, scope.losses, parts) if said else ""
    members = {name: value for name, value in kept.items() if name not in parts}
    return {"type": "function_call_output", "call_id": call_id(result.call_id), "output": output, **members}


def _restore(items: list[Item], turn: Turn, kept: dict[str, Any]) -> None:
    """Puts back what was kept of calls and messages: `function_call[1].namespace`, or a message's own."""
    for name, value in kept.items():
        if name.startswith("function_call["):
            index = int(name[len("function_call[") : name.index("]")])
            part = turn.parts[index]
            assert isinstance(part, ToolCall), "the reader counted the parts of this turn"
            wanted = call_id(part.id)
            for item in items:
                if item.get("type") == "function_call" and item["call_id"] == wanted:
                    item[name.partition("].")[2]] = value
        elif not name.startswith("content[") and items:
            items[0][name] = value
