"""The solver's target of the intermediate form: what a book says at one moment, as formulas over facts.

The five operations of `compile.form` become formulas, world by world; nothing of their meaning is written
again. Worlds that read every term in play alike share their formulas. Supply risk is left out, since it
decides nothing.
"""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from comity.contracts.book import Book
from comity.contracts.compile.form import Ask, Both, Either, Moment, Negation, Operation, operands
from comity.contracts.compile.form import Form as Steps
from comity.contracts.compile.lower import lower
from comity.contracts.norms import Norms
from comity.contracts.prove.formulas import FALSE, TRUE, Pair
from comity.contracts.prove.logic import Logic
from comity.contracts.terms import All, Is, Not, Some, Term
from comity.contracts.verdict import Role
from comity.contracts.worlds import Frame


class Sayings(msgspec.Struct, frozen=True):
    """What a book says in one world."""

    parts: dict[tuple[str, Role], Pair]
    """What every clause (or silent contract) does there; what can never hold is left out."""
    forbids: Pair
    """Where it prohibits."""
    asks: Pair
    """Where it is conditional, prohibitions apart."""
    permits: Pair
    """Where some clause permits, prohibitions apart."""

    def part(self, clause: str, role: Role) -> Pair:
        """Where the clause does that."""
        return self.parts.get((clause, role), NOWHERE)


NOWHERE: Pair = (FALSE, FALSE)
"""What never holds."""


class Meaning:
    """The terms of one book as formulas, for what no norm says: acts of duties, and how the world is."""

    def __init__(self, logic: Logic, index: int, book: Book) -> None:
        self.logic = logic
        self.index = index
        self.book = book

    def term(self, term: Term, frame: Frame, world: int, *, every: bool) -> Pair:
        """Where `term` holds in a world."""
        if isinstance(term, All):
            return _all(self.logic, [self.term(part, frame, world, every=every) for part in term.terms])
        if isinstance(term, Some):
            return _any(self.logic, [self.term(part, frame, world, every=every) for part in term.terms])
        if isinstance(term, Not):
            return _not(self.term(term.term, frame, world, every=not every))
        if isinstance(term, Is):
            name = term.definition
            chosen = [
                reading.means
                for reading in self.book.definitions[name].readings
                if frame.masks[name, reading.name] >> world & 1
            ]
            return _any(self.logic, [self.term(means, frame, world, every=every) for means in chosen])
        return self.logic.test(self.index, term, every=every)


class Form:
    """What a book says at one moment, world by world."""

    def __init__(self, meaning: Meaning, norms: Norms, party: str | None = None) -> None:
        self.meaning = meaning
        self.norms = norms
        self.frame = norms.at.frame.restricted(party)
        self._steps = lower(meaning.book, [norms])
        self._needed = _needed(self._steps)
        steps = (self._steps.operations[place] for place in self._needed)
        self._readings = [step.worlds[0] for step in steps if isinstance(step, Moment)]
        self._said: dict[tuple[int, ...], Sayings] = {}
        self.worlds = {
            world: self._of(world)
            for world in range(meaning.book.worlds.count)
            if self.frame.all >> world & 1
        }
        """Every world that counts, to what the book says there."""
        self.distinct = list(self._said.values())
        """What the book says, once for worlds that agree on every term in play."""

    def _of(self, world: int) -> Sayings:
        key = tuple(worlds >> world & 1 for worlds in self._readings)
        if key not in self._said:
            self._said[key] = self._sayings(_run(self._steps, self._needed, self.meaning, world))
        return self._said[key]

    def _sayings(self, truths: dict[int, Pair]) -> Sayings:
        logic, vocabulary = self.meaning.logic, self.meaning.book.vocabulary
        parts: dict[tuple[str, Role], Pair] = {
            (entry.name, entry.role): truths[entry.truth]
            for entry in self._steps.speaks
            if entry.role is not Role.SUPPLY_RISK
        }

        def union(*roles: Role) -> Pair:
            return _any(logic, [pair for (_, role), pair in parts.items() if role in roles])

        forbids = union(Role.FORBIDS, Role.SILENCE)
        unstated = [logic.absent(name) for name in vocabulary.required()]
        return Sayings(
            parts=parts,
            forbids=(forbids[0], logic.either([forbids[1], *unstated])),
            asks=union(Role.REQUIRES),
            permits=union(Role.PERMITS, Role.CONFORMS),
        )


def _needed(steps: Steps) -> list[int]:
    """The steps behind all but supply risk, in order."""
    todo = [entry.truth for entry in steps.speaks if entry.role is not Role.SUPPLY_RISK]
    found: set[int] = set()
    while todo:
        place = todo.pop()
        if place not in found:
            found.add(place)
            todo += operands(steps.operations[place])
    return sorted(found)


def _run(steps: Steps, needed: list[int], meaning: Meaning, world: int) -> dict[int, Pair]:
    """Every step of the form that decides something, in one world."""
    found: dict[int, Pair] = {}
    for place in needed:
        found[place] = _step(steps.operations[place], found, meaning, world)
    return found


def _step(step: Operation, found: dict[int, Pair], meaning: Meaning, world: int) -> Pair:
    if isinstance(step, Moment):
        known = TRUE if step.worlds[0] >> world & 1 else FALSE
        return known, known
    if isinstance(step, Ask):
        return meaning.logic.test(meaning.index, step.test, every=step.every)
    if isinstance(step, Negation):
        return _not(found[step.part])
    join = {Both: _all, Either: _any}[type(step)]
    return join(meaning.logic, [found[part] for part in step.parts])


def _all(logic: Logic, parts: Iterable[Pair]) -> Pair:
    held = list(parts)
    return logic.both(part[0] for part in held), logic.both(part[1] for part in held)


def _any(logic: Logic, parts: Iterable[Pair]) -> Pair:
    held = list(parts)
    return logic.either(part[0] for part in held), logic.either(part[1] for part in held)


def _not(part: Pair) -> Pair:
    return -part[1], -part[0]
