"""What was promised to be spent, and how far it is: commitments drawn down by the ledger's charges.

    states = commitments_at(book, read_charges(store), at)
    for charge, applied in draw_down(book, read_charges(store), until):
        ...

The promises are the `owe` clauses of a book and mean what `contracts` says; this room feeds them charges in
order of time, tells what each charge retires, and looks ahead. It sends no bill and writes nothing.
"""

from __future__ import annotations

from comity.commitments.applicability import Applicability, Fractions, Limited, Rule, read_applicability
from comity.commitments.drawdown import Drawdown, draw_down
from comity.commitments.eligibility import applicability_of, column_of, columns_of
from comity.commitments.given import parse_table
from comity.commitments.reserve import break_even, worth
from comity.commitments.shapes import shape_of
from comity.commitments.share import Accrued, accrue
from comity.commitments.standing import commitments_at, states_of
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
    "Accrued",
    "Applicability",
    "Applied",
    "CommitmentState",
    "CommitmentTerms",
    "Drawdown",
    "Forecast",
    "Fractions",
    "Left",
    "Limited",
    "Row",
    "Rule",
    "Shape",
    "Sunk",
    "accrue",
    "applicability_of",
    "break_even",
    "column_of",
    "columns_of",
    "commitments_at",
    "draw_down",
    "parse_table",
    "read_applicability",
    "shape_of",
    "states_of",
    "worth",
]
