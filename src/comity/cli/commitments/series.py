"""What a burn-down shows of one commitment: what is left day by day, what should be, and where it leads."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from decimal import Decimal
from math import ceil

import msgspec

from comity.commitments import CommitmentState, Row, Shape

_NOTHING = Decimal(0)
_WHOLE = ("Custom", "Full Commitment Period")
"""The intervals of commitments that run toward one whole."""
_SHOWN = 60
"""Days of a commitment that resets by the hour or minute."""


class Point(msgspec.Struct, frozen=True):
    """A day and what is left at its end, or at its beginning for the first."""

    day: date
    """The day."""
    left: Decimal
    """What is left."""


class Series(msgspec.Struct, frozen=True):
    """The lines of one panel."""

    start: date
    """First day."""
    end: date
    """Day after the last."""
    top: Decimal
    """What there was to draw."""
    left: tuple[Point, ...]
    """What was left, as far as it is known."""
    target: tuple[Point, ...]
    """What may be left at most, from milestone to milestone."""
    forecast: tuple[Point, ...]
    """From now to the end at the present pace; empty when there is none."""


class Bars(msgspec.Struct, frozen=True):
    """The days of one panel."""

    days: tuple[Row, ...]
    """The last days of a reservation."""
    top: Decimal
    """The most that any of them asks."""


def series_of(state: CommitmentState, at: date) -> Series | Bars | None:
    """What to draw; None when nothing has begun, or nobody knows how much it is."""
    if state.shape.continuous:
        rows = state.rows[-_SHOWN:]
        return Bars(rows, max(row.asked.low for row in rows)) if rows else None
    if state.shape is Shape.SHARE or not state.rows:
        return None
    whole = state.terms.interval in _WHOLE
    running = [row for row in state.rows if row.by is None or at <= row.by]
    row = running[0] if running and not whole else state.rows[-1]
    start = state.rows[0].start if whole else row.start
    if row.asked.high is None or row.by is None:
        return None
    first = start or min((day for day, _ in state.daily), default=at)
    return _series(state, row, first, at)


def _series(state: CommitmentState, row: Row, first: date, at: date) -> Series:
    assert row.by is not None, "the caller asks for rows with an end"
    assert row.asked.high is not None, "the caller asks for rows with an amount"
    top, end = row.asked.high, row.by + timedelta(days=1)
    today = min(at + timedelta(days=1), end)
    taken = {day: amount for day, amount in state.daily if first <= day < end}
    whole = state.terms.interval in _WHOLE
    brought = _NOTHING if whole else row.drawn.low - sum(taken.values(), _NOTHING)
    left = [Point(first, top - brought)]
    billed = _billed(state, today) if whole else {}
    for day in sorted({*taken, *billed}):
        rest = left[-1].left - taken.get(day, _NOTHING) - billed.get(day, _NOTHING)
        left.append(Point(day + timedelta(days=1), rest))
    left.append(Point(today, left[-1].left))
    forecast: tuple[Point, ...] = ()
    if state.forecast is not None and today < end:
        due = min(state.forecast.by + timedelta(days=1), end)
        forecast = tuple(_ahead(left[-1], state.forecast.pace, due))
    return Series(first, end, top, tuple(left), tuple(_target(state, first, top, row)), forecast)


def _ahead(now: Point, pace: Decimal, due: date) -> Iterator[Point]:
    """From now to `due` at a steady pace; what is drawn up earlier stays at nothing."""
    yield now
    days = (due - now.day).days
    if pace > 0 and now.left / pace < days:
        yield Point(now.day + timedelta(days=ceil(now.left / pace)), _NOTHING)
        yield Point(due, _NOTHING)
    else:
        yield Point(due, now.left - max(pace, _NOTHING) * days)


def _billed(state: CommitmentState, today: date) -> dict[date, Decimal]:
    """What was billed when a milestone had passed: it is no longer left."""
    return {
        row.by: row.missing.low
        for row in state.rows[:-1]
        if row.by is not None and row.by < today and row.missing.low
    }


def _target(state: CommitmentState, first: date, top: Decimal, row: Row) -> list[Point]:
    """From all of it on the first day to nothing on the last, through the milestones."""
    points = [Point(first, top)]
    if state.terms.interval == "Custom":
        points += [
            Point(step.by + timedelta(days=1), top - step.asked.high)
            for step in state.rows
            if step.by is not None and step.asked.high is not None
        ]
    elif row.by is not None:
        points.append(Point(row.by + timedelta(days=1), _NOTHING))
    return points


def day_of(at: datetime, state: CommitmentState) -> date:
    """The day of `at` where the contract is."""
    start = state.terms.start
    return at.astimezone(None if start is None else start.tzinfo).date()
