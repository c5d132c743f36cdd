"""Clauses that look at the same facts, together: what they say is worked out once for every value of these.

A number stands for what a group says, so that a verdict can be looked up by a few small numbers. Clauses that
one fact rules out are not even evaluated.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import NamedTuple, TypeAlias

from comity.contracts.norms import Hush, Norm
from comity.contracts.residual import Facts, Residual, Run
from comity.contracts.verdict import Role
from comity.contracts.vocabulary import Value

LIMIT = 4096
"""How many values every cache keeps at most."""

_GROUPS = 12

Part: TypeAlias = tuple[Norm | Hush, Role, Residual]
"""A clause, what it would do, and what is left to find out."""

Said: TypeAlias = tuple[int, int, int]
"""The place of a part in its group, and the worlds in which it must and may hold."""


class Group:
    """Some clauses, and what they said before."""

    __slots__ = ("_key", "_known", "_numbers", "_sieve", "parts", "said", "uses")

    def __init__(self, uses: tuple[str, ...], parts: tuple[Part, ...]) -> None:
        self.uses = uses
        """The attributes that some clause looks at, sorted."""
        self.parts = parts
        """The clauses."""
        self.said: list[tuple[Said, ...]] = []
        """What the clauses say, by number; those that say nothing are left out."""
        self._key = key_of(uses)
        self._known: dict[Hashable, int] = {}
        self._numbers: dict[tuple[Said, ...], int] = {}
        self._sieve = _sieve(parts)

    def number(self, facts: Facts) -> int:
        """The number of what the clauses say about `facts`."""
        key = self._key(facts)
        found = self._known.get(key)
        if found is None:
            if len(self._known) >= LIMIT:
                self._known.clear()
            found = self._known[key] = self._say(facts)
        return found

    def _say(self, facts: Facts) -> int:
        said: list[Said] = []
        sieve = self._sieve
        for index, run in (*sieve.always, *sieve.table.get(facts.get(sieve.attribute), ())):
            must, may = run(facts)
            if may:
                said.append((index, must, may))
        masks = tuple(said)
        found = self._numbers.setdefault(masks, len(self.said))
        if found == len(self.said):
            self.said.append(masks)
        return found

    def forget(self) -> None:
        """Empties everything that was kept; numbers given out before mean nothing afterwards."""
        self.said.clear()
        self._known.clear()
        self._numbers.clear()


class _Sieve(NamedTuple):
    """One attribute whose fact tells which clauses can say anything."""

    attribute: str
    """Its name; empty when no attribute helps."""
    table: dict[Value | None, list[tuple[int, Run]]]
    """Fact to the clauses that may speak then; None stands for a missing fact."""
    always: list[tuple[int, Run]]
    """Clauses that the attribute tells nothing about."""


def _sieve(parts: tuple[Part, ...]) -> _Sieve:
    """The sieve that leaves the fewest clauses to evaluate, whatever the fact."""
    names = {gate.attribute for _, _, residual in parts for gate in residual.gates}
    return min((_sieve_by(name, parts) for name in ("", *sorted(names))), key=_left)


def _left(sieve: _Sieve) -> int:
    stated = (len(found) for fact, found in sieve.table.items() if fact is not None)
    return len(sieve.always) + max(stated, default=0)


def _sieve_by(name: str, parts: tuple[Part, ...]) -> _Sieve:
    sieve = _Sieve(name, {}, [])
    for index, (_, _, residual) in enumerate(parts):
        gates = [gate.facts for gate in residual.gates if gate.attribute == name]
        if not gates:
            sieve.always.append((index, residual.run))
        for fact in {fact for facts in gates for fact in facts}:
            sieve.table.setdefault(fact, []).append((index, residual.run))
    return sieve


def grouped(parts: list[Part]) -> tuple[Group, ...]:
    """The parts by the facts that they look at; where there are many groups, the nearest join.

    Small groups meet known facts more often, and few groups are asked faster.
    """
    groups: dict[frozenset[str], list[Part]] = {}
    for part in parts:
        groups.setdefault(part[2].uses, []).append(part)
    while len(groups) > _GROUPS:
        pairs = [(len(large - small), small, large) for small in groups for large in groups if small < large]
        if not pairs:
            break
        _, small, large = min(pairs, key=lambda pair: (pair[0], sorted(pair[1]), sorted(pair[2])))
        groups[large] += groups.pop(small)
    return tuple(Group(tuple(sorted(uses)), tuple(members)) for uses, members in groups.items())


def key_of(uses: tuple[str, ...]) -> Callable[[Facts], Hashable]:
    """Reads the facts of `uses` as one key for a dictionary."""
    if not uses:
        return lambda _facts: None
    if len(uses) == 1:
        name = uses[0]
        return lambda facts: facts.get(name)
    return lambda facts: tuple(map(facts.get, uses))
