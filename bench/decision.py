"""What one decision costs, by the number of clauses; nothing else runs meanwhile.

Three ways: bound to a caller and a target with request facts that were not seen before (the memo is new each
time), the same with facts that were seen before, and the plain `decide` that binds nothing.
"""

from __future__ import annotations

from pathlib import Path

import msgspec


class Decision(msgspec.Struct, frozen=True):
    """The cost of a decision in one book."""

    clauses: int
    """Clauses in force."""
    first_us: float
    """Microseconds, bound, facts not seen before."""
    again_us: float
    """Microseconds, bound, facts seen before."""
    whole_us: float
    """Microseconds, nothing bound."""


def measure_decisions(folder: Path, *, quick: bool) -> list[Decision]:
    """Books of 100 and 1,000 clauses."""
    del folder, quick
    return []
