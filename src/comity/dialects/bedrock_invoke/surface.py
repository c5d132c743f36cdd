"""What is particular about InvokeModel: bodies name neither model nor streaming, and hold the beta flags."""

from __future__ import annotations

from comity.dialects.anthropic_messages import passthrough
from comity.dialects.anthropic_messages.family import INVOKE
from comity.dialects.anthropic_messages.passthrough import adapt_body
from comity.dialects.anthropic_messages.request_reader import read_request
from comity.dialects.anthropic_messages.request_writer import write_request
from comity.dialects.peek import Peek
from comity.errors import RequestError
from comity.exchange import Inexpressible, ModelTraits, Request, WireRequest

NAME = INVOKE.name


def peek(body: bytes, model: str | None = None, *, stream: bool | None = None) -> Peek:
    """What routing needs of a body; the address names `model` and `stream`. Raises RequestError."""
    seen = passthrough.peek(body, model, stream=stream)
    if "messages" not in seen.members:
        raise RequestError("InvokeModel takes bodies of Anthropic's Messages here", "messages")
    return seen


def decode_request(body: bytes, *, model: str | None = None, stream: bool | None = None) -> Request:
    """The request in a body for what the address says; raises RequestError with the field at fault."""
    return read_request(body, INVOKE, model=model, stream=stream)


def encode_request(
    request: Request, model: str, traits: ModelTraits, *, lossy: bool
) -> WireRequest | Inexpressible:
    """The body for `model`, or what it cannot express; `lossy` allows visible drops."""
    return write_request(request, model, traits, INVOKE, lossy=lossy)


def adapt(
    body: bytes, *, model: str | None, ask_usage: bool, traits: ModelTraits, seen: Peek | None = None
) -> WireRequest:
    """`body` for a target of the same dialect, each member once. Raises RequestError."""
    del ask_usage, traits
    return adapt_body(body, INVOKE, model, seen)
