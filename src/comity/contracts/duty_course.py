"""The two courses of a duty that has begun: the sure one, and the debtor's best case.

They differ in what counts (surely, or perhaps) and in what is asked (the upper or the lower end of an
undisclosed amount). A duty without intervals, gaps and disputes takes the same course twice.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from math import inf
from zoneinfo import ZoneInfo

import msgspec

from comity.contracts.clauses import Clause
from comity.contracts.duties import Amount, Moved, Owe, Progress
from comity.contracts.duty_count import Counter, Item, Tally, of_kind
from comity.contracts.duty_run import Asked, Pool, Rules, Standing, run_payments, run_purchases
from comity.contracts.duty_steps import Step, calendar_start, last_moment, steps_of, windows
from comity.contracts.lives import Life
from comity.contracts.terms import TRUE

_WRITTEN = ("period", "until")
_DONE: dict[str, Moved] = {"buy": "bought", "use": "used", "pay": "paid", "do": "done"}
_NOTHING = Decimal(0)
_UNLIMITED = Decimal("Infinity")
TICK = 1e-3
"""A moment, to tell a day from the one that follows it."""


class Course(msgspec.Struct, frozen=True):
    """How the steps of a duty stand."""

    steps: Sequence[Step]
    """The steps."""
    surely: Sequence[Standing]
    """How they surely stand."""
    best: Sequence[Standing]
    """How they stand in the debtor's best case."""
    unit: str
    """The unit of everything."""


class Runner:
    """Runs one duty up to one moment."""

    def __init__(self, clause: Clause, life: Life, now: float, zone: ZoneInfo, counter: Counter) -> None:
        assert clause.owe is not None, f"`{clause.id}` is a duty"
        self.clause = clause
        self.owe: Owe = clause.owe
        self.life = life
        self.now = now
        self.zone = zone
        self.counter = counter
        self.unit = unit_of(clause.owe)

    def run(self, begin: float, given: list[Progress]) -> Course:
        """The courses since `begin`, with the amounts in `given`."""
        per = self.owe.per or ("" if self.owe.least is None else self.owe.least.per)
        if begin == -inf and per:
            earliest = min((one.at.timestamp() for one in given), default=self.now)
            begin = calendar_start(per, earliest, self.zone)
        return self._amount(begin, given) if self.owe.rate is None else self._share(begin, given)

    def _amount(self, begin: float, given: list[Progress]) -> Course:
        """A duty to buy, use, pay or do a certain amount."""
        owe, pays = self.owe, self.owe.verb == "pay"
        steps = steps_of(self.clause, begin, min(self.now + TICK, self.life.span.end), self.zone)
        toward = of_kind(given, _DONE[owe.verb], owe.what)
        items = self.counter.counted(toward, self.unit, owe.counts, owe.limits)
        settled = [] if pays else self._paid(given, "")
        rules = self.rules()
        shares = tuple(limit.at_most for limit in owe.limits)
        courses: list[list[Standing]] = []
        for best in (False, True):
            tally = Tally(items, shares, best=best)
            asked = [self.asked(step, best=best) for step in steps]
            pool = Pool((one.at, one.amount) for one in settled)
            courses.append(
                run_payments(asked, tally, rules) if pays else run_purchases(asked, tally, pool, rules)
            )
        unit = self.unit or next((one.unit for one in toward), "")
        return Course(steps, courses[0], courses[1], unit)

    def rules(self) -> Rules:
        """What is the same for every step."""
        owe = self.owe
        return Rules(
            self.now,
            owe.shortfall,
            cumulative=bool(owe.milestones) or owe.least is not None,
            carry=owe.carry,
            carry_at_most=Decimal(1) if owe.carry_at_most is None else owe.carry_at_most,
            end=min(last_moment(self.clause, self.zone), self.life.span.end),
        )

    def asked(self, step: Step, *, best: bool) -> Asked:
        """`step` with one exact amount, and with what ended or suspended it."""
        due, end, pauses = step.due, self.life.span.end, self.life.pauses
        if self.life.ends and self.life.ends[0].cause in _WRITTEN:
            due = min(due, end)
        waived = due <= self.now and any(pause.span.start < due <= pause.span.end for pause in pauses)
        amount, whole = _end_of(step.amount, best=best), step.within
        return Asked(
            start=max([step.start, *(pause.span.end for pause in pauses if pause.span.holds(self.now))]),
            due=due,
            since=step.since,
            amount=amount,
            excused=waived or (end < due and end <= self.now),
            stop=inf if self.owe.verb == "pay" else end,
            within=None if whole is None else _end_of(whole, best=best),
        )

    def _paid(self, given: list[Progress], what: str) -> list[Item]:
        return self.counter.counted(of_kind(given, "paid", what), self.unit, TRUE)

    def _share(self, begin: float, given: list[Progress]) -> Course:
        """A duty to pay a share of what is earned, up to its cap; what accrued is owed beyond its end."""
        owe = self.owe
        earned = [one for one in of_kind(given, "earned", owe.of) if self.life.holds(one.at.timestamp())]
        self.unit = self.unit or next((one.unit for one in earned), "")
        base = self.counter.counted(earned, self.unit, owe.counts)
        paid = Tally(self._paid(given, owe.what), (), best=True)
        rules = Rules(self.now, owe.shortfall, cumulative=True)
        most = self._accrued(begin, Tally(base, (), best=True), None if owe.cap is None else owe.cap.high)
        least = self._accrued(begin, Tally(base, (), best=False), None if owe.cap is None else owe.cap.low)
        steps = [
            Step(high.start, high.due, begin, Amount(low.amount, high.amount, self.unit))
            for low, high in zip(least, most, strict=True)
        ]
        return Course(steps, run_payments(most, paid, rules), run_payments(least, paid, rules), self.unit)

    def _accrued(self, begin: float, base: Tally, cap: Decimal | None) -> list[Asked]:
        """What has accrued in all at the end of each period, or so far."""
        owe = self.owe
        assert owe.rate is not None, "a share has a rate"
        until = min(self.now + TICK, self.life.span.end)
        turns = [(end, end) for _, end in windows(owe.per, begin, until, self.zone)] if owe.per else []
        due = inf if owe.by is None else last_moment(self.clause, self.zone)
        found: list[Asked] = []
        for turn, end in turns or [(begin, inf)]:
            share = max(base.between(begin, end) * owe.rate, _NOTHING)
            amount = share if cap is None else min(share, cap)
            found.append(Asked(turn, due, begin, amount, excused=False, stop=inf))
        return found


def _end_of(amount: Amount, *, best: bool) -> Decimal:
    """The end of an interval that the debtor hopes for, or the one to be prepared for."""
    if best:
        return amount.low
    return _UNLIMITED if amount.high is None else amount.high


def amounts_of(owe: Owe) -> list[Amount]:
    """Every amount that the duty states."""
    least = None if owe.least is None else owe.least.amount
    stated = [owe.amount, *(step.amount for step in owe.milestones), owe.cap, least]
    return [amount for amount in stated if amount is not None]


def unit_of(owe: Owe) -> str:
    """The unit of the duty; empty when it states no amount."""
    return next((amount.unit for amount in amounts_of(owe)), "")
