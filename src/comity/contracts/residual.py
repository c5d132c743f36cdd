"""What is left of predicates when some facts are known: constants, and functions of the remaining facts.

A `Residual` gives a pair of world masks as `interpret` does, and says which facts leave it open. It remembers
of what it is the conjunction, so that clauses can be found by the facts that each part looks at alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TypeAlias

from comity.contracts.vocabulary import Value

Masks: TypeAlias = tuple[int, int]
"""Worlds in which something must hold, and in which it may."""

Facts: TypeAlias = Mapping[str, Value]
"""The facts that were not known before."""

Run: TypeAlias = Callable[[Facts], Masks]
"""Evaluates what is left."""

Opens: TypeAlias = Mapping[str, int]
"""Attribute to the worlds in which its fact leaves the answer open: missing, or wider than a test."""


class Residual:
    """What is left of a term."""

    __slots__ = ("all_of", "any_of", "inverse", "known", "opens", "points", "run", "uniform", "uses")

    def __init__(
        self,
        run: Run,
        opens: Callable[[Facts], Opens],
        uses: frozenset[str],
        points: frozenset[Value] = frozenset(),
        *,
        uniform: bool = True,
    ) -> None:
        self.run = run
        """Gives the masks for the remaining facts."""
        self.opens = opens
        """Which facts leave it open."""
        self.uses = uses
        """The attributes that `run` looks at."""
        self.points = points
        """The words that are told apart from others, or the numbers at which the answer changes."""
        self.uniform = uniform
        """Whether the answer is the same in every world."""
        self.known: Masks | None = None
        """The masks, when no fact can change them."""
        self.all_of: tuple[Residual, ...] = (self,)
        """It holds where all of these do."""
        self.any_of: tuple[Residual, ...] = (self,)
        """It holds where one of these does."""
        self.inverse: Residual | None = None
        """Its negation, once somebody has asked."""


class Algebra:
    """Joins residuals over the worlds of one book."""

    def __init__(self, full: int) -> None:
        self.full = full
        self._constants: dict[Masks, Residual] = {}
        self.nowhere = self.constant(0, 0)
        self.everywhere = self.constant(full, full)

    def constant(self, must: int, may: int, opens: Iterable[Opens] = ()) -> Residual:
        """A residual that no fact changes; `opens` are the known facts that are too wide."""
        if must != may:
            return self._constant(must, may, _joined(opens, may & ~must))
        found = self._constants.get((must, may))
        if found is None:
            found = self._constants[must, may] = self._constant(must, may, {})
        return found

    def _constant(self, must: int, may: int, static: Opens) -> Residual:
        masks = (must, may)
        uniform = must in (0, self.full) and may in (0, self.full)
        found = Residual(lambda _facts: masks, lambda _facts: static, frozenset(), uniform=uniform)
        found.known = masks
        return found

    def both(self, parts: Iterable[Residual]) -> Residual:
        """Where all of `parts` hold."""
        must = may = self.full
        opens: list[Opens] = []
        rest: dict[Residual, None] = {}
        for part in parts:
            for one in part.all_of:
                if one.known is None:
                    rest[one] = None
                else:
                    must &= one.known[0]
                    may &= one.known[1]
                    opens.append(one.opens({}))
        if not may or not rest:
            return self.constant(must, may, opens)
        joined = (*self._base(must, may, opens, neutral=self.full), *rest)
        if len(joined) == 1:
            return joined[0]
        found = self._join(joined, _both_run(must, may, tuple(part.run for part in rest)))
        found.all_of = joined
        return found

    def either(self, parts: Iterable[Residual]) -> Residual:
        """Where one of `parts` holds."""
        must = may = 0
        opens: list[Opens] = []
        rest: dict[Residual, None] = {}
        for part in parts:
            for one in part.any_of:
                if one.known is None:
                    rest[one] = None
                else:
                    must |= one.known[0]
                    may |= one.known[1]
                    opens.append(one.opens({}))
        if must == self.full or not rest:
            return self.constant(must, may, opens)
        joined = (*self._base(must, may, opens, neutral=0), *rest)
        if len(joined) == 1:
            return joined[0]
        found = self._join(joined, _either_run(must, may, tuple(part.run for part in rest)))
        found.any_of = joined
        return found

    def negation(self, part: Residual) -> Residual:
        """Where `part` does not hold; of alternatives, where each of them does not."""
        if part.inverse is None:
            part.inverse = self._negation(part)
            part.inverse.inverse = part
        return part.inverse

    def _negation(self, part: Residual) -> Residual:
        full, inner = self.full, part.run
        if part.known is not None:
            must, may = part.known
            return self.constant(full & ~may, full & ~must, [part.opens({})])
        if len(part.any_of) > 1:
            return self.both([self.negation(one) for one in part.any_of])

        def run(facts: Facts) -> Masks:
            must, may = inner(facts)
            return full & ~may, full & ~must

        return Residual(run, part.opens, part.uses, part.points, uniform=part.uniform)

    def _base(self, must: int, may: int, opens: list[Opens], neutral: int) -> tuple[Residual, ...]:
        if must == may == neutral:
            return ()
        return (self.constant(must, may, opens),)

    def _join(self, parts: tuple[Residual, ...], run: Run) -> Residual:
        def opens(facts: Facts) -> Opens:
            must, may = run(facts)
            gap = may & ~must
            return _joined([part.opens(facts) for part in parts], gap) if gap else {}

        uses: frozenset[str] = frozenset().union(*(part.uses for part in parts))
        points: frozenset[Value] = frozenset()
        if len(uses) == 1:
            points = points.union(*(part.points for part in parts))
        return Residual(run, opens, uses, points, uniform=all(part.uniform for part in parts))


def _joined(opens: Iterable[Opens], gap: int) -> Opens:
    """All of `opens` within the worlds `gap`; facts that open a part open the whole where that is open."""
    found: dict[str, int] = {}
    for one in opens:
        for name, worlds in one.items():
            if worlds & gap:
                found[name] = found.get(name, 0) | worlds & gap
    return found


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
