"""Worlds: one choice of reading for every open definition that a clause uses, at most 64.

A set of worlds is an integer, bit i for world i. A settlement takes readings away from the day it stands; the
worlds that remain are the `all` of a `Frame`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import reduce
from itertools import product
from operator import or_

import msgspec

from comity.contracts.clauses import Clause, Definition
from comity.contracts.terms import Term, definitions

LIMIT = 64
"""A set of worlds fits one machine word, so that every target can hold it."""


class Worlds(msgspec.Struct, frozen=True):
    """The worlds of a book."""

    open: tuple[str, ...]
    """Definitions with several readings that are in play, sorted."""
    choices: tuple[tuple[str, ...], ...]
    """One world per entry: the reading chosen for every name in `open`."""
    bundled: bool
    """Whether there is one world per party instead of every combination."""

    @property
    def count(self) -> int:
        """How many there are; at least one."""
        return len(self.choices)

    @property
    def every(self) -> int:
        """The mask of all of them."""
        return (1 << len(self.choices)) - 1

    def mask(self, definition: str, readings: Iterable[str]) -> int:
        """The worlds that choose one of `readings` for an open definition."""
        position = self.open.index(definition)
        wanted = set(readings)
        return sum(1 << i for i, choice in enumerate(self.choices) if choice[position] in wanted)


class Frame(msgspec.Struct, frozen=True, dict=True):
    """The worlds at one moment; `weigh` keeps the reasons with it that it has worded."""

    all: int
    """The worlds that count."""
    masks: Mapping[tuple[str, str], int]
    """(definition, reading) to the worlds in which that reading is the meaning."""
    asserted: Mapping[str, int]
    """Party to the worlds of its readings, within `all`; parties that assert nothing are absent."""

    def restricted(self, party: str | None) -> Frame:
        """The frame as `party` reads the book."""
        worlds = None if party is None else self.asserted.get(party)
        return self if worlds is None else msgspec.structs.replace(self, all=worlds)


def in_play(clauses: Iterable[Clause], defined: Mapping[str, Definition]) -> frozenset[str]:
    """The definitions that some clause uses, directly or through another definition."""
    found: set[str] = set()
    todo: list[Term] = []
    for clause in clauses:
        todo += [clause.scope, clause.goal, *([] if clause.unless is None else [clause.unless])]
        if clause.owe is not None:
            todo += [clause.owe.counts, *(limit.counts for limit in clause.owe.limits)]
    while todo:
        for name in definitions(todo.pop()) - found:
            if name in defined:
                found.add(name)
                todo += [reading.means for reading in defined[name].readings]
    return frozenset(found)


def choices(names: tuple[str, ...], defined: Mapping[str, Definition]) -> Worlds:
    """Every combination of readings."""
    readings = [[reading.name for reading in defined[name].readings] for name in names]
    return Worlds(names, tuple(product(*readings)), bundled=False)


def bundles(names: tuple[str, ...], defined: Mapping[str, Definition]) -> Worlds:
    """One combination per party; a party that is silent about a term takes its first reading."""
    parties = sorted({party for name in names for reading in defined[name].readings for party in reading.by})
    found = {tuple(_chosen(defined[name], party) for name in names): party for party in reversed(parties)}
    return Worlds(names, tuple(sorted(found)), bundled=True)


def _chosen(definition: Definition, party: str) -> str:
    mine = [reading.name for reading in definition.readings if party in reading.by]
    return (mine or [definition.readings[0].name])[0]


def size(names: Iterable[str], defined: Mapping[str, Definition]) -> int:
    """How many combinations there are."""
    return reduce(lambda total, name: total * len(defined[name].readings), names, 1)


def frame(worlds: Worlds, defined: Mapping[str, Definition], settled: Mapping[str, str]) -> Frame:
    """The worlds when the definitions in `settled` have the reading given there."""
    alive = worlds.every
    masks: dict[tuple[str, str], int] = {}
    for name, definition in defined.items():
        for reading in definition.readings:
            masks[name, reading.name] = _mask(worlds, name, reading.name, settled)
        if name in settled and name in worlds.open and not worlds.bundled:
            alive &= worlds.mask(name, [settled[name]])
    asserted = {
        party: _asserted(worlds, defined, settled, party) & alive for party in _parties(worlds, defined)
    }
    return Frame(alive, masks, asserted)


def _mask(worlds: Worlds, name: str, reading: str, settled: Mapping[str, str]) -> int:
    if name in settled:
        return worlds.every if settled[name] == reading else 0
    return worlds.mask(name, [reading]) if name in worlds.open else worlds.every


def _parties(worlds: Worlds, defined: Mapping[str, Definition]) -> list[str]:
    return sorted(
        {party for name in worlds.open for reading in defined[name].readings for party in reading.by}
    )


def _asserted(
    worlds: Worlds, defined: Mapping[str, Definition], settled: Mapping[str, str], party: str
) -> int:
    found = worlds.every
    for name in worlds.open:
        mine = [reading.name for reading in defined[name].readings if party in reading.by]
        if mine and name not in settled:
            found &= reduce(or_, (worlds.mask(name, [reading]) for reading in mine), 0)
    return found or worlds.every
