"""When clauses bind: effective periods as unix seconds, from the three clocks.

*At* is the moment of the act, *in force* what `lives` makes of the clause's own period, *known* what the book
said. Between two of its bounds nothing changes: such a stretch is a `Slice`.
"""

from __future__ import annotations

from bisect import bisect_right
from math import inf

import msgspec

from comity.contracts.book import Book
from comity.contracts.clauses import Clause, Definition, Settlement
from comity.contracts.days import Span, days_of, midnight, span_of
from comity.contracts.lives import Lives
from comity.contracts.worlds import Frame, frame
from comity.period import Period

__all__ = ["Calendar", "Slice", "Span", "days_of", "in_force", "midnight"]


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


class Calendar:
    """The book as it was known at one moment, cut into stretches without change."""

    def __init__(self, book: Book, as_of: float | None = None) -> None:
        self.book = book
        self.lives = Lives(book, inf if as_of is None else as_of)
        self.spans = {name: life.span for name, life in self.lives.of.items()}
        self.contracts = {
            contract.id: span_of(contract.in_force, book.zone(contract.id))
            for contract in book.contracts.values()
            if self.lives.is_known(contract.known, contract.id)
        }
        self.settled = {name: self._settled(definition) for name, definition in book.definitions.items()}
        spans = [*self.spans.values(), *self.contracts.values()]
        spans += [span for settlements in self.settled.values() for span, _ in settlements]
        spans += [pause.span for life in self.lives.of.values() for pause in life.pauses]
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
        live = [clause for clause in self.book.clauses if self.binds(clause.id, at)]
        settled = {
            name: settlement.reading
            for name in self.settled
            if (settlement := self.settlement(name, at)) is not None
        }
        return Slice(
            span=Span(start, end),
            clauses=tuple(sorted(live, key=lambda clause: clause.id)),
            contracts=frozenset(name for name, span in self.contracts.items() if span.holds(at)),
            frame=frame(self.book.worlds, self.book.definitions, settled),
        )

    def binds(self, clause: str, at: float) -> bool:
        """Whether the clause with this id binds at `at`."""
        return clause in self.lives.of and self.lives.of[clause].holds(at)

    def settlement(self, definition: str, at: float) -> Settlement | None:
        """How a term stands at `at`: by the latest settlement that holds then; None while it is open."""
        holding = [settlement for span, settlement in self.settled[definition] if span.holds(at)]
        return max(holding, key=lambda settlement: settlement.start, default=None)

    def _settled(self, definition: Definition) -> tuple[tuple[Span, Settlement], ...]:
        zone = self.book.zone(definition.contract)
        return tuple(
            (span_of(Period(None if one.retroactive else one.start, one.end), zone), one)
            for one in definition.settled
            if self.lives.is_known(one.known, definition.contract)
        )


def in_force(book: Book) -> dict[str, Period]:
    """The days on which every clause binds, with what ends it: events, later clauses, its own end.

    A clause that ended before it began, or that the book has taken back, has a period whose end is not after
    its start.
    """
    calendar = Calendar(book)
    taken_back = {clause.id: Period(clause.retracted, clause.retracted) for clause in book.clauses}
    return taken_back | {
        clause.id: days_of(calendar.spans[clause.id], book.zone(clause.contract))
        for clause in book.clauses
        if clause.id in calendar.spans
    }
