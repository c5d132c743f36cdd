"""Decides workloads: `decide` for one question, `Decider` for many against the same book."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from math import inf

from comity.contracts.book import Book
from comity.contracts.calendar import Span
from comity.contracts.interpret import Gaps, Holding, Interpreter
from comity.contracts.norms import Norms, timeline_of
from comity.contracts.scalar import Program
from comity.contracts.verdict import Verdict
from comity.contracts.vocabulary import Workload
from comity.contracts.weigh import place_of, weigh


def decide(
    book: Book, workload: Workload, at: datetime, as_of: datetime | None = None, party: str | None = None
) -> Verdict:
    """What `book` says about `workload` at the moment `at`.

    `as_of` limits the book to what it knew then; `party` counts only the worlds of that party's readings.

    >>> book = load_book(Path("books/acme"))
    >>> personal = {"actor": "acme", "action": "serve", "provider": "oai", "cloud": "azure"}
    >>> personal |= {"data": "personal", "subject": "eu"}
    >>> workload = parse_facts(book, {**personal, "region": ["us-east-1"]})
    >>> verdict = decide(book, workload, datetime(2026, 6, 1, tzinfo=UTC))
    >>> str(verdict.outcome), verdict.clauses
    ('prohibited', ('dpa.residency',))

    A fact that is left out is missing, not false:

    >>> verdict = decide(book, parse_facts(book, personal), datetime(2026, 6, 1, tzinfo=UTC))
    >>> str(verdict.outcome), verdict.needs
    ('unknown', ('region',))
    """
    return interpret(book, workload, timeline_of(book, as_of).norms(at.timestamp()), party)


def interpret(book: Book, workload: Workload, norms: Norms, party: str | None = None) -> Verdict:
    """The verdict by plain interpretation of the norms at one moment."""
    norms = norms if party is None else norms.read_by(party)
    interpreter = Interpreter(book, norms, workload)

    def needs(open_holdings: list[Holding], worlds: int) -> Iterable[str]:
        gaps = Gaps(interpreter)
        for holding in open_holdings:
            gaps.collect(holding, worlds)
        return gaps.found

    rejected = tuple(name for name in book.vocabulary.required() if name not in workload)
    holdings = sorted(interpreter.holdings(), key=lambda one: place_of(one.role, one.norm.name))
    return weigh(holdings, norms.at.frame, rejected, needs)


class Decider:
    """The hot path: one book, many workloads.

    Bind what stays the same, then decide the rest as often as you like; `at` is unix seconds here,
    `as_of` and `party` are those of `decide`.

    >>> book = load_book(Path("books/acme"))
    >>> same = {"actor": "acme", "action": "serve", "provider": "oai", "cloud": "azure"}
    >>> caller = Decider(book).bind(parse_facts(book, same))
    >>> june = datetime(2026, 6, 1, tzinfo=UTC).timestamp()
    >>> for region in ("swedencentral", "us-east-1"):
    ...     personal = {"data": "personal", "subject": "eu", "region": [region]}
    ...     print(region, caller.decide(parse_facts(book, personal), june).outcome)
    swedencentral permitted
    us-east-1 prohibited
    """

    def __init__(self, book: Book, as_of: datetime | None = None, party: str | None = None) -> None:
        self.book = book
        self.party = party
        self.timeline = timeline_of(book, as_of)

    def bind(self, static: Workload) -> Binding:
        """The decisions about workloads that share the facts `static` of caller and target."""
        return Binding(self, static)


class Binding:
    """Decisions about workloads that share their static facts, memoised by the facts that matter."""

    def __init__(self, decider: Decider, static: Workload) -> None:
        self._decider = decider
        self._static = dict(static)
        self._programs: dict[Span, Program] = {}
        self._start = inf
        self._end = -inf
        self._program: Program | None = None

    def decide(self, dynamic: Workload, at: float) -> Verdict:
        """The verdict about static and `dynamic` facts at `at` (unix seconds); static facts prevail."""
        if not self._start <= at < self._end:
            self._turn(at)
        assert self._program is not None, "turning to a moment chooses its program"
        return self._program.decide(dynamic)

    def until(self, at: float) -> float:
        """Unix seconds of the next date boundary after `at`: a verdict stays valid before it; inf if none."""
        return self._decider.timeline.calendar.slice(at).span.end

    def program(self, at: float) -> Program:
        """What is left of the book at `at`."""
        norms = self._decider.timeline.norms(at)
        span = norms.at.span
        found = self._programs.get(span)
        if found is None:
            book, party = self._decider.book, self._decider.party
            norms = norms if party is None else norms.read_by(party)
            found = Program(book, norms, self._static)
            self._programs[span] = found
        return found

    def _turn(self, at: float) -> None:
        self._program = self.program(at)
        span = self._program.norms.at.span
        self._start, self._end = span.start, span.end
