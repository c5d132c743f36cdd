"""Records as rows of the store. Pure; the columns are those of `schema`."""

from __future__ import annotations

from decimal import Decimal
from functools import lru_cache
from hashlib import blake2b

import msgspec

from comity.database import Row
from comity.exchange import Usage
from comity.ledger.entry import Attempted, Corrected, DroppedCandidate, EntryOutcome, Settled
from comity.ledger.packed import PackedRefused, PackedReserved, unpack
from comity.ledger.schema import ATTEMPT_COLUMNS, RESERVED_COLUMNS, SETTLED_COLUMNS, TOKEN_COLUMNS
from comity.money import Money, plain

_JSON = msgspec.json.Encoder(order="deterministic")
_NO_RESERVATION = (None,) * len(RESERVED_COLUMNS)
_NO_SETTLEMENT = (None,) * len(SETTLED_COLUMNS)
_NO_TOKENS = (None,) * len(Usage.__struct_fields__)

_TOO_MANY = 1 << 63


def json_text(value: object) -> str:
    """Compact JSON with keys and sets in order."""
    return _JSON.encode(value).decode()


@lru_cache(1024)
def _short_text(names: frozenset[str] | tuple[str, ...]) -> str:
    """As `json_text`, for the few sets of names that most attempts share."""
    return json_text(names)


def storable(text: str) -> str:
    """Foreign text as every database takes it: PostgreSQL's texts hold no NUL."""
    return text.replace("\0", "\ufffd") if "\0" in text else text


class DecisionColumns(msgspec.Struct, frozen=True):
    """What the many records that share a decision have in common as columns."""

    who: Row
    """`caller`, `route`, `dialect`."""
    facts: Row
    """`facts`, `workload`."""
    asked: Row
    """`book`, `decided_at`."""
    planned: str
    """`planned` of a request that keeps the decision's order."""
    verdicts: str
    """`verdicts`."""
    drops: tuple[Row, ...]
    """Rows of the dropped candidates."""
    digest: bytes
    """`decision`."""
    kind: Row
    """The row of `kinds`."""


def decision_columns(packed: bytes) -> DecisionColumns:
    """The columns that a packed decision fills; raises like `unpack`."""
    decision = unpack(packed)
    who: Row = (decision.caller, storable(decision.route), decision.dialect)
    facts: Row = (json_text(decision.facts), json_text(decision.workload))
    digest = blake2b(packed, digest_size=16).digest()
    return DecisionColumns(
        who,
        facts,
        (decision.book, decision.decided_at),
        json_text([verdict.deployment for verdict in decision.verdicts]),
        json_text([msgspec.structs.asdict(verdict) for verdict in decision.verdicts]),
        tuple(drop_rows(digest, decision.dropped)),
        digest,
        (blake2b(_JSON.encode((who, facts)), digest_size=16).digest(), *who, *facts),
    )


def reserved_values(record: PackedReserved, columns: DecisionColumns, writer: str, checksum: int) -> Row:
    """The reservation's part of an entry's row."""
    planned = json_text(record.order) if record.order else columns.planned
    return _asked_values(
        record, columns, (planned, columns.verdicts, *money_values(record.held)), writer, checksum
    )


def refused_parts(
    record: PackedRefused, columns: DecisionColumns, writer: str, checksum: int
) -> tuple[Row, Row]:
    """Both parts of the row of a refused entry."""
    settled = (
        record.at,
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
        storable(record.message),
        checksum,
    )
    return _asked_values(record, columns, ("[]", columns.verdicts, None, None), writer, checksum), settled


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
    """An entry's row from the parts that are known, but for its last column."""
    return (entry, *(reserved or _NO_RESERVATION), *(settled or _NO_SETTLEMENT))


