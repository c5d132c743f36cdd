"""Converse in and out: bodies pass through as they came, and only what metering needs is read.

The model and the choice between whole and streamed stand in the address, so a body changes in one case only:
when its history holds signatures that another vendor made.
"""

from __future__ import annotations

import msgspec

from comity.dialects.bedrock_converse.stream_reader import EventDecoder
from comity.dialects.bedrock_converse.usage import WireUsage, decode_usage
from comity.dialects.foreign_blocks import without_foreign
from comity.dialects.forwarding import ForwardingTap
from comity.dialects.peek import Outline, Peek, estimate_input
from comity.dialects.provenance import unwrap
from comity.dialects.wire_json import read_answer, split_place
from comity.errors import RequestError
from comity.exchange import AnswerKey, ModelTraits, WireRequest


class _Limits(msgspec.Struct, rename="camel"):
    max_tokens: int | None = None


class _Tier(msgspec.Struct):
    type: str | None = None


class _Fields(msgspec.Struct, rename="camel"):
    inference_config: _Limits | None = None
    service_tier: _Tier | None = None


class _Answer(msgspec.Struct, rename="camel"):
    usage: WireUsage | None = None
    stop_reason: str | None = None
    service_tier: _Tier | None = None


_FIELDS = msgspec.json.Decoder(_Fields)
_ANSWER = msgspec.json.Decoder(_Answer)


def peek(body: bytes, model: str | None = None, *, stream: bool | None = None) -> Peek:
    """What routing needs of a body; the address names `model` and `stream`. Raises RequestError."""
    try:
        fields = _FIELDS.decode(body)
    except msgspec.ValidationError as error:
        raise RequestError(*split_place(error)) from error
    except (msgspec.DecodeError, UnicodeError, RecursionError, ValueError) as error:
        raise RequestError(f"the body is not JSON: {error}") from error
    limit = None if fields.inference_config is None else fields.inference_config.max_tokens
    if limit is not None and limit < 1:
        raise RequestError("the limit of generated tokens must be at least 1", "inferenceConfig.maxTokens")
    tier = None if fields.service_tier is None else fields.service_tier.type
    return Peek(model or "", stream is True, True, limit, 1, estimate_input(body), tier, {})


def adapt(
    body: bytes, *, model: str | None, ask_usage: bool, traits: ModelTraits, seen: Peek | None = None
) -> WireRequest:
    """`body` itself, but for signatures that other vendors made: the address says all else that differs."""
    del model, ask_usage, traits, seen
    return without_foreign(body, _is_foreign)


def tap(seen: Peek, traits: ModelTraits) -> ForwardingTap:
    """The way through for a streamed answer, frame by frame as it came."""
    del seen
    return ForwardingTap(EventDecoder(AnswerKey(input_includes_cache=traits.input_includes_cache)))


def read_usage(body: bytes, traits: ModelTraits) -> Outline:
    """What metering needs of a whole answer; raises ResponseError when it is none."""
    answer = read_answer(body, _ANSWER, "the answer")
    usage = decode_usage(answer.usage, includes_cache=traits.input_includes_cache)
    tier = None if answer.service_tier is None else answer.service_tier.type
    return Outline(usage, "", answer.stop_reason or "", tier or "")


def _is_foreign(block: object) -> bool:
    reasoning = block.get("reasoningContent") if isinstance(block, dict) else None
    if not isinstance(reasoning, dict):
        return False
    inner = reasoning.get("reasoningText")
    signature = inner.get("signature") if isinstance(inner, dict) else reasoning.get("redactedContent")
    return isinstance(signature, str) and unwrap(signature) is not None
