"""The truth table of verdicts, line by line, and what a posture makes of them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from comity.contracts import Outcome, Posture, Verdict, judge
from comity.contracts.posture import Choice
from comity.contracts.verdict import Duty, outcome_of

ALL = 0b11


def verdict(
    outcome: Outcome, f: tuple[int, int] = (0, 0), c: tuple[int, int] = (0, 0), p: int = 0
) -> Verdict:
    """A verdict over two worlds, of which `msft` asserts the first and `oai` the second."""
    return Verdict(
        outcome=outcome,
        all=ALL,
        f_must=f[0],
        f_may=f[1],
        c_must=c[0],
        c_may=c[1],
        p_must=p,
        p_may=p,
        clauses=("a.b",),
        needs=("state",),
        duties=(Duty("a.b", "scc_signed is true"),),
        asserted={"msft": 0b01, "oai": 0b10},
    )


@pytest.mark.parametrize(
    ("forbids", "asks", "permits", "expected"),
    [
        ((0b11, 0b11), (0, 0), 0, Outcome.PROHIBITED),
        ((0b11, 0b11), (0b11, 0b11), 0b11, Outcome.PROHIBITED),
        ((0b01, 0b01), (0, 0), 0b11, Outcome.DISPUTED),
        ((0b01, 0b11), (0, 0), 0, Outcome.UNKNOWN),
        ((0b00, 0b11), (0, 0), 0, Outcome.UNKNOWN),
        ((0b00, 0b01), (0, 0), 0b11, Outcome.UNKNOWN),
        ((0, 0), (0b11, 0b11), 0, Outcome.CONDITIONAL),
        ((0, 0), (0b01, 0b01), 0, Outcome.DISPUTED),
        ((0, 0), (0b01, 0b11), 0, Outcome.UNKNOWN),
        ((0, 0), (0b00, 0b10), 0, Outcome.UNKNOWN),
        ((0, 0), (0, 0), 0b11, Outcome.PERMITTED),
        ((0, 0), (0, 0), 0b01, Outcome.PERMITTED),
        ((0, 0), (0, 0), 0b00, Outcome.SILENT),
    ],
)
def test_the_truth_table(
    forbids: tuple[int, int], asks: tuple[int, int], permits: int, expected: Outcome
) -> None:
    """Every line of the table, over two worlds."""
    assert outcome_of(ALL, forbids, asks, permits) is expected


def test_a_dispute_with_a_gap_beside_it_stays_disputed() -> None:
    """Some world surely prohibits and some surely does not: no missing fact can settle that."""
    assert outcome_of(0b111, (0b001, 0b011), (0, 0), 0) is Outcome.DISPUTED


def test_worlds_that_do_not_count_change_nothing() -> None:
    """Bits outside the mask are ignored in every column."""
    assert outcome_of(0b01, (0b10, 0b10), (0b10, 0b10), 0b10) is Outcome.SILENT


@given(st.data())
def test_disputed_and_unknown_never_merge(data: st.DataObject) -> None:
    """Disputed needs a sure yes and a sure no; unknown never has both."""
    may = data.draw(st.integers(0, 15))
    must = data.draw(st.integers(0, 15)) & may
    found = outcome_of(15, (must, may), (0, 0), 0)
    settled_by_lawyers = bool(must) and may != 15
    assert (found is Outcome.DISPUTED) == settled_by_lawyers
    assert (found is Outcome.UNKNOWN) == (not settled_by_lawyers and bool(may & ~must))


def test_a_party_sees_only_its_worlds() -> None:
    """The same masks, read by each party and by somebody who asserts nothing."""
    found = verdict(Outcome.DISPUTED, f=(0b01, 0b01), p=0b10)
    assert found.as_read_by("msft") is Outcome.PROHIBITED
    assert found.as_read_by("oai") is Outcome.PERMITTED
    assert found.as_read_by("orcl") is Outcome.DISPUTED
    assert found.as_read_by(None) is Outcome.DISPUTED
    assert found.worlds == 2


def test_clear_verdicts_are_allowed_or_refused_whatever_the_posture() -> None:
    """No posture allows a prohibition, or refuses what every reading allows."""
    generous = Posture(mode="arguable", disputed="allow-and-record", unknown="allow-and-record")
    assert judge(verdict(Outcome.PERMITTED, p=3), Posture()).action == "allow"
    assert judge(verdict(Outcome.SILENT), Posture()).action == "allow"
    prohibited = judge(verdict(Outcome.PROHIBITED, f=(3, 3)), generous)
    assert prohibited.action == "refuse"
    assert prohibited.why == "prohibited in every reading by a.b"


@pytest.mark.parametrize(
    ("choice", "action"),
    [("refuse", "refuse"), ("allow-and-record", "record"), ("re-route", "re-route"), ("ask", "ask")],
)
def test_a_posture_chooses_for_each_unclear_outcome(choice: Choice, action: str) -> None:
    """Disputed, unknown and conditional each have their own word."""
    disputed = verdict(Outcome.DISPUTED, f=(1, 1))
    unknown = verdict(Outcome.UNKNOWN, f=(0, 3))
    conditional = verdict(Outcome.CONDITIONAL, c=(3, 3))
    assert judge(disputed, Posture(disputed=choice)).action == action
    assert judge(unknown, Posture(unknown=choice)).action == action
    assert judge(conditional, Posture(conditional=choice)).action == action
    assert judge(disputed, Posture(unknown=choice)).action == "refuse"
    assert judge(unknown, Posture(unknown=choice)).why == "unknown without state"
    assert judge(conditional, Posture()).why == "conditional: first scc_signed is true (a.b)"


def test_a_posture_for_a_party_acts_on_its_readings() -> None:
    """`for: oai` allows what Microsoft's reading forbids, and says whose reading it was."""
    disputed = verdict(Outcome.DISPUTED, f=(1, 1), p=2)
    assert judge(disputed, Posture(reading="oai")).action == "allow"
    refused = judge(disputed, Posture(reading="msft"))
    assert (refused.action, refused.outcome) == ("refuse", Outcome.PROHIBITED)
    assert "the reading of msft" in refused.why


def test_arguable_allows_what_some_world_clearly_allows() -> None:
    """A dispute with a clear world is allowed; an unknown without one is not."""
    arguable = Posture(mode="arguable")
    assert judge(verdict(Outcome.DISPUTED, f=(1, 1)), arguable).action == "allow"
    assert judge(verdict(Outcome.UNKNOWN, f=(0, 3)), arguable).action == "refuse"
    assert judge(verdict(Outcome.UNKNOWN, f=(0, 1)), arguable).action == "allow"
    assert judge(verdict(Outcome.CONDITIONAL, c=(3, 3)), arguable).action == "refuse"
