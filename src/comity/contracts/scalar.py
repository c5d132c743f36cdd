"""The hot path: clauses reduced by the facts of caller and target, found by the facts of a request.

Per stretch of time a `Program` keeps the clauses that can still do something, and an index of them: a
decision is a few conjunctions of bit sets, one per attribute, then a look at the clauses that remain.
Verdicts are kept by the facts that matter, and by what the clauses say. All of it is bounded, and a property
test holds it to `interpret`.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator
from typing import NamedTuple

import msgspec

from comity.contracts.book import Book
from comity.contracts.clauses import Effect
from comity.contracts.index import LIMIT, Part, part_of, rows_of
from comity.contracts.interpret import Holding
from comity.contracts.norms import Hush, Norm, Norms
from comity.contracts.reduce import Reducer
from comity.contracts.residual import Facts, Masks, Opens, Residual
from comity.contracts.terms import Term
from comity.contracts.verdict import Role, Verdict
from comity.contracts.vocabulary import Workload
from comity.contracts.weigh import place_of, weigh

_SHARED = 4
"""A condition of so many clauses is asked before they are looked at one by one."""

_MOST = 16
"""Only so many conditions are asked first: each of them costs every decision."""


class Weighed(NamedTuple):
    """A verdict, for all facts about which the clauses say the same."""

    verdict: Verdict
    """It, without the missing facts on which it hangs."""
    gaps: tuple[tuple[int, int], ...]
    """The parts whose missing facts must be named, and the worlds that they leave open."""


class Program:
    """What is left of a book at one moment, for one caller and target."""

    def __init__(self, book: Book, norms: Norms, static: Workload) -> None:
        self.norms = norms
        compiler = _Compiler(book, norms, static)
        self.parts = compiler.parts()
        """The clauses that can still do something, in the order of reasons."""
        self.rows = rows_of(self.parts, book.vocabulary.attributes, compiler.reducer.algebra)
        self.required = tuple(name for name in book.vocabulary.required() if name not in static)
        self.uses = _uses(self.parts, self.required)
        self.key = key_of(self.uses)
        self._every = (1 << len(self.parts)) - 1
        self._find = tuple((rows.name, rows) for rows in self.rows)
        self._shared = _shared(self.parts)
        self._places = {one: place for place, (_, one) in enumerate(self._shared)}
        self._own = _mask(not self._places.keys() >= set(part.rest) for part in self.parts)
        """Parts with conditions that no others share; they are asked one by one."""
        self._memo: dict[Hashable, Verdict] = {}
        self._weighed: dict[Hashable, Weighed] = {}

    def decide(self, dynamic: Workload) -> Verdict:
        """The verdict; facts that the static ones already state are not looked at."""
        key = self.key(dynamic)
        found = self._memo.get(key)
        if found is None:
            found = self.cold(dynamic)
            if len(self._memo) >= LIMIT:
                self._memo.clear()
            self._memo[key] = found
        return found

    def forget(self) -> None:
        """Throws every verdict away; what was made from the book alone stays."""
        self._memo.clear()
        self._weighed.clear()

    def cold(self, dynamic: Workload) -> Verdict:
        """The verdict without the memo by facts."""
        must = may = self._every
        for name, rows in self._find:
            sure, possible = rows[dynamic.get(name)]
            must &= sure
            may &= possible
        answers: list[Masks | None] = []
        for parts, one in self._shared:
            said = one.run(dynamic) if may & parts else None
            if said is not None and not said[1]:
                may &= ~parts
            answers.append(said)
        must &= may
        if may & self._own:
            answers += self._ask(may & self._own, dynamic)
        masks = tuple(answers)
        rejected = self._rejected(dynamic) if self.required else ()
        key = (must, may, masks, rejected)
        found = self._weighed.get(key)
        if found is None:
            found = self._weigh(must, may, masks, rejected)
            if len(self._weighed) >= LIMIT:
                self._weighed.clear()
            self._weighed[key] = found
        return self._named(found, rejected, dynamic) if found.gaps else found.verdict

    def _rejected(self, dynamic: Workload) -> tuple[str, ...]:
        return tuple([name for name in self.required if name not in dynamic])

    def _ask(self, left: int, dynamic: Workload) -> Iterator[Masks]:
        """What the conditions say that single parts have for themselves, part by part."""
        while left:
            low = left & -left
            left ^= low
            for one in self.parts[low.bit_length() - 1].rest:
                if one not in self._places:
                    yield one.run(dynamic)

    def _holdings(
        self, must: int, may: int, masks: tuple[Masks | None, ...]
    ) -> Iterator[tuple[int, Holding]]:
        """What the possible parts do, with their places."""
        own = iter(masks[len(self._shared) :])
        worlds, places = self.norms.at.frame.all, self._places
        while may:
            low = may & -may
            may ^= low
            place = low.bit_length() - 1
            part = self.parts[place]
            sure, possible = part.masks
            if not must & low:
                sure = 0
            for one in part.rest:
                said = masks[places[one]] if one in places else next(own)
                assert said is not None, "the conditions of a possible part have been asked"
                sure &= said[0]
                possible &= said[1]
            if possible & worlds:
                yield place, Holding(part.norm, part.role, sure, possible)

    def _weigh(
        self, must: int, may: int, masks: tuple[Masks | None, ...], rejected: tuple[str, ...]
    ) -> Weighed:
        held = list(self._holdings(must, may, masks))
        gaps: list[tuple[int, int]] = []

        def needs(open_holdings: list[Holding], worlds: int) -> Iterable[str]:
            asked = set(map(id, open_holdings))
            for place, holding in held:
                if (gap := holding.may & ~holding.must & worlds) and id(holding) in asked:
                    gaps.append((place, gap))
            return ()

        verdict = weigh([holding for _, holding in held], self.norms.at.frame, rejected, needs)
        return Weighed(verdict, tuple(gaps))

    def _named(self, found: Weighed, rejected: tuple[str, ...], dynamic: Workload) -> Verdict:
        """The verdict with the needs of these facts."""
        needs = tuple(sorted(self._missing(found.gaps, dynamic).union(rejected)))
        verdict = found.verdict
        return verdict if needs == verdict.needs else msgspec.structs.replace(verdict, needs=needs)

    def _missing(self, gaps: Iterable[tuple[int, int]], dynamic: Workload) -> set[str]:
        """The attributes that leave these parts open in these worlds."""
        found: set[str] = set()
        opened: dict[Residual, Opens] = {}
        places = 0
        for place, gap in gaps:
            places |= 1 << place
            part = self.parts[place]
            for one in part.rest:
                if one not in opened:
                    opened[one] = one.opens(dynamic)
                if opened[one]:
                    found.update(name for name, worlds in opened[one].items() if worlds & gap)
            if part.wide:
                found.update(name for name, worlds in part.wide.items() if worlds & gap)
        for name, rows in self._find:
            must, may = rows[dynamic.get(name)]
            if may & ~must & places:
                found.add(name)
        return found


def key_of(uses: tuple[str, ...]) -> Callable[[Facts], Hashable]:
    """Reads the facts of `uses` as one key for a dictionary."""
    if not uses:
        return lambda _facts: None
    if len(uses) == 1:
        name = uses[0]
        return lambda facts: facts.get(name)
    return lambda facts: tuple(map(facts.get, uses))


def _uses(parts: Iterable[Part], required: Iterable[str]) -> tuple[str, ...]:
    found = set(required)
    for part in parts:
        found.update(name for name, _ in part.single)
        found.update(*(one.uses for one in part.rest))
    return tuple(sorted(found))


def _mask(chosen: Iterable[bool]) -> int:
    return sum(1 << place for place, one in enumerate(chosen) if one)


def _shared(parts: tuple[Part, ...]) -> tuple[tuple[int, Residual], ...]:
    """Conditions of several parts, with these; the most frequent first."""
    found: dict[Residual, int] = {}
    for place, part in enumerate(parts):
        for one in part.rest:
            found[one] = found.get(one, 0) | 1 << place
    often = sorted(((mask, one) for one, mask in found.items()), key=lambda entry: -entry[0].bit_count())
    return tuple(entry for entry in often[:_MOST] if entry[0].bit_count() >= _SHARED)


class _Compiler:
    """Reduces the norms of one moment."""

    def __init__(self, book: Book, norms: Norms, static: Workload) -> None:
        meanings = {
            name: tuple((reading.name, reading.means) for reading in definition.readings)
            for name, definition in book.definitions.items()
        }
        attributes = book.vocabulary.attributes
        self.reducer = Reducer(attributes, meanings, norms.at.frame, book.worlds.every, static)
        self.algebra = self.reducer.algebra
        self.norms = norms
        self._live: dict[tuple[str, bool], Residual] = {}

    def parts(self) -> tuple[Part, ...]:
        """Every norm and role that can hold in a world that counts, in the order of reasons."""
        found: list[tuple[Norm | Hush, Role, Residual]] = []
        for norm in self.norms.norms.values():
            found += self._norm(norm)
        found += [(hush, Role.SILENCE, self._hush(hush)) for hush in self.norms.hushes]
        worlds = self.norms.at.frame.all
        possible = [one for one in found if one[2].known is None or one[2].known[1] & worlds]
        possible.sort(key=lambda one: place_of(one[1], one[0].name))
        return tuple(part_of(*one, self.algebra) for one in possible)

    def _norm(self, norm: Norm) -> list[tuple[Norm | Hush, Role, Residual]]:
        algebra, effect = self.algebra, norm.clause.effect
        live = self.live(norm.clause.id, every=effect is Effect.PERMIT)
        if effect is Effect.PERMIT:
            return [(norm, Role.PERMITS, live)]
        goal = algebra.nowhere if effect is Effect.FORBID else self._term(norm.goal, every=True)
        unmet = algebra.negation(goal)
        found: list[tuple[Norm | Hush, Role, Residual]] = []
        if norm.shadow is not None:
            exception = algebra.negation(self._term(norm.unless, every=True))
            risk = algebra.both([self._term(norm.shadow, every=False), exception, unmet])
            found.append((norm, Role.SUPPLY_RISK, risk))
        role = Role.REQUIRES if effect is Effect.REQUIRE else Role.FORBIDS
        found.append((norm, role, algebra.both([live, unmet])))
        if effect is not Effect.FORBID:
            found.append((norm, Role.CONFORMS, algebra.both([live, goal])))
        return found

    def live(self, identity: str, *, every: bool) -> Residual:
        """Where the clause applies."""
        known = self._live.get((identity, every))
        if known is None:
            norm, algebra = self.norms.norms[identity], self.algebra
            reach = self._term(norm.scope, every=every)
            exception = algebra.negation(self._term(norm.unless, every=not every))
            cut = algebra.either([self.live(cutter, every=not every) for cutter in norm.cutters])
            known = self._live[identity, every] = algebra.both([reach, exception, algebra.negation(cut)])
        return known

    def _hush(self, hush: Hush) -> Residual:
        algebra = self.algebra
        freed = [self.live(name, every=True) for name in (*hush.speakers, *hush.cutters)]
        return algebra.both([self._term(hush.scope, every=False), algebra.negation(algebra.either(freed))])

    def _term(self, term: Term, *, every: bool) -> Residual:
        return self.reducer.term(term, every=every)
