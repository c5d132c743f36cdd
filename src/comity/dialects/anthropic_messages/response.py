"""Whole answers, both ways; what the hub has no place for is kept for clients of the same family."""

from __future__ import annotations

from typing import Any

import msgspec

from comity.dialects.anthropic_messages.block_reader import read_content
from comity.dialects.anthropic_messages.blocks import show_part
from comity.dialects.anthropic_messages.citations import show_citation
from comity.dialects.anthropic_messages.family import FAMILY, NAME
from comity.dialects.anthropic_messages.stop_reasons import decode_stop, encode_stop
from comity.dialects.anthropic_messages.usage import WireUsage, decode_usage, encode_usage, usage_extra
from comity.dialects.arguments import without_broken_calls
from comity.dialects.wire_json import read_answer, stated, unknown_members
from comity.errors import RequestError, ResponseError
from comity.exchange import AnswerKey, Choice, Part, Response, Text, ToolCall, Usage

_HELD = frozenset({"id", "type", "role", "model", "content", "stop_reason", "stop_sequence", "usage"})
_PLAIN = AnswerKey()


class _WireResponse(msgspec.Struct):
    content: list[dict[str, Any]]
    id: str | None = None
    model: str | None = None
    stop_reason: str | None = None
    stop_sequence: str | None = None
    usage: WireUsage | None = None


_RAW = msgspec.json.Decoder(dict[str, Any])


def decode_response(body: bytes, key: AnswerKey = _PLAIN) -> Response:
    """The answer in a body; raises ResponseError when it is none."""
    raw = read_answer(body, _RAW, "the answer")
    try:
        wire = msgspec.convert(raw, _WireResponse)
    except (msgspec.ValidationError, RecursionError) as error:
        raise ResponseError(f"the answer cannot be read: {error}") from error
    extra = unknown_members(raw, _HELD) | usage_extra(raw.get("usage"))
    finish = decode_stop(wire.stop_reason)
    parts = _parts(wire, extra, key)
    usage = wire.usage
    return Response(
        id=wire.id or key.id,
        model=wire.model or key.model,
        choices=(Choice(parts, finish, wire.stop_reason or "", wire.stop_sequence),),
        usage=decode_usage(usage),
        created=key.created,
        service_tier=None if usage is None else usage.service_tier,
        extra=extra,
        dialect=NAME,
        place="" if usage is None else usage.place,
    )


def encode_response(response: Response) -> bytes:
    """The answer as Anthropic writes it: its first choice, since there is only one."""
    assert response.choices, "an answer has at least one choice"
    choice = without_broken_calls(response.choices[0])
    usage = encode_usage(response.usage or Usage())
    body: dict[str, Any] = {
        "id": response.id,
        "type": "message",
        "role": "assistant",
        "model": response.model,
        "content": [block for part in choice.parts if (block := _block(part)) is not None],
        "stop_reason": encode_stop(choice.finish, choice.finish_detail, choice.stop_sequence),
        "stop_sequence": choice.stop_sequence,
        "usage": usage | stated(service_tier=_tier(response)),
    }
    if response.dialect in FAMILY:
        restore(body, response.extra)
    return msgspec.json.encode(body)


def restore(body: dict[str, Any], extra: dict[str, Any]) -> None:
    """Puts members back that have no place in the hub: of the message, its usage, or one of its blocks."""
    for name, value in extra.items():
        outer, _, inner = name.partition(".")
        if not inner:
            body[name] = value
        elif outer == "usage":
            body["usage"][inner] = value
        else:
            body["content"][int(outer.removeprefix("content[").removesuffix("]"))][inner] = value


def _parts(wire: _WireResponse, extra: dict[str, Any], key: AnswerKey) -> tuple[Part, ...]:
    try:
        parts = read_content(wire.content, "content", extra, made_by_model=True, origin=key.origin)
    except RequestError as error:
        raise ResponseError(f"the answer cannot be read: {error}") from error
    return tuple(
        msgspec.structs.replace(part, name=key.tools.get(part.name, part.name))
        if isinstance(part, ToolCall)
        else part
        for part in parts
    )


def _block(part: Part) -> dict[str, Any] | None:
    block = show_part(part)
    if isinstance(part, Text) and block is not None and part.citations:
        shown = [show_citation(citation) for citation in part.citations]
        block["citations"] = [one for one in shown if one is not None]
    return block


def _tier(response: Response) -> str | None:
    """The tier in Anthropic's words; another vendor's tiers mean nothing to its clients."""
    return response.service_tier if response.dialect in FAMILY else None
