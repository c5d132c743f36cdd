"""Partial evaluation of predicates: terms become residuals when the facts of caller and target are known.

It follows `interpret` to the letter; property tests hold the two together.
"""

from __future__ import annotations

from collections.abc import Mapping

from comity.contracts.interpret import holds
from comity.contracts.residual import Algebra, Facts, Masks, Opens, Residual, Run
from comity.contracts.terms import All, Exactly, Flag, Is, Not, OneOf, Some, Term, Test
from comity.contracts.vocabulary import Attribute, Value
from comity.contracts.worlds import Frame

KEPT = 10_000
"""How many answers of one definition are kept."""


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
        self.algebra = Algebra(full)
        self._named: dict[tuple[str, bool], Residual] = {}
        self._tests: dict[tuple[Test, bool], Residual] = {}

    def term(self, term: Term, *, every: bool) -> Residual:
        """What is left of `term`."""
        if isinstance(term, All):
            return self.algebra.both([self.term(part, every=every) for part in term.terms])
        if isinstance(term, Some):
            return self.algebra.either([self.term(part, every=every) for part in term.terms])
        if isinstance(term, Not):
            return self.algebra.negation(self.term(term.term, every=not every))
        if isinstance(term, Is):
            return self._definition(term.definition, every=every)
        every = every and self.attributes[term.attribute].set
        found = self._tests.get((term, every))
        if found is None:
            found = self._tests[term, every] = self._test(term, every=every)
        return found

    def _definition(self, name: str, *, every: bool) -> Residual:
        """What is left of a definition: one for all clauses, which keeps its answers since they all ask."""
        found = self._named.get((name, every))
        if found is None:
            found = self._meanings(name, every=every)
            if not found.uniform and found.known is None:
                found = Residual(_kept_run(found), found.opens, found.uses, found.points, uniform=False)
            self._named[name, every] = found
        return found

    def _meanings(self, name: str, *, every: bool) -> Residual:
        parts: list[Residual] = []
        for reading, meaning in self.meanings[name]:
            worlds = self.frame.masks[name, reading]
            if worlds:
                chosen = self.algebra.constant(worlds, worlds)
                parts.append(self.algebra.both([chosen, self.term(meaning, every=every)]))
        return self.algebra.either(parts)

    def _test(self, test: Test, *, every: bool) -> Residual:
        attribute = self.attributes[test.attribute]
        fact = self.static.get(test.attribute)
        if fact is not None:
            return self._answer(test, fact, attribute, every=every)
        if attribute.default is None:
            absent = self._open(attribute)
        else:
            absent = self._answer(test, attribute.default, attribute, every=every)
        run = self._run(test, attribute, absent.run({}), every=every)
        name, gap = attribute.name, {attribute.name: self.full}

        def opens(facts: Facts) -> Opens:
            must, may = run(facts)
            return gap if may & ~must else {}

        return Residual(run, opens, frozenset({name}), self._points(test, attribute))

    def _run(self, test: Test, attribute: Attribute, absent: Masks, *, every: bool) -> Run:
        yes, no = (self.full, self.full), (0, 0)
        if isinstance(test, OneOf):
            inside, touching = attribute.inside(test.values), attribute.touching(test.values)
            if attribute.set:
                return _set_run(attribute.name, (yes, no, absent), inside if every else touching, every=every)
            wide = frozenset() if attribute.exact else touching - inside
            answers: dict[Value | None, Masks] = {None: absent}
            answers.update(dict.fromkeys(inside, yes))
            answers.update(dict.fromkeys(wide, (0, self.full)))
            return _word_run(attribute.name, answers, no)
        return _plain_run(test, attribute, (yes, no, absent))

    def _points(self, test: Test, attribute: Attribute) -> frozenset[Value]:
        if isinstance(test, OneOf):
            return frozenset(attribute.touching(test.values))
        if isinstance(test, Flag):
            return frozenset({True, False})
        if isinstance(test, Exactly):
            return frozenset(test.values)
        return frozenset(end for end in (test.over, test.at_most) if end is not None)

    def _answer(self, test: Test, fact: Value, attribute: Attribute, *, every: bool) -> Residual:
        answer = holds(test, fact, attribute, every=every)
        if answer is None:
            return self._open(attribute)
        return self.algebra.everywhere if answer else self.algebra.nowhere

    def _open(self, attribute: Attribute) -> Residual:
        return self.algebra.constant(0, self.full, [{attribute.name: self.full}])


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


def _word_run(name: str, answers: dict[Value | None, Masks], otherwise: Masks) -> Run:
    def run(facts: Facts) -> Masks:
        return answers.get(facts.get(name), otherwise)

    return run


def _set_run(name: str, answers: tuple[Masks, Masks, Masks], words: frozenset[str], *, every: bool) -> Run:
    """All members are among `words`, or one of them is: a set is never too wide for its test."""
    yes, no, absent = answers

    def run(facts: Facts) -> Masks:
        fact = facts.get(name)
        if fact is None:
            return absent
        assert isinstance(fact, frozenset), "facts were checked when they came in"
        return yes if (fact <= words if every else not fact.isdisjoint(words)) else no

    return run


def _plain_run(test: Test, attribute: Attribute, answers: tuple[Masks, Masks, Masks]) -> Run:
    """A flag or a number is never too wide for its test: there is no third answer."""
    name = test.attribute
    yes, no, absent = answers

    def run(facts: Facts) -> Masks:
        fact = facts.get(name)
        if fact is None:
            return absent
        return yes if holds(test, fact, attribute, every=False) else no

    return run
