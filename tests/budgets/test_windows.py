"""Windows and amounts: every moment has one window, and no amount is rounded in the spender's favour."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import get_args
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from comity.budgets import Every, from_grains, shown, to_grains, told, window_at
from comity.money import Money

BERLIN = ZoneInfo("Europe/Berlin")
ZONES = st.sampled_from(["UTC", "Europe/Berlin", "America/New_York", "Asia/Kolkata", "America/Santiago"])
MOMENTS = st.floats(min_value=946_684_800, max_value=4_102_444_800)
FINEST = Decimal(1).scaleb(-12)


def unix(text: str, zone: ZoneInfo = BERLIN) -> float:
    """A local moment in unix seconds."""
    return datetime.fromisoformat(text).replace(tzinfo=zone).timestamp()


@given(st.sampled_from(get_args(Every)), ZONES, MOMENTS)
def test_a_moment_lies_in_its_window_and_the_next_begins_where_it_ends(
    every: Every, zone: str, at: float
) -> None:
    """Windows tile time: none overlaps the next, whatever the clocks do."""
    window = window_at(every, ZoneInfo(zone), at)
    assert window.starts <= at
    if window.ends is not None:
        assert at < window.ends
        assert window_at(every, ZoneInfo(zone), window.starts) == window
        assert window_at(every, ZoneInfo(zone), window.ends).starts == window.ends


@pytest.mark.parametrize(
    ("every", "at", "hours"),
    [
        ("day", "2026-03-29T12:00", 23),
        ("day", "2026-10-25T12:00", 25),
        ("day", "2026-11-21T00:00", 24),
        ("hour", "2026-11-21T10:59:59", 1),
        ("month", "2026-02-10T00:00", 28 * 24),
        ("month", "2026-12-31T23:59", 31 * 24),
    ],
)
def test_windows_follow_the_calendar_of_their_zone(every: Every, at: str, hours: int) -> None:
    """A day with a change of the clocks is shorter or longer; a year ends like any month."""
    window = window_at(every, BERLIN, unix(at))
    assert window.ends is not None
    assert window.ends - window.starts == hours * 3600
    assert told(window.starts, BERLIN).endswith(("T00:00:00+01:00", "T00:00:00+02:00", "T10:00:00+01:00"))


@given(st.decimals(min_value=0, max_value=10**15, places=14))
def test_money_is_counted_up_and_by_less_than_the_finest_part(amount: Decimal) -> None:
    """What is finer than a grain is rounded against the spender, once."""
    money = Money(amount, "USD")
    back = from_grains(to_grains(money), "USD")
    assert amount <= back.amount < amount + FINEST


@given(st.integers(min_value=0, max_value=10**30))
def test_grains_come_back_exactly(grains: int) -> None:
    """Nothing is lost on the way out and in."""
    assert to_grains(from_grains(grains, "USD")) == grains


@pytest.mark.parametrize(
    ("amount", "unit", "text"),
    [
        (12_500_000_000_000, "USD", "12.5 USD"),
        (100 * 10**12, "EUR", "100 EUR"),
        (1, "USD", "0.000000000001 USD"),
        (3000, "tokens", "3000 tokens"),
        (0, "requests", "0 requests"),
    ],
)
def test_amounts_are_shown_plainly(amount: int, unit: str, text: str) -> None:
    """No exponents, no needless zeros."""
    assert shown(amount, unit) == text
