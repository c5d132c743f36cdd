"""What an entry adds to the kept sums, by day and kind of request. Pure; the columns are those of `schema`.

Only what can be added up enters: entries that are reserved, settled, and of one attempt or none, which is
nearly every entry. The others are summed when somebody asks.
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
_ONLY_ENTRY = (1, 0, *(0,) * len(TOKEN_COLUMNS), 0, 0)
_BEFORE_TOKENS = len(ATTEMPT_PARTS) - len(TOKEN_COLUMNS)
_FREE = UnratedReason.NOT_CHARGED.value


def is_summable(entry: Row, attempts: Sequence[Row]) -> bool:
    """Whether the parts of an entry and of its attempts make it one that is kept in the sums."""
    _, at, _, outcome, _, _, settled_attempts = entry
    if at is None or outcome is None or len(attempts) != settled_attempts or len(attempts) > 1:
        return False
    return not attempts or attempts[0][1] == 1


class Sums:
    """Sums of a batch of entries, by key; added up at the end, column by column."""

    def __init__(self) -> None:
        self._values: dict[Row, list[Counts]] = {}
        self._amounts: dict[Row, list[str]] = {}

    def add(self, entry: Row, attempts: Sequence[Row]) -> None:
        """Adds an entry and its attempt, if it has one."""
        key, counts, amount = _parts(entry, attempts)
        self._values.setdefault(key, []).append(counts)
        if amount is not None:
            self._amounts.setdefault(key, []).append(amount)

    def take_out(self, entry: Row, attempts: Sequence[Row]) -> None:
        """Takes an entry out again that was added before."""
        key, counts, amount = _parts(entry, attempts)
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


def _parts(entry: Row, attempts: Sequence[Row]) -> tuple[Row, Counts, str | None]:
    """The key of an entry's sums, what it counts, and its amount."""
    _, at, kind, outcome, status, cause, _ = entry
    assert isinstance(at, int), "a summed entry has a time"
    day = at // DAY
    if not attempts:
        return (day, kind, outcome, status, cause or "", *_NO_ATTEMPT), _ONLY_ENTRY, None
    _, _, *by, currency, amount, unrated, estimated = attempts[0][:_BEFORE_TOKENS]
    unpriced = amount is None and not str(unrated).startswith(_FREE)
    counts = (1, 1, *map(_number, attempts[0][_BEFORE_TOKENS:]), int(unpriced), _number(estimated))
    key = (day, kind, outcome, status, cause or "", *by, currency or "")
    return key, counts, None if amount is None else str(amount)


def _number(count: object) -> int:
    return count if isinstance(count, int) else 0  # NULL where nobody counted
