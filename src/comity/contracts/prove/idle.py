"""Clauses that do nothing: those that never apply, and those without which every answer would be the same."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from comity.contracts.calendar import Span, days_of
from comity.contracts.clauses import Clause, Effect
from comity.contracts.decide import interpret
from comity.contracts.norms import Norms, norms_of
from comity.contracts.prove.formulas import Formula
from comity.contracts.prove.proof import Kind, Proof
from comity.contracts.prove.stretches import Outline, Stretch
from comity.contracts.prove.symbolic import Form, Sayings
from comity.contracts.prove.witness import replay
from comity.contracts.verdict import Role, Verdict
from comity.contracts.vocabulary import Workload

_ROLE = {Effect.PERMIT: Role.PERMITS, Effect.REQUIRE: Role.REQUIRES}
_STRICTER = (Role.FORBIDS, Role.SILENCE, Role.REQUIRES, Role.PERMITS, Role.CONFORMS)
"""What hides a role: everything up to it; a permit is hidden by other permits too."""
_HIDDEN_BY = {Role.FORBIDS: 2, Role.REQUIRES: 3, Role.PERMITS: 5}


def idle(outline: Outline, stretches: list[Stretch]) -> Iterator[Proof]:
    """Every clause that does nothing while it is in force."""
    for clause in outline.book.clauses:
        live = [stretch for stretch in stretches if clause.id in stretch.form.norms.norms]
        if not live:
            continue
        span = Span(live[0].span.start, live[-1].span.end)
        period = days_of(span, outline.book.zone(clause.contract))
        reached = [facts for stretch in live if (facts := _reached(stretch, clause)) is not None]
        if not reached:
            cutters = ", ".join(f"`{name}`" for name in outline.book.cutters.get(clause.id, ()))
            why = (
                f"{cutters} overrides all that it reaches"
                if cutters
                else "no possible workload fits its words"
            )
            yield Proof(Kind.DEAD, clause.place, f"`{clause.id}` never applies: {why}", period, (clause.id,))
        elif not any(_differs(stretch, clause) for stretch in live):
            others = _without(live[0], clause, reached[0]).clauses
            why = ", ".join(f"`{name}`" for name in others) or "the silence of its contract"
            message = f"`{clause.id}` changes no answer: where it applies, {why} says as much"
            yield Proof(Kind.SHADOWED, clause.place, message, period, (clause.id, *others))


def _reached(stretch: Stretch, clause: Clause) -> Workload | None:
    """A workload to which the clause applies."""
    logic = stretch.outline.logic
    formula = logic.either(
        pair[0]
        for said in stretch.form.distinct
        for (name, _), pair in said.parts.items()
        if name == clause.id
    )
    return logic.find(logic.both([stretch.base, formula]))


def _differs(stretch: Stretch, clause: Clause) -> bool:
    """Whether leaving the clause out changes an answer; first asked of what it alone says, which is cheap."""
    logic = stretch.outline.logic
    alone = logic.either(_alone(stretch, said, clause) for said in stretch.form.distinct)
    facts = logic.find(logic.both([stretch.base, alone]))
    if facts is not None and _answers_apart(stretch, clause, facts):
        return True
    rest = Form(stretch.outline.meaning, _rest(stretch, clause), stretch.outline.party)
    formula = logic.either(
        _apart(stretch, said, rest.worlds[world]) for world, said in stretch.form.worlds.items()
    )
    facts = logic.find(logic.both([stretch.base, formula]))
    assert facts is None or _answers_apart(stretch, clause, facts), (
        f"the solver and the evaluator disagree about {facts}"
    )
    return facts is not None


def _alone(stretch: Stretch, said: Sayings, clause: Clause) -> Formula:
    """Where nothing else is as strict as what this clause says."""
    logic = stretch.outline.logic
    role = _ROLE.get(clause.effect, Role.FORBIDS)
    hiding = _STRICTER[: _HIDDEN_BY[role]]
    others = [pair[1] for (name, other), pair in said.parts.items() if name != clause.id and other in hiding]
    return logic.both([said.part(clause.id, role)[0], -logic.either(others)])


def _apart(stretch: Stretch, one: Sayings, other: Sayings) -> Formula:
    """Where two sayings answer differently: prohibited, else conditional, else permitted."""
    logic = stretch.outline.logic

    def unlike(mine: Formula, yours: Formula) -> Formula:
        return logic.either([logic.both([mine, -yours]), logic.both([-mine, yours])])

    free = -one.forbids[1]
    bare = logic.both([free, -one.asks[1]])
    return logic.either(
        [
            *(unlike(one.forbids[place], other.forbids[place]) for place in (0, 1)),
            *(logic.both([free, unlike(one.asks[place], other.asks[place])]) for place in (0, 1)),
            logic.both([bare, unlike(one.permits[0], other.permits[0])]),
        ]
    )


def _rest(stretch: Stretch, clause: Clause) -> Norms:
    """What decides when the clause is left out."""
    moment = stretch.form.norms.at
    rest = tuple(other for other in moment.clauses if other.id != clause.id)
    return norms_of(stretch.outline.book, msgspec.structs.replace(moment, clauses=rest))


def _without(stretch: Stretch, clause: Clause, facts: Workload) -> Verdict:
    """The answer about `facts` when the clause is left out."""
    return interpret(stretch.outline.book, facts, _rest(stretch, clause), stretch.outline.party)


def _answers_apart(stretch: Stretch, clause: Clause, facts: Workload) -> bool:
    one, other = replay(stretch, facts), _without(stretch, clause, facts)
    return any(one.within(1 << world) is not other.within(1 << world) for world in stretch.form.worlds)
