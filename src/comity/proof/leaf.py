"""A line of the log: salted digests of its fields, so that each can be disclosed alone, as in SD-JWT.

A field is the text `["salt","name",value]`, hashed with SHA-256; the salts of a line are drawn from one
secret with SHAKE256, so that erasing the secret makes every digest mean nothing. What has its usual value
(nothing dropped, no failure) is no field at all. Pure.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache
from hashlib import sha256, shake_256
from time import gmtime, strftime

import msgspec

from comity.exchange import Usage
from comity.ledger import format_entry_id

SECRET_BYTES = 16
"""Bytes of a line's secret."""
_SALT_BYTES = 16
_SALT = 2 * _SALT_BYTES

ENTRY_COLUMNS = (
    *("id", "at", "settled_at", "decided_at", "caller", "facts", "workload", "route", "dialect", "stream"),
    *("input_estimate", "output_limit", "held_amount", "held_currency", "book", "request_hash", "planned"),
    *("verdicts", "outcome", "status", "attempts", "unknown_usage", "costs", "unrated", "estimated"),
    *("answer_hash", "cause", "clauses", "message"),
)
"""What is asked of the store about an entry, before its tokens; in the order that `entry_fields` takes it."""

ATTEMPT_COLUMNS = (
    *("number", "deployment", "answered_by", "cloud", "region", "started", "first_byte", "ended", "outcome"),
    *("status", "failure", "message", "estimated", "amount", "currency", "list_amount", "list_currency"),
    *("unrated", "price", "tier", "model", "dropped_parameters", "provider_request", "provider_account"),
)
"""The same about an attempt, for `attempt_fields`."""

DROP_COLUMNS = ("position", "deployment", "cause", "clauses", "outcome", "why")
"""The same about a candidate that was not planned, for `drop_field`."""

CORRECTION_COLUMNS = ("id", "entry", "number", "at", "author", "reason", "amount", "currency")
"""The same about a correction, for `correction_fields`."""

_CLASSES = Usage.__struct_fields__
TOKEN_COLUMNS = tuple(f"{name}_tokens" for name in _CLASSES)
"""The tokens of an entry or an attempt, which follow its other columns."""

_encode = msgspec.json.Encoder(order="deterministic").encode


def digest_fields(fields: Sequence[str], secret: bytes) -> list[bytes]:
    """The digests of fields, in their order."""
    return [sha256(text.encode()).digest() for text in disclose_fields(fields, secret)]


def disclose_fields(fields: Sequence[str], secret: bytes) -> list[str]:
    """The texts that are hashed, in the order of the fields."""
    salts = shake_256(secret).hexdigest(_SALT_BYTES * len(fields))
    starts = range(0, _SALT * len(fields), _SALT)
    return [f'["{salts[at : at + _SALT]}","{field}' for at, field in zip(starts, fields, strict=True)]


def field_name(field: str) -> str:
    """The name of a field as `field` makes it."""
    name: str = msgspec.json.decode(f'["{field}')[0]
    return name


def field(name: str, value: object) -> str:
    """A field without its salt."""
    return f"{_text(name)[1:]},{_encode(value).decode()}]"


def entry_fields(row: Sequence[object]) -> list[str]:
    """The fields of an entry, from its `ENTRY_COLUMNS` and `TOKEN_COLUMNS`."""
    (
        identity, at, settled_at, decided_at, caller, facts, workload, route, dialect, stream, estimate,
        limit, held, held_currency, book, request_hash, planned, verdicts, outcome, status, attempts,
        unknown, costs, unrated, estimated, answer_hash, cause, clauses, message, *tokens,
    ) = row  # fmt: skip
    ended = f'"outcome":"{outcome}","status":{status},"attempts":{attempts}'
    fields = [f'id","{format_entry_id(_bytes(identity))}"]', f'outcome",{{{ended}}}]']
    begun = ""
    if at is not None:  # else its reservation is lost
        fields += _shared(caller, facts, workload, route, book, verdicts)
        asked = f'"dialect":"{dialect}","stream":{"true" if stream else "false"},"input_estimate":{estimate}'
        bound = "" if limit is None else f',"output_limit":{limit}'
        fields.append(f'request",{{{asked}{bound},"planned":{planned}}}]')
        begun = f'"at":"{_moment(at)}","decided":"{_moment(decided_at)}",'
    fields.append(f'times",{{{begun}"settled":"{_moment(settled_at)}"}}]')
    if held is not None:
        fields.append(f'held",{{"{held_currency}":"{held}"}}]')
    if request_hash is not None:
        fields.append(f'request_hash","{_bytes(request_hash).hex()}"]')
    if answer_hash is not None:
        fields.append(f'answer_hash","{_bytes(answer_hash).hex()}"]')
    if attempts:
        guessed = "true" if estimated else "false"
        known = f'"unknown_usage":{unknown},"unrated":{unrated},"estimated":{guessed}'
        fields.append(f'sums",{{"cost":{costs},"usage":{_tokens(tokens)},{known}}}]')
    if cause:
        fields += [f'cause",{_text(cause)}]', f'clauses",{clauses}]', f'message",{_text(message)}]']
    return fields


