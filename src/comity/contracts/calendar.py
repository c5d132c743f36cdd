"""When clauses bind: effective periods as unix seconds, from the three clocks.

*At* is the moment of the act, *in force* the clause's own period, *known* what the book said. A clause ends
at its period's end, at its `until`, at a recorded event, or when a later clause supersedes it, whichever
comes first.
"""

from __future__ import annotations

from bisect import bisect_right
from datetime import date, datetime
from math import inf
from zoneinfo import ZoneInfo

import msgspec

from comity.contracts.book import Book
from comity.contracts.clauses import Clause, Definition
from comity.contracts.worlds import Frame, frame
from comity.period import Period


class Span(msgspec.Struct, frozen=True):
    """A half-open stretch of time."""

    start: float
    """Unix seconds, inclusive; minus infinity when open."""
    end: float
    """Unix seconds, exclusive; infinity when open."""

    def holds(self, at: float) -> bool:
        """Whether `at` lies in it."""
        return self.start <= at < self.end


class Slice(msgspec.Struct, frozen=True):
    """A stretch of time in which the book does not change."""

    span: Span
    """When it is."""
    clauses: tuple[Clause, ...]
    """The clauses that bind, sorted by id."""
    contracts: frozenset[str]
    """The contracts whose silence counts."""
    frame: Frame
    """The worlds."""


def days_of(span: Span, zone: ZoneInfo) -> Period:
    """The days of `span`, in `zone`."""
    return Period(_day(span.start, zone), _day(span.end, zone))


def _day(moment: float, zone: ZoneInfo) -> date | None:
    return None if abs(moment) == inf else datetime.fromtimestamp(moment, zone).date()


def midnight(day: date, zone: ZoneInfo) -> float:
    """The moment at which `day` begins in `zone`."""
    return datetime(day.year, day.month, day.day, tzinfo=zone).timestamp()


class Calendar:
    """The book as it was known at one moment, cut into stretches without change."""

    def __init__(self, book: Book, as_of: float | None = None) -> None:
        self.book = book
        self.as_of = inf if as_of is None else as_of
        self.spans = {clause.id: self._span(clause) for clause in book.clauses if self._known(clause)}
        self.contracts = {
            contract.id: _period(contract.in_force, book.zone(contract.id))
            for contract in book.contracts.values()
        }
        self.settled = {
            name: span
            for name, definition in book.definitions.items()
            if (span := self._settled(definition)) is not None
        }
        spans = [*self.spans.values(), *self.contracts.values(), *self.settled.values()]
        bounds = {bound for span in spans if span.start < span.end for bound in (span.start, span.end)}
        self.bounds = sorted(bound for bound in bounds if -inf < bound < inf)
        self._slices: dict[int, Slice] = {}

    def slice(self, at: float) -> Slice:
        """The stretch that holds `at`."""
        index = bisect_right(self.bounds, at)
        found = self._slices.get(index)
        if found is None:
            found = self._slices[index] = self._cut(index, at)
        return found

    def _cut(self, index: int, at: float) -> Slice:
        start = self.bounds[index - 1] if index else -inf
        end = self.bounds[index] if index < len(self.bounds) else inf
        live = [
            clause
            for clause in self.book.clauses
            if clause.id in self.spans and self.spans[clause.id].holds(at)
        ]
        settled = {
            name: definition.settled.reading
            for name, definition in self.book.definitions.items()
            if definition.settled is not None and name in self.settled and self.settled[name].holds(at)
        }
        return Slice(
            span=Span(start, end),
            clauses=tuple(sorted(live, key=lambda clause: clause.id)),
            contracts=frozenset(name for name, span in self.contracts.items() if span.holds(at)),
            frame=frame(self.book.worlds, self.book.definitions, settled),
        )

    def _is_known(self, day: date | None, contract: str) -> bool:
        return day is None or midnight(day, self.book.zone(contract)) <= self.as_of

    def _known(self, clause: Clause) -> bool:
        return self._is_known(clause.known, clause.contract)

    def _span(self, clause: Clause) -> Span:
        zone = self.book.zone(clause.contract)
        span = _period(clause.in_force, zone)
        ends = [span.end]
        if clause.until is not None:
            ends += [] if clause.until.day is None else [midnight(clause.until.day, zone)]
            ends += [
                midnight(record.on, self.book.zone(record.contract))
                for record in self.book.occurrences
                if record.event in clause.until.events and self._is_known(record.known, record.contract)
            ]
        ends += [
            _period(later.in_force, zone).start
            for later in self.book.clauses
            if clause.id in later.supersedes and self._known(later)
        ]
        return Span(span.start, min(ends))

    def _settled(self, definition: Definition) -> Span | None:
        settled = definition.settled
        if settled is None or not self._is_known(settled.known, definition.contract):
            return None
        zone = self.book.zone(definition.contract)
        start = -inf if settled.retroactive else midnight(settled.start, zone)
        return Span(start, inf if settled.end is None else midnight(settled.end, zone))


def _period(period: Period, zone: ZoneInfo) -> Span:
    return Span(
        -inf if period.start is None else midnight(period.start, zone),
        inf if period.end is None else midnight(period.end, zone),
    )


def in_force(book: Book) -> dict[str, Period]:
    """The days on which every clause binds, with what ends it: events, later clauses, its own end.

    A clause that ended before it began has a period whose end is not after its start.
    """
    calendar = Calendar(book)
    return {
        clause.id: days_of(calendar.spans[clause.id], book.zone(clause.contract)) for clause in book.clauses
    }
