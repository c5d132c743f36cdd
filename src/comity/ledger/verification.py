"""Whether the ledger holds: each settlement is the sum of its attempts, and nothing is missing or said twice.

The check recomputes every settlement with the same `settle` that made it. A torn last record is a note, not
a discrepancy: its write never returned, so nobody was told that it was safe.
"""
# ruff: noqa: S608 - statements are put together from our own column names

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import chain, groupby
from operator import itemgetter
from typing import Literal, TypeAlias

import msgspec

from comity.ledger.entry import Attempted, EntryOutcome
from comity.ledger.identity import format_entry_id
from comity.ledger.rows import Row, costs_text, read_attempt, usage_values
from comity.ledger.schema import ATTEMPT_COLUMNS, TOKEN_COLUMNS
from comity.ledger.settlement import settle
from comity.ledger.store import Store

DISCREPANCY_LIMIT = 100
"""Most discrepancies that are listed; `Verification.discrepancy_count` counts all."""

Kind: TypeAlias = Literal["sum", "numbering", "orphan", "unreserved", "conflict", "unsettled", "journal"]
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

    @property
    def holds(self) -> bool:
        """Whether everything holds."""
        return self.discrepancy_count == 0


def verify(store: Store, progress: Callable[[int, int], None] | None = None) -> Verification:
    """Checks a whole store; raises StoreError when it cannot be read."""
    listed: list[Discrepancy] = []
    count = 0
    for found in chain(_journal(store), _irregular(store), _orphans(store), _sums(store, progress)):
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
        ("unreserved", "SELECT id FROM entries WHERE at IS NULL", "it is settled and was never reserved"),
        (
            "unsettled",
            f"SELECT id FROM entries WHERE outcome IS NULL AND at IS NOT NULL AND NOT {_ALIVE}",
            "it was reserved and its gateway died; the next start of a gateway settles it as lost",
        ),
    )
    for kind, statement, detail in checks:
        for (entry,) in store.rows(statement):
            yield Discrepancy(kind, _name(entry), detail)


def _orphans(store: Store) -> Iterator[Discrepancy]:
    for (entry,) in store.rows(
        "SELECT DISTINCT entry FROM attempts WHERE entry NOT IN (SELECT id FROM entries) ORDER BY entry"
    ):
        yield Discrepancy("orphan", _name(entry), "it has attempts and was neither reserved nor settled")


def _sums(store: Store, progress: Callable[[int, int], None] | None) -> Iterator[Discrepancy]:
    """Settlements that are not the sum of their attempts."""
    total = _count(store, f"SELECT count(*) FROM entries {_SETTLED}")
    settled = store.rows(f"SELECT id, {', '.join(_TOTALS)} FROM entries {_SETTLED} ORDER BY id")
    attempts = groupby(
        store.rows(f"SELECT {', '.join(ATTEMPT_COLUMNS)} FROM attempts ORDER BY entry, number"),
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


def _count(store: Store, statement: str) -> int:
    ((count,),) = store.rows(statement)
    assert isinstance(count, int), "count(*) is an integer"
    return count
