"""Contracts as code: load a book, decide a workload, explain the answer.

    book = load_book(Path("books/acme"))
    workload = parse_facts(book, {"actor": "acme", "action": "serve", "region": ["swedencentral"]})
    verdict = decide(book, workload, datetime.now(UTC))

Everything in `__all__` is public and usable without the gateway; everything else may change. The language is
described in `docs/language.md`. This room knows no cloud, no dialect and no network.
"""

from __future__ import annotations

from comity.contracts.book import Book, Finding, mentioned_values
from comity.contracts.calendar import in_force
from comity.contracts.clauses import Clause, Grade
from comity.contracts.columns import worlds_svg, worlds_text
from comity.contracts.decide import Binding, Decider, decide
from comity.contracts.duties import Progress
from comity.contracts.duty_examples import CheckedDuty, run_duty_examples
from comity.contracts.duty_state import DutyState, Part, State, duty_state, duty_states
from comity.contracts.examples import Checked, run_examples
from comity.contracts.explain import Defeat, Explanation, explain
from comity.contracts.facts import parse_facts
from comity.contracts.frames import decide_frame
from comity.contracts.grammar import block_schema, front_schema
from comity.contracts.history import History, Line, Stretch, history
from comity.contracts.load import book_files, load_book
from comity.contracts.parse_record import parse_progress
from comity.contracts.posture import Posture, Ruling, judge
from comity.contracts.render import render_book
from comity.contracts.template import contract_template
from comity.contracts.text import book_from_text
from comity.contracts.trace import Said, Step, Trace, trace
from comity.contracts.verdict import Duty, Outcome, Reason, Role, Verdict
from comity.contracts.vocabulary import Value, Workload
from comity.contracts.wording import clause_sentence

__all__ = [
    "Binding",
    "Book",
    "Checked",
    "CheckedDuty",
    "Clause",
    "Decider",
    "Defeat",
    "Duty",
    "DutyState",
    "Explanation",
    "Finding",
    "Grade",
    "History",
    "Line",
    "Outcome",
    "Part",
    "Posture",
    "Progress",
    "Reason",
    "Role",
    "Ruling",
    "Said",
    "State",
    "Step",
    "Stretch",
    "Trace",
    "Value",
    "Verdict",
    "Workload",
    "block_schema",
    "book_files",
    "book_from_text",
    "clause_sentence",
    "contract_template",
    "decide",
    "decide_frame",
    "duty_state",
    "duty_states",
    "explain",
    "front_schema",
    "history",
    "in_force",
    "judge",
    "load_book",
    "mentioned_values",
    "parse_facts",
    "parse_progress",
    "render_book",
    "run_duty_examples",
    "run_examples",
    "trace",
    "worlds_svg",
    "worlds_text",
]
