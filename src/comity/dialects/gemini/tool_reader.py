"""Reads `tools` and `toolConfig`: functions into the hub, Google's own tools as they are."""

from __future__ import annotations

from typing import Any

from comity.dialects.gemini.schema_reader import read_schema
from comity.dialects.gemini.shapes import NAME, WireCalling, WireFunction
from comity.dialects.wire_json import read_request_part, unknown_members
from comity.errors import RequestError
from comity.exchange import Opaque, Tool, ToolChoice

_CALLING = "functionCallingConfig"


def read_tools(
    entries: list[dict[str, Any]] | dict[str, Any] | None,
) -> tuple[tuple[Tool, ...], tuple[Opaque, ...], tuple[str, ...]]:
    """The declared functions, the tools that Google runs, and where each function stands.

    One entry may hold several.
    """
    tools: list[Tool] = []
    places: list[str] = []
    hosted: list[Opaque] = []
    for index, entry in enumerate([entries] if isinstance(entries, dict) else entries or []):
        path = f"tools[{index}].functionDeclarations"
        declared = entry.get("functionDeclarations")
        for place, raw in enumerate(
            declared if isinstance(declared, list) else [declared] if declared else []
        ):
            places.append(f"{path}[{place}]")
            tools.append(_tool(read_request_part(raw, WireFunction, places[-1])))
        hosted += [
            Opaque(name, {name: value}, NAME)
            for name, value in entry.items()
            if name != "functionDeclarations" and value is not None
        ]
    return tuple(tools), tuple(hosted), tuple(places)


def read_choice(config: dict[str, Any] | None, extra: dict[str, Any]) -> tuple[ToolChoice | None, bool]:
    """The tool choice, and whether calls must follow their schemas."""
    for name, value in unknown_members(config or {}, (_CALLING,)).items():
        extra[f"toolConfig.{name}"] = value
    raw = (config or {}).get(_CALLING)
    if raw is None:
        return None, False
    wire = read_request_part(raw, WireCalling, f"toolConfig.{_CALLING}")
    for name, value in unknown_members(raw, WireCalling.__struct_encode_fields__).items():
        extra[f"toolConfig.{_CALLING}.{name}"] = value
    mode = (wire.mode or "AUTO").upper()
    allowed = wire.allowed_function_names or []
    if mode == "ANY" and len(allowed) == 1:
        return ToolChoice("named", allowed[0]), False
    if allowed:
        extra[f"toolConfig.{_CALLING}.allowedFunctionNames"] = allowed
    if mode == "ANY":
        return ToolChoice("required"), False
    if mode == "NONE":
        return ToolChoice("none"), False
    if mode in {"AUTO", "MODE_UNSPECIFIED", "VALIDATED"}:
        return (ToolChoice("auto") if wire.mode else None), mode == "VALIDATED"
    raise RequestError(
        f"expected `AUTO`, `ANY`, `NONE` or `VALIDATED`, found `{wire.mode}`", f"toolConfig.{_CALLING}.mode"
    )


def _tool(wire: WireFunction) -> Tool:
    schema = wire.parameters_json_schema
    if schema is None and wire.parameters is not None:
        schema = read_schema(wire.parameters)
    return Tool(wire.name, wire.description, schema)
