"""Proofs about books: what holds for every workload, with workloads that show it.

The same meaning as `interpret`, as formulas. Every attribute has finitely many classes of facts, which are
listed; their combinations are left to Z3 (the extra `solver`). What the solver finds is replayed in the plain
evaluator before anybody sees it. Importing this room does not import the solver.
"""

from __future__ import annotations

from comity.contracts.prove.changes import Change, Level
from comity.contracts.prove.findings import Difference, Shift, change_phrase, compare, prove
from comity.contracts.prove.proof import Kind, Proof, days_phrase
from comity.contracts.prove.witness import Witness

__all__ = [
    "Change",
    "Difference",
    "Kind",
    "Level",
    "Proof",
    "Shift",
    "Witness",
    "change_phrase",
    "compare",
    "days_phrase",
    "prove",
]
