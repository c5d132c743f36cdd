"""generateContent in and out: bodies pass through, and only what metering and safety need is read.

The model stands in the address. A body changes in three cases only: it names another model, it holds ids for
Vertex, which refuses them (T20), or it holds signatures that another provider made for this client.
"""

from __future__ import annotations

import re

import msgspec

from comity.dialects.forwarding import ForwardingTap
from comity.dialects.gemini.answer_shapes import ANSWER
from comity.dialects.gemini.history import without_foreign, without_ids
from comity.dialects.gemini.spelling import camel_name
from comity.dialects.gemini.stream_reader import EventDecoder
from comity.dialects.gemini.usage import decode_usage
from comity.dialects.peek import Outline, Peek, estimate_input
from comity.dialects.provenance import WRAPPED
from comity.dialects.wire_json import read_answer, split_place
from comity.errors import RequestError
from comity.exchange import AnswerKey, Dropped, ModelTraits, WireRequest


class _Config(msgspec.Struct, rename="camel"):
    max_output_tokens: int | None = None
    candidate_count: int | None = None


_MEMBERS = msgspec.json.Decoder(dict[str, msgspec.Raw])
_CONFIG = msgspec.json.Decoder(_Config | None)
_CALL = re.compile(rb'"function_?(?:Call|Response|call|response)"')
_GUARDED = {"model", "generationConfig", "serviceTier"}
_GUARDED_NAMES = re.compile(
    rb'"(generation_?[cC]onfig|max_?[oO]utput_?[tT]okens|candidate_?[cC]ount|service_?[tT]ier)"'
)
_ENCODER = msgspec.json.Encoder()


def peek(body: bytes, model: str | None = None, *, stream: bool | None = None) -> Peek:
    """What routing needs of a body; the address names `model` and `stream`. Raises RequestError."""
    try:
        members = _MEMBERS.decode(body)
        named = {camel_name(name): raw for name, raw in members.items() if camel_name(name) in _GUARDED}
        config = _config(named.get("generationConfig"))
        tier = msgspec.json.decode(named["serviceTier"], type=str | None) if "serviceTier" in named else None
    except msgspec.ValidationError as error:
        raise RequestError(*split_place(error)) from error
    except (msgspec.DecodeError, UnicodeError, RecursionError, ValueError) as error:
        raise RequestError(f"the body is not JSON: {error}") from error
    _refuse_second_spelling(members)
    limit = config.max_output_tokens
    if limit is not None and limit < 1:
        at = "generationConfig.maxOutputTokens"
        raise RequestError("the limit of generated tokens must be at least 1", at)
    candidates = 1 if config.candidate_count is None else config.candidate_count
    if not 1 <= candidates <= 128:
        raise RequestError("expected between 1 and 128 answers", "generationConfig.candidateCount")
    return Peek(model or "", stream is True, True, limit, candidates, estimate_input(body), tier, members)


def adapt(
    body: bytes, *, model: str | None, ask_usage: bool, traits: ModelTraits, seen: Peek | None = None
) -> WireRequest:
    """`body`, changed only where this target would refuse it or could be misled by it."""
    del model, ask_usage
    members = _MEMBERS.decode(body) if seen is None else seen.members
    strips_ids = traits.surface == "vertex" and b'"id"' in body and _CALL.search(body) is not None
    wrapped = WRAPPED.encode() in body
    if not (strips_ids or wrapped or "model" in members or _ambiguous(body)):
        return WireRequest(body)
    fields = _once(members)
    dropped: tuple[Dropped, ...] = ()
    if (strips_ids or wrapped) and "contents" in fields:
        contents = msgspec.json.decode(fields["contents"])
        dropped = without_foreign(contents)
        if strips_ids:
            without_ids(contents)
        fields["contents"] = msgspec.Raw(_ENCODER.encode(contents))
    return WireRequest(_ENCODER.encode(fields), dropped)


def tap(seen: Peek, traits: ModelTraits) -> ForwardingTap:
    """The way through for a streamed answer, event by event as it came."""
    del seen, traits
    return ForwardingTap(EventDecoder(AnswerKey()))


def read_usage(body: bytes, traits: ModelTraits) -> Outline:
    """What metering needs of a whole answer; raises ResponseError when it is none."""
    del traits  # Google counts the same way everywhere
    answer = read_answer(body, ANSWER, "the answer")
    first = answer.candidates[0].finish_reason if answer.candidates else answer.blocked
    counted = answer.usage_metadata
    tier = None if counted is None else counted.tier
    return Outline(decode_usage(counted), answer.model_version or "", first or "", tier or "")


def _config(raw: msgspec.Raw | None) -> _Config:
    """The bounds in `generationConfig`, in either spelling."""
    if raw is None:
        return _Config()
    members = msgspec.json.decode(raw, type=dict[str, msgspec.Raw] | None) or {}
    _refuse_second_spelling(members)
    wanted = {camel_name(name): value for name, value in members.items()}
    known = {name: wanted[name] for name in ("maxOutputTokens", "candidateCount") if name in wanted}
    return _CONFIG.decode(_ENCODER.encode(known)) or _Config()


def _refuse_second_spelling(members: dict[str, msgspec.Raw]) -> None:
    """Two spellings of one member: Google might obey the one that policy did not read."""
    seen: set[str] = set()
    for written in members:
        name = camel_name(written)
        if name in seen:
            raise RequestError("this stands here in two spellings", name)
        seen.add(name)


def _ambiguous(body: bytes) -> bool:
    """Whether a member that policy reads may stand there twice, or escaped."""
    names = _GUARDED_NAMES.findall(body)
    return len(names) > len({name.replace(b"_", b"").lower() for name in names}) or b"\\u00" in body


def _once(members: dict[str, msgspec.Raw]) -> dict[str, msgspec.Raw]:
    """The members without a model of their own, each name once, also inside `generationConfig`."""
    fields = {name: raw for name, raw in members.items() if name != "model"}
    for name, raw in fields.items():
        if camel_name(name) == "generationConfig":
            inner = msgspec.json.decode(raw, type=dict[str, msgspec.Raw] | None)
            fields[name] = msgspec.Raw(_ENCODER.encode(inner))
    return fields
