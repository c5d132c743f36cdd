"""Dilemmas: a duty that nobody can perform without breach, in some choice of readings.

Of a standing duty the acts that count toward it are asked for; of a `require` the workload that meets it.
That *every* such act is prohibited is proved by the solver; one of them is shown.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import msgspec

from comity.contracts.calendar import days_of
from comity.contracts.clauses import Clause, Effect
from comity.contracts.interpret import Interpreter
from comity.contracts.prove.acts import performance
from comity.contracts.prove.formulas import Formula
from comity.contracts.prove.proof import Kind, Proof, reading_phrase, readings_of
from comity.contracts.prove.stretches import Outline, Run, Stretch, runs
from comity.contracts.prove.witness import Witness, replay, search
from comity.contracts.terms import Term
from comity.contracts.verdict import Role
from comity.contracts.vocabulary import Workload

_FORBIDS = (Role.FORBIDS, Role.SILENCE)


class Bind(msgspec.Struct, frozen=True):
    """A duty in one stretch."""

    worlds: int
    """The worlds in which it cannot be performed without breach."""
    witness: Witness
    """A performance that is prohibited there."""


def dilemmas(outline: Outline, stretches: list[Stretch]) -> Iterator[Proof]:
    """One per duty, choice of readings and run of days."""
    for clause in outline.book.clauses:
        duty: Duty | None = None
        if (term := performance(clause)) is not None:
            duty = Duty(clause, term)
        elif clause.effect is Effect.REQUIRE:
            duty = Duty(clause, None)
        if duty is not None:
            yield from _found(outline, stretches, duty)


def _found(outline: Outline, stretches: list[Stretch], duty: Duty) -> Iterator[Proof]:
    live = [stretch for stretch in stretches if duty.clause in stretch.form.norms.at.clauses]
    bound = {id(stretch): bind for stretch in live if (bind := duty.bind(stretch))}
    for worlds in dict.fromkeys(bind.worlds for bind in bound.values()):
        same = [stretch for stretch in live if id(stretch) in bound and bound[id(stretch)].worlds == worlds]
        for run in runs(same):
            yield _proof(outline, duty.clause, run, bound[id(run.first)])


class Duty:
    """Something owed or required, and what performing it means."""

    def __init__(self, clause: Clause, term: Term | None) -> None:
        self.clause = clause
        self.term = term
        """The acts that perform a standing duty; None for a `require`, which says it itself."""

    def bind(self, stretch: Stretch) -> Bind | None:
        """In which worlds it cannot be performed, with a performance; None when it always can."""
        form, logic = stretch.form, stretch.outline.logic
        worlds = sum(1 << world for world in form.worlds if self._is_bound(stretch, world))
        if not worlds:
            return None
        among = [world for world in form.worlds if worlds >> world & 1]
        for chosen in (among, among[:1]):
            everywhere = logic.both(
                part
                for world in chosen
                for part in (self.acts(stretch, world), form.worlds[world].forbids[0])
            )
            mask = sum(1 << world for world in chosen)
            witness = search(stretch, everywhere, partial(self._shows, stretch, mask))
            if witness is not None:
                return Bind(worlds, witness)
        return None

    def _is_bound(self, stretch: Stretch, world: int) -> bool:
        logic = stretch.outline.logic
        acts, said = self.acts(stretch, world), stretch.form.worlds[world]
        free = -said.forbids[1]

        def possible(*formulas: Formula) -> bool:
            return logic.find(logic.both([stretch.base, *formulas])) is not None

        if possible(acts, free) or not possible(acts):
            return False
        # What is prohibited anyway need not be put right first.
        return self.term is not None or possible(said.part(self.clause.id, Role.REQUIRES)[0], free)

    def acts(self, stretch: Stretch, world: int) -> Formula:
        """The workloads that perform it."""
        form = stretch.form
        if self.term is None:
            return form.worlds[world].part(self.clause.id, Role.CONFORMS)[0]
        return stretch.outline.meaning.term(self.term, form.frame, world, every=True)[0]

    def _shows(self, stretch: Stretch, worlds: int, facts: Workload) -> bool:
        verdict = replay(stretch, facts)
        if self.term is None:
            mine = [
                reason.must
                for reason in verdict.reasons
                if reason.clause == self.clause.id and reason.effect is Role.CONFORMS
            ]
            performed = mine[0] if mine else 0
        else:
            interpreter = Interpreter(stretch.outline.book, stretch.form.norms, facts)
            performed = interpreter.truth(self.term, every=True).must
        return not worlds & ~(verdict.f_must & performed)


def _proof(outline: Outline, clause: Clause, run: Run, bind: Bind) -> Proof:
    book, frame = outline.book, run.first.form.frame
    verdict = replay(run.first, bind.witness.facts)
    against = tuple(
        dict.fromkeys(
            reason.clause
            for reason in verdict.reasons
            if reason.effect in _FORBIDS and reason.must & bind.worlds
        )
    )
    readings = readings_of(book, frame, bind.worlds)
    free = readings_of(book, frame, frame.all & ~bind.worlds) if readings else {}
    names = " and ".join(
        f"`{name}` ({book.by_id[name].contract})" if name in book.by_id else f"the silence of `{name}`"
        for name in against
    )
    verb = "owes" if clause.owe is not None else "requires first"
    only = f", only with {reading_phrase(book, readings)}" if readings else ", in every reading"
    spared = f"; none with {reading_phrase(book, free)}" if free else ""
    return Proof(
        kind=Kind.DILEMMA,
        place=clause.place,
        message=f"`{clause.id}` ({clause.contract}) {verb} what {names} forbids{only}{spared}",
        period=days_of(run.span, book.zone(clause.contract)),
        clauses=(clause.id, *against),
        readings=readings,
        free=free,
        witness=bind.witness,
    )
