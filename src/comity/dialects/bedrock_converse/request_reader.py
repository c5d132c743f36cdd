"""Reads a Converse body into the hub; the model and streaming come from the address."""

from __future__ import annotations

from typing import Any

import msgspec

from comity.dialects.bedrock_converse.block_reader import mark_last, read_blocks
from comity.dialects.bedrock_converse.blocks import NAME
from comity.dialects.bedrock_converse.cache_points import read_point
from comity.dialects.bedrock_converse.own_names import NAMES
from comity.dialects.bedrock_converse.shapes import (
    WireBody,
    WireCachePoint,
    WireInferenceConfig,
    WireMessage,
    WireOutputConfig,
    WireToolConfig,
    WireToolSpec,
)
from comity.dialects.bedrock_converse.thinking import read_thinking
from comity.dialects.wire_json import read_request_object, read_request_part, unknown_members
from comity.errors import RequestError
from comity.exchange import (
    Format,
    Opaque,
    Part,
    Place,
    Places,
    Request,
    Sampling,
    Text,
    Tool,
    ToolChoice,
    ToolResult,
    Turn,
)

ADDITIONAL = "additionalModelRequestFields"
"""Where a body holds what only its model understands."""


def decode_request(body: bytes, *, model: str | None = None, stream: bool | None = None) -> Request:
    """The request in a body for what the address says; raises RequestError with the field at fault."""
    raw = read_request_object(body)
    wire = read_request_part(raw, WireBody, "")
    extra = unknown_members(raw, WireBody.__struct_encode_fields__)
    turns = _system(wire.system or [], extra)
    turns += [_turn(message, f"messages[{index}]") for index, message in enumerate(wire.messages)]
    places = Places(tuple(place for _, place in turns), _tool_places(wire.tool_config))
    output = wire.output_config or WireOutputConfig()
    tools, hosted = _tools(wire.tool_config)
    sampling = _sampling(wire.inference_config or WireInferenceConfig(), output.effort)
    return Request(
        model=model or "",
        turns=tuple(turn for turn, _ in turns),
        tools=tools,
        tool_choice=_choice(wire.tool_config),
        format=_format(output.text_format),
        sampling=_lifted(sampling, extra),
        stream=stream is True,
        extra=extra,
        dialect=NAME,
        hosted_tools=hosted,
        names=NAMES,
        places=places,
    )


def _sampling(wire: WireInferenceConfig, effort: str | None) -> Sampling:
    return Sampling(
        max_output_tokens=wire.max_tokens,
        temperature=wire.temperature,
        top_p=wire.top_p,
        stop=tuple(wire.stop_sequences or ()),
        reasoning_effort=effort,
    )


def _lifted(sampling: Sampling, extra: dict[str, Any]) -> Sampling:
    """`sampling` with what the model's own fields say in the hub's words; the rest stays in `extra`."""
    fields = extra.get(ADDITIONAL)
    if not isinstance(fields, dict):
        return sampling
    fields = dict(extra.pop(ADDITIONAL))
    sampling = read_thinking(fields, sampling)
    top_k = fields.get("top_k")
    if isinstance(top_k, int) and not isinstance(top_k, bool):
        sampling = msgspec.structs.replace(sampling, top_k=top_k)
        del fields["top_k"]
    extra |= {f"{ADDITIONAL}.{name}": value for name, value in fields.items()}
    return sampling


def _system(blocks: list[dict[str, Any]], extra: dict[str, Any]) -> list[tuple[Turn, Place]]:
    parts: list[Part] = []
    for index, block in enumerate(blocks):
        if isinstance(block.get("text"), str):
            parts.append(Text(block["text"]))
        elif "cachePoint" in block:
            point = read_request_part(block["cachePoint"], WireCachePoint, f"system[{index}].cachePoint")
            mark_last(parts, point, extra, f"system[{index}]")
        else:
            parts.append(Opaque(next(iter(block), ""), block, NAME))
    return [(Turn("system", tuple(parts)), Place("system", _places(blocks, "system")))] if parts else []


def _places(blocks: list[dict[str, Any]], path: str) -> tuple[str, ...]:
    """Where the parts of a content stood: all of it but cache points."""
    return tuple([f"{path}[{at}]" for at, block in enumerate(blocks) if block.get("cachePoint") is None])


def _turn(raw: dict[str, Any], path: str) -> tuple[Turn, Place]:
    wire = read_request_part(raw, WireMessage, path)
    if wire.role not in {"user", "assistant"}:
        raise RequestError(f"expected `user` or `assistant`, found `{wire.role}`", f"{path}.role")
    extra: dict[str, Any] = {}
    by_model = wire.role == "assistant"
    parts = tuple(read_blocks(wire.content, f"{path}.content", extra, "", by_model=by_model))
    place = Place(path, _places(wire.content, f"{path}.content"))
    if by_model:
        return Turn("assistant", parts, extra=extra), place
    only_results = bool(parts) and all(isinstance(part, ToolResult) for part in parts)
    return Turn("tool" if only_results else "user", parts, extra=extra), place


def _tool_places(config: WireToolConfig | None) -> tuple[str, ...]:
    entries = [] if config is None else config.tools
    return tuple(f"toolConfig.tools[{index}]" for index, entry in enumerate(entries) if "toolSpec" in entry)


def _tools(config: WireToolConfig | None) -> tuple[tuple[Tool, ...], tuple[Opaque, ...]]:
    """The client's tools, and those that Bedrock itself runs."""
    tools: list[Tool | Opaque] = []
    for index, entry in enumerate([] if config is None else config.tools):
        path = f"toolConfig.tools[{index}]"
        if "toolSpec" in entry:
            spec = read_request_part(entry["toolSpec"], WireToolSpec, f"{path}.toolSpec")
            tools.append(Tool(spec.name, spec.description, spec.input_schema.get("json"), spec.strict))
        elif "cachePoint" in entry and tools:
            point = read_request_part(entry["cachePoint"], WireCachePoint, f"{path}.cachePoint")
            tools[-1] = msgspec.structs.replace(tools[-1], cache=read_point(point))
        else:
            tools.append(Opaque(next(iter(entry), ""), entry, NAME))
    own = tuple(tool for tool in tools if isinstance(tool, Tool))
    return own, tuple(tool for tool in tools if isinstance(tool, Opaque))


def _choice(config: WireToolConfig | None) -> ToolChoice | None:
    choice = None if config is None else config.tool_choice
    if choice is None:
        return None
    if "auto" in choice:
        return ToolChoice("auto")
    if "any" in choice:
        return ToolChoice("required")
    tool = choice.get("tool")
    if not isinstance(tool, dict) or not isinstance(tool.get("name"), str):
        raise RequestError("expected `auto`, `any` or a named `tool`", "toolConfig.toolChoice")
    return ToolChoice("named", tool["name"])


def _format(text_format: dict[str, Any] | None) -> Format | None:
    if text_format is None:
        return None
    try:
        made = text_format["structure"]["jsonSchema"]
        schema = msgspec.json.decode(made["schema"], type=dict[str, Any])
        return Format("json_schema", made.get("name"), made.get("description"), schema)
    except (KeyError, TypeError, AttributeError, msgspec.MsgspecError, RecursionError) as error:
        raise RequestError("expected a JSON schema in text", "outputConfig.textFormat") from error
