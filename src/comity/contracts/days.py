"""Calendar days as moments: a day begins at midnight in the zone of its contract; stretches are half-open."""

from __future__ import annotations

from datetime import date, datetime
from math import inf
from zoneinfo import ZoneInfo

import msgspec

from comity.period import Period


class Span(msgspec.Struct, frozen=True):
    """A half-open stretch of time."""

    start: float
    """Unix seconds, inclusive; minus infinity when open."""
    end: float
    """Unix seconds, exclusive; infinity when open."""

    def holds(self, at: float) -> bool:
        """Whether `at` lies in it."""
        return self.start <= at < self.end


def midnight(day: date, zone: ZoneInfo) -> float:
    """The moment at which `day` begins in `zone`."""
    return datetime(day.year, day.month, day.day, tzinfo=zone).timestamp()


def day_of(moment: float, zone: ZoneInfo) -> date | None:
    """The day in `zone` in which `moment` lies; None when it is infinite."""
    return None if abs(moment) == inf else datetime.fromtimestamp(moment, zone).date()


def span_of(period: Period, zone: ZoneInfo) -> Span:
    """The stretch that the days of `period` make in `zone`."""
    return Span(
        -inf if period.start is None else midnight(period.start, zone),
        inf if period.end is None else midnight(period.end, zone),
    )


def days_of(span: Span, zone: ZoneInfo) -> Period:
    """The days of `span`, in `zone`."""
    return Period(day_of(span.start, zone), day_of(span.end, zone))
