"""Contradictions: permit and prohibition of one contract that apply to one workload, neither overriding."""

from __future__ import annotations

from collections.abc import Iterator

from comity.contracts.book import Book
from comity.contracts.calendar import days_of
from comity.contracts.prove.proof import Kind, Proof
from comity.contracts.prove.stretches import Outline, Stretch, runs
from comity.contracts.prove.witness import Witness, replay, search
from comity.contracts.verdict import Role
from comity.contracts.vocabulary import Workload


def contradictions(outline: Outline, stretches: list[Stretch]) -> Iterator[Proof]:
    """Permit and prohibition of one contract that apply to the same workload, neither overriding."""
    pairs = {
        (permit, forbid)
        for stretch in stretches
        for permit, role in _parts(stretch)
        for forbid, other in _parts(stretch)
        if role is Role.PERMITS and other is Role.FORBIDS and _same_contract(outline.book, permit, forbid)
    }
    for permit, forbid in sorted(pairs):
        shown = {id(stretch): found for stretch in stretches if (found := _both(stretch, permit, forbid))}
        for run in runs(stretch for stretch in stretches if id(stretch) in shown):
            clause = outline.book.by_id[forbid]
            yield Proof(
                kind=Kind.CONTRADICTION,
                place=clause.place,
                message=f"`{permit}` permits what `{forbid}` of the same contract forbids",
                period=days_of(run.span, outline.book.zone(clause.contract)),
                clauses=(permit, forbid),
                witness=shown[id(run.first)],
            )


def _parts(stretch: Stretch) -> list[tuple[str, Role]]:
    return list(stretch.form.distinct[0].parts)


def _same_contract(book: Book, one: str, other: str) -> bool:
    return book.by_id[one].contract == book.by_id[other].contract


def _both(stretch: Stretch, permit: str, forbid: str) -> Witness | None:
    def shows(facts: Workload) -> bool:
        return (permit, forbid) in replay(stretch, facts).contradictions

    logic = stretch.outline.logic
    formula = logic.either(
        logic.both(
            [
                said.part(permit, Role.PERMITS)[0],
                said.part(forbid, Role.FORBIDS)[0],
            ]
        )
        for said in stretch.form.distinct
    )
    return search(stretch, formula, shows)
