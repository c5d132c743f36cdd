"""Whole chat completions, both ways.

The dialect has no form for a citation of a document, for media in an answer and for other dialects' own
blocks: `dialects.survey` tells which of them an answer has lost.
"""

from __future__ import annotations

from typing import Any

import msgspec

from comity.dialects.openai_chat.annotations import cited, write_annotations
from comity.dialects.openai_chat.chunks import WireChunkChoice, WireDelta, WireFunction
from comity.dialects.openai_chat.finish import decode_finish, encode_finish
from comity.dialects.openai_chat.reasoning import decode_reasoning, encode_reasoning
from comity.dialects.openai_chat.usage import WireUsage, decode_usage, encode_usage
from comity.dialects.provenance import sign_id
from comity.dialects.tiers import told_tier
from comity.dialects.wire_json import read_answer, stated
from comity.exchange import AnswerKey, Choice, Opaque, Part, Reasoning, Refusal, Response, Text, ToolCall

_ORIGIN = "openai.chat"
_AUDIO = "audio"
_TIERS = frozenset({"auto", "default", "flex", "scale", "priority", "fast"})


class _WireChoice(WireChunkChoice):
    message: WireDelta | None = None


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
        choices=tuple(_choice(choice, key) for choice in choices),
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
            service_tier=told_tier(response.service_tier, _TIERS),
        ),
    }
    return msgspec.json.encode(body)


def _choice(wire: _WireChoice, key: AnswerKey) -> Choice:
    message = wire.message or WireDelta()
    spoken = message.spoken()
    parts: tuple[Part, ...] = (
        *decode_reasoning(message.reasoning_details, message.thoughts()),
        *(cited([Text(message.text())], message.sources()) if message.text() else ()),
        *((Refusal(message.refusal),) if message.refusal else ()),
        *((Opaque(_AUDIO, spoken, _ORIGIN),) if spoken is not None else ()),
        *_calls(message, key),
    )
    finish = decode_finish(wire.finish_reason, refused=bool(message.refusal))
    return Choice(parts, finish, wire.finish_reason or "", wire.stop_sequence(), wire.logprobs)


def _calls(message: WireDelta, key: AnswerKey) -> list[ToolCall]:
    calls = [
        ToolCall(call.id or f"call_{index}", _name(call.function, key), call.function.fragment())
        for index, call in enumerate(message.tool_calls or [])
        if call.function is not None
    ]
    legacy = message.function_call
    if legacy is not None and legacy.name:
        calls.append(ToolCall(f"call_{len(calls)}", _name(legacy, key), legacy.fragment()))
    return calls


def _name(function: WireFunction, key: AnswerKey) -> str:
    """The tool as the client declared it."""
    return key.tools.get(function.name or "", function.name or "")


def _write_choice(choice: Choice, index: int) -> dict[str, Any]:
    texts = [part for part in choice.parts if isinstance(part, Text)]
    text = "".join(part.text for part in texts)
    refusal = "".join(part.text for part in choice.parts if isinstance(part, Refusal))
    calls = [
        {
            "id": sign_id(part.id, part.signature, part.origin),
            "type": "function",
            "function": {"name": part.name, "arguments": part.arguments},
        }
        for part in choice.parts
        if isinstance(part, ToolCall)
    ]
    message: dict[str, Any] = {
        "role": "assistant",
        "content": text or (None if calls or refusal else ""),
        "refusal": refusal or None,
        **encode_reasoning(part for part in choice.parts if isinstance(part, Reasoning)),
        **write_annotations(texts),
        **stated(tool_calls=calls or None, audio=_audio(choice)),
    }
    return {
        "index": index,
        "message": message,
        "logprobs": choice.logprobs,
        **encode_finish(choice.finish, choice.finish_detail, refused=bool(refusal)),
        **stated(stop_reason=choice.stop_sequence),
    }


def _audio(choice: Choice) -> dict[str, Any] | None:
    own = (part for part in choice.parts if isinstance(part, Opaque) and part.origin == _ORIGIN)
    return next((part.wire for part in own if part.kind == _AUDIO), None)
