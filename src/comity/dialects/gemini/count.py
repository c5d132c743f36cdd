"""countTokens, both ways: Google counts the parts of a request, its answer is one number."""

from __future__ import annotations

import msgspec

from comity.dialects.gemini.request_reader import read_request
from comity.dialects.gemini.request_writer import encode_request
from comity.dialects.wire_json import read_answer, read_request_object
from comity.errors import RequestError
from comity.exchange import Inexpressible, ModelTraits, Request, WireRequest


class _Count(msgspec.Struct, rename="camel"):
    total_tokens: int


_COUNT = msgspec.json.Decoder(_Count)
_INNER = "generateContentRequest"


def decode_count_request(body: bytes, *, model: str | None = None) -> Request:
    """The request whose tokens a client wants counted; raises RequestError."""
    raw = read_request_object(body)
    inner = raw.get(_INNER, raw.get("generate_content_request"))
    if inner is not None and not isinstance(inner, dict):
        raise RequestError("expected an object", _INNER)
    try:
        return read_request(inner if inner is not None else raw, model or "", stream=False)
    except RecursionError as error:
        raise RequestError("the request nests too deeply") from error


def encode_count(request: Request, model: str, traits: ModelTraits) -> WireRequest | Inexpressible:
    """The body that asks how many tokens the prompt has; what Google cannot be told counts for nothing."""
    encoded = encode_request(request, model, traits, lossy=True)
    if isinstance(encoded, Inexpressible):
        return encoded
    inner = msgspec.json.decode(encoded.body, type=dict[str, msgspec.Raw])
    if traits.surface == "vertex":
        counted = ("contents", "systemInstruction", "tools", "generationConfig")
        body = {name: inner[name] for name in counted if name in inner}
    else:
        named = {"model": msgspec.Raw(msgspec.json.encode(f"models/{model}"))}
        body = {_INNER: msgspec.Raw(msgspec.json.encode(named | inner))}
    return msgspec.structs.replace(encoded, body=msgspec.json.encode(body))


def decode_count(body: bytes) -> int:
    """The number in a count; raises ResponseError."""
    return max(read_answer(body, _COUNT, "the count").total_tokens, 0)


def encode_count_answer(tokens: int) -> bytes:
    """The count as Google writes it."""
    return msgspec.json.encode({"totalTokens": tokens})