def attempt_fields(row: Sequence[object]) -> list[str]:
    """The fields of one attempt, from its `ATTEMPT_COLUMNS` and `TOKEN_COLUMNS`."""
    (
        number, deployment, answered_by, cloud, region, started, first_byte, ended, outcome, status,
        failure, message, estimated, amount, currency, list_amount, list_currency, unrated, price, tier,
        model, dropped, request, account, *tokens,
    ) = row  # fmt: skip
    failed = f',"failure":{_text(failure)}' if failure else ""
    times = f'"{_moment(started)}",{_moment_or_null(first_byte)},"{_moment(ended)}"'
    fields = [
        *_served(number, deployment, answered_by, cloud, region, tier, model, price),
        f'attempt.{number}.times",[{times}]]',
        f'attempt.{number}.outcome",{{"outcome":"{outcome}","status":{status}{failed}}}]',
    ]
    if None not in tokens:
        fields.append(f'attempt.{number}.usage",{_tokens(tokens)}]')
    if amount is not None:
        fields.append(f'attempt.{number}.cost",{{"{currency}":"{amount}"}}]')
    if list_amount is not None:
        fields.append(f'attempt.{number}.list_cost",{{"{list_currency}":"{list_amount}"}}]')
    if estimated:
        fields.append(f'attempt.{number}.estimated",true]')
    if dropped != "[]":
        fields.append(f'attempt.{number}.dropped_parameters",{dropped}]')
    named = (("message", message), ("unrated", unrated), ("provider_account", account))
    fields += [f'attempt.{number}.{name}",{_text(text)}]' for name, text in named if text]
    if request:
        fields.append(f'attempt.{number}.provider_request",{_encode(request).decode()}]')
    return fields


@lru_cache(1024)
def drop_field(*row: object) -> str:
    """The field of a candidate that was not planned, from its `DROP_COLUMNS`."""
    position, deployment, cause, clauses, outcome, why = row
    value = {"deployment": deployment, "cause": cause, "clauses": msgspec.json.decode(str(clauses))}
    return field(f"dropped.{position}", value | {"outcome": outcome, "why": why})


def correction_fields(row: Sequence[object]) -> list[str]:
    """The fields of a correction, from its `CORRECTION_COLUMNS`."""
    identity, entry, number, at, author, reason, amount, currency = row
    return [
        f'id","{format_entry_id(_bytes(identity))}"]',
        f'entry","{format_entry_id(_bytes(entry))}"]',
        f'attempt",{number}]',
        f'at","{_moment(at)}"]',
        f'by",{_text(author)}]',
        f'reason",{_text(reason)}]',
        f'cost",{{"{currency}":"{amount}"}}]',
    ]


def redaction_fields(row: Sequence[object]) -> list[str]:
    """The fields of a redaction: its id, the entry, the entry's line, its moment, author and reason."""
    identity, entry, line, at, author, reason = row
    return [
        f'id","{format_entry_id(_bytes(identity))}"]',
        f'entry","{format_entry_id(_bytes(entry))}"]',
        f'line",{line}]',
        f'at","{_moment(at)}"]',
        f'by",{_text(author)}]',
        f'reason",{_text(reason)}]',
    ]


@lru_cache(1024)
def _shared(caller: str, facts: str, workload: str, *rest: str) -> tuple[str, ...]:
    """The fields that requests of one kind have in common."""
    route, book, verdicts = rest
    fields = [field("caller", caller), field("route", route), field("book", book)]
    fields += _each("fact", facts)
    fields += _each("workload", workload)
    return (*fields, f'verdicts",{verdicts}]')


def _each(kind: str, facts: str) -> Iterator[str]:
    for name, value in msgspec.json.decode(facts).items():
        yield field(f"{kind}.{name}", value)


@lru_cache(1024)
def _served(
    number: int, deployment: str, answered_by: str, cloud: str, region: str, *rest: str
) -> tuple[str, ...]:
    """The fields that most attempts on one target have in common."""
    named = {"deployment": deployment, "cloud": cloud}
    named |= {name: text for name, text in zip(("tier", "model", "price"), rest, strict=True) if text}
    if answered_by != deployment:
        named["answered_by"] = answered_by
    fields = [field(f"attempt.{number}.{name}", text) for name, text in named.items()]
    return (*fields, f'attempt.{number}.region",{region}]')


def _tokens(counts: Sequence[object]) -> str:
    used = ",".join([f'"{name}":{count}' for name, count in zip(_CLASSES, counts, strict=True) if count])
    return f"{{{used}}}"


@lru_cache(4096)
def _text(text: object) -> str:
    return _encode(text).decode()


@lru_cache(4096)
def _second(second: int) -> str:
    return strftime("%Y-%m-%dT%H:%M:%S", gmtime(second))


def _moment(at: object) -> str:
    assert isinstance(at, int), "the store keeps times as integers"
    second, rest = divmod(at, 1_000_000_000)
    return f"{_second(second)}.{rest:09d}Z"


def _moment_or_null(at: object) -> str:
    return "null" if at is None else f'"{_moment(at)}"'


def _bytes(value: object) -> bytes:
    assert isinstance(value, bytes), "the store keeps ids and hashes as bytes"
    return value
