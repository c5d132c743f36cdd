"""A book over time for the solver: one form per stretch without change, and answers joined over stretches.

Days are shown in the zone of the contract in question. Nothing here asks the solver anything.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from math import inf

import msgspec

from comity.contracts.book import Book
from comity.contracts.calendar import Span
from comity.contracts.clauses import Effect
from comity.contracts.compile.limits import refuse
from comity.contracts.norms import Timeline, timeline_of
from comity.contracts.prove.formulas import Formula
from comity.contracts.prove.logic import Logic
from comity.contracts.prove.space import Space
from comity.contracts.prove.symbolic import Form, Meaning
from comity.contracts.terms import FALSE

_DAY = timedelta(days=1)
_ANY = datetime(2000, 1, 1, 12, tzinfo=UTC)


class View(msgspec.Struct, frozen=True):
    """How a book is read."""

    at: datetime | None = None
    """The moment asked about; None for all times."""
    party: str | None = None
    """Whose readings count; None for everybody's."""
    as_of: datetime | None = None
    """What the book knew then; None for all that it knows."""


EVERYTHING = View()
"""At all times, in every reading, with all that a book knows."""


class Stretch:
    """A stretch of time in which a book does not change, as formulas."""

    def __init__(self, outline: Outline, span: Span, form: Form) -> None:
        self.outline = outline
        self.span = span
        self.form = form
        self.base = self._base()
        """What every workload that may be shown fulfils: complete, and possible as the book supposes."""

    @property
    def at(self) -> datetime:
        """The moment asked about, else one in the stretch: noon of its first day, where it has one."""
        at = self.outline.at
        return moment_in(self.span, self.outline.book) if at is None else at

    def _base(self) -> Formula:
        logic, meaning, frame = self.outline.logic, self.outline.meaning, self.form.frame
        parts: list[Formula] = [logic.complete()]
        for clause in self.form.norms.at.clauses:
            if clause.effect is Effect.SUPPOSE:
                for world in self.form.worlds:
                    scope = meaning.term(clause.scope, frame, world, every=False)
                    excepted = meaning.term(clause.unless or FALSE, frame, world, every=True)
                    then = meaning.term(clause.goal, frame, world, every=True)
                    parts.append(logic.either([-scope[1], excepted[0], then[0]]))
        return logic.both(parts)


class Outline:
    """One book as formulas, as it is read."""

    def __init__(self, logic: Logic, index: int, book: Book, view: View) -> None:
        self.logic = logic
        self.book = book
        self.at = view.at
        self.party = view.party
        self.meaning = Meaning(logic, index, book)
        self.timeline: Timeline = timeline_of(book, view.as_of)
        self._stretches: dict[Span, Stretch] = {}

    def stretch(self, at: float) -> Stretch:
        """The stretch that holds `at` (unix seconds)."""
        norms = self.timeline.norms(at)
        span = norms.at.span
        if span not in self._stretches:
            self._stretches[span] = Stretch(self, span, Form(self.meaning, norms, self.party))
        return self._stretches[span]

    def stretches(self) -> list[Stretch]:
        """All of them, in order, or the one that holds the moment asked about."""
        moments = edges(self.timeline.calendar.bounds) if self.at is None else [self.at.timestamp()]
        return [self.stretch(moment) for moment in moments]


def edges(bounds: list[float]) -> list[float]:
    """A moment in every stretch that `bounds` (sorted) make."""
    return [bounds[0] - 1, *bounds] if bounds else [0.0]


def outlines(books: tuple[Book, ...], view: View = EVERYTHING) -> tuple[Outline, ...]:
    """Several books in one space of facts; raises BookError for what the solver cannot express."""
    for book in books:
        refuse(book, "solver")
    logic = Logic(Space(books))
    return tuple(Outline(logic, index, book, view) for index, book in enumerate(books))


def moment_in(span: Span, book: Book) -> datetime:
    """A moment in `span`: its first noon in the zone of the book, else its last, else its middle."""
    if span.start == -inf:
        return _ANY if span.end == inf else last_noon(span, book)
    noon = _noon(span.start, book)
    if noon.timestamp() < span.start:
        noon += _DAY
    return noon if span.holds(noon.timestamp()) else _middle(span, book)


def last_noon(span: Span, book: Book) -> datetime:
    """The last noon in `span`, which ends, in the zone of the book; else its middle."""
    noon = _noon(span.end, book)
    if noon.timestamp() >= span.end:
        noon -= _DAY
    return noon if span.holds(noon.timestamp()) else _middle(span, book)


def _noon(moment: float, book: Book) -> datetime:
    day = datetime.fromtimestamp(moment, book.clock).date()
    return datetime(day.year, day.month, day.day, 12, tzinfo=book.clock)


def _middle(span: Span, book: Book) -> datetime:
    return datetime.fromtimestamp((span.start + span.end) / 2, book.clock)


class Run(msgspec.Struct, frozen=True):
    """Adjacent stretches with the same answer."""

    span: Span
    """From the first to the last."""
    first: Stretch
    """The first of them."""


def runs(stretches: Iterable[Stretch]) -> Iterator[Run]:
    """Stretches (in order) joined where one ends as the next begins."""
    current: Run | None = None
    for stretch in stretches:
        if current is not None and current.span.end == stretch.span.start:
            current = Run(Span(current.span.start, stretch.span.end), current.first)
            continue
        if current is not None:
            yield current
        current = Run(stretch.span, stretch)
    if current is not None:
        yield current
