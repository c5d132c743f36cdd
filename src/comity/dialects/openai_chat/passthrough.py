"""The hot path of chat completions: same dialect in and out, read no more than routing and metering need.

`peek` decodes a handful of fields, `adapt` replaces the fewest, `read_usage` looks at a whole answer. Bytes
that need no change are given back as they came. Nothing here builds the hub's values but for `Usage`.
"""

from __future__ import annotations

import re
from functools import lru_cache

import msgspec

from comity.dialects.openai_chat.usage import WireUsage, decode_usage
from comity.dialects.peek import Outline, Peek
from comity.dialects.provenance import strip_ids
from comity.dialects.wire_json import split_place
from comity.errors import RequestError, ResponseError
from comity.exchange import ModelTraits, WireRequest

_MODEL = re.compile(r"[^\x00-\x20\x7f%?#\\]{1,256}")
_INLINE = re.compile(rb";base64,[A-Za-z0-9+/=]+")
_TOKENS_PER_INLINE = 1600
_BYTES_PER_TOKEN = 3
# From short to long: the room that a second one takes decides how far the search goes.
_GUARDED = ("n", "model", "stream", "max_tokens", "stream_options", "max_completion_tokens")
_FOLDED = frozenset(_GUARDED)
_QUOTED = tuple((name, b'"%s"' % name.encode()) for name in _GUARDED)
_SHORTEST_ESCAPE = len(b"\\u006e") - len(b"n")
_OTHER_LIMIT = {"max_tokens": "max_completion_tokens", "max_completion_tokens": "max_tokens"}


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


class _Ending(msgspec.Struct, gc=False):
    finish_reason: str | None = None


class _Answer(msgspec.Struct):
    model: str | None = None
    choices: list[_Ending] | None = None
    usage: WireUsage | None = None
    service_tier: str | None = None


_FIELDS = msgspec.json.Decoder(_Fields)
_MEMBERS = msgspec.json.Decoder(dict[str, msgspec.Raw])
_TEXT = msgspec.json.Decoder(str | None)
_FLAG = msgspec.json.Decoder(bool | None)
_COUNT = msgspec.json.Decoder(int | None)
_OPTIONS = msgspec.json.Decoder(_StreamOptions | None)
_ANSWER = msgspec.json.Decoder(_Answer)
_ENCODER = msgspec.json.Encoder()


def peek(body: bytes, model: str | None = None, *, stream: bool | None = None) -> Peek:
    """What routing needs of a request body; `model` stands in where the address names it.

    `stream` None leaves the choice between whole and streamed to the body.

    Raises RequestError when the body is no request, or names a model in a way that no URL could carry.
    """
    try:
        members = _MEMBERS.decode(body)
        named = _TEXT.decode(members["model"]) if "model" in members else None
        if "stream" in members:
            stream = _FLAG.decode(members["stream"])
        options = _OPTIONS.decode(members["stream_options"]) if "stream_options" in members else None
        limit = _COUNT.decode(members["max_tokens"]) if "max_tokens" in members else None
        newer = (
            _COUNT.decode(members["max_completion_tokens"]) if "max_completion_tokens" in members else None
        )
        wanted = _COUNT.decode(members["n"]) if "n" in members else None
        tier = _TEXT.decode(members["service_tier"]) if "service_tier" in members else None
    except msgspec.ValidationError as error:
        raise _misfit(body, error) from error
    except (msgspec.DecodeError, UnicodeError, RecursionError, ValueError) as error:
        raise RequestError(f"the body is not JSON: {error}") from error
    name = check_model(model if named is None else named)
    if newer is not None:
        limit = newer
    if limit is not None and limit < 1:
        at = "max_tokens" if newer is None else "max_completion_tokens"
        raise RequestError("the limit of generated tokens must be at least 1", at)
    candidates = 1 if wanted is None else wanted
    if not 1 <= candidates <= 128:
        raise RequestError("expected between 1 and 128 answers", "n")
    asked = options is not None and options.include_usage is True
    return Peek(name, stream is True, asked, limit, candidates, _estimate(body), tier, members)


def check_model(name: str | None) -> str:
    """`name`; raises RequestError unless it is a model name that is safe in any address."""
    if not name:
        raise RequestError("a model must be named", "model")
    if not _is_safe(name):
        raise RequestError("the model's name has characters that no model has", "model")
    return name


