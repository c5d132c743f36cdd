"""Which entries: a filter, as conditions over the kept sums by day and over single rows for the rest.

The kept sums answer for whole days (UTC); what they do not cover, entries that are not in them and the hours
before and after the whole days of a period, is read row by row.
"""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from comity.ledger.kinds import Kind, check_name
from comity.ledger.sums import ALONE, ANYWHERE, DAY, OPEN

Condition = tuple[str, tuple[object, ...]]
"""A condition in SQL and its values."""


class Filter(msgspec.Struct, frozen=True):
    """Which entries; every part that is given must hold, and of several values of one part any."""

    since: int | None = None
    """First moment, unix nanoseconds, inclusive."""
    until: int | None = None
    """Last moment, unix nanoseconds, exclusive."""
    callers: tuple[str, ...] = ()
    """Caller ids."""
    deployments: tuple[str, ...] = ()
    """Deployments that were called or that answered."""
    clouds: tuple[str, ...] = ()
    """Clouds that were called."""
    outcomes: tuple[str, ...] = ()
    """Entry outcomes, or `unsettled`."""
    where: tuple[tuple[str, str], ...] = ()
    """Facts and their values as text: `true` and `false` for booleans, one member for a set."""

    def check(self) -> None:
        """Raises ValueError for a fact's name that cannot be one."""
        for key, _ in self.where:
            check_name(key)

    def wants(self, kind: Kind) -> bool:
        """Whether entries of a kind are meant, as far as the kind decides it."""
        if self.callers and kind.caller not in self.callers:
            return False
        return all(kind.holds(key, value) for key, value in self.where)


SUMMED = {
    "outcome": "s.outcome",
    "status": "s.status",
    "cause": "s.cause",
    "day": "s.day",
    "deployment": "s.answered_by",
    "called": "s.deployment",
    "cloud": "s.cloud",
    "region": "s.region",
    "attempt": "s.attempt",
}
"""The columns of the kept sums by what they are called here."""

SINGLE = {
    "outcome": "coalesce(e.outcome, 'unsettled')",
    "status": "e.status",
    "cause": "e.cause",
    "day": f"e.at / {DAY}",
    "deployment": "a.answered_by",
    "called": "a.deployment",
    "cloud": "a.cloud",
    "region": "a.region",
    "attempt": "a.outcome",
}
"""The same for entries and their attempts."""


def by_columns(chosen: Filter, columns: Mapping[str, str]) -> Condition:
    """The parts of a filter that neither the kind nor the time decides."""
    parts: list[str] = []
    values: list[object] = []
    for name, wanted in (("cloud", chosen.clouds), ("outcome", chosen.outcomes)):
        if wanted:
            parts.append(f"{columns[name]} IN ({_places(wanted)})")
            values += wanted
    if chosen.deployments:
        places = _places(chosen.deployments)
        parts.append(f"({columns['deployment']} IN ({places}) OR {columns['called']} IN ({places}))")
        values += [*chosen.deployments, *chosen.deployments]
    return " AND ".join(parts) or "1 = 1", tuple(values)


def by_time(since: int | None, until: int | None, column: str = "e.at") -> Condition:
    """A half-open period."""
    parts: list[str] = []
    values: list[object] = []
    if since is not None:
        parts.append(f"{column} >= ?")
        values.append(since)
    if until is not None:
        parts.append(f"{column} < ?")
        values.append(until)
    return " AND ".join(parts) or "1 = 1", tuple(values)


def both(*conditions: Condition) -> Condition:
    """All of the conditions."""
    return " AND ".join(text for text, _ in conditions), tuple(
        value for _, values in conditions for value in values
    )


def whole_days(chosen: Filter, *, apart: bool) -> Condition | None:
    """The days that the kept sums answer for; None when the period holds no whole day.

    `apart` says that attempts at several places are told apart, which entries summed as a whole are not.
    """
    first = None if chosen.since is None else -(-chosen.since // DAY)
    last = None if chosen.until is None else chosen.until // DAY
    if first is not None and last is not None and first >= last:
        return None
    placed = f"s.deployment <> '{ANYWHERE}'" if apart else "1 = 1"
    return both((f"(s.entries <> 0 OR s.amount <> '0') AND {placed}", ()), by_time(first, last, "s.day"))


def rest(chosen: Filter, *, apart: bool) -> list[Condition]:
    """The entries that the kept sums do not answer for, in parts that do not overlap."""
    since, until = chosen.since, chosen.until
    # The first test is that of the index; the second is what is meant.
    unsummed = f"e.summed <> {ALONE} AND e.summed " + (f"<> {ALONE}" if apart else f"= {OPEN}")
    summed = f"e.summed = {ALONE}" if apart else f"e.summed <> {OPEN}"
    if whole_days(chosen, apart=apart) is None:
        edges = [(since, until)]
    else:
        edges = []
        if since is not None and since % DAY:
            edges.append((since, -(-since // DAY) * DAY))
        if until is not None and until % DAY:
            edges.append((until // DAY * DAY, until))
    parts = [(unsummed, (since, until)), *((summed, edge) for edge in edges)]
    return [both((condition, ()), by_time(*period)) for condition, period in parts]


def _places(values: tuple[str, ...]) -> str:
    return ", ".join("?" * len(values))
