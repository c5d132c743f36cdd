"""Whole responses, both ways."""

from __future__ import annotations

from typing import Any

import msgspec

from comity.dialects.openai_responses.answer_object import answer_object
from comity.dialects.openai_responses.finish import detail_of, encode_finish, finish_of
from comity.dialects.openai_responses.names import item_stem, namespaces_of
from comity.dialects.openai_responses.output_reader import read_logprobs, read_output
from comity.dialects.openai_responses.output_writer import write_output
from comity.dialects.openai_responses.shapes import Item
from comity.dialects.openai_responses.usage import WireUsage, decode_usage, encode_usage
from comity.dialects.tiers import told_tier
from comity.dialects.wire_json import read_answer
from comity.errors import ResponseError
from comity.exchange import AnswerKey, Choice, Finish, Refusal, Response


class WireIncomplete(msgspec.Struct):
    """`incomplete_details`."""

    reason: str | None = None
    """`max_output_tokens` or `content_filter`."""


class WireAnswer(msgspec.Struct):
    """A response object."""

    output: list[Item] | None = None
    """Its items."""
    id: str | None = None
    """Its id."""
    model: str | None = None
    """The model as the provider names it."""
    created_at: float | None = None
    """Unix seconds."""
    status: str | None = None
    """`completed`, `incomplete`, `failed`, ..."""
    incomplete_details: WireIncomplete | None = None
    """Why it is incomplete."""
    error: dict[str, Any] | None = None
    """What went wrong, where it failed."""
    usage: WireUsage | None = None
    """Tokens."""
    service_tier: str | None = None
    """The tier that really served."""

    @property
    def reason(self) -> str | None:
        """Why it is incomplete, in one word."""
        return None if self.incomplete_details is None else self.incomplete_details.reason


_ANSWER = msgspec.json.Decoder(WireAnswer)
_PLAIN = AnswerKey()
_TIERS = frozenset({"auto", "default", "flex", "scale", "priority", "fast", "ultrafast"})


def decode_response(body: bytes, key: AnswerKey = _PLAIN) -> Response:
    """The answer in a body; raises ResponseError when it is none."""
    wire = read_answer(body, _ANSWER, "the answer")
    check_status(wire)
    items = wire.output or []
    parts = read_output(items, key)
    finish = finish_of(wire.status, wire.reason, parts)
    detail = detail_of(finish, wire.status, wire.reason)
    choice = Choice(parts, finish, detail, logprobs=read_logprobs(items))
    return Response(
        id=wire.id or key.id,
        model=wire.model or key.model,
        choices=(choice,),
        usage=decode_usage(wire.usage),
        created=int(wire.created_at or key.created),
        service_tier=wire.service_tier,
    )


def check_status(wire: WireAnswer) -> None:
    """Raises ResponseError for an answer that failed, or that is not there yet."""
    if wire.status in {"failed", "cancelled", "queued", "in_progress"}:
        error = wire.error or {}
        raise ResponseError(
            f"the answer is `{wire.status}`: {error.get('message') or 'nothing more is said'}"
        )
    if wire.output is None:
        raise ResponseError("the answer has no output")


def encode_response(response: Response) -> bytes:
    """The answer as the Responses API writes it."""
    choice = response.choices[0] if response.choices else Choice((), Finish.UNKNOWN)
    identity = response.id
    items = write_output(choice.parts, item_stem(identity), namespaces_of(response.request))
    refused = any(isinstance(part, Refusal) for part in choice.parts)
    answer = answer_object(identity, response.model, response.created, response.request)
    answer |= encode_finish(choice.finish, refused=refused)
    answer["output"] = _with_logprobs(items, choice.logprobs)
    if response.usage is not None:
        answer["usage"] = encode_usage(response.usage)
    tier = told_tier(response.service_tier, _TIERS)
    if tier is not None:
        answer["service_tier"] = tier
    return msgspec.json.encode(answer)


def _with_logprobs(items: list[Item], logprobs: dict[str, Any] | None) -> list[Item]:
    """The items, log-probabilities at their text: they are given for the answer as a whole."""
    tokens = (logprobs or {}).get("content") or []
    texts = [part for item in items for part in item.get("content") or () if part["type"] == "output_text"]
    if tokens and texts:
        texts[0]["logprobs"] = tokens
    return items
