"""Reads the items of a Responses input into turns.

What the model made in one go (reasoning, messages, calls, hosted tools) becomes one assistant turn, and
results that follow each other one tool turn, since every other dialect has them so.
"""

from __future__ import annotations

from collections.abc import Set as AbstractSet
from typing import Any, TypeAlias, get_args

import msgspec

from comity.dialects.client_names import part_places
from comity.dialects.openai_responses.content_reader import read_content
from comity.dialects.openai_responses.names import NAME, full_name
from comity.dialects.openai_responses.reasoning import read_reasoning
from comity.dialects.openai_responses.shapes import Item, WireCall, WireMessage, WireOutput, WireReasoningItem
from comity.dialects.provenance import read_id
from comity.dialects.wire_json import read_request_part, unknown_members
from comity.errors import RequestError
from comity.exchange import Media, Opaque, Part, Place, Refusal, Role, Text, ToolCall, ToolResult, Turn

_ROLES = frozenset(get_args(Role)) - {"tool"}
_CALL = frozenset(WireCall.__struct_fields__) - {"namespace"}
PlacedTurn: TypeAlias = tuple[Turn, Place]
"""A turn, and where its items stand."""
_CLIENTS = {"mcp_approval_response", "item_reference", "additional_tools", "configuration_update"}


def read_items(items: list[Item], path: str, groups: AbstractSet[str]) -> tuple[PlacedTurn, ...]:
    """The turns of the items; raises RequestError with the path of the item at fault.

    `groups` are the namespaces that the request declares.
    """
    turns = _Turns(groups)
    for index, item in enumerate(items):
        _read(item, f"{path}[{index}]", turns)
    return turns.finish()


class _Turns:
    """The turns so far, and the one that is open."""

    def __init__(self, groups: AbstractSet[str]) -> None:
        self.groups = groups
        """Namespaces that the request declares."""
        self._done: list[PlacedTurn] = []
        self._role: Role | None = None
        self._parts: list[Part] = []
        self._places: list[str] = []
        self._extra: dict[str, Any] = {}
        self._kept: dict[str, str] = {}

    def add(self, role: Role, part: Part, place: str) -> None:
        """Adds to the open turn of `role`, or opens one."""
        if self._role != role:
            self.close()
            self._role = role
        self._parts.append(part)
        self._places.append(place)

    def alone(self, turn: Turn, place: Place) -> None:
        """Adds a turn that no other joins."""
        self.close()
        self._done.append((turn, place))

    def keep(self, members: dict[str, Any], kind: str) -> None:
        """Keeps members of the item just added that have no place in the hub."""
        for name, value in members.items():
            key = f"{kind}[{len(self._parts) - 1}].{name}"
            self._extra[key] = value
            self._kept[key] = f"{self._places[-1]}.{name}"

    def close(self) -> None:
        """Ends the open turn."""
        if self._role is not None:
            place = Place(_item_of(self._places[0]), tuple(self._places), self._kept)
            self._done.append((Turn(self._role, tuple(self._parts), extra=self._extra), place))
            self._role, self._parts, self._places = None, [], []
            self._extra, self._kept = {}, {}

    def finish(self) -> tuple[PlacedTurn, ...]:
        """All turns."""
        self.close()
        return tuple(self._done)


def _item_of(place: str) -> str:
    """The item that a part stands in: the path to its first index."""
    return place[: place.index("]") + 1]


def _read(item: Item, path: str, turns: _Turns) -> None:
    kind = item.get("type")
    if kind is None and "role" in item:
        kind = "message"
    if not isinstance(kind, str):
        raise RequestError("an item needs a `type` or a `role`", path)
    match kind:
        case "message":
            _message(item, path, turns)
        case "reasoning":
            _reasoning(item, path, turns)
        case "function_call":
            call = read_request_part(item, WireCall, path)
            grouped = call.namespace in turns.groups
            turns.add("assistant", _call(call, call.namespace if grouped else None), path)
            known = {"namespace"} if grouped else set()
            turns.keep(unknown_members(item, known | set(_CALL)), "function_call")
        case "function_call_output":
            _result(item, path, turns)
        case _ if kind in _CLIENTS or kind.endswith("_output"):
            turns.alone(Turn("user", (Opaque(kind, item, NAME),)), Place(path, (path,)))
        case _:
            turns.add("assistant", Opaque(kind, item, NAME), path)


def _message(item: Item, path: str, turns: _Turns) -> None:
    wire = read_request_part(item, WireMessage, path)
    if wire.role not in _ROLES:
        words = ", ".join(f"`{role}`" for role in sorted(_ROLES))
        raise RequestError(f"expected one of {words}, found `{wire.role}`", f"{path}.role")
    role = msgspec.convert(wire.role, Role)
    extra = unknown_members(item, WireMessage.__struct_fields__)
    content = read_content(wire.content, f"{path}.content", extra)
    places = part_places(f"{path}.content", wire.content, extra)
    if role != "assistant":
        turns.alone(Turn(role, content, extra=extra), Place(path, places))
    elif extra:
        turns.alone(Turn(role, _named(content, wire), extra=extra), Place(path, places))
    else:
        for part, place in zip(_named(content, wire), places, strict=True):
            turns.add(role, part, place)


def _named(content: tuple[Part, ...], wire: WireMessage) -> tuple[Part, ...]:
    return tuple(
        msgspec.structs.replace(part, message=wire.id, phase=wire.phase) if isinstance(part, Text) else part
        for part in content
    )


def _reasoning(item: Item, path: str, turns: _Turns) -> None:
    wire = read_request_part(item, WireReasoningItem, path)
    for block in read_reasoning(wire, NAME):
        turns.add("assistant", block, path)


def _call(wire: WireCall, group: str | None) -> ToolCall:
    identity, signed = read_id(wire.call_id)
    signature, origin = (None, "") if signed is None else (signed.signature, signed.origin)
    name = wire.name if group is None else full_name(group, wire.name)
    return ToolCall(
        identity,
        name,
        wire.arguments,
        signature=signature,
        origin=origin,
        item=wire.id,
        namespace=group,
    )


def _result(item: Item, path: str, turns: _Turns) -> None:
    wire = read_request_part(item, WireOutput, path)
    extra = unknown_members(item, WireOutput.__struct_fields__)
    content = read_content(wire.output, f"{path}.output", extra)
    held = tuple(part for part in content if isinstance(part, (Text, Media)))
    if len(held) != len(content) or any(isinstance(part, Refusal) for part in content):
        raise RequestError("a tool's output holds text and media only", f"{path}.output")
    result = ToolResult(read_id(wire.call_id)[0], held)
    if extra:
        inside = {
            name: name.replace("content", f"{path}.output", 1)
            for name in extra
            if name.startswith("content[")
        }
        turns.alone(Turn("tool", (result,), extra=extra), Place(path, (path,), inside))
    else:
        turns.add("tool", result, path)
