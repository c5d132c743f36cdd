"""What a change of rules newly allows or forbids: two stretches, of one book or of two, over the same facts.

Every way from one answer to another is asked for; each answer names other clauses than the ones before it, so
that a change of ten clauses is not told by one workload.
"""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from comity.contracts.prove.formulas import Formula
from comity.contracts.prove.stretches import Stretch
from comity.contracts.prove.witness import Witness, reduced, replay, told
from comity.contracts.verdict import Outcome, Role
from comity.contracts.vocabulary import Workload

_MOST = 8
_RESTRICTS = (Role.FORBIDS, Role.REQUIRES)


class Level(msgspec.Struct, frozen=True):
    """How free a workload is."""

    rank: int
    """0 is free."""
    word: str
    """How it is called."""
    outcomes: tuple[Outcome, ...]
    """The outcomes of that level."""


ALLOWED = Level(0, "allowed", (Outcome.PERMITTED, Outcome.SILENT))
CONDITIONAL = Level(1, "conditional", (Outcome.CONDITIONAL,))
DISPUTED = Level(2, "disputed", (Outcome.DISPUTED,))
PROHIBITED = Level(3, "prohibited", (Outcome.PROHIBITED,))
LEVELS = (ALLOWED, CONDITIONAL, DISPUTED, PROHIBITED)
"""Every answer about complete facts, the freest first."""


class Change(msgspec.Struct, frozen=True):
    """Workloads that are answered otherwise than before."""

    before: Level
    """How free they were."""
    after: Level
    """How free they are."""
    clauses: tuple[str, ...]
    """The clauses that restrict them, on the stricter side."""
    was: Witness
    """One of them, before."""
    now: Witness
    """The same, after."""

    @property
    def loosens(self) -> bool:
        """Whether more is allowed than before."""
        return self.after.rank < self.before.rank

    @property
    def kind(self) -> str:
        """`newly allowed`, `newly prohibited` …."""
        return f"newly {self.after.word}"


def changes(before: Stretch, after: Stretch) -> Iterator[Change]:
    """What `after` answers otherwise than `before`."""
    logic = before.outline.logic
    base = logic.both([before.base, after.base])
    mine, yours = answers(before), answers(after)
    if mine == yours:
        return
    for old in LEVELS:
        for new in LEVELS:
            if old is not new:
                yield from _between(
                    before, after, old, new, logic.both([base, mine[old.word], yours[new.word]])
                )


def answers(stretch: Stretch) -> dict[str, Formula]:
    """Level to the workloads of which it is the answer."""
    logic, said = stretch.outline.logic, stretch.form.distinct
    forbids, asks = [one.forbids for one in said], [one.asks for one in said]
    clear = logic.both(-pair[1] for pair in forbids)
    met = logic.both(-pair[1] for pair in asks)
    disputed = [_some(stretch, forbids), logic.both([clear, _some(stretch, asks)])]
    return {
        ALLOWED.word: logic.both([clear, met]),
        CONDITIONAL.word: logic.both([clear, *(pair[0] for pair in asks)]),
        DISPUTED.word: logic.either(disputed),
        PROHIBITED.word: logic.both(pair[0] for pair in forbids),
    }


def _some(stretch: Stretch, pairs: list[tuple[Formula, Formula]]) -> Formula:
    """Where it is so in some world and not so in another."""
    logic = stretch.outline.logic
    return logic.both([logic.either(pair[0] for pair in pairs), logic.either(-pair[1] for pair in pairs)])


def _between(before: Stretch, after: Stretch, old: Level, new: Level, formula: Formula) -> Iterator[Change]:
    logic = before.outline.logic
    strict = after if new.rank > old.rank else before
    names = [*before.outline.book.vocabulary.attributes, *after.outline.book.vocabulary.attributes]

    def shows(facts: Workload) -> bool:
        return replay(before, facts).outcome in old.outcomes and replay(after, facts).outcome in new.outcomes

    for _ in range(_MOST):
        facts = logic.find(formula)
        if facts is None:
            return
        small = reduced(facts, names, shows)
        clauses = _restricting(strict, small)
        yield Change(old, new, clauses, told(before, small), told(after, small))
        if not clauses:
            return
        formula = logic.both([formula, *(-_reach(strict, name) for name in clauses)])


def _restricting(stretch: Stretch, facts: Workload) -> tuple[str, ...]:
    verdict = replay(stretch, facts)
    roles = (Role.FORBIDS, Role.SILENCE) if verdict.f_may else (Role.REQUIRES,)
    return tuple(dict.fromkeys(reason.clause for reason in verdict.reasons if reason.effect in roles))


def _reach(stretch: Stretch, name: str) -> Formula:
    """Where the clause (or silent contract) restricts in some world."""
    logic = stretch.outline.logic
    return logic.either(
        pair[1]
        for said in stretch.form.distinct
        for (clause, role), pair in said.parts.items()
        if clause == name and role in (*_RESTRICTS, Role.SILENCE)
    )
