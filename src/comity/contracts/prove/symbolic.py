"""What a book says at one moment, as formulas over facts: `interpret` with formulas in the place of masks.

One `Form` per stretch without change. Worlds that read every term in play alike share their formulas. Which
clause is supply risk is left out, since it decides nothing.
"""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from comity.contracts.book import Book
from comity.contracts.clauses import Effect
from comity.contracts.norms import Hush, Norms
from comity.contracts.prove.formulas import Pair
from comity.contracts.prove.logic import Logic
from comity.contracts.terms import All, Is, Not, Some, Term, definitions
from comity.contracts.verdict import Role
from comity.contracts.worlds import Frame

Choice = tuple[tuple[str, ...], ...]
"""For every definition of the book the readings that a world takes (one, unless it is in no clause)."""


class Sayings(msgspec.Struct, frozen=True):
    """What a book says in one world."""

    parts: dict[tuple[str, Role], Pair]
    """What every clause (or silent contract) does there."""
    forbids: Pair
    """Where it prohibits."""
    asks: Pair
    """Where it is conditional, prohibitions apart."""
    permits: Pair
    """Where some clause permits, prohibitions apart."""


class Meaning:
    """The terms of one book as formulas, kept for all moments and worlds."""

    def __init__(self, logic: Logic, index: int, book: Book) -> None:
        self.logic = logic
        self.index = index
        self.book = book
        self.known: dict[tuple[Term, bool, Choice], Pair] = {}
        self.names = tuple(sorted(book.definitions))

    def choice(self, frame: Frame, world: int) -> Choice:
        """How `world` reads every definition."""
        return tuple(
            tuple(
                reading.name
                for reading in self.book.definitions[name].readings
                if frame.masks[name, reading.name] >> world & 1
            )
            for name in self.names
        )

    def term(self, term: Term, choice: Choice, *, every: bool) -> Pair:
        """Where `term` holds in a world of that choice."""
        key = (term, every, choice if definitions(term) else ())
        found = self.known.get(key)
        if found is None:
            found = self.known[key] = self._term(term, choice, every=every)
        return found

    def _term(self, term: Term, choice: Choice, *, every: bool) -> Pair:
        if isinstance(term, All):
            return self.both(self.term(part, choice, every=every) for part in term.terms)
        if isinstance(term, Some):
            return self.either(self.term(part, choice, every=every) for part in term.terms)
        if isinstance(term, Not):
            return self.negation(self.term(term.term, choice, every=not every))
        if isinstance(term, Is):
            readings = self.book.definitions[term.definition].readings
            chosen = choice[self.names.index(term.definition)]
            return self.either(
                self.term(reading.means, choice, every=every)
                for reading in readings
                if reading.name in chosen
            )
        return self.logic.test(self.index, term, every=every)

    def both(self, parts: Iterable[Pair]) -> Pair:
        """Where all of them hold."""
        held = list(parts)
        return self.logic.both(part[0] for part in held), self.logic.both(part[1] for part in held)

    def either(self, parts: Iterable[Pair]) -> Pair:
        """Where one of them holds."""
        held = list(parts)
        return self.logic.either(part[0] for part in held), self.logic.either(part[1] for part in held)

    def negation(self, part: Pair) -> Pair:
        """Where it does not hold."""
        return -part[1], -part[0]


class Form:
    """What a book says at one moment, world by world."""

    def __init__(self, meaning: Meaning, norms: Norms, party: str | None = None) -> None:
        self.meaning = meaning
        self.norms = norms
        self.frame = norms.at.frame.restricted(party)
        self.choices = {
            world: meaning.choice(self.frame, world)
            for world in range(meaning.book.worlds.count)
            if self.frame.all >> world & 1
        }
        self._used = self._in_play()
        self._said: dict[Choice, Sayings] = {}
        self.worlds = {world: self._of(choice) for world, choice in self.choices.items()}
        """Every world that counts, to what the book says there."""
        self.distinct = list(self._said.values())
        """What the book says, once for worlds that agree on every term in play."""

    def _of(self, choice: Choice) -> Sayings:
        key = tuple(
            readings if name in self._used else ()
            for name, readings in zip(self.meaning.names, choice, strict=True)
        )
        if key not in self._said:
            self._said[key] = _World(self, choice).sayings()
        return self._said[key]

    def _in_play(self) -> frozenset[str]:
        todo: list[Term] = [hush.scope for hush in self.norms.hushes]
        for norm in self.norms.norms.values():
            todo += [norm.scope, norm.unless, norm.goal]
        found: set[str] = set()
        while todo:
            for name in definitions(todo.pop()) - found:
                found.add(name)
                todo += [reading.means for reading in self.meaning.book.definitions[name].readings]
        return frozenset(found)


class _World:
    """Evaluates one world; the methods are those of the interpreter."""

    def __init__(self, form: Form, choice: Choice) -> None:
        self.meaning = form.meaning
        self.norms = form.norms
        self.choice = choice
        self._live: dict[tuple[str, bool], Pair] = {}

    def sayings(self) -> Sayings:
        parts: dict[tuple[str, Role], Pair] = {}
        for identity in self.norms.norms:
            parts |= {(identity, role): pair for role, pair in self._norm(identity).items()}
        parts |= {(hush.name, Role.SILENCE): self.hush(hush) for hush in self.norms.hushes}
        required = [self.meaning.logic.absent(name) for name in self.meaning.book.vocabulary.required()]
        forbids = self._union(parts, Role.FORBIDS, Role.SILENCE)
        return Sayings(
            parts=parts,
            forbids=(forbids[0], self.meaning.logic.either([forbids[1], *required])),
            asks=self._union(parts, Role.REQUIRES),
            permits=self._union(parts, Role.PERMITS, Role.CONFORMS),
        )

    def _union(self, parts: dict[tuple[str, Role], Pair], *roles: Role) -> Pair:
        return self.meaning.either(pair for (_, role), pair in parts.items() if role in roles)

    def _norm(self, identity: str) -> dict[Role, Pair]:
        norm = self.norms.norms[identity]
        effect = norm.clause.effect
        live = self.live(identity, every=effect is Effect.PERMIT)
        if effect is Effect.PERMIT:
            return {Role.PERMITS: live}
        if effect is Effect.FORBID:
            return {Role.FORBIDS: live}
        goal = self.meaning.term(norm.goal, self.choice, every=True)
        return {
            Role.FORBIDS if effect is Effect.CONFINE else Role.REQUIRES: self.meaning.both(
                [live, self.meaning.negation(goal)]
            ),
            Role.CONFORMS: self.meaning.both([live, goal]),
        }

    def reach(self, identity: str, *, every: bool) -> Pair:
        norm = self.norms.norms[identity]
        exception = self.meaning.term(norm.unless, self.choice, every=not every)
        scope = self.meaning.term(norm.scope, self.choice, every=every)
        return self.meaning.both([scope, self.meaning.negation(exception)])

    def live(self, identity: str, *, every: bool) -> Pair:
        known = self._live.get((identity, every))
        if known is None:
            cutters = self.norms.norms[identity].cutters
            cut = self.meaning.either([self.live(cutter, every=not every) for cutter in cutters])
            reach = self.reach(identity, every=every)
            known = self._live[identity, every] = self.meaning.both([reach, self.meaning.negation(cut)])
        return known

    def hush(self, hush: Hush) -> Pair:
        freed = [self.live(name, every=True) for name in (*hush.speakers, *hush.cutters)]
        about = self.meaning.term(hush.scope, self.choice, every=False)
        return self.meaning.both([about, self.meaning.negation(self.meaning.either(freed))])
