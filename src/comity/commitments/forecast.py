"""Where a running period will end if it goes on as lately: the trailing run rate.

pace = what was eligible in the last 30 days (or since the start, when that is shorter) / the days that
passed, expected = drawn + pace x days left, at risk = asked - expected. It is the rolling, trend-based
forecast of the FinOps Framework (finops.org, capability Forecasting): no season, no growth, easy to check.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_EVEN, Decimal
from zoneinfo import ZoneInfo

import msgspec

from comity.commitments.values import Forecast
from comity.contracts.days import midnight

TRAILING = 30
"""Days that the pace looks back."""
_DAY = Decimal(86_400)
_PLACES = Decimal("0.000001")
_NOTHING = Decimal(0)


def pace_of(sums: Iterable[tuple[date, Decimal]], at: datetime, since: float, zone: ZoneInfo) -> Decimal:
    """What came per day in the trailing days before `at`, of which `since` may be the later beginning."""
    first = at.astimezone(zone).date() - timedelta(days=TRAILING - 1)
    begin = max(midnight(first, zone), since)
    seconds = Decimal(round(at.timestamp() - begin))
    if seconds <= 0:
        return _NOTHING
    return sum((amount for day, amount in sums if day >= first), _NOTHING) * _DAY / seconds


class Running(msgspec.Struct, frozen=True):
    """A period that is not over."""

    asked: Decimal
    """What it asks."""
    drawn: Decimal
    """What is there already."""
    pace: Decimal
    """What comes per day."""
    at: float
    """Now, unix seconds."""
    due: float
    """When it is over, unix seconds."""
    zone: ZoneInfo
    """The zone of its days."""
    kept: Decimal
    """The share of a shortfall that comes back."""


def forecast_of(running: Running) -> Forecast:
    """Where the period will end."""
    days = Decimal(round(running.due - running.at)) / _DAY
    missing = max(running.asked - running.drawn, _NOTHING)
    pace = running.pace
    expected = running.drawn + min(max(pace, _NOTHING) * days, missing)
    at_risk = max(running.asked - expected, _NOTHING)
    return Forecast(
        by=datetime.fromtimestamp(running.due - 1, running.zone).date(),
        days=_rounded(days),
        pace=_rounded(pace),
        needed=_rounded(missing / days) if days > 0 else _NOTHING,
        expected=_rounded(expected),
        at_risk=_rounded(at_risk),
        penalty=_rounded(at_risk * (1 - running.kept)),
    )


def _rounded(number: Decimal) -> Decimal:
    """Six decimals: a forecast is no amount that anybody owes."""
    return number.quantize(_PLACES, rounding=ROUND_HALF_EVEN).normalize() + _NOTHING
