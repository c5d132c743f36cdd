"""The meaning of predicates and clauses, written to be read: the reference for every other target.

A truth is a pair of world masks: `must` holds where the term is true, `may` where it is not false (Kleene's
strong logic, world by world). That under-approximates "true for every value of the missing facts": a clause
may stay unknown although every value gives the same answer, and never the other way round.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import msgspec

from comity.contracts.book import Book
from comity.contracts.clauses import Effect
from comity.contracts.norms import Hush, Norm, Norms
from comity.contracts.terms import All, Exactly, Flag, Is, Not, OneOf, Some, Term, Test
from comity.contracts.verdict import Role
from comity.contracts.vocabulary import Attribute, Value, Workload


class Truth(msgspec.Struct, frozen=True):
    """Where something holds."""

    must: int
    """Worlds in which it is true."""
    may: int
    """Worlds in which it is not false; `must` is part of it."""


class Holding(msgspec.Struct, frozen=True):
    """What one norm does to the workload."""

    norm: Norm | Hush
    """The clause, or the silent contract."""
    role: Role
    """What it does."""
    must: int
    """Worlds in which it certainly does so."""
    may: int
    """Worlds in which it may."""


class Interpreter:
    """Evaluates one workload at one moment."""

    def __init__(self, book: Book, norms: Norms, facts: Workload) -> None:
        self.book = book
        self.norms = norms
        self.facts: Mapping[str, Value] = {**book.vocabulary.defaults(), **facts}
        self.full = book.worlds.every
        self.nowhere = Truth(0, 0)
        self.everywhere = Truth(self.full, self.full)
        self.unknown = Truth(0, self.full)
        self._live: dict[tuple[str, bool], Truth] = {}

    def holdings(self) -> list[Holding]:
        """What every norm does, where it may do anything in a world that counts."""
        found: list[Holding] = []
        for norm in self.norms.norms.values():
            found += self._norm(norm)
        for hush in self.norms.hushes:
            truth = self.hush(hush)
            found.append(Holding(hush, Role.SILENCE, truth.must, truth.may))
        counted = self.norms.at.frame.all
        return [holding for holding in found if holding.may & counted]

    def _norm(self, norm: Norm) -> list[Holding]:
        effect = norm.clause.effect
        live = self.live(norm.clause.id, every=effect is Effect.PERMIT)
        goal = self.truth(norm.goal, every=True)
        met, unmet = self.both(live, goal), self.both(live, self.negation(goal))
        shadow = self._shadow(norm, goal)
        risk = [Holding(norm, Role.SUPPLY_RISK, shadow.must, shadow.may)]
        if effect is Effect.PERMIT:
            return [Holding(norm, Role.PERMITS, live.must, live.may)]
        if effect is Effect.FORBID:
            return [Holding(norm, Role.FORBIDS, live.must, live.may), *risk]
        role = Role.FORBIDS if effect is Effect.CONFINE else Role.REQUIRES
        return [
            Holding(norm, role, unmet.must, unmet.may),
            Holding(norm, Role.CONFORMS, met.must, met.may),
            *risk,
        ]

    def _shadow(self, norm: Norm, goal: Truth) -> Truth:
        if norm.shadow is None:
            return self.nowhere
        truth = self.both(
            self.truth(norm.shadow, every=False), self.negation(self.truth(norm.unless, every=True))
        )
        return truth if norm.clause.effect is Effect.FORBID else self.both(truth, self.negation(goal))

    def reach(self, identity: str, *, every: bool) -> Truth:
        """Where the clause would apply if nothing overrode it."""
        norm = self.norms.norms[identity]
        scope, exception = self.truth(norm.scope, every=every), self.truth(norm.unless, every=not every)
        return self.both(scope, self.negation(exception))

    def live(self, identity: str, *, every: bool) -> Truth:
        """Where the clause applies: reached, not excepted, not overridden; for `every` member, or some."""
        known = self._live.get((identity, every))
        if known is None:
            cutters = self.norms.norms[identity].cutters
            cut = self.either(self.live(cutter, every=not every) for cutter in cutters)
            known = self._live[identity, every] = self.both(
                self.reach(identity, every=every), self.negation(cut)
            )
        return known

    def hush(self, hush: Hush) -> Truth:
        """Where the contract forbids because none of its clauses speaks about every member."""
        spoken = self.either(self.live(speaker, every=True) for speaker in hush.speakers)
        cut = self.either(self.live(cutter, every=True) for cutter in hush.cutters)
        about = self.truth(hush.scope, every=False)
        return self.both(about, self.negation(self.either([spoken, cut])))

    def truth(self, term: Term, *, every: bool) -> Truth:
        """Where `term` holds; a set is tested for `every` member, or for some."""
        if isinstance(term, All):
            found = self.everywhere
            for part in term.terms:
                found = self.both(found, self.truth(part, every=every))
            return found
        if isinstance(term, Some):
            return self.either(self.truth(part, every=every) for part in term.terms)
        if isinstance(term, Not):
            return self.negation(self.truth(term.term, every=not every))
        if isinstance(term, Is):
            return self._definition(term.definition, every=every)
        return self._test(term, every=every)

    def _definition(self, name: str, *, every: bool) -> Truth:
        must = may = 0
        for reading in self.book.definitions[name].readings:
            worlds = self.norms.at.frame.masks[name, reading.name]
            if worlds:
                truth = self.truth(reading.means, every=every)
                must |= truth.must & worlds
                may |= truth.may & worlds
        return Truth(must, may)

    def _test(self, test: Test, *, every: bool) -> Truth:
        fact = self.facts.get(test.attribute)
        if fact is None:
            return self.unknown
        attribute = self.book.vocabulary.attributes[test.attribute]
        answer = holds(test, fact, attribute, every=every)
        if answer is None:
            return self.unknown
        return self.everywhere if answer else self.nowhere

    def both(self, one: Truth, other: Truth) -> Truth:
        """Where both hold."""
        return Truth(one.must & other.must, one.may & other.may)

    def either(self, truths: Iterable[Truth]) -> Truth:
        """Where one of them holds."""
        must = may = 0
        for truth in truths:
            must |= truth.must
            may |= truth.may
        return Truth(must, may)

    def negation(self, truth: Truth) -> Truth:
        """Where it does not hold."""
        return Truth(self.full & ~truth.may, self.full & ~truth.must)


def holds(test: Test, fact: Value, attribute: Attribute, *, every: bool) -> bool | None:
    """Whether a stated fact passes a test; None when the fact is wider than the test."""
    if isinstance(test, OneOf):
        return _is_one_of(test.values, fact, attribute, every=every)
    if isinstance(test, Flag):
        return fact is test.value
    assert isinstance(fact, int) or not isinstance(fact, str | frozenset), (
        "facts were checked when they came in"
    )
    if isinstance(test, Exactly):
        return fact in test.values
    return (test.over is None or fact > test.over) and (test.at_most is None or fact <= test.at_most)


def _is_one_of(values: frozenset[str], fact: Value, attribute: Attribute, *, every: bool) -> bool | None:
    if isinstance(fact, frozenset):
        if every:
            return fact <= attribute.inside(values)
        return not fact.isdisjoint(attribute.touching(values))
    if fact in attribute.inside(values):
        return True
    return None if not attribute.exact and fact in attribute.touching(values) else False


class Gaps:
    """Finds the missing facts on which an unknown answer hangs."""

    def __init__(self, interpreter: Interpreter) -> None:
        self.interpreter = interpreter
        self.found: set[str] = set()

    def collect(self, holding: Holding, worlds: int) -> None:
        """Notes the attributes that leave `holding` open in `worlds`."""
        gap = holding.may & ~holding.must & worlds
        if not gap:
            return
        norm = holding.norm
        if isinstance(norm, Hush):
            self._term(norm.scope, gap, every=False)
            for identity in (*norm.speakers, *norm.cutters):
                self._open_clause(identity, gap, every=True)
            return
        self._clause(norm.clause.id, gap, every=holding.role is Role.PERMITS)
        self._term(norm.goal, gap, every=True)

    def _clause(self, identity: str, gap: int, *, every: bool) -> None:
        norm = self.interpreter.norms.norms[identity]
        self._term(norm.scope, gap, every=every)
        self._term(norm.unless, gap, every=not every)
        for cutter in norm.cutters:
            self._open_clause(cutter, gap, every=not every)

    def _open_clause(self, identity: str, gap: int, *, every: bool) -> None:
        """A clause on which others hang: what matters is where it is open itself."""
        truth = self.interpreter.live(identity, every=every)
        if open_worlds := truth.may & ~truth.must & gap:
            self._clause(identity, open_worlds, every=every)

    def _term(self, term: Term, worlds: int, *, every: bool) -> None:
        truth = self.interpreter.truth(term, every=every)
        gap = truth.may & ~truth.must & worlds
        if not gap:
            return
        if isinstance(term, All | Some):
            for part in term.terms:
                self._term(part, gap, every=every)
        elif isinstance(term, Not):
            self._term(term.term, gap, every=not every)
        elif isinstance(term, Is):
            for reading in self.interpreter.book.definitions[term.definition].readings:
                mask = self.interpreter.norms.at.frame.masks[term.definition, reading.name]
                self._term(reading.means, gap & mask, every=every)
        else:
            self.found.add(term.attribute)