def adapt(
    body: bytes, *, model: str | None, ask_usage: bool, traits: ModelTraits, seen: Peek | None = None
) -> WireRequest:
    """`body` for a target of the same dialect: its model name, its limit field, usage asked for.

    `model` None keeps the client's; `seen` is what `peek` made of this body and saves reading it again.
    Everything else stays as it was written, order, nulls and unknown fields included; `body` itself comes
    back when nothing changes. Raises RequestError when a field that policy looks at stands there in a second
    spelling, since a lenient server might obey that one.
    """
    bare = strip_ids(body)
    members = _MEMBERS.decode(bare) if seen is None or bare is not body else seen.members
    body = bare
    if not "".join(members).islower():
        _refuse_second_spelling(members)
    named = model is None or members.get("model") == _raw_text(model)
    asked = not ask_usage or not traits.stream_options or _asks_usage(members)
    other = _OTHER_LIMIT[traits.completion_limit_field]
    if named and asked and other not in members:
        return WireRequest(_unambiguous(body, members))
    fields = dict(members)
    if model is not None:
        fields["model"] = _raw_text(model)
    if other in fields:
        _rename_limit(fields, other, traits.completion_limit_field)
    if not asked:
        _ask_usage(fields)
    return WireRequest(_ENCODER.encode(fields))


def read_usage(body: bytes, traits: ModelTraits | None = None) -> Outline:
    """Usage, model and finish of a whole answer; raises ResponseError when it is no answer."""
    del traits  # all servers of this dialect count alike
    try:
        answer = _ANSWER.decode(body)
    except (msgspec.DecodeError, UnicodeError, RecursionError, ValueError) as error:
        raise ResponseError(f"the answer cannot be read: {error}") from error
    finish = answer.choices[0].finish_reason if answer.choices else None
    return Outline(decode_usage(answer.usage), answer.model or "", finish or "", answer.service_tier or "")


@lru_cache(maxsize=1024)
def _is_safe(name: str) -> bool:
    return _MODEL.fullmatch(name) is not None and ".." not in name


@lru_cache(maxsize=1024)
def _raw_text(text: str) -> msgspec.Raw:
    return msgspec.Raw(_ENCODER.encode(text))


def _misfit(body: bytes, error: msgspec.ValidationError) -> RequestError:
    """The refusal of a body with a member of the wrong type, by the path of that member."""
    try:
        _FIELDS.decode(body)
    except msgspec.ValidationError as placed:
        error = placed
    return RequestError(*split_place(error))


def _refuse_second_spelling(members: dict[str, msgspec.Raw]) -> None:
    for name in members:
        if name not in _FOLDED and name.lower() in _FOLDED:
            raise RequestError(f"the field `{name}` must be written `{name.lower()}`", name)


def _rename_limit(fields: dict[str, msgspec.Raw], other: str, wanted: str) -> None:
    limit = fields.pop(other)
    # Where a client gives both, `max_completion_tokens` is the one that `peek` has gone by.
    if wanted not in fields or other == "max_completion_tokens":
        fields[wanted] = limit


def _asks_usage(members: dict[str, msgspec.Raw]) -> bool:
    raw = members.get("stream_options")
    options = None if raw is None else _OPTIONS.decode(raw)
    return options is not None and options.include_usage is True


def _ask_usage(fields: dict[str, msgspec.Raw]) -> None:
    raw = fields.get("stream_options")
    options = {} if raw is None else (msgspec.json.decode(raw, type=dict[str, msgspec.Raw] | None) or {})
    options["include_usage"] = msgspec.Raw(b"true")
    fields["stream_options"] = msgspec.Raw(_ENCODER.encode(options))


def _unambiguous(body: bytes, members: dict[str, msgspec.Raw]) -> bytes:
    """`body`, or its members written anew where a guarded name may stand in it twice or escaped.

    Two readers could disagree about such a body. Written anew it has every name once and plain, and is never
    longer: what it is shorter by is room for spaces, escapes and doubled members, and mostly too little.
    """
    anew = _ENCODER.encode(members)
    room = len(body) - len(anew)
    if room < _SHORTEST_ESCAPE:
        return body
    if body.find(b"\\") >= 0 and body.rfind(b"\\u00") >= 0:
        return anew
    for name, quoted in _QUOTED:
        if len(quoted) + len(b":0,") > room:
            break
        if name in members and body.rfind(quoted, 0, body.rfind(quoted)) >= 0:
            return anew
    return body


def _estimate(body: bytes) -> int:
    size, inline = len(body), 0
    # Prose has few semicolons, and a single byte is found fastest.
    if body.find(b";") >= 0 and body.rfind(b";base64,") >= 0:
        for match in _INLINE.finditer(body):
            size -= match.end() - match.start()
            inline += _TOKENS_PER_INLINE
    return size // _BYTES_PER_TOKEN + inline + 1
