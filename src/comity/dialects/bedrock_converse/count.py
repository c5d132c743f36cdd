"""Counting the tokens of a Converse prompt by Bedrock's CountTokens."""

from __future__ import annotations

from typing import Any

import msgspec

from comity.dialects.bedrock_converse.request_reader import decode_request
from comity.dialects.bedrock_converse.request_writer import encode_request
from comity.dialects.wire_json import read_answer, read_request_object
from comity.errors import RequestError
from comity.exchange import Inexpressible, ModelTraits, Request, WireRequest

_MEMBERS = ("messages", "system", "toolConfig", "additionalModelRequestFields")


class _Count(msgspec.Struct, rename="camel"):
    input_tokens: int


_COUNT = msgspec.json.Decoder(_Count)
_RAW = msgspec.json.Decoder(dict[str, msgspec.Raw])


def decode_count_request(body: bytes, *, model: str | None = None) -> Request:
    """The prompt that a client wants counted; raises RequestError."""
    return decode_request(msgspec.json.encode(counted_input(body, "converse")), model=model, stream=False)


def counted_input(body: bytes, form: str) -> dict[str, Any]:
    """What stands below `input` in the given form; raises RequestError when it is not there."""
    held = read_request_object(body).get("input")
    inner = held.get(form) if isinstance(held, dict) else None
    if not isinstance(inner, dict):
        raise RequestError("field required", f"input.{form}")
    return inner


def encode_count(request: Request, model: str, traits: ModelTraits) -> WireRequest | Inexpressible:
    """The body that asks how many tokens the prompt has; parameters that are no part of it are left out."""
    encoded = encode_request(request, model, traits, lossy=True)
    if isinstance(encoded, Inexpressible):
        return encoded
    members = _RAW.decode(encoded.body)
    kept = {name: members[name] for name in _MEMBERS if name in members}
    body = msgspec.json.encode({"input": {"converse": kept}})
    return msgspec.structs.replace(encoded, body=body)


def decode_count(body: bytes) -> int:
    """How many tokens the prompt has; raises ResponseError."""
    return read_answer(body, _COUNT, "the count").input_tokens


def encode_count_answer(count: int) -> bytes:
    """The answer to a client that had a prompt counted."""
    return msgspec.json.encode({"inputTokens": count})