def attempt_row(record: Attempted, checksum: int) -> Row:
    """The row of an attempt."""
    return (
        record.entry,
        record.number,
        record.deployment,
        record.answered_by,
        record.cloud,
        _short_text(record.region),
        record.started,
        record.first_byte,
        record.ended,
        record.outcome.value,
        record.status,
        record.failure,
        storable(record.message),
        *(_NO_TOKENS if record.usage is None else usage_values(record.usage)),
        int(record.estimated),
        *money_values(record.cost),
        record.unrated,
        _short_text(record.dropped_parameters),
        storable(record.provider_request),
        storable(record.provider_account),
        storable(record.tier),
        storable(record.model),
        record.price,
        *money_values(record.list_cost),
        checksum,
    )


def correction_row(record: Corrected, checksum: int) -> Row:
    """The row of a correction."""
    return (
        record.id,
        record.entry,
        record.number,
        record.at,
        storable(record.by),
        storable(record.reason),
        *money_values(record.delta),
        checksum,
    )


def read_attempt(row: Row) -> Attempted:
    """The attempt behind its row."""
    values = dict(zip(ATTEMPT_COLUMNS, row, strict=True))
    tokens = [values.pop(name) for name in TOKEN_COLUMNS]
    cost = read_money(values.pop("amount"), values.pop("currency"))
    list_cost = read_money(values.pop("list_amount"), values.pop("list_currency"))
    del values["attempt_check"]
    for name in ("region", "dropped_parameters"):
        values[name] = msgspec.json.decode(str(values[name]))
    usage = None if None in tokens else dict(zip(Usage.__struct_fields__, tokens, strict=True))
    values |= {"usage": usage, "cost": cost, "list_cost": list_cost}
    fields = [2, *(values[name] for name in Attempted.__struct_fields__)]
    return msgspec.convert(fields, Attempted, strict=False)


def drop_rows(owner: bytes, dropped: tuple[DroppedCandidate, ...], first: int = 1) -> list[Row]:
    """The rows of the candidates that a decision dropped, or an entry skipped after those."""
    return [(owner, *_drop_row(number, drop)) for number, drop in enumerate(dropped, first)]


def _drop_row(position: int, drop: DroppedCandidate) -> Row:
    why = storable(drop.why)
    return (position, drop.deployment, drop.cause, json_text(drop.clauses), drop.outcome, why)


def money_values(money: Money | None) -> tuple[str | None, str | None]:
    """Amount and currency of what may not be known."""
    return (None, None) if money is None else (plain(money.amount), money.currency)


def read_money(amount: object, currency: object) -> Money | None:
    """The amount behind two columns; None where they hold none."""
    return None if amount is None else Money(Decimal(str(amount)), str(currency))


def usage_values(usage: Usage) -> tuple[int, ...]:
    """The token counts in the order of `Usage`; raises OverflowError for one that no database holds."""
    counts: tuple[int, ...] = msgspec.structs.astuple(usage)
    if max(counts) >= _TOO_MANY:
        raise OverflowError("a token count is beyond 64 bits")
    return counts


def costs_text(costs: tuple[Money, ...]) -> str:
    """Sums by currency as JSON: `{"USD":"0.0012"}`."""
    return json_text({cost.currency: plain(cost.amount) for cost in costs})


def read_costs(text: object) -> tuple[Money, ...]:
    """The sums behind `costs_text`; none where there is nothing."""
    amounts = msgspec.json.decode(str(text or "{}"), type=dict[str, Decimal])
    return tuple(Money(amounts[currency], currency) for currency in sorted(amounts))


def _asked_values(
    record: PackedReserved | PackedRefused,
    columns: DecisionColumns,
    plan: Row,
    writer: str,
    checksum: int,
) -> Row:
    return (
        record.at,
        *columns.who,
        int(record.stream),
        *columns.facts,
        record.input_estimate,
        record.output_limit,
        *columns.asked,
        record.request_hash,
        *plan,
        columns.digest,
        columns.kind[0],
        writer,
        checksum,
    )
