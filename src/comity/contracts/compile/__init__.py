"""Compile once, run everywhere: a book as a form of small operations, and the targets that run it.

`lower` gives the form, `decide_table` the columnar target, `linear` what a planner reads; the scalar target
is the `Decider` of the room itself. What a target cannot express is in `LIMITS`, and refused when a book
needs it.
"""

from __future__ import annotations

from comity.contracts.compile.columnar import COLUMNS, decide_table
from comity.contracts.compile.form import Form, run
from comity.contracts.compile.limits import LIMITS, Limit, Target, refuse
from comity.contracts.compile.linear import Cells, Linear, Row, Side, Window, linear
from comity.contracts.compile.lower import lower
from comity.contracts.compile.stretches import AsOf, Stretches, stretches_of

__all__ = [
    "COLUMNS",
    "LIMITS",
    "AsOf",
    "Cells",
    "Form",
    "Limit",
    "Linear",
    "Row",
    "Side",
    "Stretches",
    "Target",
    "Window",
    "decide_table",
    "linear",
    "lower",
    "refuse",
    "run",
    "stretches_of",
]
