"""The hot path of chat completions: same dialect in and out, read no more than routing and metering need.

`peek` decodes a handful of fields, `adapt` replaces the fewest, `read_usage` looks at a whole answer. Bytes
that need no change are given back as they came. Nothing here builds the hub's values but for `Usage`.
"""

from __future__ import annotations

import re
from typing import NamedTuple

import msgspec

from comity.dialects.openai_chat.usage import WireUsage, decode_usage
from comity.dialects.wire_json import split_place
from comity.errors import RequestError, ResponseError
from comity.exchange import ModelTraits, Usage

_MODEL = re.compile(r"[^\x00-\x20\x7f%?#\\]{1,256}")
_INLINE = re.compile(rb";base64,[A-Za-z0-9+/=]+")
_TOKENS_PER_INLINE = 1600
_BYTES_PER_TOKEN = 3
_GUARDED = ("model", "stream", "stream_options", "n", "max_tokens", "max_completion_tokens")
_FOLDED = frozenset(_GUARDED)
_QUOTED = tuple((name, b'"%s"' % name.encode()) for name in _GUARDED)


class Peek(msgspec.Struct, frozen=True):
    """What routing and metering need to know of a request."""

    model: str
    """Model name as the client wrote it."""
    stream: bool
    """Whether the answer is streamed."""
    stream_usage: bool
    """Whether the client asked to see usage in the stream."""
    max_output_tokens: int | None
    """The client's bound of generated tokens per answer; None when it gave none."""
    candidates: int
    """How many answers are wanted, at least 1."""
    input_estimate: int
    """A generous guess of the tokens to be read, for reservations; settled by the provider's count."""
    service_tier: str | None
    """The tier the client asked for; it may change the price."""


class Outline(NamedTuple):
    """What metering needs to know of a whole answer."""

    usage: Usage | None
    """The provider's count; None when it gave none."""
    model: str
    """The model as the provider names it; empty when it does not."""
    finish: str
    """Finish reason of the first answer in the provider's word; empty when it gives none."""


class _StreamOptions(msgspec.Struct):
    include_usage: bool | None = None


class _Fields(msgspec.Struct):
    model: str | None = None
    stream: bool | None = None
    stream_options: _StreamOptions | None = None
    max_completion_tokens: int | None = None
    max_tokens: int | None = None
    n: int | None = None
    service_tier: str | None = None


class _Ending(msgspec.Struct):
    finish_reason: str | None = None


class _Answer(msgspec.Struct):
    model: str | None = None
    choices: list[_Ending] | None = None
    usage: WireUsage | None = None


_FIELDS = msgspec.json.Decoder(_Fields)
_RAW = msgspec.json.Decoder(dict[str, msgspec.Raw])
_ANSWER = msgspec.json.Decoder(_Answer)
_ENCODER = msgspec.json.Encoder()


def peek(body: bytes, model: str | None = None) -> Peek:
    """What routing needs of a request body; `model` stands in where the address names it.

    Raises RequestError when the body is no request, or names a model in a way that no URL could carry.
    """
    try:
        fields = _FIELDS.decode(body)
    except msgspec.ValidationError as error:
        raise RequestError(*split_place(error)) from error
    except (msgspec.DecodeError, UnicodeError, RecursionError, ValueError) as error:
        raise RequestError(f"the body is not JSON: {error}") from error
    name = fields.model if fields.model is not None else model
    check_model(name)
    assert name is not None, "a missing model has just been refused"
    limit = fields.max_completion_tokens if fields.max_completion_tokens is not None else fields.max_tokens
    if limit is not None and limit < 1:
        raise RequestError("the limit of generated tokens must be at least 1", _limit_name(fields))
    candidates = 1 if fields.n is None else fields.n
    if not 1 <= candidates <= 128:
        raise RequestError("expected between 1 and 128 answers", "n")
    options = fields.stream_options
    return Peek(
        name,
        bool(fields.stream),
        bool(options and options.include_usage),
        limit,
        candidates,
        _estimate(body),
        fields.service_tier,
    )


