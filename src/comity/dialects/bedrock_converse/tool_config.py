"""Writes `toolConfig`: declared tools, the tool choice, and a stand-in where only the history has tools."""

from __future__ import annotations

from typing import Any

from comity.dialects.bedrock_converse.blocks import NAME, Scope
from comity.dialects.bedrock_converse.cache_points import write_point
from comity.dialects.wire_json import stated
from comity.exchange import Opaque, Request, Tool, ToolCall, ToolChoice, ToolResult

_NO_PARAMETERS = {"type": "object", "properties": {}}


def write_tool_config(request: Request, scope: Scope) -> dict[str, Any] | None:
    """The `toolConfig`, or None when there is nothing to say of tools.

    Bedrock wants one whenever the history holds calls or results, so the names in it are declared anew. It
    has no `none`: tools are then left out, and where the history forces them in, that is a loss.
    """
    choice = request.tool_choice
    uses_tools = _has_history(request)
    if choice is not None and choice.mode == "none" and not uses_tools:
        return None
    tools = [item for index, tool in enumerate(request.tools) for item in _tool(tool, index, scope)]
    if not tools:
        names = dict.fromkeys(_called(request)) if uses_tools else ()
        tools = [_spec(scope.tools.wire(name), _NO_PARAMETERS) for name in names]
    tools += [item for hosted in request.hosted_tools for item in _hosted(hosted, scope)]
    if not tools:
        _check_unused(choice, scope)
        return None
    if request.parallel_tool_calls is False and request.tools:
        scope.losses.loss("parallel_tool_calls", "Converse cannot forbid parallel calls")
    return {"tools": tools, **stated(toolChoice=_choice(choice, request, scope))}


def _has_history(request: Request) -> bool:
    return any(isinstance(part, (ToolCall, ToolResult)) for turn in request.turns for part in turn.parts)


def _called(request: Request) -> list[str]:
    return [part.name for turn in request.turns for part in turn.parts if isinstance(part, ToolCall)]


def _check_unused(choice: ToolChoice | None, scope: Scope) -> None:
    if choice is not None and choice.mode in {"required", "named"}:
        scope.losses.impossible("tool_choice", "a tool is demanded and none is declared")


def _choice(choice: ToolChoice | None, request: Request, scope: Scope) -> dict[str, Any] | None:
    if choice is None:
        return None
    if choice.mode == "none":
        if request.tools:
            scope.losses.loss("tool_choice", "Converse cannot forbid calls while the history holds some")
        return None
    if choice.mode == "auto":
        return {"auto": {}}
    if choice.mode == "required":
        return {"any": {}}
    return {"tool": {"name": scope.tools.wire(choice.name or "")}}


def _tool(tool: Tool, index: int, scope: Scope) -> list[dict[str, Any]]:
    path = f"tools[{index}]"
    strict = tool.strict or None
    if strict and not scope.traits.structured_output:
        scope.losses.loss(f"{path}.function.strict", "the model cannot be held to a schema")
        strict = None
    schema = _NO_PARAMETERS if tool.parameters is None else tool.parameters
    spec = _spec(scope.tools.wire(tool.name), schema, description=tool.description or None, strict=strict)
    return [spec, *write_point(tool.cache, path, scope.traits, scope.losses)]


def _hosted(tool: Opaque, scope: Scope) -> list[dict[str, Any]]:
    path = f"tools.{tool.kind}"
    if tool.origin != NAME:
        scope.losses.loss(path, "only the provider that has this tool can run it")
        return []
    return [tool.wire, *write_point(tool.cache, path, scope.traits, scope.losses)]


def _spec(
    name: str, schema: dict[str, Any], *, description: str | None = None, strict: bool | None = None
) -> dict[str, Any]:
    members = stated(description=description, strict=strict)
    return {"toolSpec": {"name": name, "inputSchema": {"json": schema}, **members}}
