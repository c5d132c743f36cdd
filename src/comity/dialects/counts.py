"""Counting the tokens of a prompt: the dialects that can be asked, and what each of them offers.

A count is the provider's own; nothing here estimates one. Chat completions have no such question, so their
clients never ask and their servers are never asked.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

import msgspec

from comity.dialects.anthropic_messages import count as messages
from comity.dialects.bedrock_converse import count as converse
from comity.dialects.bedrock_invoke import count as invoke
from comity.dialects.gemini import count as gemini
from comity.dialects.openai_responses import count as responses
from comity.dialects.peek import Peek, estimate_input
from comity.dialects.vertex_messages import count as vertex
from comity.dialects.wire_json import split_place
from comity.errors import RequestError
from comity.exchange import Inexpressible, ModelTraits, Request, WireRequest


class Counts(Protocol):
    """The surface of a dialect's counting."""

    def decode_count_request(self, body: bytes, *, model: str | None = None) -> Request:
        """The prompt that a client wants counted. Raises RequestError."""

    def encode_count(self, request: Request, model: str, traits: ModelTraits) -> WireRequest | Inexpressible:
        """The body that asks a target; parameters that are no part of the prompt are left out."""

    def decode_count(self, body: bytes) -> int:
        """The number in a target's answer. Raises ResponseError."""

    def encode_count_answer(self, count: int) -> bytes:
        """The answer for a client."""


COUNTS: Mapping[str, Counts] = {
    "anthropic.messages": messages,
    "vertex.messages": vertex,
    "bedrock.converse": converse,
    "bedrock.invoke": invoke,
    "gemini.generate": gemini,
    "openai.responses": responses,
}
"""The dialects in which prompts are counted, by name."""


class _Named(msgspec.Struct):
    model: str | None = None


_NAMED = msgspec.json.Decoder(_Named)


def peek_count(body: bytes, model: str | None) -> Peek:
    """What routing needs of a question for a count; `model` as the address says it. Raises RequestError."""
    try:
        named = _NAMED.decode(body).model
    except msgspec.ValidationError as error:
        raise RequestError(*split_place(error)) from error
    except (msgspec.DecodeError, UnicodeError, RecursionError, ValueError) as error:
        raise RequestError(f"the body is not JSON: {error}") from error
    name = model or named
    if not name:
        raise RequestError("a model must be named", "model")
    # Nothing is generated, so nothing is reserved for an answer.
    return Peek(name, False, False, 0, 1, estimate_input(body), None, {})
