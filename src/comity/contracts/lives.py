"""How long clauses live: what begins, ends and suspends each of them, in the book as it was known.

A clause ends at the earliest of its own last day, its `until`, a recorded event, the use of a power to
terminate it, and a later clause that supersedes it. What never comes into force itself ends nothing. A
waiver or a consent suspends: the clause goes on afterwards.
"""

from __future__ import annotations

from datetime import date, timedelta
from math import inf
from zoneinfo import ZoneInfo

import msgspec

from comity.contracts.book import Book
from comity.contracts.clauses import Clause, Exercise, Occurrence
from comity.contracts.days import Span, midnight, span_of

_TERMINATES = "terminate"
_SUSPENDS = ("waive", "consent")


class End(msgspec.Struct, frozen=True):
    """Something that ends a clause."""

    at: float
    """Unix seconds of the first moment at which it no longer binds."""
    cause: str
    """`period`, `until`, `event`, `terminated` or `superseded`."""
    by: str = ""
    """The event, the power or the later clause; empty when the clause says so itself."""


class Pause(msgspec.Struct, frozen=True):
    """A stretch in which a clause does not bind although it has not ended."""

    span: Span
    """When."""
    by: str
    """The power that was used."""


class Life(msgspec.Struct, frozen=True):
    """When one clause binds."""

    span: Span
    """From its first moment to its end; empty when it never comes into force."""
    ends: tuple[End, ...] = ()
    """Everything that would end it, the earliest first; the first of them does."""
    pauses: tuple[Pause, ...] = ()
    """When it is suspended."""

    def holds(self, at: float) -> bool:
        """Whether it binds at `at`."""
        return self.span.holds(at) and not any(pause.span.holds(at) for pause in self.pauses)


class Lives:
    """The lives of all clauses that the book knew at `as_of` (unix seconds; infinity for all it knows)."""

    def __init__(self, book: Book, as_of: float = inf) -> None:
        self.book = book
        self.as_of = as_of
        self._known = [clause for clause in book.clauses if self.knows(clause)]
        self._later: dict[str, list[Clause]] = {}
        for clause in self._known:
            for name in clause.supersedes:
                self._later.setdefault(name, []).append(clause)
        self.exercises = tuple(record for record in book.exercises if self._used(record))
        self.occurrences = (
            *(record for record in book.occurrences if self.is_known(record.known, record.contract)),
            *(record for exercise in self.exercises for record in _brought_about(book, exercise)),
        )
        self.of = {clause.id: self._life(clause) for clause in self._known}

    def is_known(self, day: date | None, contract: str) -> bool:
        """Whether the book knew at `as_of` what it learned on `day`."""
        return day is None or midnight(day, self.book.zone(contract)) <= self.as_of

    def knows(self, clause: Clause) -> bool:
        """Whether the book said `clause` at `as_of`: learned already, and not yet taken back."""
        retracted = clause.retracted is not None and self.is_known(clause.retracted, clause.contract)
        return self.is_known(clause.known, clause.contract) and not retracted

    def happened(self, event: str) -> Occurrence | None:
        """The first known record of `event`; None while there is none."""
        found = [record for record in self.occurrences if record.event == event]
        return min(found, key=lambda record: record.on, default=None)

    def _life(self, clause: Clause) -> Life:
        start = span_of(clause.in_force, self._zone(clause)).start
        ends = [*self._written(clause), *self._terminated(clause), *self._superseded(clause)]
        ordered = tuple(sorted(ends, key=lambda end: (end.at, end.cause, end.by)))
        end = ordered[0].at if ordered else inf
        return Life(Span(start, end), ordered, self._pauses(clause))

    def _zone(self, clause: Clause) -> ZoneInfo:
        return self.book.zone(clause.contract)

    def _written(self, clause: Clause) -> list[End]:
        """The ends of which the clause itself speaks."""
        zone = self._zone(clause)
        period = span_of(clause.in_force, zone)
        found = [] if period.end == inf else [End(period.end, "period")]
        if clause.until is None:
            return found
        if clause.until.day is not None:
            found.append(End(midnight(clause.until.day, zone), "until"))
        return found + [
            End(midnight(record.on, self.book.zone(record.contract)), "event", record.event)
            for record in self.occurrences
            if record.event in clause.until.events
        ]

    def _terminated(self, clause: Clause) -> list[End]:
        found: list[End] = []
        for record in self.exercises:
            power = self.book.clause(record.power).power
            assert power is not None, "only powers are exercised; `link` has checked it"
            if power.may == _TERMINATES and clause.id in power.of:
                day = record.on + timedelta(days=power.notice_days or 0)
                found.append(End(midnight(day, self._zone(clause)), "terminated", record.power))
        return found

    def _superseded(self, clause: Clause) -> list[End]:
        zone = self._zone(clause)
        return [
            End(span_of(later.in_force, zone).start, "superseded", later.id)
            for later in self._later.get(clause.id, ())
            if self._comes(later, frozenset({clause.id}))
        ]

    def _comes(self, clause: Clause, above: frozenset[str]) -> bool:
        """Whether `clause` ever comes into force; two that end each other on one day both count."""
        start = span_of(clause.in_force, self._zone(clause)).start
        if any(end.at <= start for end in (*self._written(clause), *self._terminated(clause))):
            return False
        return not any(
            span_of(later.in_force, self._zone(later)).start <= start
            and self._comes(later, above | {clause.id})
            for later in self._later.get(clause.id, ())
            if later.id not in above
        )

    def _pauses(self, clause: Clause) -> tuple[Pause, ...]:
        zone = self._zone(clause)
        found: list[Pause] = []
        for record in self.exercises:
            power = self.book.clause(record.power).power
            if power is not None and power.may in _SUSPENDS and clause.id in power.of:
                end = inf if record.until is None else midnight(record.until, zone)
                found.append(Pause(Span(midnight(record.on, zone), end), record.power))
        return tuple(sorted(found, key=lambda pause: (pause.span.start, pause.span.end, pause.by)))

    def _used(self, record: Exercise) -> bool:
        """Whether the use of a power is known and falls on a day on which the power existed."""
        if not self.is_known(record.known, record.contract):
            return False
        clause = self.book.clause(record.power)
        if not self.knows(clause):
            return False
        period = clause.in_force
        later = [other.in_force.start for other in self._later.get(clause.id, ())]
        ended = any(start is not None and start <= record.on for start in later)
        return period.holds(record.on) and not ended


def _brought_about(book: Book, record: Exercise) -> list[Occurrence]:
    power = book.clause(record.power).power
    if power is None or not power.event:
        return []
    return [Occurrence(power.event, record.on, record.place, record.contract, record.known, record.grade)]


def end_phrase(end: End) -> str:
    """What ended a clause, as a phrase."""
    words = {
        "period": "its own last day",
        "until": "its own last day",
        "event": f"since {end.by} happened",
        "terminated": f"terminated under {end.by}",
        "superseded": f"superseded by {end.by}",
    }
    return words[end.cause]
