"""The hot path: clauses reduced by the facts of caller and target, verdicts memoised by what matters.

Per stretch of time a `Program` keeps the clauses that can still do something, in groups that look at the
same facts. The facts that all groups look at give the verdict; behind that memo every group gives the number
of what its clauses say, and the numbers give the verdict. All of it is bounded. Verdicts are those of
`interpret`, which also finds the missing facts when an answer hangs on them.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable

from comity.contracts.book import Book
from comity.contracts.clauses import Effect
from comity.contracts.groups import LIMIT, Part, grouped, key_of
from comity.contracts.interpret import Holding
from comity.contracts.norms import Hush, Norm, Norms
from comity.contracts.residual import Reducer, Residual
from comity.contracts.terms import Term
from comity.contracts.verdict import Role, Verdict
from comity.contracts.vocabulary import Workload
from comity.contracts.weigh import weigh


class Program:
    """What is left of a book at one moment, for one caller and target."""

    def __init__(
        self, book: Book, norms: Norms, static: Workload, plain: Callable[[Workload], Verdict]
    ) -> None:
        self.static = static
        self.norms = norms
        self.plain = plain
        self.groups = grouped(_Compiler(book, norms, static).parts())
        self.required = tuple(name for name in book.vocabulary.required() if name not in static)
        used = frozenset().union(self.required, *(group.uses for group in self.groups))
        self.uses = tuple(sorted(used))
        self.key = key_of(self.uses)
        self._memo: dict[Hashable, Verdict] = {}
        self._verdicts: dict[tuple[int, ...], Verdict] = {}

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

    def cold(self, dynamic: Workload) -> Verdict:
        """The verdict without the memo by facts."""
        for name in self.required:
            if name not in dynamic:
                return self.plain({**dynamic, **self.static})
        numbers = tuple([group.number(dynamic) for group in self.groups])
        found = self._verdicts.get(numbers)
        return self._weigh(numbers, dynamic) if found is None else found

    def _weigh(self, numbers: tuple[int, ...], dynamic: Workload) -> Verdict:
        worlds = self.norms.at.frame.all
        holdings = [
            Holding(group.parts[index][0], group.parts[index][1], must, may)
            for group, number in zip(self.groups, numbers, strict=True)
            for index, must, may in group.said[number]
            if may & worlds
        ]
        verdict = weigh(holdings, self.norms.at.frame, (), _nothing)
        if verdict.f_may & ~verdict.f_must or verdict.c_may & ~verdict.c_must:
            return self.plain({**dynamic, **self.static})
        if len(self._verdicts) >= LIMIT:
            self._forget()
        else:
            self._verdicts[numbers] = verdict
        return verdict

    def _forget(self) -> None:
        """Empties everything behind the memo at once, since the numbers of the groups begin anew."""
        self._verdicts.clear()
        for group in self.groups:
            group.forget()


def _nothing(_holdings: list[Holding], _worlds: int) -> tuple[str, ...]:
    return ()


class _Compiler:
    """Reduces the norms of one moment."""

    def __init__(self, book: Book, norms: Norms, static: Workload) -> None:
        meanings = {
            name: tuple((reading.name, reading.means) for reading in definition.readings)
            for name, definition in book.definitions.items()
        }
        attributes = book.vocabulary.attributes
        self.reducer = Reducer(attributes, meanings, norms.at.frame, book.worlds.every, static)
        self.norms = norms
        self._live: dict[tuple[str, bool], Residual] = {}

    def parts(self) -> list[Part]:
        """Every norm and role that can hold in a world that counts."""
        found: list[Part] = []
        for norm in self.norms.norms.values():
            found += self._norm(norm)
        found += [(hush, Role.SILENCE, self._hush(hush)) for hush in self.norms.hushes]
        worlds = self.norms.at.frame.all
        return [part for part in found if part[2].known is None or part[2].known[1] & worlds]

    def _norm(self, norm: Norm) -> list[Part]:
        reducer, effect = self.reducer, norm.clause.effect
        live = self.live(norm.clause.id, every=effect is Effect.PERMIT)
        if effect is Effect.PERMIT:
            return [(norm, Role.PERMITS, live)]
        goal = reducer.nowhere if effect is Effect.FORBID else self._term(norm.goal, every=True)
        unmet = reducer.negation(goal)
        found: list[Part] = []
        if norm.shadow is not None:
            exception = reducer.negation(self._term(norm.unless, every=True))
            risk = reducer.both([self._term(norm.shadow, every=False), exception, unmet])
            found.append((norm, Role.SUPPLY_RISK, risk))
        role = Role.REQUIRES if effect is Effect.REQUIRE else Role.FORBIDS
        found.append((norm, role, reducer.both([live, unmet])))
        if effect is not Effect.FORBID:
            found.append((norm, Role.CONFORMS, reducer.both([live, goal])))
        return found

    def live(self, identity: str, *, every: bool) -> Residual:
        """Where the clause applies."""
        known = self._live.get((identity, every))
        if known is None:
            norm, reducer = self.norms.norms[identity], self.reducer
            reach = self._term(norm.scope, every=every)
            exception = reducer.negation(self._term(norm.unless, every=not every))
            cut = reducer.either([self.live(cutter, every=not every) for cutter in norm.cutters])
            known = self._live[identity, every] = reducer.both([reach, exception, reducer.negation(cut)])
        return known

    def _hush(self, hush: Hush) -> Residual:
        reducer = self.reducer
        freed = [self.live(name, every=True) for name in (*hush.speakers, *hush.cutters)]
        return reducer.both([self._term(hush.scope, every=False), reducer.negation(reducer.either(freed))])

    def _term(self, term: Term, *, every: bool) -> Residual:
        return self.reducer.term(term, every=every)
