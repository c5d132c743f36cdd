"""What is particular about Vertex AI: bodies name no model and say their version."""

from __future__ import annotations

from comity.dialects.anthropic_messages.count import write_count
from comity.dialects.anthropic_messages.family import VERTEX
from comity.dialects.anthropic_messages.passthrough import adapt_body
from comity.dialects.anthropic_messages.request_reader import read_request
from comity.dialects.anthropic_messages.request_writer import write_request
from comity.dialects.peek import Peek
from comity.exchange import Inexpressible, ModelTraits, Request, WireRequest

NAME = VERTEX.name


def decode_request(body: bytes, *, model: str | None = None, stream: bool | None = None) -> Request:
    """The request in a body for what the address says; raises RequestError with the field at fault."""
    return read_request(body, VERTEX, model=model, stream=stream)


def encode_request(
    request: Request, model: str, traits: ModelTraits, *, lossy: bool
) -> WireRequest | Inexpressible:
    """The body for `model`, or what it cannot express; `lossy` allows visible drops."""
    return write_request(request, model, traits, VERTEX, lossy=lossy)


def adapt(
    body: bytes, *, model: str | None, ask_usage: bool, traits: ModelTraits, seen: Peek | None = None
) -> WireRequest:
    """`body` for a target of the same dialect, each member once. Raises RequestError."""
    del ask_usage, traits
    return adapt_body(body, VERTEX, model, seen)


def decode_count_request(body: bytes, *, model: str | None = None) -> Request:
    """The prompt that a client wants counted; the body names the model. Raises RequestError."""
    return read_request(body, VERTEX, model=model, stream=False)


def encode_count(request: Request, model: str, traits: ModelTraits) -> WireRequest | Inexpressible:
    """The body that asks how many tokens the prompt has."""
    return write_count(request, model, traits, VERTEX)
