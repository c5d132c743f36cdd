"""Sums of what runs by days or longer: the parts of its duty, added up."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from decimal import Decimal
from math import inf
from typing import NamedTuple

from comity.commitments.forecast import Running, forecast_of, pace_of
from comity.commitments.members import Member
from comity.commitments.reserve import sunk_of
from comity.commitments.sums import Standing, interval
from comity.commitments.values import Forecast, Row, Shape
from comity.contracts import Part, Progress, duty_state
from comity.contracts.days import midnight
from comity.contracts.duties import Amount

_NOTHING = Decimal(0)
_UNLIMITED = Decimal("Infinity")


class _End(NamedTuple):
    """One part of a duty in one of its two courses."""

    asked: Decimal
    missing: Decimal
    reached: Decimal
    over: bool
    """Whether its last day is over."""
    waived: bool
    """Whether nothing is asked for what is missing."""

    @property
    def drawn(self) -> Decimal:
        """What is there of what is asked."""
        return min(self.reached, self.asked)


class _Total(NamedTuple):
    drawn: Decimal
    shortfall: Decimal
    remaining: Decimal

    @property
    def committed(self) -> Decimal:
        return self.drawn + self.shortfall + self.remaining


def duty_sums(member: Member, paid: Sequence[Progress]) -> Standing:
    """How a commitment stands that is no reservation."""
    asked = member.asked
    given = [*member.progress(), *paid]
    found = duty_state(asked.book, member.clause.id, given, asked.at, as_of=asked.as_of, party=asked.party)
    waived = _waived(member, found.parts)
    surely = _total(member, _ends(member, found.parts, waived, best=False))
    best = _total(member, _ends(member, found.parts, waived, best=True))
    drawn = interval(surely.drawn, best.drawn, member.unit)
    committed = interval(surely.committed, best.committed, member.unit)
    return Standing(
        state=found.state,
        at_best=found.at_best,
        committed=committed,
        drawn=drawn,
        remaining=interval(surely.remaining, best.remaining, member.unit),
        shortfall=interval(surely.shortfall, best.shortfall, member.unit),
        owes=found.owes,
        rows=tuple(_row(member, part) for part in found.parts),
        utilisation=_utilisation(member, _ends(member, found.parts, waived, best=False)),
        forecast=_forecast(member, found.parts),
        sunk=None if member.shape is Shape.SHARE else sunk_of(member, surely.committed, surely.drawn),
        why=found.why,
        needs=found.needs,
        disputed=found.disputed,
    )


def _ends(member: Member, parts: Sequence[Part], waived: Sequence[bool], *, best: bool) -> list[_End]:
    return [
        _End(
            asked=part.asked.low if best else _high(part.asked),
            missing=part.missing.low if best else _high(part.missing),
            reached=_reached(member, part, best=best),
            over=_due(member, part) <= member.now,
            waived=is_waived,
        )
        for part, is_waived in zip(parts, waived, strict=True)
    ]


def _reached(member: Member, part: Part, *, best: bool) -> Decimal:
    """What is there; of a share, which goes to the oldest debt, what is paid in all."""
    if member.shape is Shape.SHARE:
        asked, missing = (part.asked.low, part.missing.low) if best else (part.asked.high, part.missing.high)
        return _NOTHING if asked is None or missing is None else asked - missing
    return _high(part.reached) if best else part.reached.low


def _total(member: Member, ends: Sequence[_End]) -> _Total:
    """The sums of one course."""
    if not ends:
        return _Total(_NOTHING, _NOTHING, _NOTHING)
    if not member.cumulative:
        counted = [end for end in ends if not end.waived]
        return _Total(
            sum((end.drawn for end in counted), _NOTHING),
            sum((end.missing for end in counted if end.over), _NOTHING),
            sum((end.missing for end in counted if not end.over), _NOTHING),
        )
    last = ends[-1]
    billed = sum((end.missing for end in ends[:-1] if member.bills and end.over and not end.waived), _NOTHING)
    if member.shape is Shape.SHARE:
        billed = _NOTHING
    late, left = (last.missing, _NOTHING) if last.over else (_NOTHING, last.missing)
    return _Total(last.drawn - billed, billed + (_NOTHING if last.waived else late), left)


def _waived(member: Member, parts: Sequence[Part]) -> list[bool]:
    """Which parts ended or were waived before their time was over."""
    steps = member.steps(_first(member, parts)) if member.shape is not Shape.SHARE else []
    if len(steps) != len(parts):
        return [False] * len(parts)
    return [step.excused for step in steps]


def _first(member: Member, parts: Sequence[Part]) -> float:
    start = parts[0].start if parts else None
    return member.now if start is None else midnight(start, member.zone)


def _row(member: Member, part: Part) -> Row:
    surely, best = _ends(member, [part], [False], best=False)[0], _ends(member, [part], [False], best=True)[0]
    drawn = interval(surely.drawn, best.drawn, member.unit)
    over = member.pool.over.sums if member.pool is not None else {}
    beyond = sum(
        (
            amount
            for day, amount in over.items()
            if (part.start is None or part.start <= day) and (part.by is None or day <= part.by)
        ),
        _NOTHING,
    )
    return Row(part.start, part.by, part.asked, drawn, part.missing, part.state, beyond / member.scale)


def _utilisation(member: Member, ends: Sequence[_End]) -> Decimal | None:
    closed = [end for end in ends if end.over and not end.waived and not end.asked.is_infinite()]
    if not closed or member.shape is Shape.SHARE:
        return None
    if member.cumulative:
        total = _total(member, ends)
        return total.drawn / total.committed if ends[-1].over and total.committed else None
    asked = sum((end.asked for end in closed), _NOTHING)
    return sum((end.drawn for end in closed), _NOTHING) / asked if asked else None


def _forecast(member: Member, parts: Sequence[Part]) -> Forecast | None:
    """Of the running part: the next milestone that is not there, the running period, or the whole."""
    running = [part for part in parts if member.now < _due(member, part) < inf]
    if not running or member.shape is Shape.SHARE:
        return None
    pool = member.open(member.now)
    lacking = [part for part in running if part.missing.high != 0]
    part = running[-1] if member.owe.least is not None or not lacking else lacking[0]
    asked, missing = _high(part.asked), _high(part.missing)
    if asked.is_infinite():
        return None
    sums = [*pool.days.sums.items(), *pool.over.sums.items()]
    counted = ((day, amount / member.scale) for day, amount in sums)
    pace = pace_of(counted, member.asked.at, member.span.start, member.zone)
    due = _due(member, part)
    return forecast_of(Running(asked, asked - missing, pace, member.now, due, member.zone, member.kept))


def _due(member: Member, part: Part) -> float:
    return inf if part.by is None else midnight(part.by + timedelta(days=1), member.zone)


def _high(amount: Amount) -> Decimal:
    return _UNLIMITED if amount.high is None else amount.high