def check_model(name: str | None) -> None:
    """Raises RequestError unless `name` is a model name that is safe in any address."""
    if not name:
        raise RequestError("a model must be named", "model")
    if not _MODEL.fullmatch(name) or ".." in name:
        raise RequestError("the model's name has characters that no model has", "model")


def adapt(body: bytes, *, model: str | None, ask_usage: bool, traits: ModelTraits) -> bytes:
    """`body` for a target of the same dialect: its model name, its limit field, usage asked for.

    `model` None keeps the client's. Everything else stays as it was written, order, nulls and unknown fields
    included; `body` itself comes back when nothing changes. Raises RequestError when a field that policy
    looks at stands there in a second spelling, since a lenient server might obey that one.
    """
    fields = _RAW.decode(body)
    for name in fields:
        if name not in _FOLDED and name.lower() in _FOLDED:
            raise RequestError(f"the field `{name}` must be written `{name.lower()}`", name)
    changed = _replace_model(fields, model)
    changed = _rename_limit(fields, traits.completion_limit_field) or changed
    if ask_usage and traits.stream_options:
        changed = _ask_usage(fields) or changed
    if changed or _ambiguous(body, fields):
        return _ENCODER.encode(fields)
    return body


def read_usage(body: bytes) -> Outline:
    """Usage, model and finish of a whole answer; raises ResponseError when it is no answer."""
    try:
        answer = _ANSWER.decode(body)
    except (msgspec.DecodeError, UnicodeError, RecursionError, ValueError) as error:
        raise ResponseError(f"the answer cannot be read: {error}") from error
    finish = answer.choices[0].finish_reason if answer.choices else None
    return Outline(decode_usage(answer.usage), answer.model or "", finish or "")


def _replace_model(fields: dict[str, msgspec.Raw], model: str | None) -> bool:
    if model is None:
        return False
    raw = msgspec.Raw(_ENCODER.encode(model))
    if "model" in fields and bytes(fields["model"]) == bytes(raw):
        return False
    fields["model"] = raw
    return True


def _rename_limit(fields: dict[str, msgspec.Raw], wanted: str) -> bool:
    other = "max_tokens" if wanted == "max_completion_tokens" else "max_completion_tokens"
    if other not in fields:
        return False
    limit = fields.pop(other)
    # Where a client gives both, `max_completion_tokens` is the one that `peek` has gone by.
    if wanted not in fields or other == "max_completion_tokens":
        fields[wanted] = limit
    return True


def _ask_usage(fields: dict[str, msgspec.Raw]) -> bool:
    raw = fields.get("stream_options")
    options = {} if raw is None else (msgspec.json.decode(raw, type=dict[str, msgspec.Raw] | None) or {})
    if "include_usage" in options and bytes(options["include_usage"]) == b"true":
        return False
    options["include_usage"] = msgspec.Raw(b"true")
    fields["stream_options"] = msgspec.Raw(_ENCODER.encode(options))
    return True


def _ambiguous(body: bytes, fields: dict[str, msgspec.Raw]) -> bool:
    """Whether a guarded name may stand in `body` twice, so that two readers could disagree.

    Writing the fields out anew removes duplicates; an escape could spell a name differently.
    """
    if b"\\u00" in body:
        return True
    return any(name in fields and body.count(quoted) > 1 for name, quoted in _QUOTED)


def _limit_name(fields: _Fields) -> str:
    return "max_tokens" if fields.max_completion_tokens is None else "max_completion_tokens"


def _estimate(body: bytes) -> int:
    size, inline = len(body), 0
    if b";base64," in body:
        for match in _INLINE.finditer(body):
            size -= match.end() - match.start()
            inline += _TOKENS_PER_INLINE
    return size // _BYTES_PER_TOKEN + inline + 1
