"""Reads a chat completions request into the hub.

Nothing is skipped: a parameter, message member or content part without a place in the hub is kept in `extra`
by its name or path, for the target to take or to refuse by that name. Null means "not said" here.
"""

from __future__ import annotations

from typing import Any, get_args

import msgspec

from comity.dialects.client_names import part_places
from comity.dialects.openai_chat.annotations import cited
from comity.dialects.openai_chat.content_reader import cache_mark, read_content
from comity.dialects.openai_chat.own_names import NAMES
from comity.dialects.openai_chat.passthrough import check_model
from comity.dialects.openai_chat.reasoning import decode_reasoning
from comity.dialects.openai_chat.request_shapes import (
    WireHistoryCall,
    WireMessage,
    WireRequestBody,
    WireTool,
)
from comity.dialects.provenance import read_id
from comity.dialects.wire_json import read_request_object, read_request_part, unknown_members
from comity.errors import RequestError
from comity.exchange import (
    Format,
    Media,
    Opaque,
    Part,
    Place,
    Places,
    Refusal,
    Request,
    Role,
    Sampling,
    Text,
    Tool,
    ToolCall,
    ToolChoice,
    ToolResult,
    Turn,
)

_ROLES = frozenset(get_args(Role))
_MODES = {"auto", "none", "required"}


def decode_request(body: bytes, *, model: str | None = None, stream: bool | None = None) -> Request:
    """The request in a body; `model` and `stream` stand in where the address says them.

    Raises RequestError with the path of the field at fault.
    """
    raw = read_request_object(body)
    wire = read_request_part(raw, WireRequestBody, "")
    name = wire.model if wire.model is not None else model
    check_model(name)
    assert name is not None, "a missing model has just been refused"
    # A null that the client sent to an unknown parameter is kept: it may mean something there.
    extra = {key: value for key, value in raw.items() if key not in WireRequestBody.__struct_fields__}
    choice = _tool_choice(wire.tool_choice, extra)
    tools, tool_places = _tools(wire.tools or [], extra)
    turns, places = _turns(wire.messages)
    newer = wire.max_completion_tokens is not None
    return Request(
        model=name,
        turns=turns,
        tools=tools,
        tool_choice=choice,
        parallel_tool_calls=wire.parallel_tool_calls,
        format=_format(wire),
        sampling=_sampling(wire),
        stream=bool(stream if wire.stream is None else wire.stream),
        stream_usage=bool(wire.stream_options and wire.stream_options.include_usage),
        user=wire.user,
        extra=extra,
        dialect="openai.chat",
        names=NAMES,
        places=Places(places, tool_places, {"max_tokens": "max_completion_tokens"} if newer else {}),
    )


def _sampling(wire: WireRequestBody) -> Sampling:
    limit = wire.max_completion_tokens if wire.max_completion_tokens is not None else wire.max_tokens
    if limit is not None and limit < 1:
        raise RequestError("the limit of generated tokens must be at least 1", "max_completion_tokens")
    if wire.n is not None and not 1 <= wire.n <= 128:
        raise RequestError("expected between 1 and 128 answers", "n")
    stop = (wire.stop,) if isinstance(wire.stop, str) else tuple(wire.stop or ())
    return Sampling(
        max_output_tokens=limit,
        temperature=wire.temperature,
        top_p=wire.top_p,
        top_k=wire.top_k,
        stop=stop,
        seed=wire.seed,
        frequency_penalty=wire.frequency_penalty,
        presence_penalty=wire.presence_penalty,
        candidates=wire.n,
        logprobs=wire.logprobs,
        top_logprobs=wire.top_logprobs,
        reasoning_effort=wire.reasoning_effort,
    )


def _format(wire: WireRequestBody) -> Format | None:
    asked = wire.response_format
    if asked is None:
        return None
    if asked.type == "text":
        return Format("text")
    if asked.type == "json_object":
        return Format("json_object")
    if asked.type != "json_schema":
        raise RequestError(
            f"expected `text`, `json_object` or `json_schema`, found `{asked.type}`", "response_format.type"
        )
    schema = asked.json_schema
    if schema is None:
        raise RequestError("the type `json_schema` needs a schema", "response_format.json_schema")
    return Format("json_schema", schema.name, schema.description, schema.schema, schema.strict)


def _tools(entries: list[dict[str, Any]], extra: dict[str, Any]) -> tuple[tuple[Tool, ...], tuple[str, ...]]:
    """The functions, and where they stand among the tools."""
    tools = []
    places = []
    for index, entry in enumerate(entries):
        path = f"tools[{index}]"
        if entry.get("type") != "function":
            extra[path] = entry
            continue
        wire = read_request_part(entry, WireTool, path)
        made = wire.function
        places.append(path)
        tools.append(
            Tool(made.name, made.description, made.parameters, made.strict, cache_mark(wire.cache_control))
        )
    return tuple(tools), tuple(places)


def _tool_choice(choice: str | dict[str, Any] | None, extra: dict[str, Any]) -> ToolChoice | None:
    if choice is None:
        return None
    if isinstance(choice, str):
        if choice not in _MODES:
            raise RequestError(
                f"expected `auto`, `none`, `required` or a function, found `{choice}`", "tool_choice"
            )
        return msgspec.convert({"mode": choice}, ToolChoice)
    function = choice.get("function")
    if choice.get("type") != "function" or not isinstance(function, dict):
        extra["tool_choice"] = choice
        return None
    name = function.get("name")
    if not isinstance(name, str):
        raise RequestError("a named tool choice needs the function's name", "tool_choice.function.name")
    return ToolChoice("named", name)


