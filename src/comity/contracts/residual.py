"""Partially evaluated predicates: what is left of a term when the facts of caller and target are known.

A `Residual` is a constant, or a function of the remaining facts to a pair of world masks, with the attributes
it still looks at. It follows `interpret` to the letter; a property test holds the two together.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import NamedTuple, TypeAlias

from comity.contracts.interpret import holds
from comity.contracts.terms import All, Is, Not, OneOf, Some, Term, Test
from comity.contracts.vocabulary import Attribute, Value
from comity.contracts.worlds import Frame

Masks: TypeAlias = tuple[int, int]
"""Worlds in which something must hold, and in which it may."""

Facts: TypeAlias = Mapping[str, Value]
"""The facts that were not known before."""

Run: TypeAlias = Callable[[Facts], Masks]
"""Evaluates what is left."""


KEPT = 10_000
"""How many answers of one definition are kept."""


class Gate(NamedTuple):
    """What must be so for a residual to hold anywhere: a cheap test that spares most evaluations."""

    attribute: str
    """The attribute that is looked at."""
    facts: frozenset[Value | None]
    """The facts with which it may hold; None stands for a missing one."""


class Residual:
    """What is left of a term."""

    __slots__ = ("gates", "known", "run", "uses")

    def __init__(
        self, known: Masks | None, run: Run, uses: frozenset[str], gates: tuple[Gate, ...] = ()
    ) -> None:
        self.known = known
        """The masks, when no fact can change them; else None."""
        self.run = run
        """Gives the masks for the remaining facts."""
        self.uses = uses
        """The attributes that `run` looks at."""
        self.gates = gates
        """Each tells when it cannot hold; empty when no single fact can tell."""


def constant(must: int, may: int) -> Residual:
    """A residual that no fact changes."""
    masks = (must, may)
    return Residual(masks, lambda _facts: masks, frozenset())


class Reducer:
    """Reduces terms for one set of static facts, in the worlds of one moment."""

    def __init__(
        self,
        attributes: Mapping[str, Attribute],
        meanings: Mapping[str, tuple[tuple[str, Term], ...]],
        frame: Frame,
        full: int,
        static: Facts,
    ) -> None:
        self.attributes = attributes
        self.meanings = meanings
        self.frame = frame
        self.full = full
        self.static = static
        self.nowhere = constant(0, 0)
        self.everywhere = constant(full, full)
        self.unknown = constant(0, full)
        self._named: dict[tuple[str, bool], Residual] = {}

    def term(self, term: Term, *, every: bool) -> Residual:
        """What is left of `term`."""
        if isinstance(term, All):
            return self.both([self.term(part, every=every) for part in term.terms])
        if isinstance(term, Some):
            return self.either([self.term(part, every=every) for part in term.terms])
        if isinstance(term, Not):
            return self.negation(self.term(term.term, every=not every))
        if isinstance(term, Is):
            return self._definition(term.definition, every=every)
        return self._test(term, every=every)

    def _definition(self, name: str, *, every: bool) -> Residual:
        """What is left of a definition: one for all clauses, which keeps its answers since they all ask."""
        found = self._named.get((name, every))
        if found is None:
            found = self._meanings(name, every=every)
            if found.known is None:
                found = Residual(None, _kept_run(found), found.uses, found.gates)
            self._named[name, every] = found
        return found

    def _meanings(self, name: str, *, every: bool) -> Residual:
        parts: list[Residual] = []
        for reading, meaning in self.meanings[name]:
            worlds = self.frame.masks[name, reading]
            if worlds:
                parts.append(self.both([constant(worlds, worlds), self.term(meaning, every=every)]))
        return self.either(parts)

    def _test(self, test: Test, *, every: bool) -> Residual:
        attribute = self.attributes[test.attribute]
        fact = self.static.get(test.attribute)
        if fact is not None:
            return self._answer(holds(test, fact, attribute, every=every))
        default = attribute.default
        absent = (
            self.unknown if default is None else self._answer(holds(test, default, attribute, every=every))
        )
        uses = frozenset({attribute.name})
        if not isinstance(test, OneOf) or attribute.set:
            return Residual(None, _plain_run(test, attribute, absent, self, every=every), uses)
        answers = self._answers(test, attribute, absent)
        gate = Gate(attribute.name, frozenset(fact for fact, masks in answers.items() if masks[1]))
        return Residual(None, _word_run(attribute.name, answers, self.nowhere.run({})), uses, (gate,))

    def _answers(self, test: OneOf, attribute: Attribute, absent: Residual) -> dict[Value | None, Masks]:
        """What a word test answers for every word that does not fail it, and for a missing fact."""
        inside = attribute.inside(test.values)
        wide = frozenset() if attribute.exact else attribute.touching(test.values) - inside
        answers: dict[Value | None, Masks] = {None: absent.run({})}
        answers |= dict.fromkeys(inside, self.everywhere.run({}))
        answers |= dict.fromkeys(wide, self.unknown.run({}))
        return answers

    def _answer(self, answer: bool | None) -> Residual:  # noqa: FBT001 - three-valued, not a switch
        if answer is None:
            return self.unknown
        return self.everywhere if answer else self.nowhere

    def both(self, parts: Iterable[Residual]) -> Residual:
        """Where all of `parts` hold."""
        must = may = self.full
        rest: list[Residual] = []
        for part in parts:
            if part.known is None:
                rest.append(part)
            else:
                must &= part.known[0]
                may &= part.known[1]
        if not may or not rest:
            return constant(must, may)
        if len(rest) == 1 and must == may == self.full:
            return rest[0]
        runs = tuple(part.run for part in rest)
        gates = tuple(gate for part in rest for gate in part.gates)
        return Residual(None, _both_run(must, may, runs), _uses(rest), gates)

    def either(self, parts: Iterable[Residual]) -> Residual:
        """Where one of `parts` holds."""
        must = may = 0
        rest: list[Residual] = []
        for part in parts:
            if part.known is None:
                rest.append(part)
            else:
                must |= part.known[0]
                may |= part.known[1]
        if must == self.full or not rest:
            return constant(must, may)
        if len(rest) == 1 and not may:
            return rest[0]
        runs = tuple(part.run for part in rest)
        return Residual(None, _either_run(must, may, runs), _uses(rest))

    def negation(self, part: Residual) -> Residual:
        """Where `part` does not hold."""
        full = self.full
        if part.known is not None:
            return constant(full & ~part.known[1], full & ~part.known[0])
        inner = part.run

        def run(facts: Facts) -> Masks:
            must, may = inner(facts)
            return full & ~may, full & ~must

        return Residual(None, run, part.uses)


def _uses(parts: Iterable[Residual]) -> frozenset[str]:
    return frozenset().union(*(part.uses for part in parts))


def _kept_run(part: Residual) -> Run:
    names, inner = tuple(part.uses), part.run
    kept: dict[tuple[Value | None, ...], Masks] = {}

    def run(facts: Facts) -> Masks:
        key = tuple([facts.get(name) for name in names])
        found = kept.get(key)
        if found is None:
            if len(kept) >= KEPT:
                kept.clear()
            found = kept[key] = inner(facts)
        return found

    return run


def _both_run(must: int, may: int, runs: tuple[Run, ...]) -> Run:
    def run(facts: Facts) -> Masks:
        found, possible = must, may
        for part in runs:
            one, other = part(facts)
            found &= one
            possible &= other
            if not possible:
                return 0, 0
        return found, possible

    return run


def _either_run(must: int, may: int, runs: tuple[Run, ...]) -> Run:
    def run(facts: Facts) -> Masks:
        found, possible = must, may
        for part in runs:
            one, other = part(facts)
            found |= one
            possible |= other
        return found, possible

    return run


def _word_run(name: str, answers: dict[Value | None, Masks], otherwise: Masks) -> Run:
    def run(facts: Facts) -> Masks:
        return answers.get(facts.get(name), otherwise)

    return run


def _plain_run(test: Test, attribute: Attribute, absent: Residual, reducer: Reducer, *, every: bool) -> Run:
    name = test.attribute
    missing = absent.run({})
    yes, no = reducer.everywhere.run({}), reducer.nowhere.run({})

    def run(facts: Facts) -> Masks:
        fact = facts.get(name)
        if fact is None:
            return missing
        # A set, a flag or a number is never too wide for its test: there is no third answer.
        return yes if holds(test, fact, attribute, every=every) else no

    return run
