"""Counting the tokens of a prompt: `/responses/input_tokens`, both sides of it."""

from __future__ import annotations

import msgspec

from comity.dialects.openai_responses.request_reader import decode_request
from comity.dialects.openai_responses.request_writer import encode_request
from comity.dialects.wire_json import read_answer
from comity.errors import RequestError
from comity.exchange import AnswerKey, Inexpressible, ModelTraits, Request, WireRequest

_COUNTED = frozenset(
    {
        "input",
        "instructions",
        "model",
        "parallel_tool_calls",
        "reasoning",
        "text",
        "tool_choice",
        "tools",
        "truncation",
    }
)
_KEPT = ("previous_response_id", "conversation")
_NO_STATE = "a prompt is counted as it is sent: what is kept stands in no count"


class _Count(msgspec.Struct):
    input_tokens: int


_COUNT = msgspec.json.Decoder(_Count)
_MEMBERS = msgspec.json.Decoder(dict[str, msgspec.Raw])


def decode_count_request(body: bytes, *, model: str | None = None) -> Request:
    """The prompt that a client wants counted; raises RequestError."""
    request = decode_request(body, model=model, stream=False)
    for name in _KEPT:
        if request.extra.get(name) is not None:
            raise RequestError(_NO_STATE, name)
    return request


def encode_count(request: Request, model: str, traits: ModelTraits) -> WireRequest | Inexpressible:
    """The body that asks how many tokens the prompt has; parameters that are no part of it are left out."""
    wire = encode_request(request, model, traits, lossy=True)
    if isinstance(wire, Inexpressible):
        return wire
    members = {name: value for name, value in _MEMBERS.decode(wire.body).items() if name in _COUNTED}
    return WireRequest(msgspec.json.encode(members), wire.dropped, AnswerKey(), wire.headers)


def decode_count(body: bytes) -> int:
    """How many tokens the prompt has; raises ResponseError."""
    return read_answer(body, _COUNT, "the count").input_tokens


def encode_count_answer(count: int) -> bytes:
    """The answer to a client that had a prompt counted."""
    return msgspec.json.encode({"object": "response.input_tokens", "input_tokens": count})
