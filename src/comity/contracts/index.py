"""Finds the clauses that a fact leaves possible: per attribute, a row of bits for every fact told apart.

A row has one bit per part (a clause in one of its roles), set where everything that the part says about this
attribute alone must, and may, hold. Rows for words, flags and numbers are made when the index is; a set of
words has its row made when it is first seen. Memory is bounded.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction
from typing import Any, NamedTuple, TypeAlias

from comity.contracts.norms import Hush, Norm
from comity.contracts.residual import Algebra, Masks, Opens, Residual, Run
from comity.contracts.verdict import Role
from comity.contracts.vocabulary import Attribute, Kind, Value

LIMIT = 4096
"""How many values every cache keeps at most."""

_UNMENTIONED = "\0"

Row: TypeAlias = tuple[int, int]
"""The parts that must, and may, hold as far as one attribute goes."""


class Factor(NamedTuple):
    """A condition on one attribute, the same in every world, and the parts that have it."""

    run: Run
    """Evaluates it."""
    points: frozenset[Value]
    """The facts at which its answer changes."""
    parts: int
    """Those that have it, one bit each."""


class Rows(dict[Value | None, Row]):
    """The rows of one attribute, by fact; None is a missing one."""

    def __init__(self, attribute: Attribute, factors: Sequence[Factor], every: int) -> None:
        super().__init__()
        self.name = attribute.name
        self.factors = factors
        self.free = every & ~_union(factor.parts for factor in factors)
        """Parts that say nothing about the attribute."""
        self.absent = self.made(None)
        self[None] = self.absent

    def made(self, fact: Value | None) -> Row:
        """The row of `fact`, from all factors."""
        return self.changed((self.free, self.free), self.factors, fact)

    def changed(self, row: Row, factors: Iterable[Factor], fact: Value | None) -> Row:
        """`row` where `factors` answer to `fact`; no two factors share a part."""
        must, may = row
        facts = {} if fact is None else {self.name: fact}
        for factor in factors:
            one, other = factor.run(facts)
            must = must | factor.parts if one else must & ~factor.parts
            may = may | factor.parts if other else may & ~factor.parts
        return must, may

    def by_point(self) -> dict[Value, list[Factor]]:
        """Fact to the factors whose answer changes there."""
        found: dict[Value, list[Factor]] = {}
        for factor in self.factors:
            for point in factor.points:
                found.setdefault(point, []).append(factor)
        return found

    def keep(self, fact: Value | None, row: Row) -> Row:
        """Notes the row of a fact that was not seen before."""
        if len(self) >= LIMIT:
            self.clear()
            self[None] = self.absent
        self[fact] = row
        return row


class Words(Rows):
    """Rows of single words and flags: all that tests mention, and one for every other word."""

    def __init__(self, attribute: Attribute, factors: Sequence[Factor], every: int) -> None:
        super().__init__(attribute, factors, every)
        self.otherwise = self.made(_UNMENTIONED)
        for word, changing in self.by_point().items():
            self[word] = self.changed(self.otherwise, changing, word)

    def __missing__(self, fact: Value | None) -> Row:
        """The row of a word that no test mentions."""
        return self.otherwise


class Numbers(Rows):
    """Rows of numbers: one for every cut that a test makes, and one for every gap between cuts."""

    def __init__(self, attribute: Attribute, factors: Sequence[Factor], every: int) -> None:
        super().__init__(attribute, factors, every)
        cuts = self.by_point()
        self.cuts: list[Any] = sorted(cuts)
        self.rows = [self.made(_between(None, self.cuts[0]))]
        for place, cut in enumerate(self.cuts):
            after = self.cuts[place + 1] if place + 1 < len(self.cuts) else None
            self.rows.append(self.changed(self.rows[-1], cuts[cut], cut))
            self.rows.append(self.changed(self.rows[-1], cuts[cut], _between(cut, after)))

    def __missing__(self, fact: Value | None) -> Row:
        """The row of a number that was not seen before."""
        place = bisect_left(self.cuts, fact)
        exact = place < len(self.cuts) and self.cuts[place] == fact
        return self.keep(fact, self.rows[2 * place + exact])


class Sets(Rows):
    """Rows of sets of words."""

    def __missing__(self, fact: Value | None) -> Row:
        """The row of a set that was not seen before."""
        return self.keep(fact, self.made(fact))


def _between(low: Value | None, high: Value | None) -> Value:
    """A number in the gap between two cuts, exactly; None is the end of all numbers."""
    ends = [Fraction(cut) for cut in (low, high) if cut is not None]  # type: ignore[arg-type] # numbers
    if len(ends) == 2:
        return (ends[0] + ends[1]) / 2  # type: ignore[return-value] # compares like any number
    return ends[0] + (1 if high is None else -1)  # type: ignore[return-value] # the same


class Part(NamedTuple):
    """A clause in one role, and what is left to find out about it."""

    norm: Norm | Hush
    """The clause, or the silent contract."""
    role: Role
    """What it would do."""
    masks: Masks
    """Where it must and may hold when nothing else is in the way."""
    wide: Opens
    """The static facts that leave it open, and where."""
    single: tuple[tuple[str, frozenset[Residual]], ...]
    """Attribute, and the conditions on it alone that are the same in every world."""
    rest: tuple[Residual, ...]
    """Conditions on several attributes, or that depend on the world."""


def part_of(norm: Norm | Hush, role: Role, residual: Residual, algebra: Algebra) -> Part:
    """The conditions of a clause in one role, by what they look at."""
    base = algebra.both([one for one in residual.all_of if one.known is not None])
    single: dict[str, set[Residual]] = {}
    rest: list[Residual] = []
    for one in residual.all_of:
        if one.known is None:
            if one.uniform and len(one.uses) == 1:
                single.setdefault(next(iter(one.uses)), set()).add(one)
            else:
                rest.append(one)
    masks = base.known
    assert masks is not None, "constants make a constant"
    return Part(
        norm,
        role,
        masks,
        base.opens({}),
        tuple((name, frozenset(ones)) for name, ones in single.items()),
        tuple(rest),
    )


def rows_of(parts: Sequence[Part], attributes: Mapping[str, Attribute], algebra: Algebra) -> tuple[Rows, ...]:
    """The rows of every attribute on which some part has a condition; bit i stands for part i."""
    having: dict[str, dict[frozenset[Residual], int]] = {}
    for place, part in enumerate(parts):
        for name, ones in part.single:
            known = having.setdefault(name, {})
            known[ones] = known.get(ones, 0) | 1 << place
    every = (1 << len(parts)) - 1
    return tuple(_rows(attributes[name], having[name], every, algebra) for name in sorted(having))


def _rows(attribute: Attribute, having: dict[frozenset[Residual], int], every: int, algebra: Algebra) -> Rows:
    joined = [(algebra.both(ones), mask) for ones, mask in having.items()]
    factors = [Factor(one.run, one.points, mask) for one, mask in joined]
    kind = Sets if attribute.set else Numbers if attribute.kind is Kind.NUMBER else Words
    return kind(attribute, factors, every)


def _union(masks: Iterable[int]) -> int:
    found = 0
    for mask in masks:
        found |= mask
    return found
