"""Reads a Responses request into the hub.

Nothing is skipped: what has no place in the hub is kept by its name, as a hint where it changes no meaning.
`store` is not read: whether an answer is kept is the gateway's business, never a target's.
"""

from __future__ import annotations

from collections.abc import Set as AbstractSet
from typing import Any

import msgspec

from comity.dialects.openai_chat.passthrough import check_model
from comity.dialects.openai_responses.item_reader import PlacedTurn, read_items
from comity.dialects.openai_responses.names import NAME, NAMESPACES, full_name
from comity.dialects.openai_responses.own_names import NAMES
from comity.dialects.openai_responses.shapes import WireBody, WireFunction, WireText
from comity.dialects.wire_json import read_request_object, read_request_part, unknown_members
from comity.errors import RequestError
from comity.exchange import (
    Format,
    Opaque,
    Place,
    Places,
    Request,
    Role,
    Sampling,
    Text,
    Tool,
    ToolChoice,
    Turn,
)

LOGPROBS = "message.output_text.logprobs"
"""The word of `include` that asks for log-probabilities."""

_HINTS = {
    "client_metadata",
    "metadata",
    "prompt_cache_key",
    "prompt_cache_options",
    "prompt_cache_retention",
    "safety_identifier",
    "stream_options",
}
_MODES = {"auto", "none", "required"}


def decode_request(body: bytes, *, model: str | None = None, stream: bool | None = None) -> Request:
    """The request in a body; `model` and `stream` stand in where the address says them.

    Raises RequestError with the path of the field at fault.
    """
    raw = read_request_object(body)
    wire = read_request_part(raw, WireBody, "")
    name = check_model(wire.model if wire.model is not None else model)
    others = {key: value for key, value in raw.items() if key not in WireBody.__struct_fields__}
    hints = {key: value for key, value in others.items() if key in _HINTS}
    extra = {key: value for key, value in others.items() if key not in _HINTS}
    if extra.get("truncation") in {"disabled", None}:
        extra.pop("truncation", None)
    other: dict[str, str] = {}
    tools, hosted, tool_places = _tools(wire.tools or [], extra, hints, other)
    choice = _tool_choice(wire.tool_choice, extra)
    turns = _turns(wire, {str(entry["name"]) for entry in hints.get(NAMESPACES, ())})
    return Request(
        model=name,
        turns=tuple(turn for turn, _ in turns),
        tools=tools,
        tool_choice=choice,
        parallel_tool_calls=wire.parallel_tool_calls,
        format=_format(wire.text),
        sampling=_sampling(wire, raw, extra, hints),
        stream=bool(stream if wire.stream is None else wire.stream),
        stream_usage=True,
        user=wire.user,
        extra=extra,
        dialect=NAME,
        hosted_tools=hosted,
        hints=hints,
        names=NAMES,
        places=Places(tuple(place for _, place in turns), tool_places, other),
    )


def _turns(wire: WireBody, groups: AbstractSet[str]) -> tuple[PlacedTurn, ...]:
    before: tuple[PlacedTurn, ...] = ()
    if isinstance(wire.instructions, str):
        # An empty instruction says nothing, and Codex sends it as null or "".
        before = (_spoken("system", wire.instructions, "instructions"),) if wire.instructions else ()
    elif wire.instructions is not None:
        before = read_items(wire.instructions, "instructions", groups)
    if isinstance(wire.input, str):
        return (*before, _spoken("user", wire.input, "input"))
    return before + read_items(wire.input or [], "input", groups)


def _spoken(role: Role, text: str, path: str) -> PlacedTurn:
    return Turn(role, (Text(text),)), Place(path, (path,))


