"""One course of a duty: its steps with amounts taken as they favour the debtor, or as they do not.

Purchases and use count in their own period, and a shortfall is made good by money paid afterwards. Payments
go to the oldest debt. Every course is exact; that amounts are intervals and facts are missing is why a
state is computed from two of them.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import Decimal
from enum import StrEnum
from math import inf

import msgspec

from comity.contracts.duty_count import Tally

_NOTHING = Decimal(0)


class State(StrEnum):
    """How a duty, or a step of it, stands at a date."""

    PENDING = "pending"
    """Nothing can be asked yet: it has not begun, or what sets it off has not happened."""
    DUE = "due"
    """Something is outstanding, and the last day for it is not over."""
    MET = "met"
    """Everything that could be asked so far is there."""
    SHORT = "short"
    """A last day is over and something was missing."""
    DISCHARGED = "discharged"
    """Nothing is owed any more: it ended or was waived, or what was missing was made good."""


class Asked(msgspec.Struct, frozen=True):
    """A step with one exact amount."""

    start: float
    """Unix seconds at which its turn comes."""
    due: float
    """Unix seconds at which its last day is over; infinity when it has none."""
    since: float
    """Unix seconds from which amounts count toward it."""
    amount: Decimal
    """How much is asked since then; infinite when nobody has published a limit."""
    excused: bool
    """Whether it has ended before its last day, or was waived."""
    stop: float
    """Unix seconds from which amounts no longer count toward it."""
    within: Decimal | None = None
    """The whole of which it is a part; None when it stands for itself."""


class Standing(msgspec.Struct, frozen=True):
    """How one step stands."""

    state: State
    """The one word."""
    reached: Decimal
    """What counts toward it."""
    missing: Decimal
    """What was or is missing, before anything was made good."""
    owes: Decimal
    """What can be asked for now: nothing before its turn, nor when it is lost or made good."""
    asked: Decimal = _NOTHING
    """What was asked in the end, with what came over from the period before; of purchases only."""


class Rules(msgspec.Struct, frozen=True):
    """What is the same for every step."""

    now: float
    """Unix seconds at which the state is asked for."""
    shortfall: str
    """`pay`, `forfeit`, `prepay`, or empty when the text does not say."""
    cumulative: bool
    """Whether later steps count what earlier ones counted."""
    carry: str = ""
    """`surplus` or `shortfall` when that goes over into the next period."""
    carry_at_most: Decimal = Decimal(1)
    """The share of a period's amount that goes over at most."""
    end: float = inf
    """Unix seconds at which the last period is over: nothing goes over from there."""


class Pool:
    """Money paid to make shortfalls good, drawn from the oldest."""

    def __init__(self, paid: Iterable[tuple[float, Decimal]]) -> None:
        self._left = sorted(paid)

    def draw(self, since: float, missing: Decimal) -> Decimal:
        """Takes up to `missing` from what was paid at `since` or later."""
        taken = _NOTHING
        for place, (at, amount) in enumerate(self._left):
            if at >= since and taken < missing:
                part = min(amount, missing - taken)
                self._left[place] = (at, amount - part)
                taken += part
        return taken


class Over:
    """What goes over from one period into the next."""

    def __init__(self, rules: Rules) -> None:
        self.rules = rules
        self.surplus = _NOTHING
        """Already there when the period begins."""
        self.shortfall = _NOTHING
        """Asked on top of its amount."""

    def defer(self, step: Asked, missing: Decimal) -> Decimal:
        """What of `missing` goes over, when the period ended short and another one follows."""
        self.shortfall = _NOTHING
        if self.rules.carry == "shortfall" and step.due < self.rules.end:
            self.shortfall = min(missing, self._most(step))
        return self.shortfall

    def keep(self, step: Asked, over: Decimal, own: Decimal) -> None:
        """Takes over what of this period's own purchases went beyond it."""
        carries = self.rules.carry == "surplus"
        self.surplus = max(min(over, own, self._most(step)), _NOTHING) if carries else _NOTHING

    def _most(self, step: Asked) -> Decimal:
        return step.amount if step.amount.is_infinite() else step.amount * self.rules.carry_at_most


def run_purchases(steps: Sequence[Asked], tally: Tally, settled: Pool, rules: Rules) -> list[Standing]:
    """How steps stand toward which things are bought, used or done; `settled` makes shortfalls good."""
    found: list[Standing] = []
    billed = _NOTHING
    over = Over(rules)
    for step in steps:
        wanted = _wanted(step, steps[0].since, tally, billed) + over.shortfall
        own = tally.between(step.since, min(step.due, step.stop), step.amount)
        own = own if step.within is None else max(own, _NOTHING)
        reached = own + over.surplus + (billed if rules.cumulative and step.within is None else _NOTHING)
        missing = _gap(wanted, reached)
        state = _before(step, missing, rules.now)
        missing -= over.defer(step, missing if state is State.SHORT else _NOTHING)
        over.keep(step, reached - wanted, own)
        owes = missing if state is State.DUE else _NOTHING
        if state is State.SHORT and rules.shortfall != "forfeit":
            owes = missing - settled.draw(step.due, missing)
            state = State.SHORT if owes else State.DISCHARGED
            billed += _NOTHING if missing.is_infinite() else missing
        found.append(Standing(state, reached, missing, owes, wanted))
    return found


def _wanted(step: Asked, begin: float, tally: Tally, billed: Decimal) -> Decimal:
    """What is asked: a part of a whole only as far as the whole was not there before."""
    if step.within is None:
        return step.amount
    before = tally.between(begin, step.start, step.within) + billed
    return min(step.amount, _gap(step.within, before))


def run_payments(steps: Sequence[Asked], tally: Tally, rules: Rules) -> list[Standing]:
    """How steps stand toward which money is paid: the oldest debt first, late payments included."""
    found: list[Standing] = []
    debt = _NOTHING
    for step in steps:
        wanted = step.amount if rules.cumulative else debt + step.amount
        own = _gap(wanted, debt)
        reached = tally.between(step.since, min(step.due, step.stop), wanted)
        missing = min(_gap(wanted, reached), own)
        outstanding = min(_gap(wanted, tally.between(step.since, step.stop, wanted)), own)
        state = _before(step, missing, rules.now)
        lost = state is State.SHORT and rules.shortfall == "forfeit"
        if state is State.SHORT and not lost and not outstanding:
            state = State.DISCHARGED
        owes = outstanding if state in (State.DUE, State.SHORT) and not lost else _NOTHING
        found.append(Standing(state, _gap(reached, debt), missing, owes))
        debt = debt if step.excused else wanted
    return found


def _gap(asked: Decimal, reached: Decimal) -> Decimal:
    """What is missing; all of it when no limit is known."""
    return asked if asked.is_infinite() else max(asked - reached, _NOTHING)


def _before(step: Asked, missing: Decimal, now: float) -> State:
    """How a step stands before anything is made good."""
    begun = step.start <= now
    if not missing and (begun or step.amount):
        return State.MET
    if step.excused:
        return State.DISCHARGED
    if not begun:
        return State.PENDING
    return State.DUE if now < step.due else State.SHORT


def overall(standings: Sequence[Standing]) -> State:
    """How a duty stands whose steps stand like this: an unpaid shortfall first, then what is due."""
    if any(standing.state is State.SHORT and standing.owes for standing in standings):
        return State.SHORT
    if any(standing.state is State.DUE for standing in standings):
        return State.DUE
    begun = [standing.state for standing in standings if standing.state is not State.PENDING]
    return begun[-1] if begun else State.PENDING
