"""Decides workloads: `decide` for one question, `Decider` for many against the same book."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from comity.contracts.book import Book
from comity.contracts.calendar import Calendar
from comity.contracts.interpret import Gaps, Holding, Interpreter
from comity.contracts.norms import Norms, norms_of
from comity.contracts.verdict import Verdict
from comity.contracts.vocabulary import Workload
from comity.contracts.weigh import weigh


def decide(
    book: Book, workload: Workload, at: datetime, as_of: datetime | None = None, party: str | None = None
) -> Verdict:
    """What `book` says about `workload` at the moment `at`.

    `as_of` limits the book to what it knew then; `party` counts only the worlds of that party's readings.
    """
    known = None if as_of is None else as_of.timestamp()
    return interpret_at(book, workload, Calendar(book, known), at.timestamp(), party)


def interpret_at(
    book: Book, workload: Workload, calendar: Calendar, at: float, party: str | None = None
) -> Verdict:
    """The verdict by plain interpretation, on a calendar made before."""
    moment = calendar.slice(at)
    return interpret(book, workload, norms_of(book, moment), party)


def interpret(book: Book, workload: Workload, norms: Norms, party: str | None = None) -> Verdict:
    """The verdict by plain interpretation of the norms at one moment."""
    interpreter = Interpreter(book, norms, workload)
    frame = norms.at.frame.restricted(party)

    def needs(open_holdings: list[Holding], worlds: int) -> Iterable[str]:
        gaps = Gaps(interpreter)
        for holding in open_holdings:
            gaps.collect(holding, worlds)
        return gaps.found

    rejected = tuple(name for name in book.vocabulary.required() if name not in workload)
    return weigh(interpreter.holdings(), frame, rejected, needs)


_MEMO_LIMIT = 4096


class Decider:
    """The hot path: one book, many workloads."""

    def __init__(self, book: Book, as_of: datetime | None = None) -> None:
        self.book = book
        self.calendar = Calendar(book, None if as_of is None else as_of.timestamp())

    def bind(self, static: Workload) -> Binding:
        """The decisions about workloads that share the facts `static` of caller and target."""
        return Binding(self, static)


class Binding:
    """Decisions about workloads that share their static facts, memoised by the facts that matter."""

    def __init__(self, decider: Decider, static: Workload) -> None:
        self._decider = decider
        self._static = dict(static)
        self._memo: dict[object, Verdict] = {}

    def decide(self, dynamic: Workload, at: float) -> Verdict:
        """The verdict about `static` and `dynamic` facts together at `at` (unix seconds)."""
        norms = norms_of(self._decider.book, self._decider.calendar.slice(at))
        return interpret(self._decider.book, {**self._static, **dynamic}, norms)

    def until(self, at: float) -> float:
        """Unix seconds of the next date boundary after `at`: a verdict stays valid before it; inf if none."""
        return self._decider.calendar.slice(at).span.end
