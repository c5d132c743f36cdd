"""What an entry adds to the kept sums, by day and kind of request. Pure; the columns are those of `schema`.

Only what can be added up enters: entries that are reserved, settled, and of one attempt or none, which is
nearly every entry. The others are summed when somebody asks.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal
from operator import itemgetter

from comity.database import Row
from comity.ledger.schema import ATTEMPT_COLUMNS, ENTRY_COLUMNS, SUM_VALUES, TOKEN_COLUMNS
from comity.money import add_exactly, plain
from comity.prices import UnratedReason

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
_BEFORE_TOKENS = len(ATTEMPT_PARTS) - len(TOKEN_COLUMNS)
_FREE = UnratedReason.NOT_CHARGED.value


def is_summable(entry: Row, attempts: Sequence[Row]) -> bool:
    """Whether the parts of an entry and of its attempts make it one that is kept in the sums."""
    _, at, _, outcome, _, _, settled_attempts = entry
    if at is None or outcome is None or len(attempts) != settled_attempts or len(attempts) > 1:
        return False
    return not attempts or attempts[0][1] == 1


class Sums:
    """Sums of a batch of entries, by key."""

    def __init__(self) -> None:
        self._sums: dict[Row, list[int]] = {}
        self._amounts: dict[Row, Decimal] = {}

    def add(self, entry: Row, attempts: Sequence[Row], sign: int = 1) -> None:
        """Adds an entry and its attempt, if it has one; or takes them out again with a `sign` of -1."""
        _, at, kind, outcome, status, cause, _ = entry
        assert isinstance(at, int), "a summed entry has a time"
        where: Row = _NO_ATTEMPT
        amount: object = None
        values: Row = (1,)
        for attempt in attempts:
            _, _, *by, currency, amount, unrated, estimated = attempt[:_BEFORE_TOKENS]
            where = (*by, currency or "")
            unpriced = amount is None and not str(unrated).startswith(_FREE)
            values = (1, 1, *attempt[_BEFORE_TOKENS:], int(unpriced), estimated)
        key = (at // DAY, kind, outcome, status, cause or "", *where)
        sums = self._sums.get(key)
        if sums is None:
            sums = self._sums[key] = [0] * (len(SUM_VALUES) - 1)
            self._amounts[key] = Decimal(0)
        for place, value in enumerate(values):
            if value and isinstance(value, int):  # NULL where nobody counted
                sums[place] += sign * value
        if amount is not None:
            self._amounts[key] = add_exactly(self._amounts[key], sign * Decimal(str(amount)))

    def rows(self) -> Iterator[Row]:
        """The rows of the table `sums`."""
        for key, (entries, attempts, *rest) in self._sums.items():
            *tokens, unrated, estimated = rest
            yield (*key, entries, attempts, *tokens, plain(self._amounts[key]), unrated, estimated)
