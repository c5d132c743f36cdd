"""Windows of time in which a limit counts: the minute, hour, day or month of a calendar, or for ever.

A window is found from a moment alone, so a clock that steps finds the window it stepped into, with what was
spent there. Days and months begin at local midnight; a day with a change of the clocks has 23 or 25 hours.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

import msgspec

Every = Literal["minute", "hour", "day", "month", "total"]
"""How often a limit begins anew; `total` never does."""


class Window(msgspec.Struct, frozen=True):
    """A half-open stretch of time."""

    starts: int
    """First second that belongs to it, unix; 0 for a window without ends."""
    ends: int | None
    """First second that no longer does; None for never."""


FOR_EVER = Window(0, None)
"""The window of a limit that never begins anew."""


def window_at(every: Every, zone: ZoneInfo, at: float) -> Window:
    """The window that holds the moment `at`, in unix seconds."""
    if every == "total":
        return FOR_EVER
    second = int(at)  # a fraction would be rounded, perhaps into the next window
    if every == "minute":
        # Every zone of today is a whole number of minutes away from UTC.
        starts = second // 60 * 60
        return Window(starts, starts + 60)
    local = datetime.fromtimestamp(second, zone)
    if every == "hour":
        # Counted back from the moment: the hour that the clocks repeat is two windows.
        starts = second - local.minute * 60 - local.second
        return Window(starts, starts + 3600)
    today = local.date()
    first, after = (today, today + timedelta(days=1)) if every == "day" else _month(today)
    return Window(_midnight(first, zone), _midnight(after, zone))


def told(moment: int, zone: ZoneInfo) -> str:
    """A moment for a reader, in ISO 8601."""
    return datetime.fromtimestamp(moment, zone).isoformat()


def _month(day: date) -> tuple[date, date]:
    first = day.replace(day=1)
    return first, (first + timedelta(days=32)).replace(day=1)


def _midnight(day: date, zone: ZoneInfo) -> int:
    """The first second of a day, also where the clocks skip midnight."""
    return int(datetime(day.year, day.month, day.day, tzinfo=zone).astimezone(UTC).timestamp())
