"""Messages in and out: bodies keep every member as it came; what routing and metering need is read."""

from __future__ import annotations

from typing import Any

import msgspec

from comity.dialects.anthropic_messages.family import MESSAGES, Surface
from comity.dialects.anthropic_messages.foreign import is_foreign
from comity.dialects.anthropic_messages.stream_reader import EventDecoder, WatchingReader
from comity.dialects.anthropic_messages.stream_writer import encode_wire
from comity.dialects.anthropic_messages.unproven import without_unproven
from comity.dialects.anthropic_messages.usage import WireUsage, decode_usage
from comity.dialects.foreign_blocks import without_foreign
from comity.dialects.forwarding import ForwardingTap
from comity.dialects.openai_chat.passthrough import check_model
from comity.dialects.peek import Outline, Peek, estimate_input
from comity.dialects.wire_json import read_answer, split_place
from comity.errors import RequestError
from comity.exchange import ModelTraits, WireRequest

END_MARK = encode_wire({"type": "message_stop"})
"""What ends a stream."""

_GUARDED = frozenset({"model", "stream", "max_tokens", "service_tier", "anthropic_beta"})


class _Fields(msgspec.Struct):
    model: str | None = None
    stream: bool | None = None
    max_tokens: int | None = None
    service_tier: str | None = None


class _Answer(msgspec.Struct):
    model: str | None = None
    stop_reason: str | None = None
    usage: WireUsage | None = None


_MEMBERS = msgspec.json.Decoder(dict[str, msgspec.Raw])
_ANSWER = msgspec.json.Decoder(_Answer)


def peek(body: bytes, model: str | None = None, *, stream: bool | None = None) -> Peek:
    """What routing needs of a body; `model` and `stream` as the address says. Raises RequestError."""
    try:
        members = _MEMBERS.decode(body)
        fields = msgspec.json.decode(
            msgspec.json.encode({name: members[name] for name in _GUARDED & members.keys()}), type=_Fields
        )
    except msgspec.ValidationError as error:
        raise RequestError(*split_place(error)) from error
    except (msgspec.DecodeError, UnicodeError, RecursionError, ValueError) as error:
        raise RequestError(f"the body is not JSON: {error}") from error
    if fields.max_tokens is not None and fields.max_tokens < 0:
        raise RequestError("must not be negative", "max_tokens")
    return Peek(
        model=check_model(model if fields.model is None else fields.model),
        stream=bool(stream if fields.stream is None else fields.stream),
        stream_usage=True,
        max_output_tokens=fields.max_tokens,
        candidates=1,
        input_estimate=estimate_input(body),
        service_tier=fields.service_tier,
        members=members,
    )


def adapt(
    body: bytes, *, model: str | None, ask_usage: bool, traits: ModelTraits, seen: Peek | None = None
) -> WireRequest:
    """`body` for a target of the same dialect: its model name, each member once. Raises RequestError."""
    del ask_usage, traits
    return adapt_body(body, MESSAGES, model, seen)


def adapt_body(body: bytes, surface: Surface, model: str | None, seen: Peek | None) -> WireRequest:
    """`body` for a target of the same surface.

    Written anew from its members, so that every name stands there once and plain: two readers could disagree
    about any other body. Raises RequestError when a field that policy looks at has a second spelling.
    """
    members: dict[str, Any] = dict(_MEMBERS.decode(body) if seen is None else seen.members)
    for name in members:
        if name not in _GUARDED and name.lower() in _GUARDED:
            raise RequestError(f"the field `{name}` must be written `{name.lower()}`", name)
    if model is not None and not surface.addressed:
        members["model"] = model
    return without_unproven(without_foreign(msgspec.json.encode(members), is_foreign))


def tap(seen: Peek, traits: ModelTraits) -> ForwardingTap:
    """The way through for a streamed answer, byte for byte as it came."""
    del seen, traits
    return ForwardingTap(EventDecoder(reader=WatchingReader()), END_MARK)


def read_usage(body: bytes, traits: ModelTraits) -> Outline:
    """What metering needs of a whole answer; raises ResponseError when it is none."""
    del traits
    answer = read_answer(body, _ANSWER, "the answer")
    tier = None if answer.usage is None else answer.usage.service_tier
    place = "" if answer.usage is None else answer.usage.place
    usage, reason = decode_usage(answer.usage), answer.stop_reason or ""
    return Outline(usage, answer.model or "", reason, tier or "", place=place)
