"""The sums of one commitment, before they are told to anybody."""

from __future__ import annotations

from decimal import Decimal

import msgspec

from comity.commitments.values import Forecast, Row, Sunk
from comity.contracts import State
from comity.contracts.duties import Amount


class Standing(msgspec.Struct, frozen=True):
    """How a commitment stands; every amount is what is sure and what is best for the debtor."""

    state: State
    """How it surely stands."""
    at_best: State
    """How it stands in the debtor's best case."""
    committed: Amount
    """What is committed so far."""
    drawn: Amount
    """What was drawn of it."""
    remaining: Amount
    """What can still be drawn in time."""
    shortfall: Amount
    """What was missing when its time was over."""
    owes: Amount
    """What can be asked for now."""
    rows: tuple[Row, ...] = ()
    """Its periods, milestones or days."""
    utilisation: Decimal | None = None
    """Drawn by committed, of the periods that are over."""
    forecast: Forecast | None = None
    """Where the running period will end."""
    sunk: Sunk | None = None
    """What it costs in any case."""
    why: str = ""
    """The reason for `state`."""
    needs: tuple[str, ...] = ()
    """Missing attributes on which it hangs."""
    disputed: tuple[str, ...] = ()
    """Open definitions on which it hangs."""


def interval(one: Decimal, other: Decimal, unit: str) -> Amount:
    """The amount between two ends, in any order; an infinite end is open."""
    low, high = sorted((one, other))
    return Amount(low.normalize(), None if high.is_infinite() else high.normalize(), unit)
