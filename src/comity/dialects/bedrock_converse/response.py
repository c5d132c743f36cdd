"""Whole Converse answers, both ways.

An answer names neither its id nor its model: both come from the answer key. Tools that Bedrock runs by itself
(`server_tool_use` and their results) are no calls for the client and are left out.
"""

from __future__ import annotations

import base64
from typing import Any

import msgspec

from comity.dialects.bedrock_converse.block_reader import read_block
from comity.dialects.bedrock_converse.shapes import SERVER_TOOL, WireBlock
from comity.dialects.bedrock_converse.stop_reasons import decode_stop, encode_stop
from comity.dialects.bedrock_converse.usage import WireUsage, decode_usage, encode_usage
from comity.dialects.wire_json import read_answer, stated
from comity.errors import RequestError, ResponseError
from comity.exchange import (
    AnswerKey,
    Choice,
    Part,
    Reasoning,
    Refusal,
    Response,
    Text,
    ToolCall,
    ToolResult,
    Usage,
)


class _WireMessage(msgspec.Struct):
    content: list[WireBlock] = []


class _WireOutput(msgspec.Struct):
    message: _WireMessage = msgspec.field(default_factory=_WireMessage)


class _WireTier(msgspec.Struct):
    type: str | None = None


class _WireResponse(msgspec.Struct, rename="camel"):
    output: _WireOutput
    stop_reason: str | None = None
    usage: WireUsage | None = None
    service_tier: _WireTier | None = None


_RESPONSE = msgspec.json.Decoder(_WireResponse)
_PLAIN = AnswerKey()


def decode_response(body: bytes, key: AnswerKey = _PLAIN) -> Response:
    """The answer in a body; raises ResponseError when it is none."""
    wire = read_answer(body, _RESPONSE, "the answer")
    parts = tuple(part for block in wire.output.message.content if (part := _part(block, key)) is not None)
    tier = wire.service_tier
    return Response(
        id=key.id,
        model=key.model,
        choices=(Choice(parts, decode_stop(wire.stop_reason), wire.stop_reason or ""),),
        usage=decode_usage(wire.usage, includes_cache=key.input_includes_cache),
        created=key.created,
        service_tier=None if tier is None else tier.type,
    )


def encode_response(response: Response) -> bytes:
    """The answer as Converse writes it: its first choice, since there is only one."""
    assert response.choices, "an answer has at least one choice"
    choice = response.choices[0]
    content = [block for part in choice.parts if (block := _block(part)) is not None]
    body: dict[str, Any] = {
        "metrics": {"latencyMs": 0},
        "output": {"message": {"role": "assistant", "content": content}},
        "stopReason": encode_stop(choice.finish, choice.finish_detail),
        "usage": encode_usage(response.usage or Usage()),
    }
    if response.service_tier is not None:
        body["serviceTier"] = {"type": response.service_tier}
    return msgspec.json.encode(body)


def _part(block: WireBlock, key: AnswerKey) -> Part | None:
    if block.tool_use is not None and block.tool_use.type == SERVER_TOOL:
        return None
    try:
        part = read_block(block, "output.message.content", key.origin)
    except RequestError as error:
        raise ResponseError(f"the answer cannot be read: {error}") from error
    if isinstance(part, ToolResult):
        return None
    if isinstance(part, ToolCall):
        return msgspec.structs.replace(part, name=key.tools.get(part.name, part.name))
    return part


def _block(part: Part) -> dict[str, Any] | None:
    match part:
        case Text() | Refusal():
            return {"text": part.text}
        case ToolCall():
            arguments = msgspec.Raw((part.arguments.strip() or "{}").encode())
            return {"toolUse": {"toolUseId": part.id, "name": part.name, "input": arguments}}
        case Reasoning():
            if part.redacted is not None:
                return {"reasoningContent": {"redactedContent": base64.b64encode(part.redacted).decode()}}
            text = {"text": part.text, **stated(signature=part.signature)}
            return {"reasoningContent": {"reasoningText": text}}
        case _:
            return None
