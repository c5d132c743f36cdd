"""Whether the kept sums are those of their entries: both are summed anew by the database, and compared."""
# ruff: noqa: S608 - statements are put together from our own column names

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from comity.database import Row
from comity.ledger.schema import TOKEN_COLUMNS
from comity.ledger.store import Store
from comity.ledger.sums import ANYWHERE, DAY, OPEN, SEVERAL
from comity.money import plain

_PLACES = ("deployment", "answered_by", "cloud", "region", "attempt")
_KEY = ", ".join(f"s.{name}" for name in ("day", "kind", "outcome", "status", "cause", *_PLACES))
_COUNTS = ("entries", "attempts", *TOKEN_COLUMNS, "unrated", "estimated")
_OF_PLACE = {name: "outcome" if name == "attempt" else name for name in _PLACES}
_BY = f"e.at / {DAY}, e.kind, e.outcome, e.status, coalesce(e.cause, ''), " + ", ".join(
    f"CASE e.summed WHEN {SEVERAL} THEN '{ANYWHERE}' ELSE coalesce(a.{name}, '') END"
    for name in _OF_PLACE.values()
)
_UNRATED = "CASE WHEN a.amount IS NULL AND a.unrated NOT LIKE 'not_charged%' THEN 1 ELSE 0 END"
_MADE = ", ".join(
    f"CAST(coalesce(sum({part}), 0) AS BIGINT)"
    for part in (*(f"a.{name}" for name in TOKEN_COLUMNS), _UNRATED, "a.estimated")
)
_SOURCE = f"entries e LEFT JOIN attempts a ON a.entry = e.id WHERE e.summed <> {OPEN}"


def differing_sums(store: Store) -> Iterator[tuple[str, str]]:
    """What is kept or found and not the other: the day and kind, and the values."""
    for pair in (_counts(store), _amounts(store)):
        stored, found = pair
        for day, kind, *row in sorted(stored ^ found, key=str):
            said = "kept" if (day, kind, *row) in stored else "found"
            assert isinstance(kind, bytes), "kinds are kept by their keys"
            yield f"day {day} of kind {kind.hex()}", f"the sums {said} are {', '.join(map(str, row))}"


def _counts(store: Store) -> tuple[set[Row], set[Row]]:
    kept = ", ".join(f"CAST(sum(s.{name}) AS BIGINT)" for name in _COUNTS)
    return (
        set(store.stream(f"SELECT {_KEY}, {kept} FROM sums s GROUP BY {_KEY} HAVING sum(s.entries) <> 0")),
        set(
            store.stream(
                f"SELECT {_BY}, count(DISTINCT e.id), count(a.entry), {_MADE} FROM {_SOURCE} GROUP BY {_BY}"
            )
        ),
    )


def _amounts(store: Store) -> tuple[set[Row], set[Row]]:
    kept, made = (store.dialect.sum_amounts.format(f"{table}.amount") for table in "sa")
    priced = f"{_SOURCE} AND a.amount IS NOT NULL"
    statements = (
        f"SELECT {_KEY}, s.currency, {kept} FROM sums s WHERE s.currency <> '' GROUP BY {_KEY}, s.currency",
        f"SELECT {_BY}, a.currency, {made} FROM {priced} GROUP BY {_BY}, a.currency",
    )
    stored, found = (
        {
            (*row, plain(Decimal(str(amount))))
            for *row, amount in store.stream(statement)
            if Decimal(str(amount))
        }
        for statement in statements
    )
    return stored, found
