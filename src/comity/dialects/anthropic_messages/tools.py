"""Writes tools and the choice among them."""

from __future__ import annotations

import re
from typing import Any

from comity.dialects.anthropic_messages.blocks import Scope, write_mark
from comity.dialects.anthropic_messages.family import FAMILY
from comity.dialects.wire_json import stated
from comity.exchange import Request, Tool, ToolCall, ToolResult

_NO_PARAMETERS = {"type": "object", "properties": {}}
_PLACE = re.compile(r"tools\[(\d+)\]\.(\w+)")


def write_tools(request: Request, scope: Scope) -> tuple[list[dict[str, Any]], dict[str, Any] | None]:
    """The tools and `tool_choice`.

    The API wants tools declared whenever the history holds calls or results, so the names in it are declared
    anew where the request has none, and calling them is forbidden.
    """
    tools = [_tool(tool, index, scope) for index, tool in enumerate(request.tools)]
    _restore(tools, request, scope)
    for one in request.hosted_tools:
        if one.origin in FAMILY:
            tools.append(dict(one.wire))
        else:
            scope.losses.loss(f"tools.{one.kind}", "only the provider that runs this tool has it")
    if tools:
        return tools, _choice(request, scope)
    if request.tool_choice is not None and request.tool_choice.mode in {"required", "named"}:
        scope.losses.impossible("tool_choice", "a tool is demanded and none is declared")
    if not any(isinstance(part, (ToolCall, ToolResult)) for turn in request.turns for part in turn.parts):
        return [], None
    called = dict.fromkeys(
        part.name for turn in request.turns for part in turn.parts if isinstance(part, ToolCall)
    )
    declared = [{"name": scope.tools.wire(name), "input_schema": _NO_PARAMETERS} for name in called]
    return declared, {"type": "none"} if declared else None


def _tool(tool: Tool, index: int, scope: Scope) -> dict[str, Any]:
    strict = tool.strict or None
    if strict and not (scope.traits.structured_output or scope.native):
        scope.losses.loss(f"tools[{index}].function.strict", "the model cannot be held to a schema")
        strict = None
    schema = _NO_PARAMETERS if tool.parameters is None else {"type": "object", **tool.parameters}
    return {
        "name": scope.tools.wire(tool.name),
        **stated(description=tool.description),
        "input_schema": schema,
        **stated(strict=strict),
        **write_mark(tool.cache),
    }


def _restore(tools: list[dict[str, Any]], request: Request, scope: Scope) -> None:
    for name, value in (request.extra | request.hints).items():
        match = _PLACE.fullmatch(name) if scope.native else None
        if match is not None and int(match[1]) < len(tools):
            tools[int(match[1])][match[2]] = value


def _choice(request: Request, scope: Scope) -> dict[str, Any] | None:
    parallel = request.parallel_tool_calls
    # The API allows several calls unless told otherwise, so only its own clients' word for that is kept.
    one_call = {"disable_parallel_tool_use": not parallel} if parallel is False or scope.native else {}
    one_call = {} if parallel is None else one_call
    choice = request.tool_choice
    if choice is None:
        return {"type": "auto", **one_call} if parallel is False else None
    match choice.mode:
        case "none":
            return {"type": "none"}
        case "auto":
            return {"type": "auto", **one_call}
        case "required":
            return {"type": "any", **one_call}
        case _:
            return {"type": "tool", "name": scope.tools.wire(choice.name or ""), **one_call}
