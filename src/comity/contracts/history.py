"""What was in force when: every clause and definition as stretches of time, with what began and ended them.

A value for people and pictures; nothing is decided from it. Days are those of the contract's own zone.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from itertools import pairwise
from math import inf

import msgspec

from comity.contracts.book import Book
from comity.contracts.calendar import Calendar
from comity.contracts.clauses import Clause, Definition, Effect, Grade
from comity.contracts.days import Span, day_of, days_of
from comity.contracts.lives import End, Life, end_phrase
from comity.contracts.worlds import in_play
from comity.period import Period

OPEN = "open"
"""The word for a term of which no reading has been settled."""


class Stretch(msgspec.Struct, frozen=True):
    """A time in which nothing changes for one clause or definition."""

    period: Period
    """Its days, half-open."""
    what: str
    """`in force`, `suspended`, the name of the reading that stands, or `open`."""
    why: str = ""
    """What made it end, or made it so; empty when nothing did."""
    by: str = ""
    """The clause, power or event behind that; empty when there is none."""


class Line(msgspec.Struct, frozen=True):
    """One clause or definition over time."""

    id: str
    """Its id."""
    contract: str
    """The contract in which it stands."""
    kind: str
    """The effect of the clause, or `define`."""
    stretches: tuple[Stretch, ...]
    """Its stretches, in order of time; empty when it was never in force."""
    grade: Grade
    """How well it is known; of a definition the best of its readings."""
    known: date | None = None
    """First day on which the book knew it; None when it always did."""
    note: str = ""
    """Its title, or the readings of a definition with who asserts them."""
    until: tuple[str, ...] = ()
    """Events that would end it and have not happened."""

    def holds(self, day: date) -> bool:
        """Whether it binds on `day`, or for a definition whether a reading of it stands."""
        return any(one.period.holds(day) for one in self.stretches if one.what not in {OPEN, "suspended"})


class History(msgspec.Struct, frozen=True):
    """A book over time."""

    title: str
    """The title of the book."""
    contracts: dict[str, str]
    """Contract id to title, for those that have lines, in the order of the book."""
    lines: tuple[Line, ...]
    """Every definition and clause, by contract and in the order of the book, definitions first."""
    events: tuple[tuple[str, date | None], ...]
    """Every declared event with the day on which it is recorded to have happened; None while it has not."""
    days: tuple[date, ...]
    """Every day on which something begins or ends, sorted."""

    def only(self, contracts: frozenset[str]) -> History:
        """The lines of these contracts alone."""
        lines = tuple(line for line in self.lines if line.contract in contracts)
        titles = {name: title for name, title in self.contracts.items() if name in contracts}
        return History(self.title, titles, lines, self.events, _all_days(lines))


def history(book: Book, as_of: datetime | None = None) -> History:
    """What was in force when, in the book as it was known at `as_of`; all that it knows by default."""
    calendar = Calendar(book, None if as_of is None else as_of.timestamp())
    used = in_play(book.clauses, book.definitions)
    lines: list[Line] = []
    for contract in book.contracts:
        lines += [
            _definition(book, calendar, definition)
            for definition in book.definitions.values()
            if definition.contract == contract and definition.name in used
        ]
        lines += [_clause(book, calendar, clause) for clause in book.clauses if clause.contract == contract]
    with_lines = {line.contract for line in lines}
    return History(
        title=book.title,
        contracts={name: one.title for name, one in book.contracts.items() if name in with_lines},
        lines=tuple(lines),
        events=tuple((event, _happened(calendar, event)) for event in book.events),
        days=_all_days(lines),
    )


def _all_days(lines: Iterable[Line]) -> tuple[date, ...]:
    periods = [stretch.period for line in lines for stretch in line.stretches]
    days = {day for period in periods for day in (period.start, period.end)}
    return tuple(sorted(day for day in days if day is not None))


def _happened(calendar: Calendar, event: str) -> date | None:
    record = calendar.lives.happened(event)
    return None if record is None else record.on


def _clause(book: Book, calendar: Calendar, clause: Clause) -> Line:
    life = calendar.lives.of.get(clause.id)
    events = () if clause.until is None else clause.until.events
    return Line(
        id=clause.id,
        contract=clause.contract,
        kind=clause.effect.value,
        stretches=() if life is None else _stretches(book, clause, life),
        grade=clause.grade,
        known=clause.known,
        note=clause.title or (clause.owe.what if clause.effect is Effect.OWE and clause.owe else ""),
        until=tuple(event for event in events if calendar.lives.happened(event) is None),
    )


def _stretches(book: Book, clause: Clause, life: Life) -> tuple[Stretch, ...]:
    """The life of a clause, cut where it is suspended."""
    zone = book.zone(clause.contract)
    found: list[Stretch] = []
    at, end = life.span.start, life.span.end
    for pause in life.pauses:
        start, stop = max(pause.span.start, at), min(pause.span.end, end)
        if start < stop:
            found += [Stretch(days_of(Span(at, start), zone), "in force")] if at < start else []
            found.append(
                Stretch(days_of(Span(start, stop), zone), "suspended", f"under {pause.by}", pause.by)
            )
            at = stop
    end_by = life.ends[0] if life.ends else End(inf, "period")
    why, by = "" if end_by.cause in {"period", "until"} else end_phrase(end_by), end_by.by
    found += [Stretch(days_of(Span(at, end), zone), "in force", why, by)] if at < end else []
    return tuple(found)


def _definition(book: Book, calendar: Calendar, definition: Definition) -> Line:
    """The readings of a term over time; a term with one meaning always has it."""
    zone = book.zone(definition.contract)
    spans = [span for span, _ in calendar.settled[definition.name]]
    bounds = sorted({bound for span in spans for bound in (span.start, span.end)} | {-inf, inf})
    found: list[Stretch] = []
    for start, end in pairwise(bounds):
        settled = calendar.settlement(definition.name, start)
        single = len(definition.readings) == 1
        what = definition.readings[0].name if single else OPEN if settled is None else settled.reading
        why = "" if settled is None else f"by {settled.by} of {settled.start}"
        if found and (found[-1].what, found[-1].why) == (what, why):
            before = found.pop().period.start
            found.append(Stretch(Period(before, day_of(end, zone)), what, why))
        else:
            found.append(Stretch(days_of(Span(start, end), zone), what, why))
    readings = ", ".join(
        f"{reading.name} ({', '.join(reading.by) or 'nobody'})" for reading in definition.readings
    )
    return Line(
        id=definition.name,
        contract=definition.contract,
        kind="define",
        stretches=tuple(found),
        grade=max(reading.grade for reading in definition.readings),
        note=readings if len(definition.readings) > 1 else "",
    )
