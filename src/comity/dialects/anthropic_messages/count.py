"""Counting the tokens of a prompt: the request, its answer, and both sides of them."""

from __future__ import annotations

import msgspec

from comity.dialects.anthropic_messages.blocks import TOOL_RULE, Scope
from comity.dialects.anthropic_messages.family import MESSAGES, VERTEX, Surface
from comity.dialects.anthropic_messages.request_reader import read_request
from comity.dialects.anthropic_messages.request_writer import write_extra, write_prompt
from comity.dialects.losses import Losses
from comity.dialects.tool_names import ToolNames, tool_names
from comity.dialects.wire_json import read_answer
from comity.exchange import AnswerKey, Inexpressible, ModelTraits, Request, WireRequest

_COUNTED = frozenset({"cache_control", "context_management", "mcp_servers"})


class _Count(msgspec.Struct):
    input_tokens: int


_COUNT = msgspec.json.Decoder(_Count)


def decode_count_request(body: bytes, *, model: str | None = None) -> Request:
    """The prompt that a client wants counted; raises RequestError."""
    return read_request(body, MESSAGES, model=model, stream=False)


def encode_count(request: Request, model: str, traits: ModelTraits) -> WireRequest | Inexpressible:
    """The body that asks how many tokens the prompt has."""
    return write_count(request, model, traits, MESSAGES)


def write_count(
    request: Request, model: str, traits: ModelTraits, surface: Surface
) -> WireRequest | Inexpressible:
    """The body that asks `surface`; parameters that are no part of the prompt are left out."""
    scope = Scope(request, surface, traits, Losses(request), ToolNames(tool_names(request), TOOL_RULE))
    body = write_prompt(request, model, scope)
    extra = {name: value for name, value in request.extra.items() if name in _COUNTED}
    counted = msgspec.structs.replace(request, extra=extra)
    headers = write_extra(counted, body, scope)
    if surface is VERTEX:
        # One address counts for all models of a place.
        body["model"] = model
    return scope.losses.request(body, AnswerKey(), lossy=True, headers=headers)


def decode_count(body: bytes) -> int:
    """How many tokens the prompt has; raises ResponseError."""
    return read_answer(body, _COUNT, "the count").input_tokens


def encode_count_answer(count: int) -> bytes:
    """The answer to a client that had a prompt counted."""
    return msgspec.json.encode({"input_tokens": count})
