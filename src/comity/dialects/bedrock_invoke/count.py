"""Counting the tokens of a prompt by Bedrock's CountTokens, in the form that holds an InvokeModel body.

A client may send either form at one address; both are read here.
"""

from __future__ import annotations

import binascii
from base64 import b64decode, b64encode

import msgspec

from comity.dialects.anthropic_messages.family import INVOKE
from comity.dialects.anthropic_messages.request_reader import read_request
from comity.dialects.anthropic_messages.request_writer import write_request
from comity.dialects.bedrock_converse import count as converse
from comity.dialects.bedrock_converse.count import counted_input, decode_count, encode_count_answer
from comity.dialects.wire_json import read_request_object
from comity.errors import RequestError
from comity.exchange import Inexpressible, ModelTraits, Request, WireRequest

__all__ = ["decode_count", "decode_count_request", "encode_count", "encode_count_answer"]


def decode_count_request(body: bytes, *, model: str | None = None) -> Request:
    """The prompt that a client wants counted, in either form; raises RequestError."""
    held = read_request_object(body).get("input")
    if isinstance(held, dict) and "converse" in held:
        return converse.decode_count_request(body, model=model)
    inner = counted_input(body, "invokeModel").get("body")
    try:
        raw = b64decode(inner if isinstance(inner, str) else "", validate=True)
    except (binascii.Error, ValueError) as error:
        raise RequestError("the data is not base64", "input.invokeModel.body") from error
    return read_request(raw, INVOKE, model=model, stream=False)


def encode_count(request: Request, model: str, traits: ModelTraits) -> WireRequest | Inexpressible:
    """The body that asks how many tokens the prompt has; a bound of the answer counts for nothing."""
    if request.sampling.max_output_tokens is None:
        # A body without a bound, or with one that thinking leaves no room in, is none.
        unused = (request.sampling.thinking_budget or 0) + 1
        sampling = msgspec.structs.replace(request.sampling, max_output_tokens=unused)
        request = msgspec.structs.replace(request, sampling=sampling)
    encoded = write_request(request, model, traits, INVOKE, lossy=True)
    if isinstance(encoded, Inexpressible):
        return encoded
    body = {"input": {"invokeModel": {"body": b64encode(encoded.body).decode()}}}
    return msgspec.structs.replace(encoded, body=msgspec.json.encode(body))
