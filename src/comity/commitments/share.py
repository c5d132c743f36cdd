"""A share of revenue that runs to a cap: what every earning adds, by a meter over all of them.

The share is never taken invoice by invoice: a credit takes back what it had added, and nothing is added once
the cap is reached or the clause has ended.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from decimal import Decimal

import msgspec

from comity.commitments.members import Member
from comity.contracts import Progress
from comity.contracts.duty_count import of_kind

_NOTHING = Decimal(0)


class Accrued(msgspec.Struct, frozen=True):
    """What one earning adds to a share."""

    earned: Progress
    """The earning."""
    added: Decimal
    """What it adds to what is owed; negative where it takes back."""
    total: Decimal
    """What is owed in all after it, before payments."""


def accrue(member: Member, given: Iterable[Progress]) -> Iterator[Accrued]:
    """What every earning in `given` adds, in order of time, up to the cap and the end of the clause."""
    owe = member.owe
    assert owe.rate is not None, "a share has a rate"
    cap = None if owe.cap is None else owe.cap.high
    base = total = _NOTHING
    unit = member.unit
    for one in sorted(of_kind(given, "earned", owe.of), key=lambda one: one.at):
        at = one.at.timestamp()
        unit = unit or one.unit
        counted = member.life is not None and member.life.holds(at) and member.span.start <= at <= member.now
        if not counted or one.unit != unit or not member.counter.truth(owe.counts, one)[0]:
            continue
        base += one.amount
        now = max(base * owe.rate, _NOTHING)
        now = now if cap is None else min(now, cap)
        yield Accrued(one, now - total, now)
        total = now
