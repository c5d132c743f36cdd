"""Formulas as numbers: a table in which equal conjunctions are one row, and `-n` is the negation of `n`.

Building and comparing formulas costs no solver; `logic` hands over the rows that a question needs.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeAlias

Formula: TypeAlias = int
"""A row of the table, negative for its negation; never 0."""

Pair: TypeAlias = tuple[Formula, Formula]
"""Where something must hold, and where it may."""

TRUE: Formula = 1
"""Always holds."""

FALSE: Formula = -1
"""Never holds."""


class Formulas:
    """The table."""

    def __init__(self) -> None:
        self.parts: list[tuple[Formula, ...] | None] = [None, None]
        """Row to the formulas that all hold when it does; None for a variable, and for the first two."""
        self._rows: dict[tuple[Formula, ...], Formula] = {}

    def variable(self) -> Formula:
        """Something that is free to hold."""
        self.parts.append(None)
        return len(self.parts) - 1

    def both(self, parts: Iterable[Formula]) -> Formula:
        """All of `parts`."""
        found = set(parts)
        found.discard(TRUE)
        if FALSE in found:
            return FALSE
        if len(found) < 2:
            return found.pop() if found else TRUE
        key = tuple(sorted(found))
        if any(-part in found for part in key):
            return FALSE
        row = self._rows.get(key)
        if row is None:
            row = self._rows[key] = self.variable()
            self.parts[row] = key
        return row

    def either(self, parts: Iterable[Formula]) -> Formula:
        """One of `parts`."""
        return -self.both(-part for part in parts)

    def holds(self, formula: Formula, known: dict[Formula, bool]) -> bool:
        """Whether `formula` holds when `known` says which variables do; what is worked out is added to it."""
        row = abs(formula)
        if row not in known:
            parts = self.parts[row]
            assert parts is not None or row == TRUE, "every variable is known"
            known[row] = all(self.holds(part, known) for part in parts or ())
        return known[row] == (formula > 0)
