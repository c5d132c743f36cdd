"""Whether the ledger holds: each settlement is the sum of its attempts, and nothing is missing or said twice.

The check recomputes every settlement with the same `settle` that made it, and the kept sums from the rows
that they sum. A torn last record is a note, not a discrepancy: its write never returned, so nobody was told
that it was safe.
"""
# ruff: noqa: S608 - statements are put together from our own column names

from __future__ import annotations

from collections.abc import Callable, Iterator
from decimal import Decimal
from itertools import chain, groupby
from operator import itemgetter
from typing import Literal, TypeAlias

import msgspec

from comity.database import Row
from comity.ledger.entry import Attempted, EntryOutcome
from comity.ledger.identity import format_entry_id
from comity.ledger.kept import differing_sums
from comity.ledger.rows import costs_text, read_attempt, usage_values
from comity.ledger.schema import ATTEMPT_COLUMNS, TOKEN_COLUMNS
from comity.ledger.settlement import settle
from comity.ledger.store import Store
from comity.money import Money

DISCREPANCY_LIMIT = 100
"""Most discrepancies that are listed; `Verification.discrepancy_count` counts all."""

Kind: TypeAlias = Literal[
    "sum", "numbering", "orphan", "unreserved", "conflict", "unsettled", "journal", "correction", "kept"
]
"""What sort of thing does not hold."""

_TOTALS = ("attempts", *TOKEN_COLUMNS, "unknown_usage", "costs", "unrated", "estimated")
_SETTLED = "WHERE outcome IS NOT NULL AND outcome <> 'refused'"
_ALIVE = "writer IN (SELECT writer FROM segments GROUP BY writer HAVING max(alive) = 1)"
_NO_MORE: tuple[object, Iterator[Row]] = (None, iter(()))


class Discrepancy(msgspec.Struct, frozen=True):
    """One thing that does not hold."""

    kind: Kind
    """What sort of thing."""
    where: str
    """Entry id, or segment and byte offset."""
    detail: str
    """A sentence for people."""


class Verification(msgspec.Struct, frozen=True):
    """The result of a check."""

    entries: int
    """Entries in the store, refusals too."""
    attempts: int
    """Attempts in the store."""
    under_way: int
    """Entries not settled yet, whose writer is alive."""
    discrepancies: tuple[Discrepancy, ...]
    """What does not hold, at most `DISCREPANCY_LIMIT` of it."""
    discrepancy_count: int
    """How much does not hold."""
    notes: tuple[str, ...]
    """What is worth knowing and no fault."""
    costs: tuple[Money, ...] = ()
    """Exact sums by currency of all attempts, which are those of all settlements where the ledger holds."""
    corrections: tuple[Money, ...] = ()
    """Exact sums by currency of all corrections."""

    @property
    def holds(self) -> bool:
        """Whether everything holds."""
        return self.discrepancy_count == 0


def verify(store: Store, progress: Callable[[int, int], None] | None = None) -> Verification:
    """Checks a whole store; raises StoreError when it cannot be read."""
    with store.snapshot():
        return _verify(store, progress)


def _verify(store: Store, progress: Callable[[int, int], None] | None) -> Verification:
    listed: list[Discrepancy] = []
    count = 0
    kept = (Discrepancy("kept", where, detail) for where, detail in differing_sums(store))
    checks = (_journal(store), _irregular(store), _orphans(store), _corrections(store), kept)
    for found in chain(*checks, _sums(store, progress)):
        count += 1
        if count <= DISCREPANCY_LIMIT:
            listed.append(found)
    torn = store.rows("SELECT segment, detail FROM findings WHERE kind = 'torn' ORDER BY segment, start")
    return Verification(
        entries=_count(store, "SELECT count(*) FROM entries"),
        attempts=_count(store, "SELECT count(*) FROM attempts"),
        under_way=_count(store, f"SELECT count(*) FROM entries WHERE outcome IS NULL AND {_ALIVE}"),
        discrepancies=tuple(listed),
        discrepancy_count=count,
        notes=tuple(f"{segment}: {detail}" for segment, detail in torn),
        costs=_amounts(store, "attempts"),
        corrections=_amounts(store, "corrections"),
    )


def _journal(store: Store) -> Iterator[Discrepancy]:
    for segment, start, detail in store.rows(
        "SELECT segment, start, detail FROM findings WHERE kind <> 'torn' ORDER BY segment, start"
    ):
        yield Discrepancy("journal", f"{segment} at byte {start}", str(detail))


