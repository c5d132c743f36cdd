"""What an entry adds to the kept sums, by day and kind of request. Pure; the columns are those of `schema`.

Entries that are reserved and settled enter: those of one attempt or none, which is nearly every entry, by
where they ran; those of several as a whole, since one that fell back from one cloud to another counts with
both and is still one. What asks for clouds or deployments reads the latter row by row.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal
from operator import itemgetter
from typing import TypeAlias

from comity.database import Row
from comity.ledger.schema import ATTEMPT_COLUMNS, ENTRY_COLUMNS, TOKEN_COLUMNS
from comity.money import add_exactly, plain
from comity.prices import UnratedReason

Counts: TypeAlias = tuple[int, ...]
"""Entries, attempts, tokens by class, unrated and estimated attempts."""

DAY = 86_400 * 1_000_000_000
"""Nanoseconds of a day."""

OPEN, ALONE, SEVERAL = 0, 1, 2
"""How an entry is summed: not yet, by the place of its one attempt, or as a whole."""
ANYWHERE = "*"
"""What stands for the places of an entry that is summed as a whole."""

ENTRY_PARTS = ("id", "at", "kind", "outcome", "status", "cause", "attempts")
"""The columns of an entry that decide whether and where it is summed."""
ATTEMPT_PARTS = (
    "entry",
    "number",
    "deployment",
    "answered_by",
    "cloud",
    "region",
    "outcome",
    "currency",
    "amount",
    "unrated",
    "estimated",
    *TOKEN_COLUMNS,
)
"""The columns of an attempt that are summed, and by which."""

entry_parts = itemgetter(*map(list(ENTRY_COLUMNS).index, ENTRY_PARTS))
"""These columns of an entry's row."""
attempt_parts = itemgetter(*map(list(ATTEMPT_COLUMNS).index, ATTEMPT_PARTS))
"""These columns of an attempt's row."""

_NO_ATTEMPT = ("", "", "", "", "", "")
_ANYWHERE = (ANYWHERE,) * 5
_CURRENCY, _AMOUNT = ATTEMPT_PARTS.index("currency"), ATTEMPT_PARTS.index("amount")
_NOTHING = (0,) * (len(TOKEN_COLUMNS) + 4)
_ONLY_ENTRY = (1, 0, *(0,) * len(TOKEN_COLUMNS), 0, 0)
_BEFORE_TOKENS = len(ATTEMPT_PARTS) - len(TOKEN_COLUMNS)
_FREE = UnratedReason.NOT_CHARGED.value


def summing(entry: Row, attempts: Sequence[Row]) -> int:
    """How the parts of an entry and of its attempts are summed."""
    _, at, _, outcome, _, _, settled = entry
    if at is None or outcome is None or len(attempts) != settled:
        return OPEN
    if len(attempts) < 2:
        return ALONE if not attempts or attempts[0][1] == 1 else OPEN
    return SEVERAL if {attempt[1] for attempt in attempts} == set(range(1, len(attempts) + 1)) else OPEN


class Sums:
    """Sums of a batch of entries, by key; added up at the end, column by column."""

    def __init__(self) -> None:
        self._values: dict[Row, list[Counts]] = {}
        self._amounts: dict[Row, list[str]] = {}

    def add(self, entry: Row, attempts: Sequence[Row]) -> None:
        """Adds an entry and its attempts."""
        for key, counts, amount in _parts(entry, attempts):
            self._values.setdefault(key, []).append(counts)
            if amount is not None:
                self._amounts.setdefault(key, []).append(amount)

    def take_out(self, entry: Row, attempts: Sequence[Row]) -> None:
        """Takes an entry out again that was added before."""
        for key, counts, amount in _parts(entry, attempts):
            self._values.setdefault(key, []).append(tuple(-count for count in counts))
            if amount is not None:
                self._amounts.setdefault(key, []).append(f"-{amount}")

    def rows(self) -> Iterator[Row]:
        """The rows of the table `sums`."""
        for key, values in self._values.items():
            *counts, unrated, estimated = map(sum, zip(*values, strict=True))
            total = Decimal(0)
            for amount in self._amounts.get(key, ()):
                total = add_exactly(total, Decimal(amount))
            yield (*key, *counts, plain(total), unrated, estimated)


def _parts(entry: Row, attempts: Sequence[Row]) -> Iterator[tuple[Row, Counts, str | None]]:
    """The keys of an entry's sums, what it counts under each, and its amount there."""
    _, at, kind, outcome, status, cause, _ = entry
    assert isinstance(at, int), "a summed entry has a time"
    of_entry = (at // DAY, kind, outcome, status, cause or "")
    if not attempts:
        yield (*of_entry, *_NO_ATTEMPT), _ONLY_ENTRY, None
        return
    counts = [_counts(attempt) for attempt in attempts]
    if len(attempts) == 1:
        _, _, *by, currency, amount, _, _ = attempts[0][:_BEFORE_TOKENS]
        yield (*of_entry, *by, currency or ""), (1, *counts[0]), None if amount is None else str(amount)
        return
    whole: Counts = (1, *map(sum, zip(*counts, strict=True)))
    # Each amount stands under its currency; what is counted stands once, with the first that has an amount.
    priced = sorted((attempt for attempt in attempts if attempt[_AMOUNT] is not None), key=itemgetter(1))
    for attempt in priced:
        yield (*of_entry, *_ANYWHERE, attempt[_CURRENCY]), whole, str(attempt[_AMOUNT])
        whole = _NOTHING
    if not priced:
        yield (*of_entry, *_ANYWHERE, ""), whole, None


def _counts(attempt: Row) -> Counts:
    *_, amount, unrated, estimated = attempt[:_BEFORE_TOKENS]
    unpriced = amount is None and not str(unrated).startswith(_FREE)
    return (1, *map(_number, attempt[_BEFORE_TOKENS:]), int(unpriced), _number(estimated))


def _number(count: object) -> int:
    return count if isinstance(count, int) else 0  # NULL where nobody counted
