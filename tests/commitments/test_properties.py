"""Random commitments and spending: nothing is lost, nothing is drawn twice, and the duties say the same."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import cache
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.commitments.books import FRONT
from tests.contracts.small import small_book

from comity.commitments import CommitmentState, Shape, commitments_at, draw_down
from comity.contracts import Book, Progress, duty_state

START = datetime(2026, 1, 1, tzinfo=UTC)
END = datetime(2026, 9, 1, tzinfo=UTC)
SPAN = "2026-01-01 .. 2026-09-01"
LIMITS = st.sampled_from(["", ", limits: {counts: {marketplace: {over: 0}}, at_most: 0.25}"])
SPEND: list[dict[str, Any]] = [
    {"amount": "40 USD", "by": "2026-08-31"},
    {"amount": "9 USD", "per": "month"},
    {"amount": "20 USD", "per": "quarter", "carry": "surplus"},
    {"amount": "20 USD", "per": "quarter", "carry": "surplus", "carry_at_most": 0.5},
    {"amount": "20 USD", "per": "quarter", "carry": "shortfall"},
    {"amount": "20 USD", "per": "quarter", "carry": "shortfall", "carry_at_most": 0.25},
    {"amount": "60 USD", "by": "2026-08-31", "least": {"amount": "6 USD", "per": "month"}},
    {
        "milestones": [
            {"by": "2026-03-31", "amount": "15 USD"},
            {"by": "2026-05-31", "amount": "25 USD"},
            {"by": "2026-08-31", "amount": "50 USD"},
        ]
    },
]
TOTAL = [40, 72, 60, 60, 60, 60, 60, 50]
"""What each of them commits to in all, by the end."""


@cache
def duty(kind: int, limits: str = "", shortfall: str = "pay") -> Book:
    """A book with one of the duties, as `deal.a`."""
    text = json.dumps(SPEND[kind])[1:-1]
    owe = f"from: acme, to: msft, buy: azure, counts: {{eligible: true}}, {text}, shortfall: {shortfall}"
    return small_book(f"deal.a\nowe: {{{owe}{limits}}}\nin_force: {SPAN}", front=FRONT)


@st.composite
def spending(draw: st.DrawFn, *, corrections: bool = True) -> list[Progress]:
    """What was bought in half a year, eligible or not, some of it in the marketplace, some taken back."""
    found: list[Progress] = []
    for _ in range(draw(st.integers(0, 12))):
        facts: dict[str, Any] = {"eligible": draw(st.sampled_from([True, True, True, False]))}
        facts["marketplace"] = Decimal(draw(st.sampled_from([0, 0, 1])))
        at = START + timedelta(hours=draw(st.integers(0, 5831)))
        amount = Decimal(draw(st.integers(-3 if corrections else 1, 24)))
        found.append(Progress(at, "bought", amount, "USD", "", facts))
    return sorted(found, key=lambda one: one.at)


def eligible(spent: list[Progress]) -> Decimal:
    """What could count at most."""
    return sum((one.amount for one in spent if one.facts["eligible"]), Decimal(0))


def stand(book: Book, spent: list[Progress], at: datetime) -> CommitmentState:
    """The only commitment of the book."""
    (state,) = commitments_at(book, [], at, given=spent)
    return state


@settings(max_examples=60, deadline=None)
@given(
    st.integers(0, len(SPEND) - 1),
    spending(corrections=False),
    LIMITS,
    st.sampled_from(["pay", "prepay", "forfeit"]),
)
def test_drawn_and_shortfall_are_what_was_committed(
    kind: int, spent: list[Progress], limits: str, shortfall: str
) -> None:
    """Σ drawn + shortfall = commitment once it is over, and no more is drawn than is eligible."""
    if shortfall == "forfeit" and (SPEND[kind].get("carry") == "shortfall" or "milestones" in SPEND[kind]):
        shortfall = "pay"
    state = stand(duty(kind, limits, shortfall), spent, END)
    assert state.remaining.low == state.remaining.high == 0
    assert state.drawn.low + state.shortfall.low == state.committed.low == TOTAL[kind]
    assert state.drawn.low <= eligible(spent)
    assert state.drawn.low == state.drawn.high
    beyond = sum((row.beyond for row in state.rows), Decimal(0))
    if not limits and "least" not in SPEND[kind] and "milestones" not in SPEND[kind]:
        assert beyond == state.beyond


@settings(max_examples=60, deadline=None)
@given(st.integers(0, len(SPEND) - 1), spending(), LIMITS, st.integers(1, 5900))
def test_charges_retire_what_the_duty_says(kind: int, spent: list[Progress], limits: str, hour: int) -> None:
    """What single charges retire adds up to what the duty as a whole draws, at any moment."""
    at = START + timedelta(hours=hour)
    book = duty(kind, limits)
    applied = sum(
        (one.amount for _, found in draw_down(book, [], at, given=spent) for one in found), Decimal(0)
    )
    state = stand(book, spent, at)
    if SPEND[kind].get("carry") == "surplus" or (limits and "milestones" in SPEND[kind]):
        assert applied <= state.drawn.low
    else:
        assert applied == state.drawn.low
    found = duty_state(book, "deal.a", spent, at)
    assert (state.state, state.at_best, state.owes) == (found.state, found.at_best, found.owes)


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 6 * 60 - 1), st.integers(-2, 9)), max_size=14),
    st.sampled_from(["hour", "minute"]),
    st.integers(1, 7 * 60),
)
def test_reservations_are_the_same_duty_by_the_hour(
    bought: list[tuple[int, int]], per: str, minute: int
) -> None:
    """Hours and minutes, summed instead of listed, stand as `duty_state` has them one by one."""
    book = small_book(
        f"deal.a\nowe: {{from: acme, to: msft, buy: azure, amount: 5 USD, per: {per}, shortfall: forfeit}}\n"
        "in_force: 2026-01-01 .. 2026-01-02",
        front=FRONT,
    )
    spent = [
        Progress(START + timedelta(minutes=at), "bought", Decimal(amount), "USD")
        for at, amount in sorted(bought)
    ]
    at = START + timedelta(minutes=minute)
    state, found = stand(book, spent, at), duty_state(book, "deal.a", spent, at)
    asked = sum((part.asked.low for part in found.parts), Decimal(0))
    drawn = sum((max(min(part.reached.low, part.asked.low), Decimal(0)) for part in found.parts), Decimal(0))
    assert (state.committed.low, state.drawn.low) == (asked, drawn)
    assert state.shortfall.low + state.remaining.low == asked - drawn
    assert sum((row.asked.low for row in state.rows), Decimal(0)) == asked
    assert sum((row.drawn.low for row in state.rows), Decimal(0)) == drawn
    assert state.state is found.parts[-1].state


@settings(max_examples=30, deadline=None)
@given(spending(corrections=False), st.lists(st.integers(0, 3), min_size=2, max_size=3))
def test_a_charge_is_settled_once(spent: list[Progress], caps: list[int]) -> None:
    """What covers a charge is never more than the charge, and what is covered retires no agreement."""
    blocks = [
        f"deal.p{place}\nowe: {{from: acme, to: msft, use: credit {place}, counts: {{eligible: true}}, "
        f"amount: {cap * 10} USD, by: 2026-08-31, shortfall: forfeit}}"
        for place, cap in enumerate(caps)
    ]
    owe = "{from: acme, to: msft, buy: azure, counts: {eligible: true}, amount: 500 USD, by: 2026-08-31}"
    book = small_book(*blocks, f"deal.z\nowe: {owe}", front=FRONT)
    for line, applied in draw_down(book, [], END, given=spent):
        assert isinstance(line, Progress)
        assert sum((one.amount for one in applied), Decimal(0)) == (
            line.amount if line.facts["eligible"] else 0
        )
        assert sum((one.fraction for one in applied), Decimal(0)) in (0, 1) or len(applied) > 1
    states = {state.terms.commitment: state for state in commitments_at(book, [], END, given=spent)}
    prepaid = [state for state in states.values() if state.shape is Shape.PREPAID]
    assert sum((state.drawn.low for state in prepaid), Decimal(0)) == min(eligible(spent), sum(caps) * 10)
    assert states["deal.z"].drawn.low == max(eligible(spent) - sum(caps) * 10, 0)
    for state in prepaid:
        assert state.drawn.low + state.remaining.low + state.shortfall.low == state.committed.low


@settings(max_examples=40, deadline=None)
@given(st.integers(0, len(SPEND) - 1), spending(corrections=False), st.data(), st.integers(1, 5900))
def test_what_is_open_lies_between_two_ends(
    kind: int, spent: list[Progress], data: st.DataObject, hour: int
) -> None:
    """Where a fact is missing, charges retire what surely counts, and the state spans what may."""
    blind = [
        Progress(one.at, one.moved, one.amount, one.unit, one.what, {"marketplace": Decimal(0)})
        if data.draw(st.booleans())
        else one
        for one in spent
    ]
    at = START + timedelta(hours=hour)
    book = duty(kind)
    state, found = stand(book, blind, at), duty_state(book, "deal.a", blind, at)
    assert (state.state, state.at_best, state.owes) == (found.state, found.at_best, found.owes)
    assert state.needs == found.needs
    assert state.drawn.high is not None
    assert state.drawn.low <= state.drawn.high
    assert state.drawn.high <= sum((one.amount for one in spent if one.at <= at), Decimal(0))
    applied = sum((one.amount for _, got in draw_down(book, [], at, given=blind) for one in got), Decimal(0))
    assert applied <= state.drawn.low if SPEND[kind].get("carry") == "surplus" else applied == state.drawn.low
    for row in state.rows:
        assert row.asked.high is not None
        assert row.missing.high is not None
        assert row.drawn.low + row.missing.high <= row.asked.high
