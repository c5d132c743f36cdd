"""Reads a Messages request into the hub; what it has no place for is kept by name for its own family."""

from __future__ import annotations

from typing import Any, Literal

import msgspec

from comity.dialects.anthropic_messages.block_reader import cache_mark, read_content
from comity.dialects.anthropic_messages.family import BETA, MESSAGES, ORIGIN, Surface
from comity.dialects.anthropic_messages.own_names import NAMES
from comity.dialects.anthropic_messages.request_shapes import (
    WireBody,
    WireMessage,
    WireMetadata,
    WireOutput,
    WireThinking,
    WireTool,
    WireToolChoice,
)
from comity.dialects.client_names import part_places
from comity.dialects.openai_chat.passthrough import check_model
from comity.dialects.wire_json import read_request_object, read_request_part, unknown_members
from comity.errors import RequestError
from comity.exchange import (
    Format,
    Opaque,
    Place,
    Places,
    Request,
    Sampling,
    Tool,
    ToolChoice,
    ToolResult,
    Turn,
)

_BODY = WireBody.__struct_fields__
_NESTED: dict[str, type[msgspec.Struct]] = {
    "tool_choice": WireToolChoice,
    "thinking": WireThinking,
    "output_config": WireOutput,
    "metadata": WireMetadata,
}
_MODES: dict[str, Literal["auto", "none", "required", "named"]] = {
    "auto": "auto",
    "any": "required",
    "tool": "named",
    "none": "none",
}
_THINKING: dict[str, Literal["off", "on", "adaptive"]] = {
    "enabled": "on",
    "adaptive": "adaptive",
    "disabled": "off",
}
_HINTS = {"cache_control", "diagnostics"}
_TOOL_HINTS = {"eager_input_streaming"}
_THOUGHTS: dict[str, Literal["none", "summary"]] = {"omitted": "none", "summarized": "summary"}


def decode_request(body: bytes, *, model: str | None = None, stream: bool | None = None) -> Request:
    """The request in a body; `model` and `stream` stand in where the address says them.

    Raises RequestError with the path of the field at fault.
    """
    return read_request(body, MESSAGES, model=model, stream=stream)


def read_request(body: bytes, surface: Surface, *, model: str | None, stream: bool | None) -> Request:
    """The request in a body for `surface`; raises RequestError with the path of the field at fault."""
    raw = read_request_object(body)
    wire = read_request_part(raw, WireBody, "")
    name = check_model(model if wire.model is None else wire.model)
    extra, hints = _extra(raw, wire)
    turns = _system(wire.system)
    turns += [_turn(message, f"messages[{index}]") for index, message in enumerate(wire.messages)]
    other: dict[str, str] = {}
    tools, hosted = _tools(wire.tools or [], extra, hints, other)
    places = Places(tuple(place for _, place in turns), _tool_places(wire.tools or []), other)
    if wire.output_format is not None:
        other["response_format"] = "output_format"
    if wire.anthropic_beta is not None:
        other[BETA] = BETA
    choice = wire.tool_choice
    one_call = None if choice is None else choice.disable_parallel_tool_use
    return Request(
        model=name,
        turns=tuple(turn for turn, _ in turns),
        tools=tools,
        tool_choice=_choice(choice),
        parallel_tool_calls=None if one_call is None else not one_call,
        format=_format(wire),
        sampling=_sampling(wire),
        stream=bool(stream if wire.stream is None else wire.stream),
        stream_usage=True,
        user=None if wire.metadata is None else wire.metadata.user_id,
        extra=extra,
        dialect=surface.name,
        hosted_tools=hosted,
        hints=hints,
        names=NAMES,
        places=places,
    )


def _extra(raw: dict[str, Any], wire: WireBody) -> tuple[dict[str, Any], dict[str, Any]]:
    """What has no place in the hub: parameters, and hints."""
    extra = unknown_members(raw, _BODY)
    for name, kind in _NESTED.items():
        held = raw.get(name)
        if isinstance(held, dict):
            unknown = unknown_members(held, kind.__struct_fields__)
            extra |= {f"{name}.{inner}": value for inner, value in unknown.items()}
    if wire.thinking is not None and wire.thinking.display not in {None, *_THOUGHTS}:
        extra["thinking.display"] = wire.thinking.display
    hints = {name: extra.pop(name) for name in _HINTS & extra.keys()}
    if wire.anthropic_beta:
        hints[BETA] = wire.anthropic_beta
    return extra, hints


