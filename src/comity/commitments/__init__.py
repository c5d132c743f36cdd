"""What was promised to be spent, and how far it is: commitments drawn down by the ledger's charges.

    states = commitments_at(book, read_charges(store), at)
    for charge, applied in draw_down(book, read_charges(store)):
        ...

The promises are the `owe` clauses of a book and mean what `contracts` says; this room feeds them charges in
order of time, tells what each charge retires, and looks ahead. It sends no bill and writes nothing.
"""

from __future__ import annotations

from comity.commitments.values import (
    Applied,
    CommitmentState,
    CommitmentTerms,
    Forecast,
    Left,
    Row,
    Shape,
    Sunk,
)

__all__ = [
    "Applied",
    "CommitmentState",
    "CommitmentTerms",
    "Forecast",
    "Left",
    "Row",
    "Shape",
    "Sunk",
]
