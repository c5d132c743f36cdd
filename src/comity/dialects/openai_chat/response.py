"""Whole chat completions, both ways."""

from __future__ import annotations

from typing import Any

import msgspec

from comity.dialects.openai_chat.chunks import WireDelta
from comity.dialects.openai_chat.finish import decode_finish, encode_finish
from comity.dialects.openai_chat.reasoning import decode_reasoning, encode_reasoning
from comity.dialects.openai_chat.usage import WireUsage, decode_usage, encode_usage
from comity.dialects.wire_json import read_answer, stated
from comity.exchange import AnswerKey, Choice, Part, Reasoning, Refusal, Response, Text, ToolCall


class _WireChoice(msgspec.Struct):
    message: WireDelta | None = None
    index: int = 0
    finish_reason: str | None = None
    logprobs: dict[str, Any] | None = None


class _WireResponse(msgspec.Struct):
    choices: list[_WireChoice]
    id: str | None = None
    model: str | None = None
    created: float | None = None
    usage: WireUsage | None = None
    service_tier: str | None = None


_RESPONSE = msgspec.json.Decoder(_WireResponse)
_PLAIN = AnswerKey()


def decode_response(body: bytes, key: AnswerKey = _PLAIN) -> Response:
    """The answer in a body; raises ResponseError when it is none."""
    wire = read_answer(body, _RESPONSE, "the answer")
    choices = sorted(wire.choices, key=lambda choice: choice.index)
    return Response(
        id=wire.id or "",
        model=wire.model or key.model,
        choices=tuple(_choice(choice) for choice in choices),
        usage=decode_usage(wire.usage),
        created=int(wire.created or 0),
        service_tier=wire.service_tier,
    )


def encode_response(response: Response) -> bytes:
    """The answer as chat completions writes it."""
    body: dict[str, Any] = {
        "id": response.id,
        "object": "chat.completion",
        "created": response.created,
        "model": response.model,
        "choices": [_write_choice(choice, index) for index, choice in enumerate(response.choices)],
        **stated(
            usage=None if response.usage is None else encode_usage(response.usage),
            service_tier=response.service_tier,
        ),
    }
    return msgspec.json.encode(body)


def _choice(wire: _WireChoice) -> Choice:
    message = wire.message or WireDelta()
    parts: tuple[Part, ...] = (
        *decode_reasoning(message.reasoning_details, message.thoughts()),
        *((Text(message.text()),) if message.text() else ()),
        *((Refusal(message.refusal),) if message.refusal else ()),
        *_calls(message),
    )
    return Choice(parts, decode_finish(wire.finish_reason), wire.finish_reason or "", logprobs=wire.logprobs)


def _calls(message: WireDelta) -> list[ToolCall]:
    calls = [
        ToolCall(call.id or f"call_{index}", call.function.name or "", call.function.fragment())
        for index, call in enumerate(message.tool_calls or [])
        if call.function is not None
    ]
    legacy = message.function_call
    if legacy is not None and legacy.name:
        calls.append(ToolCall(f"call_{len(calls)}", legacy.name, legacy.fragment()))
    return calls


def _write_choice(choice: Choice, index: int) -> dict[str, Any]:
    text = "".join(part.text for part in choice.parts if isinstance(part, Text))
    refusal = "".join(part.text for part in choice.parts if isinstance(part, Refusal))
    calls = [
        {"id": part.id, "type": "function", "function": {"name": part.name, "arguments": part.arguments}}
        for part in choice.parts
        if isinstance(part, ToolCall)
    ]
    message: dict[str, Any] = {
        "role": "assistant",
        "content": text or (None if calls or refusal else ""),
        "refusal": refusal or None,
        **encode_reasoning(part for part in choice.parts if isinstance(part, Reasoning)),
        **stated(tool_calls=calls or None),
    }
    return {
        "index": index,
        "message": message,
        "logprobs": choice.logprobs,
        **encode_finish(choice.finish, choice.finish_detail),
    }