def _sampling(wire: WireBody) -> Sampling:
    if wire.max_tokens is not None and wire.max_tokens < 0:
        raise RequestError("must not be negative", "max_tokens")
    thinking = wire.thinking
    return Sampling(
        max_output_tokens=wire.max_tokens,
        temperature=wire.temperature,
        top_p=wire.top_p,
        top_k=wire.top_k,
        stop=tuple(wire.stop_sequences or ()),
        reasoning_effort=None if wire.output_config is None else wire.output_config.effort,
        thinking=None if thinking is None else _THINKING[thinking.type],
        thinking_budget=None if thinking is None else thinking.budget_tokens,
        thoughts=None if thinking is None else _THOUGHTS.get(thinking.display or ""),
    )


def _system(system: str | list[dict[str, Any]] | None) -> list[tuple[Turn, Place]]:
    if not system:
        return []
    extra: dict[str, Any] = {}
    parts = read_content(system, "system", extra, made_by_model=False)
    kept = {name: "system" + name.removeprefix("content") for name in extra}
    return [(Turn("system", parts, extra=extra), Place("system", part_places("system", system, extra), kept))]


def _turn(raw: dict[str, Any], path: str) -> tuple[Turn, Place]:
    wire = read_request_part(raw, WireMessage, path)
    extra = unknown_members(raw, WireMessage.__struct_fields__)
    parts = read_content(wire.content, f"{path}.content", extra, made_by_model=wire.role == "assistant")
    place = Place(path, part_places(f"{path}.content", wire.content, extra))
    match wire.role:
        case "assistant":
            return Turn("assistant", parts, extra=extra), place
        case "system":
            return Turn("system", parts, extra=extra), place
        case "user":
            only_results = bool(parts) and all(isinstance(part, ToolResult) for part in parts)
            return Turn("tool" if only_results else "user", parts, extra=extra), place
        case _:
            raise RequestError(f"expected `user` or `assistant`, found `{wire.role}`", f"{path}.role")


def _tool_places(entries: list[dict[str, Any]]) -> tuple[str, ...]:
    return tuple(
        f"tools[{index}]" for index, raw in enumerate(entries) if raw.get("type") in {None, "custom"}
    )


def _tools(
    entries: list[dict[str, Any]], extra: dict[str, Any], hints: dict[str, Any], other: dict[str, str]
) -> tuple[tuple[Tool, ...], tuple[Opaque, ...]]:
    """The client's own tools, and those that Anthropic defines.

    Unknown members go by place among the own; `other` gets their place among all.
    """
    tools: list[Tool] = []
    hosted: list[Opaque] = []
    for index, raw in enumerate(entries):
        kind = raw.get("type")
        if kind not in {None, "custom"}:
            hosted.append(Opaque(str(kind), raw, ORIGIN))
            continue
        wire = read_request_part(raw, WireTool, f"tools[{index}]")
        for name, value in unknown_members(raw, WireTool.__struct_fields__).items():
            kept = hints if name in _TOOL_HINTS else extra
            kept[f"tools[{len(tools)}].{name}"] = value
            other[f"tools[{len(tools)}].{name}"] = f"tools[{index}].{name}"
        mark = cache_mark(wire.cache_control)
        tools.append(Tool(wire.name, wire.description, wire.input_schema, wire.strict, mark))
    return tuple(tools), tuple(hosted)


def _choice(wire: WireToolChoice | None) -> ToolChoice | None:
    if wire is None:
        return None
    if wire.type == "tool" and not wire.name:
        raise RequestError("field required", "tool_choice.name")
    return ToolChoice(_MODES[wire.type], wire.name if wire.type == "tool" else None)


def _format(wire: WireBody) -> Format | None:
    form = None if wire.output_config is None else wire.output_config.format
    form = form or wire.output_format
    return None if form is None else Format("json_schema", schema=form.schema)
