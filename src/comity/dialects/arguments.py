"""Arguments of tool calls: text in the hub, an object on the wires of Anthropic, Amazon and Google.

A model may be cut off inside them, or write what is no JSON. Such a call is not shown as one that could be
run: arguments are never made up, and the answer does not end as if a tool were to be called.
"""

from __future__ import annotations

import msgspec

from comity.dialects.losses import Losses
from comity.exchange import Choice, Finish, Part, ToolCall


def read_arguments(text: str) -> msgspec.Raw | None:
    """The text itself where it is a JSON object, which no text at all stands for; None for anything else."""
    stripped = text.strip() or "{}"
    if not stripped.startswith("{"):
        return None
    try:
        msgspec.json.decode(stripped)
    except (msgspec.DecodeError, UnicodeError, RecursionError, ValueError):
        return None
    return msgspec.Raw(stripped.encode())


def write_arguments(call: ToolCall, path: str, losses: Losses) -> msgspec.Raw:
    """The call's arguments for a target that takes objects only; anything else is told as impossible."""
    arguments = read_arguments(call.arguments)
    if arguments is not None:
        return arguments
    losses.impossible(path, f"the arguments of the tool call `{call.id}` are no JSON object")
    return msgspec.Raw(b"{}")


def without_broken_calls(choice: Choice) -> Choice:
    """The answer as far as its calls can be run; one that was cut off still ends as cut off."""
    parts = tuple(part for part in choice.parts if not _is_broken(part))
    if len(parts) == len(choice.parts):
        return choice
    if choice.finish is Finish.LENGTH:
        return msgspec.structs.replace(choice, parts=parts)
    return msgspec.structs.replace(
        choice, parts=parts, finish=Finish.MALFORMED, finish_detail="malformed_tool_use"
    )


def _is_broken(part: Part) -> bool:
    return isinstance(part, ToolCall) and read_arguments(part.arguments) is None
