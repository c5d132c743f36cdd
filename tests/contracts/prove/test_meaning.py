"""The symbolic form says what the interpreter says, on random books, workloads and days."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.contracts.random_books import MOMENTS, Written, facts_of, load, workloads, written_books

from comity.contracts import Outcome, Verdict, decide, load_book
from comity.contracts.facts import Raw
from comity.contracts.prove import compare, prove
from comity.contracts.prove.stretches import Outline, Stretch, View, outlines
from comity.contracts.vocabulary import Workload

ROOM = settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))


def masks(stretch: Stretch, facts: Workload) -> tuple[int, ...]:
    """The six masks of a verdict, evaluated by the solver."""
    logic = stretch.outline.logic
    said = stretch.form.worlds
    formulas = [
        part for one in said.values() for pair in (one.forbids, one.asks, one.permits) for part in pair
    ]
    held = logic.evaluate(logic.space.classes(facts), formulas)
    found = [0] * 6
    for place, world in enumerate(said):
        for spot in range(6):
            found[spot] |= held[6 * place + spot] << world
    return tuple(found)


def asked(verdict: Verdict) -> tuple[int, ...]:
    """The same of the plain verdict."""
    return (
        verdict.f_must,
        verdict.f_may,
        verdict.c_must,
        verdict.c_may,
        verdict.p_must,
        verdict.p_may,
    )


@pytest.mark.no_cover
@ROOM
@given(
    written_books(),
    st.lists(workloads(), min_size=4, max_size=4),
    st.sampled_from(MOMENTS),
    st.sampled_from([View(), View(party="msft"), *(View(as_of=known) for known in MOMENTS)]),
)
def test_masks_are_equal(
    files: tuple[Written, ...], raws: list[dict[str, Raw]], at: datetime, view: View
) -> None:
    """All six masks, with facts missing, wide words and sets, however the book is read."""
    book = load(files)
    (outline,) = outlines((book,), view)
    stretch = outline.stretch(at.timestamp())
    for raw in raws:
        facts = facts_of(book, raw)
        assert masks(stretch, facts) == asked(decide(book, facts, at, view.as_of, view.party)), facts


@pytest.mark.no_cover
@ROOM
@given(written_books(), st.lists(workloads(), min_size=10, max_size=10), st.sampled_from(MOMENTS))
def test_none_means_none(files: tuple[Written, ...], raws: list[dict[str, Raw]], at: datetime) -> None:
    """When the solver finds no prohibited workload, no workload is prohibited; the same for disputes."""
    book = load(files)
    (outline,) = outlines((book,))
    stretch = outline.stretch(at.timestamp())
    found = {decide(book, facts_of(book, raw), at).outcome for raw in raws}
    for outcome in (Outcome.PROHIBITED, Outcome.DISPUTED):
        facts = search(outline, stretch, outcome)
        if facts is None:
            assert outcome not in found
        else:
            assert decide(book, facts, at).outcome is outcome, facts


@pytest.mark.no_cover
@settings(ROOM, max_examples=12)
@given(written_books(), written_books(), st.sampled_from([None, None, *MOMENTS[1:]]))
def test_whatever_is_found_is_confirmed(
    one: tuple[Written, ...], other: tuple[Written, ...], known: datetime | None
) -> None:
    """Every witness of every finding, and of the difference of two books, stands when it is replayed."""
    book = load(one)
    for proof in prove(book, as_of=known):
        for witness in (proof.before, proof.witness):
            if witness is not None:
                assert decide(book, witness.facts, witness.at, known).outcome is witness.outcome
    for shift in compare(book, load(other), as_of=known).shifts:
        was = shift.change.was
        assert decide(book, was.facts, was.at, known).outcome is was.outcome


def search(outline: Outline, stretch: Stretch, outcome: Outcome) -> Workload | None:
    """Any workload with that outcome, complete or not."""
    logic = outline.logic
    pairs = [said.forbids for said in stretch.form.distinct]
    if outcome is Outcome.PROHIBITED:
        return logic.find(logic.both(pair[0] for pair in pairs))
    some = logic.either(pair[0] for pair in pairs)
    none = logic.either(-pair[1] for pair in pairs)
    forbidden = logic.find(logic.both([some, none]))
    if forbidden is not None:
        return forbidden
    clear = [-pair[1] for pair in pairs]
    asks = [said.asks for said in stretch.form.distinct]
    some, none = (
        logic.either(pair[0] for pair in asks),
        logic.either(-pair[1] for pair in asks),
    )
    return logic.find(logic.both([*clear, some, none]))


def test_worlds_that_agree_share_their_formulas() -> None:
    """Worlds that read every term in play alike share what they say."""
    book = load_book(Path(__file__).parents[3] / "books" / "openai")
    (outline,) = outlines((book,))
    stretch = outline.stretch(datetime.fromisoformat("2026-03-18T12:00+00:00").timestamp())
    assert len(stretch.form.worlds) == 24
    assert len(stretch.form.distinct) == 12
