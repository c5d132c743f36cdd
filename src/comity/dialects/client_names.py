"""What was left out, by the name that the client gave it.

Writers name things as the hub counts them: a parameter by its word in chat completions, a block as
`messages[2].content[0]` by its turn and part, a tool as `tools[1]`. The client's dialect has its own words
(`Names`), and the client's body its own order (`Places`); both are looked up here, once something is told.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from comity.exchange import Names, Place, Request

PARAMETERS = (
    *("model", "messages", "user", "service_tier", "cache_control", "anthropic_beta"),
    *("temperature", "top_p", "top_k", "seed", "stop", "n", "frequency_penalty", "presence_penalty"),
    *("logprobs", "top_logprobs", "max_tokens"),
    *("reasoning_effort", "thinking", "thinking.budget_tokens", "thinking.display"),
    *("response_format", "response_format.json_schema.name", "response_format.json_schema.description"),
    *("response_format.json_schema.schema", "tools", "tool_choice", "parallel_tool_calls"),
)
"""Every name of a parameter that a writer may tell; each dialect's `Names` has a word for each, or None."""

MEMBERS = (
    *("cache_control", "citations", "signature", "detail", "context", "cited", "is_error", "name"),
    *("content", "function.strict", "function.parameters"),
)
"""Every name of a member of a turn, a block or a tool that a writer may tell."""

_BLOCK = re.compile(r"messages\[(\d+)\](?:\.content\[(\d+)\])?(?:\.(.+))?", re.DOTALL)
_TOOL = re.compile(r"tools\[(\d+)\](?:\.(.+))?", re.DOTALL)
_INDEX = re.compile(r"^\[\d+\]")
_NEXT = re.compile(r"\[(\d+)\]$")


def own_name(request: Request, name: str) -> str:
    """The client's name for what a writer calls `name`."""
    if name in request.extra or name in request.hints or name in request.places.other:
        return _longest(name, request.places.other) or _longest(name, request.names.kept) or name
    block = _BLOCK.fullmatch(name)
    if block is not None:
        place = _place(request, int(block[1]))
        return _below(place.path, _part(place, block[2]), block[3], request.names)
    tool = _TOOL.fullmatch(name)
    if tool is not None:
        at = int(tool[1])
        tools = request.places.tools
        path = tools[at] if at < len(tools) else f"tools[{at}]"
        return _below(path, path, tool[2], request.names)
    words = (request.places.other, request.names.kept, request.names.parameters)
    return next((found for table in words if (found := _longest(name, table)) is not None), name)


def kept_name(request: Request, turn: int, name: str) -> str:
    """The client's name for a member of a turn that the hub has no place for."""
    place = _place(request, turn)
    return place.kept.get(name) or f"{place.path}.{name}"


def part_places(path: str, content: object, extra: Mapping[str, object]) -> tuple[str, ...]:
    """Where the parts of a content stood: not those that a reader kept whole, by their place, in `extra`."""
    if not isinstance(content, list):
        return () if content is None else (path,)
    kept = {name for name in extra if name.startswith("content[")}
    indexes = range(len(content))
    return tuple([f"{path}[{at}]" for at in indexes if not kept or f"content[{at}]" not in kept])


def _place(request: Request, turn: int) -> Place:
    turns = request.places.turns
    return turns[turn] if turn < len(turns) else Place(f"messages[{turn}]")


def _part(place: Place, index: str | None) -> str:
    if index is None:
        return place.path
    at = int(index)
    return place.parts[at] if at < len(place.parts) else f"{place.path}.content[{at}]"


def _below(turn: str, path: str, member: str | None, names: Names) -> str:
    """The path of a member of the block at `path`, which belongs to `turn`."""
    if member is None:
        return path
    known = next((one for one in names.members if _begins(member, one)), None)
    word = None if known is None else names.members[known]
    if known is None or word is None:
        return f"{path}.{member}"
    # What is inside a result is counted by the hub, not as the client did.
    rest = _INDEX.sub("", member[len(known) :])
    if word.startswith("//"):
        return word[2:] + rest
    if word.startswith("/"):
        return f"{turn}.{word[1:]}{rest}"
    if word.startswith("+"):
        path, word = _NEXT.sub(lambda match: f"[{int(match[1]) + 1}]", path), word[1:]
    return f"{path}.{word}{rest}"


def _longest(name: str, table: Mapping[str, str | None] | Mapping[str, str]) -> str | None:
    """The name with the longest beginning that the table knows replaced; None where it knows none."""
    known = max((one for one in table if _begins(name, one)), key=len, default=None)
    word = None if known is None else table[known]
    return None if known is None or word is None else word + name[len(known) :]


def _begins(name: str, known: str) -> bool:
    return name.startswith(known) and name[len(known) : len(known) + 1] in {"", ".", "["}
