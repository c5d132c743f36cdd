"""Disputes, term by term: workloads that one reading prohibits and another does not."""

from __future__ import annotations

from collections.abc import Iterator

from comity.contracts.calendar import days_of
from comity.contracts.prove.formulas import Formula
from comity.contracts.prove.proof import Kind, Proof
from comity.contracts.prove.stretches import Outline, Stretch, runs
from comity.contracts.prove.symbolic import Sayings
from comity.contracts.prove.witness import Witness, replay, search
from comity.contracts.verdict import Outcome
from comity.contracts.vocabulary import Workload


def disputes(outline: Outline, stretches: list[Stretch]) -> Iterator[Proof]:
    """One per open definition and run of days on which its readings can decide."""
    for name in outline.book.worlds.open:
        shown = {id(stretch): witness for stretch in stretches if (witness := _witness(stretch, name))}
        for run in runs(stretch for stretch in stretches if id(stretch) in shown):
            definition = outline.book.definitions[name]
            witness = shown[id(run.first)]
            yield Proof(
                kind=Kind.DISPUTE,
                place=definition.place,
                message=f"`{name}` decides: {_sides(run.first, name, witness)}",
                period=days_of(run.span, outline.book.zone(definition.contract)),
                clauses=witness.clauses,
                witness=witness,
            )


def _witness(stretch: Stretch, name: str) -> Witness | None:
    outline = stretch.outline
    definition = outline.book.definitions[name]

    def shows(facts: Workload) -> bool:
        return replay(stretch, facts).outcome is Outcome.DISPUTED

    def says_it_all(facts: Workload) -> bool:
        verdict = replay(stretch, facts)
        masks = [outline.book.worlds.mask(name, [reading.name]) for reading in definition.readings]
        sides = {verdict.within(mask) for mask in masks if mask & verdict.all}
        return verdict.outcome is Outcome.DISPUTED and not sides & {Outcome.UNKNOWN, Outcome.DISPUTED}

    logic, said = stretch.outline.logic, stretch.form.distinct
    clear = logic.both(-one.forbids[1] for one in said)
    pairs = _pairs(stretch, name)
    prohibited = logic.either(logic.both([one.forbids[0], -other.forbids[1]]) for one, other in pairs)
    conditional = logic.either(logic.both([one.asks[0], -other.asks[1]]) for one, other in pairs)
    formulas: list[Formula] = [_alone(stretch, name), prohibited, logic.both([clear, conditional])]
    found = (search(stretch, formula, shows, says_it_all) for formula in formulas)
    return next((witness for witness in found if witness is not None), None)


def _alone(stretch: Stretch, name: str) -> Formula:
    """Where this term decides whatever the others mean: the witness that reads best, if there is one."""
    logic, form, worlds = stretch.outline.logic, stretch.form, stretch.outline.book.worlds
    sides = [
        [said for world, said in form.worlds.items() if worlds.mask(name, [reading.name]) >> world & 1]
        for reading in stretch.outline.book.definitions[name].readings
    ]
    return logic.either(
        logic.both([*(said.forbids[0] for said in one), *(-said.forbids[1] for said in other)])
        for one in sides
        for other in sides
        if one and other and one is not other
    )


def _pairs(stretch: Stretch, name: str) -> list[tuple[Sayings, Sayings]]:
    """What worlds say that differ in the reading of `name`, and in nothing else where that is possible."""
    worlds, form = stretch.outline.book.worlds, stretch.form
    place = worlds.open.index(name)
    found: dict[tuple[int, int], tuple[Sayings, Sayings]] = {}
    for one, said in form.worlds.items():
        for other, also in form.worlds.items():
            mine, yours = worlds.choices[one], worlds.choices[other]
            apart = [spot for spot, reading in enumerate(mine) if reading != yours[spot]]
            if said is not also and (apart == [place] or (worlds.bundled and place in apart)):
                found[id(said), id(also)] = (said, also)
    return list(found.values())


def _sides(stretch: Stretch, name: str, witness: Witness) -> str:
    book = stretch.outline.book
    verdict = replay(stretch, witness.facts)
    sides: list[str] = []
    for reading in book.definitions[name].readings:
        worlds = book.worlds.mask(name, [reading.name]) & verdict.all
        if worlds:
            holders = ", ".join(reading.by) or "nobody"
            sides.append(f"{reading.name} ({holders}) {verdict.within(worlds)}")
    return ", ".join(sides)