def _turns(messages: list[dict[str, Any]]) -> tuple[tuple[Turn, ...], tuple[Place, ...]]:
    turns: list[Turn] = []
    places: list[Place] = []
    for index, message in enumerate(messages):
        turn, place = _turn(message, f"messages[{index}]", index, turns)
        turns.append(turn)
        places.append(place)
    return tuple(turns), tuple(places)


def _turn(message: dict[str, Any], path: str, index: int, before: list[Turn]) -> tuple[Turn, Place]:
    wire = read_request_part(message, WireMessage, path)
    extra = unknown_members(message, WireMessage.__struct_fields__)
    content = _marked(read_content(wire.content, f"{path}.content", extra), wire)
    places = part_places(f"{path}.content", wire.content, extra)
    if wire.cache_control is not None:
        # The mark of a message is on its last part from here on.
        places = (*places[:-1], path)
    if wire.role in {"tool", "function"}:
        call = wire.tool_call_id or (_legacy_id(wire.name, before) if wire.role == "function" else None)
        if not call:
            raise RequestError("a tool message needs the id of the call it answers", f"{path}.tool_call_id")
        result = _result(read_id(call)[0], content, path, extra)
        return Turn("tool", (result,), extra=extra), Place(path, (path,))
    if wire.role not in _ROLES:
        words = ", ".join(f"`{role}`" for role in sorted(_ROLES))
        raise RequestError(f"expected one of {words}, found `{wire.role}`", f"{path}.role")
    role: Role = msgspec.convert(wire.role, Role)
    if role != "assistant":
        return Turn(role, content, wire.name, extra), Place(path, places)
    thoughts = decode_reasoning(wire.reasoning_details, wire.reasoning_content or wire.reasoning)
    refusal = (Refusal(wire.refusal),) if wire.refusal else ()
    calls = _calls(wire, path, index, extra)
    place = Place(
        path,
        (
            *_thought_places(wire, path, len(thoughts)),
            *places,
            *(f"{path}.refusal" for _ in refusal),
            *_call_places(wire, path, extra),
        ),
    )
    return Turn(role, (*thoughts, *_cited(content, wire), *refusal, *calls), wire.name, extra), place


def _thought_places(wire: WireMessage, path: str, count: int) -> tuple[str, ...]:
    details = wire.reasoning_details or ()
    if len(details) == count:
        return tuple(f"{path}.reasoning_details[{index}]" for index in range(count))
    if details:
        return (f"{path}.reasoning_details",) * count
    return (f"{path}.reasoning_content" if wire.reasoning_content else f"{path}.reasoning",) * count


def _call_places(wire: WireMessage, path: str, extra: dict[str, Any]) -> tuple[str, ...]:
    names = (f"tool_calls[{index}]" for index in range(len(wire.tool_calls or ())))
    legacy = () if wire.function_call is None else (f"{path}.function_call",)
    return (*(f"{path}.{name}" for name in names if name not in extra), *legacy)


def _marked(content: tuple[Part, ...], wire: WireMessage) -> tuple[Part, ...]:
    """The content with the message's own cache mark on its last part."""
    last = content[-1] if content else None
    if wire.cache_control is None or not isinstance(last, (Text, Media)):
        return content
    return (*content[:-1], msgspec.structs.replace(last, cache=cache_mark(wire.cache_control)))


def _cited(content: tuple[Part, ...], wire: WireMessage) -> tuple[Part, ...]:
    """The content with the message's annotations on the text that they belong to."""
    if not wire.annotations:
        return content
    texts = iter(cited([part for part in content if isinstance(part, Text)], wire.annotations))
    return tuple(next(texts) if isinstance(part, Text) else part for part in content)


def _result(call: str, content: tuple[Part, ...], path: str, extra: dict[str, Any]) -> ToolResult:
    for index, part in enumerate(content):
        if isinstance(part, Opaque):
            extra[f"content[{index}]"] = part.wire
    held = tuple(part for part in content if isinstance(part, (Text, Media)))
    if any(isinstance(part, Refusal) for part in content):
        raise RequestError("a tool message holds text and media only", f"{path}.content")
    return ToolResult(call, held)


def _calls(wire: WireMessage, path: str, index: int, extra: dict[str, Any]) -> list[ToolCall]:
    calls = []
    for place, entry in enumerate(wire.tool_calls or []):
        if entry.get("type", "function") != "function":
            extra[f"tool_calls[{place}]"] = entry
            continue
        call = read_request_part(entry, WireHistoryCall, f"{path}.tool_calls[{place}]")
        made, (identity, signed) = call.function, read_id(call.id)
        said = ToolCall(identity, made.name, made.arguments, cache_mark(call.cache_control))
        if signed is not None:
            said = msgspec.structs.replace(said, signature=signed.signature, origin=signed.origin)
        calls.append(said)
    legacy = wire.function_call
    if legacy is not None and legacy.name:
        calls.append(ToolCall(f"call_{index}_{legacy.name}", legacy.name, legacy.fragment()))
    return calls


def _legacy_id(name: str | None, before: list[Turn]) -> str | None:
    """The id that was made for the latest legacy call of `name`."""
    for turn in reversed(before):
        for part in reversed(turn.parts):
            if isinstance(part, ToolCall) and part.name == name:
                return part.id
    return None
