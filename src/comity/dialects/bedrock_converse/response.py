"""Whole Converse answers, both ways.

An answer names neither its id nor its model: both come from the answer key. Tools that Bedrock runs by itself
(`server_tool_use` and their results) are no calls for the client: they stay as they came, for Bedrock's own
clients. Log-probabilities, further choices and other dialects' own blocks have no form here.
"""

from __future__ import annotations

from typing import Any

import msgspec

from comity.dialects.arguments import without_broken_calls
from comity.dialects.bedrock_converse.block_reader import read_blocks
from comity.dialects.bedrock_converse.blocks import NAME
from comity.dialects.bedrock_converse.citations import write_cited
from comity.dialects.bedrock_converse.media import write_media
from comity.dialects.bedrock_converse.names import DocumentNames
from comity.dialects.bedrock_converse.stop_reasons import (
    decode_stop,
    encode_stop,
    read_sequence,
    write_sequence,
)
from comity.dialects.bedrock_converse.usage import WireUsage, decode_usage, encode_usage
from comity.dialects.losses import Losses
from comity.dialects.provenance import redacted_for_client, sign_for_client, sign_id
from comity.dialects.tiers import told_tier
from comity.dialects.wire_json import read_answer, stated
from comity.errors import RequestError, ResponseError
from comity.exchange import (
    AnswerKey,
    Choice,
    Media,
    Opaque,
    Part,
    Reasoning,
    Refusal,
    Response,
    Text,
    ToolCall,
    Usage,
)


class _WireMessage(msgspec.Struct):
    content: list[dict[str, Any]] = []


class _WireOutput(msgspec.Struct):
    message: _WireMessage = msgspec.field(default_factory=_WireMessage)


class _WireTier(msgspec.Struct):
    type: str | None = None


class _WireResponse(msgspec.Struct, rename="camel"):
    output: _WireOutput
    stop_reason: str | None = None
    usage: WireUsage | None = None
    service_tier: _WireTier | None = None
    additional_model_response_fields: Any = None


_RESPONSE = msgspec.json.Decoder(_WireResponse)
_PLAIN = AnswerKey()
_TIERS = frozenset({"default", "flex", "priority", "reserved"})


def decode_response(body: bytes, key: AnswerKey = _PLAIN) -> Response:
    """The answer in a body; raises ResponseError when it is none."""
    wire = read_answer(body, _RESPONSE, "the answer")
    tier = wire.service_tier
    choice = Choice(
        _parts(wire.output.message, key),
        decode_stop(wire.stop_reason),
        wire.stop_reason or "",
        read_sequence(wire.additional_model_response_fields),
    )
    return Response(
        id=key.id,
        model=key.model,
        choices=(choice,),
        usage=decode_usage(wire.usage, includes_cache=key.input_includes_cache),
        created=key.created,
        service_tier=None if tier is None else tier.type,
    )


def encode_response(response: Response) -> bytes:
    """The answer as Converse writes it: its first choice, since there is only one."""
    assert response.choices, "an answer has at least one choice"
    choice = without_broken_calls(response.choices[0])
    content = [block for part in choice.parts if (block := _block(part)) is not None]
    body: dict[str, Any] = {
        "metrics": {"latencyMs": 0},
        "output": {"message": {"role": "assistant", "content": content}},
        "stopReason": encode_stop(choice.finish, choice.finish_detail, choice.stop_sequence),
        "usage": encode_usage(response.usage or Usage()),
        **write_sequence(choice.stop_sequence),
    }
    tier = told_tier(response.service_tier, _TIERS)
    if tier is not None:
        body["serviceTier"] = {"type": tier}
    return msgspec.json.encode(body)


def _parts(message: _WireMessage, key: AnswerKey) -> tuple[Part, ...]:
    try:
        parts = read_blocks(message.content, "output.message.content", {}, key.origin, by_model=True)
    except RequestError as error:
        raise ResponseError(f"the answer cannot be read: {error}") from error
    return tuple(_named(part, key) if isinstance(part, ToolCall) else part for part in parts)


def _named(call: ToolCall, key: AnswerKey) -> ToolCall:
    name = key.tools.get(call.name, call.name)
    return call if name == call.name else msgspec.structs.replace(call, name=name)


def _block(part: Part) -> dict[str, Any] | None:
    match part:
        case Text():
            return write_cited(part.text, part.citations)
        case Refusal():
            return {"text": part.text}
        case Media():
            return write_media(part, DocumentNames(), "", Losses())
        case Opaque():
            return part.wire if part.origin == NAME else None
        case ToolCall():
            arguments = msgspec.Raw((part.arguments.strip() or "{}").encode())
            identity = sign_id(part.id, part.signature, part.origin)
            return {"toolUse": {"toolUseId": identity, "name": part.name, "input": arguments}}
        case Reasoning():
            if part.redacted is not None:
                redacted = redacted_for_client(part.redacted, part.origin, NAME)
                return {"reasoningContent": {"redactedContent": redacted}}
            signature = sign_for_client(part.signature, part.origin, NAME)
            text = {"text": part.text, **stated(signature=signature)}
            return {"reasoningContent": {"reasoningText": text}}
        case _:
            return None
