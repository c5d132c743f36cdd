"""Responses in and out: the target's model, no state, and no more read than metering needs.

No target keeps anything: `store` goes out false, and whatever names kept state is refused here, since the
gateway has put the kept turns into the body before. An account's encrypted reasoning reaches the client in an
envelope that names the account, and leaves it for that account alone (T31).
"""

from __future__ import annotations

import re

import msgspec

from comity.dialects.forwarding import StreamWatch
from comity.dialects.openai_chat.passthrough import check_model
from comity.dialects.openai_responses.envelope import PREFIX, SEALED, Sealed, seal, unseal
from comity.dialects.openai_responses.names import origin_of
from comity.dialects.openai_responses.response import WireAnswer, check_status
from comity.dialects.openai_responses.stream_reader import EventDecoder
from comity.dialects.openai_responses.usage import decode_usage
from comity.dialects.peek import Outline, Peek, estimate_input
from comity.dialects.provenance import strip_ids
from comity.dialects.wire_json import read_answer, split_place
from comity.errors import RequestError
from comity.exchange import AnswerKey, ModelTraits, WireRequest

ENCRYPTED = re.compile(rb'("encrypted_content"\s*:\s*)("(?:[^"\\]|\\.)*")')
"""Encrypted content as a member; inside a JSON string the quotes would be escaped."""

_MEMBERS = msgspec.json.Decoder(dict[str, msgspec.Raw])
_FOLDED = {
    "model",
    "stream",
    "store",
    "max_output_tokens",
    "previous_response_id",
    "conversation",
    "background",
}
_FALSE = msgspec.Raw(b"false")
_INCLUDED = "reasoning.encrypted_content"


class _Fields(msgspec.Struct):
    model: str | None = None
    stream: bool | None = None
    max_output_tokens: int | None = None
    service_tier: str | None = None
    background: bool | None = None


_FIELDS = msgspec.json.Decoder(_Fields)
_ANSWER = msgspec.json.Decoder(WireAnswer)
_LIST = msgspec.json.Decoder(list[str] | None)
_ENCODER = msgspec.json.Encoder()
_TEXT_EVENT = b"event: response.output_text.delta\ndata: "
_TEXT = msgspec.json.Decoder(str)


def peek(body: bytes, model: str | None = None, *, stream: bool | None = None) -> Peek:
    """What routing needs of a body; raises RequestError when it is none, or names state that is not in it."""
    try:
        members = _MEMBERS.decode(body)
        fields = _FIELDS.decode(body)
    except msgspec.ValidationError as error:
        raise RequestError(*split_place(error)) from error
    except (msgspec.DecodeError, UnicodeError, RecursionError, ValueError) as error:
        raise RequestError(f"the body is not JSON: {error}") from error
    name = check_model(model if fields.model is None else fields.model)
    for member in members:
        if member.lower() in _FOLDED and member not in _FOLDED:
            raise RequestError(f"the field `{member}` must be written `{member.lower()}`", member)
    if fields.background:
        raise RequestError(
            "answers in the background are kept by a cloud; ask for the answer itself", "background"
        )
    if fields.max_output_tokens is not None and fields.max_output_tokens < 1:
        raise RequestError("the limit of generated tokens must be at least 1", "max_output_tokens")
    streamed = (fields.stream if fields.stream is not None else stream) is True
    return Peek(
        name,
        streamed,
        True,
        fields.max_output_tokens,
        1,
        estimate_input(body),
        fields.service_tier,
        members,
        _origins(body),
    )


def adapt(
    body: bytes, *, model: str | None, ask_usage: bool, traits: ModelTraits, seen: Peek | None = None
) -> WireRequest:
    """`body` for a target of the same dialect: its model name, nothing kept, its own envelopes opened."""
    del ask_usage  # usage always comes
    members = dict(_MEMBERS.decode(body) if seen is None else seen.members)
    if model is not None:
        members["model"] = msgspec.Raw(_ENCODER.encode(model))
    members["store"] = _FALSE
    for name in ("previous_response_id", "conversation", "background"):
        members.pop(name, None)
    if traits.reasoning_signatures == "required":
        _ask_encrypted(members)
    written = strip_ids(_ENCODER.encode(members))
    return WireRequest(_opened(written) if PREFIX.encode() in written else written)


def read_usage(body: bytes, traits: ModelTraits) -> Outline:
    """What metering needs of a whole answer; raises ResponseError when it is none, or failed."""
    answer = read_answer(body, _ANSWER, "the answer")
    check_status(answer)
    finish = answer.reason or answer.status or ""
    tier = answer.service_tier or ""
    return Outline(decode_usage(answer.usage), answer.model or "", finish, tier, seal_answer(body, traits))


def seal_answer(body: bytes, traits: ModelTraits) -> bytes:
    """An answer or events of one, encrypted reasoning in envelopes that name the account."""
    if b'"encrypted_content"' not in body:
        return body
    origin = origin_of(traits)

    def sealed(match: re.Match[bytes]) -> bytes:
        text = _TEXT.decode(match[2])
        return match[1] + _ENCODER.encode(seal(Sealed(origin, text))) if text else match[0]

    return ENCRYPTED.sub(sealed, body)


def tap(seen: Peek, traits: ModelTraits) -> SealingTap:
    """The way through for a streamed answer."""
    del seen
    return SealingTap(traits)


class SealingTap(StreamWatch):
    """Gives a stream's bytes back as they came, whole events at a time, encrypted reasoning in envelopes."""

    def __init__(self, traits: ModelTraits) -> None:
        super().__init__()
        self._traits = traits
        self._decoder = EventDecoder(AnswerKey(origin=origin_of(traits)))
        self._held = b""

    def feed(self, data: bytes) -> bytes:
        """The bytes of the events that `data` completes; raises ResponseError when it is no such stream."""
        if self.started and not self._held and _is_text(data):
            # Nearly all events are text, and once it has begun it says nothing about the course.
            return data
        for event in self._decoder.feed(data):
            self.see(event)
        held = self._held + data
        end = max(held.rfind(b"\n\n") + 2, held.rfind(b"\r\n\r\n") + 4, held.rfind(b"\r\r") + 2)
        if end < 4:
            self._held = held
            return b""
        self._held = held[end:]
        return seal_answer(held[:end], self._traits)

    def flush(self) -> bytes:
        """What is still held back when the stream ends."""
        for event in self._decoder.flush():
            self.see(event)
        rest, self._held = self._held, b""
        return seal_answer(rest, self._traits)

    def complete(self) -> bytes:
        """Nothing: only the cloud can say the event that ends a response."""
        return b""


def _is_text(data: bytes) -> bool:
    """Whether these bytes are one whole event of text."""
    return data.startswith(_TEXT_EVENT) and data.find(b"\n\n") == len(data) - 2


def _origins(body: bytes) -> frozenset[str]:
    if PREFIX.encode() not in body:
        return frozenset()
    opened = (unseal(match[0][1:-1].decode()) for match in SEALED.finditer(body))
    return frozenset(sealed.origin for sealed in opened if sealed is not None)


def _opened(body: bytes) -> bytes:
    def plain(match: re.Match[bytes]) -> bytes:
        sealed = unseal(match[0][1:-1].decode())
        return match[0] if sealed is None or sealed.signature is None else _ENCODER.encode(sealed.signature)

    return SEALED.sub(plain, body)


def _ask_encrypted(members: dict[str, msgspec.Raw]) -> None:
    given = members.get("include")
    include = (None if given is None else _LIST.decode(given)) or []
    if _INCLUDED not in include:
        members["include"] = msgspec.Raw(_ENCODER.encode([*include, _INCLUDED]))
