"""Contracts as code: load a book, decide a workload, explain the answer.

The language is described in `docs/language.md`. This room knows no cloud, no dialect and no network.
"""

from __future__ import annotations

from comity.contracts.book import Book, Finding, mentioned_values
from comity.contracts.calendar import in_force
from comity.contracts.clauses import Clause, Grade
from comity.contracts.decide import Binding, Decider, decide
from comity.contracts.examples import Checked, run_examples
from comity.contracts.explain import Defeat, Explanation, explain
from comity.contracts.facts import parse_facts
from comity.contracts.load import load_book
from comity.contracts.posture import Posture, Ruling, judge
from comity.contracts.verdict import Duty, Outcome, Reason, Role, Verdict
from comity.contracts.vocabulary import Value, Workload

__all__ = [
    "Binding",
    "Book",
    "Checked",
    "Clause",
    "Decider",
    "Defeat",
    "Duty",
    "Explanation",
    "Finding",
    "Grade",
    "Outcome",
    "Posture",
    "Reason",
    "Role",
    "Ruling",
    "Value",
    "Verdict",
    "Workload",
    "decide",
    "explain",
    "in_force",
    "judge",
    "load_book",
    "mentioned_values",
    "parse_facts",
    "run_examples",
]
