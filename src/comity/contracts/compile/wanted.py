"""Which missing facts an open answer hangs on, for every row at once: the rules of `interpret.Gaps`.

From what is open about a verdict the question is handed down to the parts, as far as they are open
themselves, to the tests of facts. A step passes on the worlds in which it is open and asked about.
"""

from __future__ import annotations

from typing import Any, TypeAlias

from comity.contracts.compile.coding import Column, choose, whole
from comity.contracts.compile.form import Ask, Moment, Negation, operands
from comity.contracts.compile.relational import FORBIDS, REQUIRES, Relational, either, fenced
from comity.contracts.verdict import Role

Table: TypeAlias = Any
"""An Ibis table expression; Ibis comes without types."""

_FORBIDDING, _ASKING = "open forbids", "open asks"


class Wanted:
    """Adds to a table with the masks of a verdict what its answer hangs on."""

    def __init__(self, relational: Relational) -> None:
        self.relational = relational
        self.form = relational.form
        self.asked: dict[int, list[int]] = {}
        self.roots: dict[int, list[str]] = {}
        for entry in relational.speaks:
            side = _side(entry.role)
            if side is not None:
                self.roots.setdefault(entry.truth, []).append(side)
        for index in reversed(range(len(self.form.operations))):
            if index in self.roots or index in self.asked:
                for part in operands(self.form.operations[index]):
                    self.asked.setdefault(part, []).append(index)

    def columns(self) -> dict[str, Column]:
        """By attribute, whether the answer hangs on it; the table of `relational` grows on the way."""
        self._add(self._sides())
        for stage in self._stages():
            self._add({_open(index): self._gap(index) for index in stage})
        found: dict[str, list[Column]] = {}
        for index, step in enumerate(self.form.operations):
            if isinstance(step, Ask) and self._reached(index):
                found.setdefault(step.test.attribute, []).append(self._gap(index))
        for name in self.relational.setting.required:
            found.setdefault(name, []).append(self.relational.absent(name))
        return {name: either(found[name]) for name in sorted(found)}

    def _add(self, columns: dict[str, Column]) -> None:
        self.relational.table = fenced(self.relational.table, columns)

    def _sides(self) -> dict[str, Column]:
        """Where prohibitions, or else requirements, leave the answer open."""
        table = self.relational.table
        forbidding = choose([(table.f_may != table.f_must, table.worlds - table.f_must)], whole(0))
        asking = (table.f_may == 0) & (table.c_may != table.c_must)
        return {_FORBIDDING: forbidding, _ASKING: choose([(asking, table.worlds - table.c_must)], whole(0))}

    def _reached(self, index: int) -> bool:
        return index in self.roots or index in self.asked

    def _kept(self, index: int) -> bool:
        """Whether several parts ask for the answer of this step, so that it becomes a column."""
        parts = [self.form.operations[part] for part in operands(self.form.operations[index])]
        return sum(not isinstance(part, Moment) for part in parts) > 1

    def _stages(self) -> list[list[int]]:
        """The steps that become columns, each after those that ask."""
        depths: dict[int, int] = {}
        stages: dict[int, list[int]] = {}
        for index in reversed(range(len(self.form.operations))):
            if self._reached(index):
                depth = max((depths[asker] for asker in self.asked.get(index, ())), default=0)
                depths[index] = depth + self._kept(index)
                if self._kept(index):
                    stages.setdefault(depth, []).append(index)
        return [stages[depth] for depth in sorted(stages)]

    def _gap(self, index: int) -> Column:
        """The worlds in which a step is open and asked about; of one that all worlds share, whether so."""
        if self.form.uniform[index]:
            return self.relational.plain(index).isnull() & self._asked(index)
        must, may = self.relational.pair(index)
        return (may - must) & self._asked(index)

    def _asked(self, index: int) -> Column:
        """The worlds in which it is asked about; of a step that all worlds share, whether in any."""
        found = [self._known_gap(asker) for asker in self.asked.get(index, ())]
        if not self.form.uniform[index]:
            return either([*found, *(self.relational.table[side] for side in self.roots.get(index, ()))])
        askers = zip(self.asked.get(index, ()), found, strict=True)
        shared = [gap if self.form.uniform[asker] else gap != 0 for asker, gap in askers]
        return either([*shared, *(self.relational.table[side] != 0 for side in self.roots.get(index, ()))])

    def _known_gap(self, index: int) -> Column:
        """The gap of a step whose column is there, or that needs none."""
        if self._kept(index):
            return self.relational.table[_open(index)]
        # The opposite of a part is open where the part is.
        return self._asked(index) if isinstance(self.form.operations[index], Negation) else self._gap(index)


def _side(role: Role) -> str | None:
    if role in FORBIDS:
        return _FORBIDDING
    return _ASKING if role in REQUIRES else None


def _open(index: int) -> str:
    return f"open {index}"


def bits(flags: dict[str, Column]) -> Column:
    """Flags as one number, the first as its lowest bit; of at most 62."""
    return either(
        [choose([(flag, whole(1 << place))], whole(0)) for place, flag in enumerate(flags.values())]
        or [whole(0)]
    )
