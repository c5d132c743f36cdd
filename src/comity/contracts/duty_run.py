"""One course of a duty: its steps with amounts taken as they favour the debtor, or as they do not.

Purchases and use count in their own period, and a shortfall is made good by money paid afterwards. Payments
go to the oldest debt. Every course is exact; that amounts are intervals and facts are missing is why a
state is computed from two of them.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import Decimal
from enum import StrEnum

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


class Rules(msgspec.Struct, frozen=True):
    """What is the same for every step."""

    now: float
    """Unix seconds at which the state is asked for."""
    shortfall: str
    """`pay`, `forfeit`, `prepay`, or empty when the text does not say."""
    cumulative: bool
    """Whether later steps count what earlier ones counted."""


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


def run_purchases(steps: Sequence[Asked], tally: Tally, settled: Pool, rules: Rules) -> list[Standing]:
    """How steps stand toward which things are bought, used or done; `settled` makes shortfalls good."""
    found: list[Standing] = []
    billed = _NOTHING
    for step in steps:
        reached = tally.between(step.since, min(step.due, step.stop), step.amount)
        reached += billed if rules.cumulative else _NOTHING
        missing = _gap(step.amount, reached)
        state = _before(step, missing, rules.now)
        owes = missing if state is State.DUE else _NOTHING
        if state is State.SHORT and rules.shortfall != "forfeit":
            owes = missing - settled.draw(step.due, missing)
            state = State.SHORT if owes else State.DISCHARGED
            billed += _NOTHING if missing.is_infinite() else missing
        found.append(Standing(state, reached, missing, owes))
    return found


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
