"""The steps of a standing duty: by when how much of it is asked, from its dates alone.

A milestone counts from the start of the duty; a period (`per`) counts on its own. Without a date the duty's
own last day is meant, and without that it stays due. Periods run from the first day of the duty, months and
years to the same day of the next one; without a first day they are those of the calendar. Of minutes, which
are used or lost, only those of the last day are steps.
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from decimal import Decimal
from math import inf
from zoneinfo import ZoneInfo

import msgspec

from comity.contracts.clauses import Clause
from comity.contracts.days import day_of, midnight, span_of
from comity.contracts.duties import Amount, Owe

_BRIEF = {"minute": 60.0, "hour": 3600.0}
_SHOWN = 86_400.0
_MONTHS = {"month": 1, "quarter": 3, "year": 12}


class Step(msgspec.Struct, frozen=True):
    """A part of a duty that is asked for on its own."""

    start: float
    """Unix seconds at which its turn comes."""
    due: float
    """Unix seconds at which its last day is over; infinity when it has none."""
    since: float
    """Unix seconds from which amounts count toward it."""
    amount: Amount
    """How much is asked: in all since `since`."""
    within: Amount | None = None
    """The whole of which it is a part, asked only while that is not there; None when it stands for itself."""


def steps_of(clause: Clause, begin: float, until: float, zone: ZoneInfo) -> tuple[Step, ...]:
    """The steps of the duty `clause` that begins at `begin`, as far as they have begun before `until`."""
    owe = clause.owe
    assert owe is not None, "only duties have steps"
    if owe.milestones:
        dues = [_over(step.by, zone) for step in owe.milestones]
        starts = [begin, *dues]
        return tuple(
            Step(start, due, begin, _capped(step.amount, owe, Decimal(0)))
            for step, start, due in zip(owe.milestones, starts, dues, strict=False)
        )
    asked = asked_of(owe)
    last = last_moment(clause, zone)
    if owe.least is not None:
        return _parts(owe, begin, last, until, zone)
    if owe.per == "minute":
        begin += max(until - begin - _SHOWN, 0) // 60 * 60
    if not owe.per:
        return (Step(begin, last, begin, _capped(asked, owe, Decimal(0))),)
    found: list[Step] = []
    for start, end in windows(owe.per, begin, min(last, until), zone):
        step = _capped(asked, owe, asked.low * len(found))
        if not step.high and step.high is not None:
            break
        found.append(Step(start, min(end, last), start, step))
    return tuple(found)


def _parts(owe: Owe, begin: float, last: float, until: float, zone: ZoneInfo) -> tuple[Step, ...]:
    """The least of every period, and the whole, whose turn comes in the last of them."""
    assert owe.least is not None, "the duty asks for a least part"
    whole = asked_of(owe)
    found: list[Step] = []
    for start, end in windows(owe.least.per, begin, last if last < inf else until, zone):
        if end >= last:
            found.append(Step(start, last, begin, _capped(whole, owe, Decimal(0))))
        elif start < until:
            found.append(Step(start, end, start, owe.least.amount, within=whole))
    return tuple(found)


def last_moment(clause: Clause, zone: ZoneInfo) -> float:
    """When the last day for the duty is over: its `by`, or its own last day; infinity when it has none."""
    assert clause.owe is not None, "only duties have a last day"
    own = span_of(clause.in_force, zone).end
    last = max((step.by for step in clause.owe.milestones), default=clause.owe.by)
    return own if last is None else min(own, _over(last, zone))


def asked_of(owe: Owe) -> Amount:
    """How much is owed in one step; a deed counts as one, and what was not published lies anywhere."""
    if owe.amount is not None:
        return owe.amount
    return Amount(Decimal(1), Decimal(1), "") if owe.verb == "do" else Amount(Decimal(0), None, "")


def _capped(amount: Amount, owe: Owe, before: Decimal) -> Amount:
    """`amount` as far as the cap of the duty leaves room after `before`."""
    if owe.cap is None:
        return amount
    low = min(amount.low, max(owe.cap.low - before, Decimal(0)))
    room = None if owe.cap.high is None else max(owe.cap.high - before, Decimal(0))
    highs = [high for high in (amount.high, room) if high is not None]
    return Amount(low, min(highs, default=None), amount.unit, amount.sure)


def _over(day: date, zone: ZoneInfo) -> float:
    return midnight(day + timedelta(days=1), zone)


def windows(per: str, begin: float, until: float, zone: ZoneInfo) -> Iterator[tuple[float, float]]:
    """The periods of the kind `per` from `begin` that start before `until`, half-open."""
    if per in _BRIEF:
        start = begin
        while start < until:
            yield start, start + _BRIEF[per]
            start += _BRIEF[per]
        return
    first = day_of(begin, zone)
    assert first is not None, "periods are counted from a day"
    count = 0
    start = begin
    while start < until:
        count += 1
        end = midnight(_later(first, per, count), zone)
        yield start, end
        start = end


def _later(first: date, per: str, count: int) -> date:
    if per == "day":
        return first + timedelta(days=count)
    years, month = divmod(first.month - 1 + _MONTHS[per] * count, 12)
    year = first.year + years
    return date(year, month + 1, min(first.day, monthrange(year, month + 1)[1]))


def calendar_start(per: str, moment: float, zone: ZoneInfo) -> float:
    """The beginning of the calendar's own period that holds `moment`."""
    assert abs(moment) != inf, "a moment of the calendar"
    at = datetime.fromtimestamp(moment, zone)
    if per in _BRIEF:
        return moment // _BRIEF[per] * _BRIEF[per]
    first = at.date()
    if per in _MONTHS:
        months = _MONTHS[per]
        first = date(first.year, (first.month - 1) // months * months + 1, 1)
    return midnight(first, zone)