def _irregular(store: Store) -> Iterator[Discrepancy]:
    """Entries that are said twice, lack a half, or were left open by a dead writer."""
    checks: tuple[tuple[Kind, str, str], ...] = (
        ("conflict", "SELECT id FROM entries WHERE conflicts > 0", "two records of this entry differ"),
        ("conflict", "SELECT entry FROM attempts WHERE conflicts > 0", "two records of an attempt differ"),
        (
            "conflict",
            "SELECT entry FROM corrections WHERE conflicts > 0",
            "two records of a correction differ",
        ),
        ("unreserved", "SELECT id FROM entries WHERE at IS NULL", "it is settled and was never reserved"),
        (
            "unsettled",
            f"SELECT id FROM entries WHERE outcome IS NULL AND at IS NOT NULL AND NOT {_ALIVE}",
            "it was reserved and its gateway died; the next start of a gateway settles it as lost",
        ),
    )
    for kind, statement, detail in checks:
        for (entry,) in store.stream(statement):
            yield Discrepancy(kind, _name(entry), detail)


def _orphans(store: Store) -> Iterator[Discrepancy]:
    for (entry,) in store.stream(
        "SELECT DISTINCT entry FROM attempts a"
        " WHERE NOT EXISTS (SELECT 1 FROM entries e WHERE e.id = a.entry) ORDER BY entry"
    ):
        yield Discrepancy("orphan", _name(entry), "it has attempts and was neither reserved nor settled")


def _corrections(store: Store) -> Iterator[Discrepancy]:
    """Corrections of what is not there, or in a currency in which nothing was charged."""
    for entry, number, known, currency, charged in store.stream(
        "SELECT c.entry, c.number, e.id, c.currency, a.currency FROM corrections c"
        " LEFT JOIN entries e ON e.id = c.entry LEFT JOIN attempts a ON a.entry = c.entry"
        " AND a.number = CASE c.number WHEN 0 THEN e.attempts ELSE c.number END"
        " WHERE e.id IS NULL OR (c.number <> 0 AND a.entry IS NULL) OR a.currency <> c.currency"
        " ORDER BY c.at, c.id"
    ):
        if known is None:
            what = "it was corrected and is not there"
        elif charged is None:
            what = f"its attempt {number} was corrected and is not there"
        else:
            what = f"it was charged in {charged} and corrected in {currency}"
        yield Discrepancy("correction", _name(entry), what)


def _sums(store: Store, progress: Callable[[int, int], None] | None) -> Iterator[Discrepancy]:
    """Settlements that are not the sum of their attempts."""
    total = _count(store, f"SELECT count(*) FROM entries {_SETTLED}")
    settled = store.stream(f"SELECT id, {', '.join(_TOTALS)} FROM entries {_SETTLED} ORDER BY id")
    attempts = groupby(
        store.stream(f"SELECT {', '.join(ATTEMPT_COLUMNS)} FROM attempts ORDER BY entry, number"),
        key=itemgetter(0),
    )
    entry_of_group, group = next(attempts, _NO_MORE)
    for number, (entry, *stored) in enumerate(settled, 1):
        while isinstance(entry_of_group, bytes) and entry_of_group < _bytes(entry):
            entry_of_group, group = next(attempts, _NO_MORE)
        parts = [read_attempt(row) for row in group] if entry_of_group == entry else []
        yield from _compare(_bytes(entry), stored, parts)
        if progress is not None and number % 1000 == 0:
            progress(number, total)


def _compare(entry: bytes, stored: list[object], parts: list[Attempted]) -> Iterator[Discrepancy]:
    sums = settle(entry, EntryOutcome.SERVED, 0, parts, at=0)
    expected = (
        sums.attempts,
        *usage_values(sums.usage),
        sums.unknown_usage,
        costs_text(sums.costs),
        sums.unrated,
        int(sums.estimated),
    )
    for name, found, wanted in zip(_TOTALS, stored, expected, strict=True):
        if found != wanted:
            yield Discrepancy("sum", _name(entry), f"`{name}` is {found}, its attempts make {wanted}")
    if [part.number for part in parts] != list(range(1, len(parts) + 1)):
        yield Discrepancy("numbering", _name(entry), "its attempts are not numbered from 1 without gaps")


def _bytes(value: object) -> bytes:
    assert isinstance(value, bytes), "STRICT tables keep ids as bytes"
    return value


def _name(entry: object) -> str:
    return format_entry_id(_bytes(entry))


def _amounts(store: Store, table: str) -> tuple[Money, ...]:
    amount = store.dialect.sum_amounts.format("amount")
    rows = store.rows(
        f"SELECT currency, {amount} FROM {table} WHERE amount IS NOT NULL GROUP BY currency ORDER BY currency"
    )
    return tuple(Money(Decimal(str(amount)), str(currency)) for currency, amount in rows)


def _count(store: Store, statement: str) -> int:
    ((count,),) = store.rows(statement)
    assert isinstance(count, int), "count(*) is an integer"
    return count
