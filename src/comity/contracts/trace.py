"""How a verdict came about, clause by clause: who said it, what it asks, what the facts are.

The truths are the plain interpreter's own; nothing is evaluated here in a second way. `explain` says the same
in a few sentences.
"""

from __future__ import annotations

from datetime import datetime

import msgspec

from comity.contracts.book import Book
from comity.contracts.clauses import Clause
from comity.contracts.decide import interpret
from comity.contracts.interpret import Interpreter, Truth
from comity.contracts.norms import Norm, timeline_of
from comity.contracts.phrases import fact_phrase, term_phrase
from comity.contracts.terms import TRUE, All, Is, Not, Some, Term
from comity.contracts.verdict import Role, Verdict
from comity.contracts.vocabulary import Workload


class Step(msgspec.Struct, frozen=True):
    """One test, or several that belong together."""

    text: str
    """What is asked, in words; the name of a reading below a definition."""
    fact: str
    """What the workload says, or what its silence means; empty when more than one fact is asked for."""
    must: int
    """Worlds in which it surely holds."""
    may: int
    """Worlds in which it holds for some value of the missing attributes."""
    among: int
    """The worlds that were asked: those of a reading, or all that count."""
    parties: tuple[str, ...] = ()
    """Who asserts it, for a reading."""
    steps: tuple[Step, ...] = ()
    """What it consists of."""


class Said(msgspec.Struct, frozen=True):
    """What one clause says about the workload, and why."""

    clause: Clause
    """The clause."""
    does: tuple[tuple[Role, int, int], ...]
    """What it does, with the worlds in which it surely and perhaps does so; empty when nothing."""
    scope: Step
    """Whether it speaks about the workload."""
    unless: Step | None
    """Whether its exception holds; None when it has none."""
    goal: Step | None
    """Whether what it asks for holds; None when it asks for nothing."""
    cut: tuple[tuple[str, int], ...]
    """The clauses that override it here, each with the worlds in which it does."""


class Trace(msgspec.Struct, frozen=True):
    """A verdict with everything that every clause in force said."""

    verdict: Verdict
    """The verdict."""
    said: tuple[Said, ...]
    """Every clause in force that decides single requests, in the order of the book."""


def trace(
    book: Book, workload: Workload, at: datetime, as_of: datetime | None = None, party: str | None = None
) -> Trace:
    """The verdict about `workload`, clause by clause; the arguments are those of `decide`."""
    norms = timeline_of(book, as_of).norms(at.timestamp())
    verdict = interpret(book, workload, norms, party)
    tracer = _Tracer(Interpreter(book, norms, workload), verdict, workload)
    order = {clause.id: place for place, clause in enumerate(book.clauses)}
    live = sorted(norms.norms.values(), key=lambda norm: order[norm.name])
    return Trace(verdict, tuple(tracer.said(norm) for norm in live))


class _Tracer:
    """Asks the interpreter about every part of a clause."""

    def __init__(self, interpreter: Interpreter, verdict: Verdict, workload: Workload) -> None:
        self.workload = workload
        self.interpreter = interpreter
        self.book = interpreter.book
        self.verdict = verdict
        self.does: dict[str, list[tuple[Role, int, int]]] = {}
        for reason in verdict.reasons:
            self.does.setdefault(reason.clause, []).append((reason.effect, reason.must, reason.may))

    def said(self, norm: Norm) -> Said:
        every = norm.clause.effect == "permit"
        clause = norm.clause
        return Said(
            clause=clause,
            does=tuple(self.does.get(norm.name, ())),
            scope=self.step(norm.scope, self.verdict.all, every=every),
            unless=None
            if clause.unless is None
            else self.step(norm.unless, self.verdict.all, every=not every),
            goal=None if norm.goal == TRUE else self.step(norm.goal, self.verdict.all, every=True),
            cut=self._cut(norm, every=every),
        )

    def _cut(self, norm: Norm, *, every: bool) -> tuple[tuple[str, int], ...]:
        reach = self.interpreter.reach(norm.name, every=every).may & self.verdict.all
        found = (
            (cutter, self.interpreter.live(cutter, every=not every).must & reach) for cutter in norm.cutters
        )
        return tuple((cutter, worlds) for cutter, worlds in found if worlds)

    def step(self, term: Term, among: int, *, every: bool) -> Step:
        truth = self.interpreter.truth(term, every=every)
        steps: tuple[Step, ...] = ()
        if isinstance(term, All | Some):
            steps = tuple(self.step(part, among, every=every) for part in _flat(term))
        elif isinstance(term, Is):
            steps = self._readings(term, among, every=every)
        elif isinstance(term, Not) and isinstance(term.term, Is):
            steps = self._readings(term.term, among, every=not every)
        return _step(term_phrase(term), self._fact(term), truth, among, steps)

    def _readings(self, term: Is, among: int, *, every: bool) -> tuple[Step, ...]:
        found: list[Step] = []
        readings = self.book.definitions[term.definition].readings
        for reading in readings:
            worlds = self.interpreter.norms.at.frame.masks[term.definition, reading.name] & among
            if not worlds:
                continue
            inner = self.step(reading.means, worlds, every=every)
            if len(readings) == 1:
                return (inner,)
            truth = Truth(inner.must, inner.may)
            steps = inner.steps or (inner,)
            found.append(
                msgspec.structs.replace(_step(reading.name, "", truth, worlds, steps), parties=reading.by)
            )
        return tuple(found)

    def _fact(self, term: Term) -> str:
        leaf = term.term if isinstance(term, Not) else term
        if isinstance(leaf, All | Some | Is | Not):
            return ""
        fact = self.interpreter.facts.get(leaf.attribute)
        if fact is None:
            return "not stated"
        return fact_phrase(fact) if leaf.attribute in self.workload else f"{fact_phrase(fact)}, by silence"


def _flat(term: All | Some) -> tuple[Term, ...]:
    """The parts of a conjunction, those of conjunctions inside it among them."""
    if isinstance(term, Some):
        return term.terms
    return tuple(
        inner for part in term.terms for inner in (_flat(part) if isinstance(part, All) else (part,))
    )


def _step(text: str, fact: str, truth: Truth, among: int, steps: tuple[Step, ...]) -> Step:
    return Step(text, fact, truth.must & among, truth.may & among, among, steps=steps)
