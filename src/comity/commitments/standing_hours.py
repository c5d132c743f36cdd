"""Sums of what resets by the minute or hour: how many periods there were, and what was taken in them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from math import inf

from comity.commitments.forecast import Running, forecast_of, pace_of
from comity.commitments.members import Member
from comity.commitments.pools import Reservation
from comity.commitments.reserve import sunk_of
from comity.commitments.sums import Standing
from comity.commitments.values import Forecast, Row
from comity.contracts import State
from comity.contracts.days import day_of, midnight
from comity.contracts.duties import Amount

_NOTHING = Decimal(0)


def hour_sums(member: Member) -> Standing:
    """How a commitment stands that resets by the minute or hour."""
    pool = member.open(member.now)
    assert isinstance(pool, Reservation), "what resets quickly is a reservation"
    amount, scale = pool.amount / member.scale, member.scale
    begun, closed = pool.begun(member.now), pool.closed(member.now)
    lately = pool.lately_at(member.now) / scale
    running = begun > closed
    drawn, committed = pool.drawn / scale, amount * begun
    before = drawn - (lately if running else _NOTHING)
    remaining = amount - lately if running else _NOTHING
    state = State.MET if lately >= amount else State.DUE if running else State.SHORT
    return Standing(
        state=state,
        at_best=state,
        committed=_exact(member, committed),
        drawn=_exact(member, drawn),
        remaining=_exact(member, remaining),
        shortfall=_exact(member, amount * closed - before),
        owes=_exact(member, remaining),
        rows=tuple(_rows(member, pool, amount)),
        utilisation=before / (amount * closed) if closed and amount else None,
        forecast=_forecast(member, pool, amount) if running else None,
        sunk=sunk_of(member, committed, drawn),
        why=f"Every {member.owe.per} counts on its own, and what it leaves is lost.",
    )


def _rows(member: Member, pool: Reservation, amount: Decimal) -> Iterator[Row]:
    """A row for every day on which a period began."""
    until = min(member.now, member.span.end)
    day = day_of(pool.begin, member.zone)
    assert day is not None, "a pool that is open has a beginning"
    start = pool.begin
    while start < until or start == member.now < member.span.end:
        end = midnight(day + timedelta(days=1), member.zone)
        count = (pool.begun(until) if end > until else pool.closed(end)) - pool.closed(start)
        asked = amount * count
        drawn = pool.days.sums.get(day, _NOTHING) / member.scale
        missing = max(asked - drawn, _NOTHING)
        state = State.MET if not missing else State.SHORT if end <= member.now else State.DUE
        beyond = pool.over.sums.get(day, _NOTHING) / member.scale
        asked_, drawn_, missing_ = (_exact(member, each) for each in (asked, drawn, missing))
        yield Row(day, day, asked_, drawn_, missing_, state, beyond)
        day, start = day + timedelta(days=1), end


def _forecast(member: Member, pool: Reservation, amount: Decimal) -> Forecast | None:
    """What will be used of the periods that are left, if they are used as lately."""
    last = member.span.end
    if last == inf:
        return None
    left = amount * (pool.closed(last) - pool.begun(member.now))
    sums = ((day, taken / member.scale) for day, taken in pool.days.sums.items())
    pace = pace_of(sums, member.asked.at, pool.begin, member.zone)
    return forecast_of(Running(left, _NOTHING, pace, member.now, last, member.zone, member.kept))


def _exact(member: Member, amount: Decimal) -> Amount:
    return Amount(amount.normalize(), amount.normalize(), member.unit)
