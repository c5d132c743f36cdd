"""What an invoice is about: a stretch of time as people write it, between two midnights of one time zone."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time, timedelta
from functools import cached_property
from zoneinfo import ZoneInfo

import msgspec

from comity.period import parse_date, parse_period

_MONTH = re.compile(r"(\d{4})-(\d{2})")
_QUARTER = re.compile(r"(\d{4})-?[Qq]([1-4])")
_YEAR = re.compile(r"\d{4}")
_QUARTER_MONTHS, _YEAR_MONTHS = 3, 12
_FIRST, _LAST = date(1970, 1, 1), date(2262, 1, 1)
"""The days whose nanoseconds a store can keep."""
_EXPECTED = (
    "expected a month like 2026-10, a quarter like 2026-Q4, a year, a day, or 2026-10-01 .. 2026-10-15"
)


class BillingPeriod(msgspec.Struct, frozen=True, dict=True):
    """Whole days in one time zone; the last day is not part of it."""

    name: str
    """The same for the same days, however they were written: part of an invoice's number."""
    start: date
    """First day that belongs to it."""
    end: date
    """First day that no longer belongs to it."""
    zone: ZoneInfo
    """Where its midnights are."""

    @cached_property
    def since(self) -> int:
        """Its first moment, unix nanoseconds, inclusive."""
        return nanoseconds(self._midnight(self.start))

    @cached_property
    def until(self) -> int:
        """Its end, unix nanoseconds, exclusive."""
        return nanoseconds(self._midnight(self.end))

    @property
    def closing(self) -> datetime:
        """Its end as a moment: midnight after its last day."""
        return self._midnight(self.end)

    def holds(self, at: int) -> bool:
        """Whether a moment in unix nanoseconds lies in it."""
        return self.since <= at < self.until

    def _midnight(self, day: date) -> datetime:
        return datetime.combine(day, time(), self.zone)


def parse_billing_period(text: str, zone: ZoneInfo) -> BillingPeriod:
    """The period behind `2026-10`, `2026-Q4`, `2026`, `2026-10-05` or `2026-10-01 .. 2026-10-15`.

    The last form does not hold its second day. Raises ValueError with what was expected.
    """
    plain = text.strip()
    try:
        start, end = _bounds(plain)
        name = _name(start, end)
    except ValueError as error:
        raise ValueError(f"{_EXPECTED}; found `{text}` ({error})") from error
    return BillingPeriod(name, start, end, zone)


def _bounds(text: str) -> tuple[date, date]:
    if ".." in text:
        period = parse_period(text)
        if period.start is None or period.end is None:
            raise ValueError("both ends are needed")
        return period.start, period.end
    if match := _MONTH.fullmatch(text):
        return _months(int(match[1]), int(match[2]), 1)
    if match := _QUARTER.fullmatch(text):
        return _months(int(match[1]), _QUARTER_MONTHS * int(match[2]) - 2, _QUARTER_MONTHS)
    if _YEAR.fullmatch(text):
        return _months(int(text), 1, _YEAR_MONTHS)
    day = parse_date(text)
    return day, day + timedelta(days=1)


def _name(start: date, end: date) -> str:
    if start < _FIRST or end > _LAST:
        raise ValueError(f"ledgers know days from {_FIRST} to {_LAST}")
    if end - start == timedelta(days=1):
        return str(start)
    if start.day == end.day == 1:
        months = (end.year - start.year) * 12 + end.month - start.month
        if months == 1:
            return f"{start:%Y-%m}"
        if months == _QUARTER_MONTHS and start.month % _QUARTER_MONTHS == 1:
            return f"{start:%Y}-Q{start.month // _QUARTER_MONTHS + 1}"
        if months == _YEAR_MONTHS and start.month == 1:
            return f"{start:%Y}"
    return f"{start}_{end}"


def _months(year: int, month: int, count: int) -> tuple[date, date]:
    start = date(year, month, 1)
    after = year * 12 + month - 1 + count
    return start, date(after // 12, after % 12 + 1, 1)


def nanoseconds(moment: datetime) -> int:
    """An aware moment as unix nanoseconds, exact to the microsecond."""
    span = moment - datetime(1970, 1, 1, tzinfo=UTC)
    return (span.days * 86400 + span.seconds) * 1_000_000_000 + span.microseconds * 1000


def moment_of(at: int) -> datetime:
    """Unix nanoseconds as an aware moment in UTC, down to the microsecond."""
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=at // 1000)
