"""The intermediate form: a book, or a slice of it in time, as five small typed operations.

A form is straight-line code. Every operation gives a truth, a pair of world masks (must, may) as in
`interpret`, from the truths of earlier operations, from one test of one fact, or from the moment alone. What
is known when a form is built is folded away, equal operations exist once. Targets differ only in how they run
the five; `run` here is the shortest of them and serves to read and to test the others.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeAlias

import msgspec

from comity.contracts.interpret import holds
from comity.contracts.terms import Test
from comity.contracts.verdict import Role
from comity.contracts.vocabulary import Vocabulary, Workload

Masks: TypeAlias = tuple[int, int]
"""Worlds in which something must hold, and in which it may."""


class Moment(msgspec.Struct, frozen=True, tag=True):
    """Holds in worlds that depend on the moment alone."""

    worlds: tuple[int, ...]
    """The worlds, one mask per stretch of time."""


class Ask(msgspec.Struct, frozen=True, tag=True):
    """Holds in all worlds or in none, or is open in all: what a fact answers to a test."""

    test: Test
    """The test."""
    every: bool
    """Whether every member of a set must pass, or some; false where facts are single."""


class Both(msgspec.Struct, frozen=True, tag=True):
    """Holds where all of its parts do."""

    parts: tuple[int, ...]
    """Earlier operations, at least two, sorted."""


class Either(msgspec.Struct, frozen=True, tag=True):
    """Holds where one of its parts does."""

    parts: tuple[int, ...]
    """Earlier operations, at least two, sorted."""


class Negation(msgspec.Struct, frozen=True, tag=True):
    """Holds where its part does not."""

    part: int
    """An earlier operation."""


Operation: TypeAlias = Moment | Ask | Both | Either | Negation
"""One step of a form."""


class Speaks(msgspec.Struct, frozen=True):
    """What one clause, or one silent contract, does."""

    name: str
    """The clause; for `SILENCE` the contract."""
    role: Role
    """What it does."""
    truth: int
    """The operation that says where."""


class Form(msgspec.Struct, frozen=True):
    """A book in operations."""

    full: int
    """The mask of all worlds of the book."""
    operations: tuple[Operation, ...]
    """The steps; each refers to earlier ones only."""
    speaks: tuple[Speaks, ...]
    """What comes out, in the order in which `interpret` lists it; what never holds is left out."""
    uniform: tuple[bool, ...]
    """By step: whether its answer is the same in every world, whatever the facts are."""

    def asks(self) -> tuple[Ask, ...]:
        """The tests of facts, each once."""
        return tuple(step for step in self.operations if isinstance(step, Ask))


class Builder:
    """Adds operations, folds constants, shares equals."""

    def __init__(self, full: int, stretches: int) -> None:
        self.full = full
        self.stretches = stretches
        self.operations: list[Operation] = []
        self.uniform: list[bool] = []
        self._index: dict[Operation, int] = {}
        self.nowhere = self.moment((0,) * stretches)
        self.everywhere = self.moment((full,) * stretches)

    def moment(self, worlds: tuple[int, ...]) -> int:
        """Where the moment alone says so."""
        return self._add(Moment(worlds), uniform=all(mask in (0, self.full) for mask in worlds))

    def ask(self, test: Test, *, every: bool) -> int:
        """What a fact answers."""
        return self._add(Ask(test, every), uniform=True)

    def both(self, parts: Iterable[int]) -> int:
        """Where all of `parts` hold."""
        moments, rest = self._split(parts)
        worlds = tuple(_meet(column, self.full) for column in zip(*moments, strict=True))
        if moments and not any(worlds):
            return self.nowhere
        if moments and any(mask != self.full for mask in worlds):
            rest.add(self.moment(worlds))
        return self._join(rest, self.everywhere, Both)

    def either(self, parts: Iterable[int]) -> int:
        """Where one of `parts` holds."""
        moments, rest = self._split(parts)
        worlds = tuple(_union(column) for column in zip(*moments, strict=True))
        if moments and all(mask == self.full for mask in worlds):
            return self.everywhere
        if any(worlds):
            rest.add(self.moment(worlds))
        return self._join(rest, self.nowhere, Either)

    def negation(self, part: int) -> int:
        """Where `part` does not hold."""
        step = self.operations[part]
        if isinstance(step, Moment):
            return self.moment(tuple(self.full & ~mask for mask in step.worlds))
        if isinstance(step, Negation):
            return step.part
        return self._add(Negation(part), uniform=self.uniform[part])

    def form(self, speaks: Iterable[Speaks]) -> Form:
        """The finished form: the operations that something still needs."""
        wanted = [entry for entry in speaks if entry.truth != self.nowhere]
        needed: set[int] = set()
        todo = [entry.truth for entry in wanted]
        while todo:
            index = todo.pop()
            if index not in needed:
                needed.add(index)
                todo += operands(self.operations[index])
        kept = sorted(needed)
        place = {index: position for position, index in enumerate(kept)}
        return Form(
            full=self.full,
            operations=tuple(_moved(self.operations[index], place) for index in kept),
            speaks=tuple(Speaks(entry.name, entry.role, place[entry.truth]) for entry in wanted),
            uniform=tuple(self.uniform[index] for index in kept),
        )

    def _split(self, parts: Iterable[int]) -> tuple[list[tuple[int, ...]], set[int]]:
        moments: list[tuple[int, ...]] = []
        rest: set[int] = set()
        for part in parts:
            step = self.operations[part]
            if isinstance(step, Moment):
                moments.append(step.worlds)
            else:
                rest.add(part)
        return moments, rest

    def _join(self, parts: set[int], neutral: int, kind: type[Both | Either]) -> int:
        if len(parts) < 2:
            return next(iter(parts), neutral)
        return self._add(kind(tuple(sorted(parts))), uniform=all(self.uniform[part] for part in parts))

    def _add(self, step: Operation, *, uniform: bool) -> int:
        found = self._index.get(step)
        if found is None:
            found = self._index[step] = len(self.operations)
            self.operations.append(step)
            self.uniform.append(uniform)
        return found


def operands(step: Operation) -> tuple[int, ...]:
    """The earlier operations that `step` refers to."""
    if isinstance(step, Both | Either):
        return step.parts
    return (step.part,) if isinstance(step, Negation) else ()


def _moved(step: Operation, place: dict[int, int]) -> Operation:
    if isinstance(step, Negation):
        return Negation(place[step.part])
    if isinstance(step, Both | Either):
        return type(step)(tuple(place[part] for part in step.parts))
    return step


def _meet(masks: Iterable[int], full: int) -> int:
    for mask in masks:
        full &= mask
    return full


def _union(masks: Iterable[int]) -> int:
    found = 0
    for mask in masks:
        found |= mask
    return found


def run(form: Form, vocabulary: Vocabulary, facts: Workload, stretch: int) -> list[Masks]:
    """The truth of every step for one workload in one stretch of time, defaults of absent facts included."""
    known = {**vocabulary.defaults(), **facts}
    found: list[Masks] = []
    for step in form.operations:
        if isinstance(step, Moment):
            found.append((step.worlds[stretch], step.worlds[stretch]))
        elif isinstance(step, Ask):
            name = step.test.attribute
            answer = (
                holds(step.test, known[name], vocabulary.attributes[name], every=step.every)
                if name in known
                else None
            )
            found.append((form.full if answer else 0, 0 if answer is False else form.full))
        elif isinstance(step, Negation):
            must, may = found[step.part]
            found.append((form.full & ~may, form.full & ~must))
        else:
            masks = [found[part] for part in step.parts]
            both = isinstance(step, Both)
            must, may = (
                _meet(column, form.full) if both else _union(column) for column in zip(*masks, strict=True)
            )
            found.append((must, may))
    return found
