"""What reservations are worth and cost, and shares that run to a cap."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.commitments.books import FRONT, book_of, charge, moment, one, plain, spent
from tests.contracts.small import small_book

from comity.commitments import accrue, break_even, commitments_at, worth
from comity.commitments.members import Moment, members_of
from comity.contracts import duty_state
from comity.exchange import Usage

RATES = {"input": Decimal("1.25"), "cached_read": Decimal("0.125"), "output": Decimal(10)}
WEIGHTS = {"input": Decimal(1), "cached_read": Decimal(0), "output": Decimal(8), "reasoning": Decimal(8)}
EACH = Decimal(4750 * 60)
"""Input tokens that one PTU of gpt-5 serves in an hour."""


def test_a_ptu_of_gpt_5_is_worth_its_tokens() -> None:
    """4,750 input tokens a minute at 1.25 USD a million: 0.356 USD an hour. Output weighs as it costs."""
    found = worth(Usage(input=1000), RATES, WEIGHTS, EACH)
    assert found == Decimal("0.35625")
    assert worth(Usage(input=1000, output=100), RATES, WEIGHTS, EACH) == found


@pytest.mark.parametrize(
    ("fee", "part"),
    [("1", "2.81"), ("0.356164", "1.00"), ("0.302740", "0.85")],
)
def test_break_even_at_list_by_the_month_and_by_the_year(fee: str, part: str) -> None:
    """A dollar an hour never pays; 260 USD a month (730 h) only when full; 2,652 a year (8,760 h) at 85 %."""
    assert round(break_even(Decimal(fee), Decimal("0.35625")), 2) == Decimal(part)


def test_cached_tokens_move_the_line() -> None:
    """They weigh nothing and cost something elsewhere, so a unit is worth more and pays earlier."""
    cached = worth(Usage(input=1000, cached_read=9000), RATES, WEIGHTS, EACH)
    assert cached == Decimal("0.35625") * Decimal("1.9")
    assert break_even(Decimal("0.302740"), cached) < Decimal("0.45")


@pytest.mark.parametrize("mix", [Usage(audio_input=5, input=1), Usage(cached_read=10), Usage()])
def test_what_is_unknown_has_no_worth(mix: Usage) -> None:
    """A token without a rate, or nothing that weighs: no number rather than a wrong one."""
    assert worth(mix, RATES, WEIGHTS, EACH) is None


@pytest.mark.parametrize(
    ("fee", "paid"),
    [
        ("{amount: 310 USD, per: month}", "310"),
        ("{amount: 365 USD}", "31"),
        ("{amount: 24 USD, per: day}", "744"),
        ("{amount: 1 USD, per: hour}", "744"),
    ],
)
def test_a_fee_runs_by_its_own_period(fee: str, paid: str) -> None:
    """By month, once for the whole term, by day or by hour: what has passed is sunk, used or not."""
    book = book_of(
        f"use: gpus, counts: {{sku: h100}}, amount: 8 GPU, per: hour, fee: {fee}, shortfall: forfeit"
    )
    given = [spent("2026-01-05T03:30:00", "6", "GPU", "used", sku="h100")]
    state = one(book, "2026-02-01", given=given)
    assert state.sunk is not None
    assert round(state.sunk.paid) == Decimal(paid) + (1 if "per: hour" in fee else 0)
    assert state.sunk.used + state.sunk.unused == state.sunk.paid
    assert state.sunk.used / state.sunk.paid == 6 / state.committed.low


@pytest.mark.parametrize(
    ("fee", "billed"),
    [
        ("{amount: 310 USD, per: month}", [("2026-01-15", 310), ("2026-02-15", 310), ("2026-03-15", 310)]),
        ("{amount: 365 USD}", [("2026-01-15", 365)]),
        (
            "{amount: 1 USD, per: hour}",
            [("2026-01-15", 17 * 24), ("2026-02-01", 28 * 24), ("2026-03-01", 457)],
        ),
    ],
)
def test_a_purchase_is_billed_once(fee: str, billed: list[tuple[str, int]]) -> None:
    """At the start, by its period, or by month for what runs by the hour; used or not, and apart from use."""
    book = book_of(
        f"use: gpus, counts: {{sku: h100}}, amount: 8 GPU, per: hour, fee: {fee}, shortfall: forfeit",
        front=FRONT.replace("2026-01-01", "2026-01-15"),
    )
    state = one(book, "2026-03-20", given=[spent("2026-02-05T03:30:00", "6", "GPU", "used", sku="h100")])
    assert state.sunk is not None
    assert plain([(str(day), amount) for day, amount in state.sunk.billed]) == billed
    if "hour" in fee:
        assert sum(amount for _, amount in billed) == state.sunk.paid


def test_a_charge_without_tokens_is_told_apart() -> None:
    """Nobody knows what it drew: it is left with the reason, and does not count as nothing."""
    book = book_of(
        "use: ptu, counts: {tier: reserved}, amount: 15 PTU, per: hour, measure: {each: 10, input: 1}, "
        "shortfall: forfeit",
        "buy: azure, amount: 100 USD, by: 2026-12-31",
    )
    state = one(book_of("buy: azure, amount: 9 USD"), "2026-02-01", [charge("2026-01-05", None)])
    assert [(left.why, left.charges) for left in state.left] == [("it has no price in USD", 1)]
    lines = [charge("2026-01-05", None, tier="reserved", usage=None)]
    found = commitments_at(book, lines, moment("2026-02-01"))
    assert [[left.why for left in state.left] for state in found] == [
        ["its tokens are not known"],
        ["it has no price in USD"],
    ]


SHARE = small_book(
    "deal.a\nowe: {from: acme, to: msft, rate: 0.20, of: sales, counts: {eligible: true}, cap: 38 USD}\n"
    "in_force: 2026-01-01 .. 2026-07-01",
    front=FRONT,
)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.tuples(st.integers(1, 12), st.integers(-40, 90), st.booleans()), max_size=8),
    st.integers(1, 12),
)
def test_a_share_accrues_to_its_cap_and_its_end(earned: list[tuple[int, int, bool]], month: int) -> None:
    """The meter's total is what the duty says is owed in all; it stops at the cap and at the last day."""
    given = [
        spent(f"2026-{on:02d}-10", str(amount), moved="earned", of="sales", eligible=counts)
        for on, amount, counts in earned
    ]
    at = moment(f"2026-{month:02d}-20")
    (member,) = members_of(Moment(SHARE, at))
    meter = list(accrue(member, given))
    total = meter[-1].total if meter else Decimal(0)
    found = duty_state(SHARE, "deal.a", given, at)
    assert total == found.parts[-1].asked.low if found.parts else total == 0
    assert sum((one.added for one in meter), Decimal(0)) == total
    assert all(Decimal(0) <= one.total <= 38 for one in meter)
    assert all(one.earned.at.month <= 6 for one in meter)


def test_a_share_stands_by_what_was_paid() -> None:
    """Accrued, paid and outstanding: a cap is reached by the sum of all, not by one invoice."""
    given = [
        spent("2026-01-10", "150", moved="earned", of="sales", eligible=True),
        spent("2026-02-10", "150", moved="earned", of="sales", eligible=True),
        spent("2026-02-20", "30", moved="paid", of="sales"),
    ]
    state = one(SHARE, "2026-03-01", given=given)
    assert plain((state.committed.low, state.drawn.low, state.remaining.low)) == (38, 30, 8)
    assert state.terms.cost == 38
    assert state.forecast is None
