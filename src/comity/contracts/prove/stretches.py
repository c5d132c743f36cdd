"""A book over time for the solver: one form per stretch without change, and answers joined over stretches.

Days are shown in the zone of the contract in question. Nothing here asks the solver anything.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from math import inf

import msgspec

from comity.contracts.book import Book
from comity.contracts.calendar import Span
from comity.contracts.clauses import Effect
from comity.contracts.norms import Timeline, timeline_of
from comity.contracts.prove.formulas import Formula
from comity.contracts.prove.logic import Logic
from comity.contracts.prove.space import Space
from comity.contracts.prove.symbolic import Form, Meaning
from comity.contracts.terms import FALSE

_HALF_A_DAY = 12 * 3600.0
_ANY = datetime(2000, 1, 1, 12, tzinfo=UTC)


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
        """A moment in it: noon of its first day, where it has one."""
        return moment_in(self.span, self.outline.book)

    def _base(self) -> Formula:
        logic, meaning = self.outline.logic, self.outline.meaning
        parts: list[Formula] = [logic.complete()]
        for clause in self.form.norms.at.clauses:
            if clause.effect is Effect.SUPPOSE:
                for choice in dict.fromkeys(self.form.choices.values()):
                    scope = meaning.term(clause.scope, choice, every=False)
                    excepted = meaning.term(clause.unless or FALSE, choice, every=True)
                    then = meaning.term(clause.goal, choice, every=True)
                    parts.append(logic.either([-scope[1], excepted[0], then[0]]))
        return logic.both(parts)


class Outline:
    """One book as formulas, at all times."""

    def __init__(self, logic: Logic, index: int, book: Book, party: str | None = None) -> None:
        self.logic = logic
        self.book = book
        self.party = party
        self.meaning = Meaning(logic, index, book)
        self.timeline: Timeline = timeline_of(book, None)
        self._stretches: dict[Span, Stretch] = {}

    def stretch(self, at: float) -> Stretch:
        """The stretch that holds `at` (unix seconds)."""
        norms = self.timeline.norms(at)
        span = norms.at.span
        if span not in self._stretches:
            self._stretches[span] = Stretch(self, span, Form(self.meaning, norms, self.party))
        return self._stretches[span]

    def stretches(self, at: float | None = None) -> list[Stretch]:
        """All of them, in order, or the one that holds `at`."""
        moments = edges(self.timeline.calendar.bounds) if at is None else [at]
        return [self.stretch(moment) for moment in moments]


def edges(bounds: list[float]) -> list[float]:
    """A moment in every stretch that `bounds` (sorted) make."""
    return [bounds[0] - 1, *bounds] if bounds else [0.0]


def outlines(books: tuple[Book, ...], party: str | None = None) -> tuple[Outline, ...]:
    """Several books in one space of facts."""
    logic = Logic(Space(books))
    return tuple(Outline(logic, index, book, party) for index, book in enumerate(books))


def moment_in(span: Span, book: Book) -> datetime:
    """A moment in `span`: noon of the first day, else of the last, in the zone of the book."""
    if span.start == -inf:
        moment = _ANY.timestamp() if span.end == inf else span.end - _HALF_A_DAY
    else:
        moment = span.start + min(_HALF_A_DAY, (span.end - span.start) / 2)
    return datetime.fromtimestamp(moment, book.clock)


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
