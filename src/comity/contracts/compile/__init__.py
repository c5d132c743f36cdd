"""Compile once, run everywhere: a book as a form of small operations, and the targets that run it.

`lower` gives the form, `decide_table` the columnar target; the scalar target is the `Decider` of the room
itself. What a target cannot express is in `LIMITS`, and refused when a book needs it.
"""

from __future__ import annotations

from comity.contracts.compile.columnar import COLUMNS, decide_table
from comity.contracts.compile.form import Form, run
from comity.contracts.compile.limits import LIMITS, Limit, Target, refuse
from comity.contracts.compile.lower import lower
from comity.contracts.compile.stretches import AsOf, Stretches, stretches_of

__all__ = [
    "COLUMNS",
    "LIMITS",
    "AsOf",
    "Form",
    "Limit",
    "Stretches",
    "Target",
    "decide_table",
    "lower",
    "refuse",
    "run",
    "stretches_of",
]
