"""Records as rows of the store. Pure; the columns are those of `schema`."""

from __future__ import annotations

from decimal import Decimal

import msgspec

from comity.exchange import Usage
from comity.ledger.entry import Asked, Attempted, EntryOutcome, Refused, Reserved, Settled
from comity.ledger.schema import ATTEMPT_COLUMNS, RESERVED_COLUMNS, SETTLED_COLUMNS, TOKEN_COLUMNS
from comity.money import Money

_JSON = msgspec.json.Encoder(order="deterministic")
_NO_RESERVATION = (None,) * len(RESERVED_COLUMNS)
_NO_SETTLEMENT = (None,) * len(SETTLED_COLUMNS)
_NO_TOKENS = (None,) * len(Usage.__struct_fields__)

Row = tuple[object, ...]
"""Values in the order of a table's columns."""


def json_text(value: object) -> str:
    """Compact JSON with keys and sets in order."""
    return _JSON.encode(value).decode()


def plain(amount: Decimal) -> str:
    """An amount in plain notation, exact, without zeros at the end: equal amounts are equal texts."""
    text = f"{amount:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def reserved_values(record: Reserved, writer: str, checksum: int) -> Row:
    """The reservation's part of an entry's row."""
    verdicts = [msgspec.structs.asdict(verdict) for verdict in record.verdicts]
    return _asked_values(record.asked, record.planned, json_text(verdicts), writer, checksum)


def refused_row(record: Refused, writer: str, checksum: int) -> Row:
    """The whole row of a refused entry."""
    asked = record.asked
    settled = (
        asked.at,
        EntryOutcome.REFUSED.value,
        record.status,
        0,
        *(0,) * len(_NO_TOKENS),
        0,
        "{}",
        0,
        0,
        None,
        record.cause,
        json_text(record.clauses),
        record.message,
        checksum,
    )
    return (asked.entry, *_asked_values(asked, (), "[]", writer, checksum), *settled)


def settled_values(record: Settled, checksum: int) -> Row:
    """The settlement's part of an entry's row."""
    return (
        record.at,
        record.outcome.value,
        record.status,
        record.attempts,
        *usage_values(record.usage),
        record.unknown_usage,
        costs_text(record.costs),
        record.unrated,
        int(record.estimated),
        record.answer_hash,
        None,
        None,
        None,
        checksum,
    )


def entry_row(entry: bytes, reserved: Row | None, settled: Row | None) -> Row:
    """An entry's row from the parts that are known."""
    return (entry, *(reserved or _NO_RESERVATION), *(settled or _NO_SETTLEMENT))


def attempt_row(record: Attempted, checksum: int) -> Row:
    """The row of an attempt."""
    cost = record.cost
    return (
        record.entry,
        record.number,
        record.deployment,
        record.answered_by,
        record.cloud,
        json_text(record.region),
        record.started,
        record.first_byte,
        record.ended,
        record.outcome.value,
        record.status,
        record.failure,
        record.message,
        *(_NO_TOKENS if record.usage is None else usage_values(record.usage)),
        int(record.estimated),
        None if cost is None else plain(cost.amount),
        None if cost is None else cost.currency,
        record.unrated,
        json_text(record.dropped_parameters),
        record.provider_request,
        checksum,
    )


def read_attempt(row: Row) -> Attempted:
    """The attempt behind its row."""
    values = dict(zip(ATTEMPT_COLUMNS, row, strict=True))
    tokens = [values.pop(name) for name in TOKEN_COLUMNS]
    amount, currency = values.pop("amount"), values.pop("currency")
    del values["attempt_check"]
    for name in ("region", "dropped_parameters"):
        values[name] = msgspec.json.decode(str(values[name]))
    usage = None if None in tokens else dict(zip(Usage.__struct_fields__, tokens, strict=True))
    cost = None if amount is None else {"amount": amount, "currency": currency}
    values |= {"usage": usage, "cost": cost}
    fields = [2, *(values[name] for name in Attempted.__struct_fields__)]
    return msgspec.convert(fields, Attempted, strict=False)


def drop_rows(asked: Asked) -> list[Row]:
    """The rows of an entry's dropped candidates."""
    return [
        (
            asked.entry,
            position,
            drop.deployment,
            drop.cause,
            json_text(drop.clauses),
            drop.outcome,
            drop.why,
        )
        for position, drop in enumerate(asked.dropped, 1)
    ]


def usage_values(usage: Usage) -> tuple[int, ...]:
    """The token counts in the order of `Usage`."""
    return msgspec.structs.astuple(usage)


def costs_text(costs: tuple[Money, ...]) -> str:
    """Sums by currency as JSON: `{"USD":"0.0012"}`."""
    return json_text({cost.currency: plain(cost.amount) for cost in costs})


def _asked_values(asked: Asked, planned: tuple[str, ...], verdicts: str, writer: str, checksum: int) -> Row:
    return (
        asked.at,
        asked.caller,
        asked.route,
        asked.dialect,
        int(asked.stream),
        json_text(asked.facts),
        json_text(asked.workload),
        asked.input_estimate,
        asked.output_limit,
        asked.book,
        asked.decided_at,
        asked.request_hash,
        json_text(planned),
        verdicts,
        writer,
        checksum,
    )
