"""Reads a generateContent request into the hub; the model and streaming come from the address.

Vertex's calls have no ids, so ids are made here from the calls' places, and results find their calls by id
or, without one, by name and order. What has no place in the hub is kept in `extra` by its path.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec

from comity.dialects.gemini.call_ids import CallIds
from comity.dialects.gemini.generation_reader import read_format, read_sampling
from comity.dialects.gemini.own_names import NAMES
from comity.dialects.gemini.part_reader import read_part
from comity.dialects.gemini.shapes import NAME, WireBody, WireContent, WireGeneration, WireThinking
from comity.dialects.gemini.spelling import camel
from comity.dialects.gemini.tool_reader import read_choice, read_tools
from comity.dialects.wire_json import read_request_object, read_request_part, unknown_members
from comity.errors import RequestError
from comity.exchange import Part, Place, Places, Reasoning, Request, ToolResult, Turn

_NEUTRAL: tuple[object, ...] = ([], {}, "")


def decode_request(body: bytes, *, model: str | None = None, stream: bool | None = None) -> Request:
    """The request in a body for what the address says; raises RequestError with the field at fault."""
    members = read_request_object(body)
    try:
        return read_request(members, model or "", stream=stream is True)
    except RecursionError as error:
        raise RequestError("the request nests too deeply") from error


def read_request(members: dict[str, Any], model: str, *, stream: bool) -> Request:
    """The request in the members of a body."""
    raw: dict[str, Any] = camel(members)
    wire = read_request_part(raw, WireBody, "")
    extra = {
        name: value
        for name, value in unknown_members(raw, WireBody.__struct_encode_fields__).items()
        if value not in _NEUTRAL
    }
    tools, hosted, tool_places = read_tools(wire.tools)
    choice, strict = read_choice(wire.tool_config, extra)
    if strict:
        tools = tuple(msgspec.structs.replace(tool, strict=True) for tool in tools)
    generation = _generation(wire.generation_config, extra)
    turns = [*_system(wire.system_instruction), *_turns(wire)]
    other: dict[str, str] = {}
    if generation.response_json_schema is not None or generation.response_schema is not None:
        typed = generation.response_json_schema is None
        other["response_format"] = f"generationConfig.response{'' if typed else 'Json'}Schema"
    return Request(
        model=model,
        turns=tuple(turn for turn, _ in turns),
        tools=tools,
        tool_choice=choice,
        format=read_format(generation),
        sampling=read_sampling(generation),
        stream=stream,
        stream_usage=True,
        extra=extra,
        dialect=NAME,
        hosted_tools=hosted,
        names=NAMES,
        places=Places(tuple(place for _, place in turns), tool_places, other),
    )


def _generation(config: dict[str, Any] | None, extra: dict[str, Any]) -> WireGeneration:
    raw = dict(config or {})
    # Google's own name for the field while it was new.
    raw.setdefault("responseJsonSchema", raw.pop("_responseJsonSchema", None))
    wire = read_request_part(raw, WireGeneration, "generationConfig")
    for name, value in unknown_members(raw, WireGeneration.__struct_encode_fields__).items():
        extra[f"generationConfig.{name}"] = value
    thinking = raw.get("thinkingConfig") or {}
    for name, value in unknown_members(thinking, WireThinking.__struct_encode_fields__).items():
        extra[f"generationConfig.thinkingConfig.{name}"] = value
    if wire.response_mime_type not in {None, "text/plain", "application/json"}:
        extra["generationConfig.responseMimeType"] = wire.response_mime_type
    if wire.response_modalities and [word.upper() for word in wire.response_modalities] != ["TEXT"]:
        extra["generationConfig.responseModalities"] = wire.response_modalities
    return wire


def _system(content: WireContent | None) -> list[tuple[Turn, Place]]:
    if content is None:
        return []
    path = "systemInstruction"
    extra: dict[str, Any] = {}
    parts, places = _parts(content, path, extra, CallIds())
    return [(Turn("system", parts, extra=extra), Place(path, places))] if parts else []


def _turns(wire: WireBody) -> Iterator[tuple[Turn, Place]]:
    contents = wire.contents if isinstance(wire.contents, list) else [wire.contents]
    ids = CallIds()
    for index, content in enumerate(contents):
        path = f"contents[{index}]"
        extra: dict[str, Any] = {}
        if content.role == "model":
            ids.begin_turn()
        parts, places = _parts(content, path, extra, ids)
        place = Place(path, places)
        if content.role == "model":
            yield Turn("assistant", parts, extra=extra), place
        elif content.role in {None, "", "user", "function", "tool"}:
            results = bool(parts) and all(isinstance(part, ToolResult) for part in parts)
            yield Turn("tool" if results else "user", parts, extra=extra), place
        else:
            raise RequestError(f"expected `user` or `model`, found `{content.role}`", f"{path}.role")


def _parts(
    content: WireContent, path: str, extra: dict[str, Any], ids: CallIds
) -> tuple[tuple[Part, ...], tuple[str, ...]]:
    """The parts and where they stood; a signature stands in the part that it signs."""
    raws = [content.parts] if isinstance(content.parts, dict) else content.parts or []
    parts: list[Part] = []
    places: list[str] = []
    for index, raw in enumerate(raws):
        place = f"{path}.parts[{index}]"
        for part in read_part(raw, place, f"parts[{index}]", extra, ids):
            signs = isinstance(part, Reasoning) and "thought" not in raw
            parts.append(part)
            places.append(f"{place}.thoughtSignature" if signs else place)
    return tuple(parts), tuple(places)
