"""Workloads that show something: found by the solver, replayed in the plain evaluator, then made small.

A witness that the evaluator does not confirm is a broken invariant and is never shown. Facts are left out as
long as the same still holds without them, so that what remains is what matters.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime

import msgspec

from comity.contracts.decide import interpret
from comity.contracts.prove.formulas import Formula
from comity.contracts.prove.stretches import Stretch
from comity.contracts.verdict import Outcome, Verdict
from comity.contracts.vocabulary import Value, Workload

_CHUNK = 5

Shows = Callable[[Workload], bool]
"""Whether a workload shows it, asked of the plain evaluator."""


class Witness(msgspec.Struct, frozen=True):
    """A workload that shows what was found."""

    facts: dict[str, Value]
    """The workload."""
    at: datetime
    """When it is done."""
    outcome: Outcome
    """What the book says about it then."""
    clauses: tuple[str, ...]
    """The clauses that decide that."""


def search(stretch: Stretch, formula: Formula, shows: Shows, best: Shows | None = None) -> Witness | None:
    """A small workload for which `formula` holds in `stretch`; None when there is none.

    `best` shows more than is needed, and is kept when the solver happened to find that.
    """
    logic = stretch.outline.logic
    facts = logic.find(logic.both([stretch.base, formula]))
    if facts is None:
        return None
    wanted = best if best is not None and best(facts) else shows
    return told(stretch, reduced(facts, stretch.outline.book.vocabulary.attributes, wanted))


def told(stretch: Stretch, facts: Workload) -> Witness:
    """What the book says about `facts` in `stretch`."""
    verdict = replay(stretch, facts)
    order = list(stretch.outline.book.vocabulary.attributes)
    known = sorted(facts, key=lambda name: order.index(name) if name in order else len(order))
    return Witness({name: facts[name] for name in known}, stretch.at, verdict.outcome, verdict.clauses)


def reduced(facts: Workload, names: Iterable[str], shows: Shows) -> dict[str, Value]:
    """As little of `facts` as still shows it; of `names`, those that come last are left out first."""
    assert shows(facts), f"the solver and the evaluator disagree about {facts}"
    small = dict(facts)
    order = [name for name in dict.fromkeys(reversed(list(names))) if name in small]
    for start in range(0, len(order), _CHUNK):
        chunk = order[start : start + _CHUNK]
        fewer = {name: fact for name, fact in small.items() if name not in chunk}
        small = fewer if shows(fewer) else _one_by_one(small, chunk, shows)
    return small


def _one_by_one(facts: dict[str, Value], names: list[str], shows: Shows) -> dict[str, Value]:
    small = facts
    for name in names:
        fact = small[name]
        rest = {key: value for key, value in small.items() if key != name}
        single = (
            [{**rest, name: frozenset({word})} for word in sorted(fact)]
            if isinstance(fact, frozenset)
            else []
        )
        small = next((tried for tried in (rest, *single) if shows(tried)), small)
    return small


def replay(stretch: Stretch, facts: Workload) -> Verdict:
    """What the plain evaluator says about `facts`."""
    return interpret(stretch.outline.book, facts, stretch.form.norms, stretch.outline.party)
