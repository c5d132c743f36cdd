"""Tool names within a target's pattern, and the way back.

A name that fits is kept. Another becomes its readable part with a digest of the whole, so the same name is
the same on every turn (prompt caches stay warm) and two never meet; the way back travels in `AnswerKey`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from hashlib import sha256

import msgspec
from msgspec.structs import replace

from comity.exchange import Part, Request, ToolCall

_DIGEST = 10


class NameRule(msgspec.Struct, frozen=True):
    """What a target allows in a name."""

    allowed: re.Pattern[str]
    """Matches a name that may be sent as it is."""
    unwanted: re.Pattern[str]
    """Matches runs of characters that are replaced with an underscore."""
    longest: int
    """Most characters."""
    lead: str = ""
    """Put before a name that has to be changed, where its first character is restricted too."""


class ToolNames:
    """The client's tool names and the ones on the wire, one to one."""

    def __init__(self, names: Iterable[str], rule: NameRule) -> None:
        wanted = list(dict.fromkeys(names))
        self._wire = {name: name for name in wanted if rule.allowed.fullmatch(name)}
        taken = set(self._wire)
        for name in wanted:
            if name not in self._wire:
                self._wire[name] = _unused(name, rule, taken)
                taken.add(self._wire[name])

    def wire(self, name: str) -> str:
        """The name on the wire for a client's name."""
        return self._wire[name]

    def renamed(self) -> dict[str, str]:
        """Wire name to client's name, for those that differ."""
        return {wire: name for name, wire in self._wire.items() if wire != name}


def tool_names(request: Request) -> list[str]:
    """Every tool name in the request: declared, called before, and chosen."""
    names = [tool.name for tool in request.tools]
    names += [part.name for turn in request.turns for part in turn.parts if isinstance(part, ToolCall)]
    if request.tool_choice is not None and request.tool_choice.name is not None:
        names.append(request.tool_choice.name)
    return names


def with_wire_names(request: Request, names: ToolNames) -> Request:
    """The request with its tools as they are called on the wire; itself where nothing changes."""
    if not names.renamed():
        return request
    turns = (
        replace(turn, parts=tuple(_renamed(part, names) for part in turn.parts)) for turn in request.turns
    )
    choice = request.tool_choice
    if choice is not None and choice.name is not None:
        choice = replace(choice, name=names.wire(choice.name))
    tools = tuple(replace(tool, name=names.wire(tool.name)) for tool in request.tools)
    return replace(request, turns=tuple(turns), tools=tools, tool_choice=choice)


def _renamed(part: Part, names: ToolNames) -> Part:
    return replace(part, name=names.wire(part.name)) if isinstance(part, ToolCall) else part


def digested(text: str, rule: NameRule, length: int = _DIGEST) -> str:
    """The readable part of a text with the first `length` digits of its digest."""
    readable = rule.unwanted.sub("_", rule.lead + text)[: rule.longest - length - 1]
    return f"{readable}_{sha256(text.encode('utf-8', 'surrogatepass')).hexdigest()[:length]}"


def _unused(name: str, rule: NameRule, taken: set[str]) -> str:
    length = _DIGEST
    while (wire := digested(name, rule, length)) in taken:
        length += 1
        assert length < rule.longest, "a whole digest does not collide"
    return wire
