"""Dates and half-open periods: a period holds its first day and not its last.

A contract names its time zone; a day begins at local midnight there. "Through 2032" is `.. 2033-01-01`.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import msgspec

_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")


class Period(msgspec.Struct, frozen=True):
    """The days from `start` (inclusive) to `end` (exclusive); None is open."""

    start: date | None
    """First day that belongs to the period; None when it has always run."""
    end: date | None
    """First day that no longer belongs to it; None when no end is known."""

    def holds(self, day: date) -> bool:
        """Whether `day` lies in the period."""
        return (self.start is None or self.start <= day) and (self.end is None or day < self.end)

    def __str__(self) -> str:
        start = "" if self.start is None else f"{self.start} "
        end = "" if self.end is None else f" {self.end}"
        return f"{start}..{end}"


ALWAYS = Period(None, None)
"""The period without ends."""


def parse_date(text: str) -> date:
    """The calendar date `YYYY-MM-DD`; raises ValueError with what was expected."""
    if not _DATE.fullmatch(text):
        raise ValueError(f"expected a date like 2026-04-27, found `{text}`")
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise ValueError(f"`{text}` is no day of the calendar") from error


def parse_period(text: str) -> Period:
    """The period `A .. B`, where either date may be left out; raises ValueError with what was expected."""
    start_text, dots, end_text = text.partition("..")
    if not dots:
        raise ValueError(f"expected a period like 2026-02-27 .. 2026-04-27, found `{text}`")
    start = parse_date(start_text.strip()) if start_text.strip() else None
    end = parse_date(end_text.strip()) if end_text.strip() else None
    if start is not None and end is not None and end <= start:
        raise ValueError(f"the period `{text}` is empty: its end is not after its start")
    return Period(start, end)


def parse_moment(text: str, zone: ZoneInfo) -> datetime:
    """An aware moment from `YYYY-MM-DD` (noon in `zone`, safely inside that day) or an ISO 8601 timestamp.

    A timestamp without an offset is read in `zone`. Raises ValueError with what was expected.
    """
    if _DATE.fullmatch(text):
        day = parse_date(text)
        return datetime(day.year, day.month, day.day, 12, tzinfo=zone)
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise ValueError(f"expected a date or an ISO 8601 timestamp, found `{text}`") from error
    return moment if moment.tzinfo else moment.replace(tzinfo=zone)


def utc_now() -> datetime:
    """The current moment, aware, in UTC."""
    return datetime.now(UTC)
