"""Writes `tools` and `toolConfig`."""

from __future__ import annotations

import re
from typing import Any

from comity.dialects.gemini.part_writer import CACHE_REASON, Scope
from comity.dialects.gemini.schema_writer import write_schema
from comity.dialects.gemini.shapes import NAME
from comity.dialects.tool_names import NameRule
from comity.dialects.wire_json import stated
from comity.exchange import Request, Tool

RULE = NameRule(
    re.compile(r"[A-Za-z_][A-Za-z0-9_.:-]{0,127}"), re.compile(r"[^A-Za-z0-9_.:-]+"), 128, lead="_"
)
"""What Google allows in a function's name."""


def write_tools(request: Request, scope: Scope) -> list[dict[str, Any]] | None:
    """Declared functions in one entry, and an entry for each of Google's own tools."""
    declared = [_tool(tool, index, scope) for index, tool in enumerate(request.tools)]
    tools: list[dict[str, Any]] = [{"functionDeclarations": declared}] if declared else []
    for tool in request.hosted_tools:
        if tool.origin == NAME:
            tools.append(dict(tool.wire))
        else:
            scope.losses.loss(f"tools.{tool.kind}", f"only `{tool.origin}` runs this tool")
    return tools or None


def write_tool_config(request: Request, scope: Scope) -> dict[str, Any] | None:
    """`toolConfig`; a strict tool asks for validated calls, which Google has as a mode."""
    choice = request.tool_choice
    if request.parallel_tool_calls is False and request.tools:
        scope.losses.loss("parallel_tool_calls", "Google cannot forbid parallel calls")
    strict = any(tool.strict for tool in request.tools)
    if choice is None or choice.mode == "auto":
        if not strict and choice is None:
            return None
        return _calling("VALIDATED" if strict else "AUTO")
    if choice.mode == "none":
        return _calling("NONE")
    if not request.tools:
        scope.losses.impossible("tool_choice", "a tool is demanded and none is declared")
    if choice.mode == "required":
        return _calling("ANY")
    return _calling("ANY", allowedFunctionNames=[scope.tools.wire(choice.name or "")])


def _calling(mode: str, **members: Any) -> dict[str, Any]:
    return {"functionCallingConfig": {"mode": mode, **members}}


def _tool(tool: Tool, index: int, scope: Scope) -> dict[str, Any]:
    path = f"tools[{index}]"
    if tool.cache is not None:
        scope.losses.hint(f"{path}.cache_control", CACHE_REASON)
    return {
        "name": scope.tools.wire(tool.name),
        **stated(description=tool.description),
        **_parameters(tool, path, scope),
    }


def _parameters(tool: Tool, path: str, scope: Scope) -> dict[str, Any]:
    schema = tool.parameters
    if not schema:
        return {}
    if scope.traits.json_schema:
        return {"parametersJsonSchema": schema}
    if _takes_nothing(schema):
        return {}
    return {"parameters": write_schema(schema, f"{path}.function.parameters", scope.losses)}


def _takes_nothing(schema: dict[str, Any]) -> bool:
    """Whether a schema says "an object without members", which Google wants left out."""
    if schema.get("properties"):
        return False
    told = schema.keys() - {"type", "properties", "additionalProperties", "required", "$schema", "title"}
    return not told and schema.get("additionalProperties", False) is False and not schema.get("required")