def _sampling(wire: WireBody, raw: dict[str, Any], extra: dict[str, Any], hints: dict[str, Any]) -> Sampling:
    if wire.max_output_tokens is not None and wire.max_output_tokens < 1:
        raise RequestError("the limit of generated tokens must be at least 1", "max_output_tokens")
    include = list(wire.include or ())
    wanted = LOGPROBS in include
    if wanted:
        include.remove(LOGPROBS)
    if include:
        hints["include"] = include
    verbosity = None if wire.text is None else wire.text.verbosity
    if verbosity is not None:
        extra["verbosity"] = verbosity
    for name, known in (("text", WireText), ("reasoning", None)):
        given = raw.get(name)
        fields = known.__struct_fields__ if known else ("effort", "summary", "generate_summary")
        if isinstance(given, dict):
            extra.update({f"{name}.{key}": value for key, value in unknown_members(given, fields).items()})
    thinking = wire.reasoning
    summary = None if thinking is None else thinking.summary or thinking.generate_summary
    if summary not in {None, "auto"}:
        hints["reasoning.summary"] = summary
    return Sampling(
        max_output_tokens=wire.max_output_tokens,
        temperature=wire.temperature,
        top_p=wire.top_p,
        logprobs=True if wanted else None,
        top_logprobs=wire.top_logprobs,
        reasoning_effort=None if thinking is None else thinking.effort,
        thoughts="summary" if summary is not None else None,
    )


def _format(text: WireText | None) -> Format | None:
    form = None if text is None else text.format
    if form is None:
        return None
    if form.type == "text":
        return Format("text")
    if form.type == "json_object":
        return Format("json_object")
    if form.type != "json_schema":
        raise RequestError(
            f"expected `text`, `json_object` or `json_schema`, found `{form.type}`", "text.format.type"
        )
    if form.schema is None:
        raise RequestError("the type `json_schema` needs a schema", "text.format.schema")
    return Format("json_schema", form.name, form.description, form.schema, form.strict)


def _tools(
    entries: list[dict[str, Any]], extra: dict[str, Any], hints: dict[str, Any], other: dict[str, str]
) -> tuple[tuple[Tool, ...], tuple[Opaque, ...], tuple[str, ...]]:
    """The functions, the tools that the provider runs, and where each function stands."""
    tools: list[Tool] = []
    places: list[str] = []
    grouped: list[Tool] = []
    inner: list[str] = []
    hosted: list[Opaque] = []
    for index, entry in enumerate(entries):
        path = f"tools[{index}]"
        kind = entry.get("type")
        if not isinstance(kind, str):
            raise RequestError("a tool needs a type", f"{path}.type")
        inside = _functions(entry, path) if kind == "namespace" else []
        if inside:
            grouped += inside
            other[NAMESPACES] = "tools" if NAMESPACES in other else path
            inner += [f"{path}.tools[{place}]" for place in range(len(inside))]
            hints.setdefault(NAMESPACES, []).append(entry)
        elif kind != "function":
            hosted.append(Opaque(kind, entry, NAME))
        if kind != "function":
            continue
        made = read_request_part(entry, WireFunction, path)
        tools.append(Tool(made.name, made.description, made.parameters, made.strict))
        places.append(path)
        for key, value in unknown_members(entry, WireFunction.__struct_fields__).items():
            # Functions are written before hosted tools, so they are counted by themselves.
            extra[f"tools[{len(tools) - 1}].{key}"] = value
            other[f"tools[{len(tools) - 1}].{key}"] = f"{path}.{key}"
    return (*tools, *grouped), tuple(hosted), (*places, *inner)


def _functions(entry: dict[str, Any], path: str) -> list[Tool]:
    """The functions of a namespace, by names that are unique without it; none where it holds other tools."""
    group, inside = entry.get("name"), entry.get("tools")
    listed = inside if isinstance(inside, list) else []
    kinds = {tool.get("type") if isinstance(tool, dict) else None for tool in listed}
    if not isinstance(group, str) or kinds != {"function"}:
        return []
    made = [read_request_part(tool, WireFunction, f"{path}.tools[{n}]") for n, tool in enumerate(listed)]
    return [
        Tool(full_name(group, one.name), one.description, one.parameters, one.strict, namespace=group)
        for one in made
    ]


def _tool_choice(choice: str | dict[str, Any] | None, extra: dict[str, Any]) -> ToolChoice | None:
    if choice is None:
        return None
    if isinstance(choice, str):
        if choice not in _MODES:
            raise RequestError(
                f"expected `auto`, `none`, `required` or a tool, found `{choice}`", "tool_choice"
            )
        return msgspec.convert({"mode": choice}, ToolChoice)
    if choice.get("type") != "function":
        extra["tool_choice"] = choice
        return None
    name = choice.get("name")
    if not isinstance(name, str):
        raise RequestError("a named tool choice needs the function's name", "tool_choice.name")
    return ToolChoice("named", name)
