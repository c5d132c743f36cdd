"""What reservations cost: a fee that runs whether they are used or not, whom it is for, and when it pays.

A call that a reservation served has no marginal price: its cost is its share of the fee, and what nobody used
stays visible as unused. What spilled over is an ordinary charge, since the response says which tier served.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from decimal import Decimal
from math import inf

from comity.commitments.members import Member
from comity.commitments.pools import SIZES, Reservation
from comity.commitments.values import Shape, Sunk, is_currency
from comity.contracts.days import day_of, midnight
from comity.contracts.duties import Recurring
from comity.contracts.duty_steps import windows
from comity.exchange import Usage

_NOTHING, _ONE = Decimal(0), Decimal(1)
_MILLION = Decimal(1_000_000)


def fee_of(member: Member) -> Recurring | None:
    """What is paid for the commitment in any case; None when that is not known, or only a shortfall is."""
    if member.owe.fee is not None:
        return member.owe.fee
    amount = member.owe.amount
    if amount is None or not is_currency(amount.unit) or not member.shape.covers:
        return None
    return Recurring(amount, member.owe.per)


def sunk_of(member: Member, committed: Decimal, drawn: Decimal) -> Sunk | None:
    """The fee of what has begun, by who used it; None without a fee.

    `drawn` of `committed` was used, in units. A fee for other periods than the commitment's own counts by the
    time that has passed; a block that is bought once is used as far as it is drawn.
    """
    fee = fee_of(member)
    if fee is None:
        return None
    passed = _passed(member, fee, committed)
    paid = fee.amount.low * passed
    used = paid * drawn / committed if committed else _NOTHING
    taken = sum(member.users.values(), _NOTHING)
    by = {
        caller: used * amount / taken if taken else _NOTHING
        for caller, amount in sorted(member.users.items())
    }
    return Sunk(fee.amount.unit, paid, used, paid - used, by, tuple(_billed(member, fee, paid)))


def _billed(member: Member, fee: Recurring, paid: Decimal) -> Iterator[tuple[date, Decimal]]:
    """The purchases: the day on which each fell due, and how much."""
    start, until = member.span.start, min(member.now, member.span.end)
    first = day_of(start, member.zone)
    if first is None:
        return
    if fee.per not in SIZES:
        periods = windows(fee.per, start, until, member.zone) if fee.per else [(start, until)]
        for begin, _ in periods:
            day = day_of(begin, member.zone)
            assert day is not None, "what has a beginning has periods with one"
            yield day, fee.amount.low
        return
    before = _NOTHING
    for begin, end in windows("month", midnight(first.replace(day=1), member.zone), until, member.zone):
        so_far = paid if end >= until else _passed_at(member, fee, end)
        day = day_of(max(begin, start), member.zone)
        assert day is not None, "what has a beginning has months with one"
        yield day, so_far - before
        before = so_far


def _passed_at(member: Member, fee: Recurring, at: float) -> Decimal:
    """The fee of the hours or minutes that were over at `at`."""
    if isinstance(member.pool, Reservation) and fee.per == member.owe.per:
        return fee.amount.low * member.pool.closed(at)
    return fee.amount.low * Decimal(round(at - member.span.start)) / Decimal(SIZES[fee.per])


def _passed(member: Member, fee: Recurring, committed: Decimal) -> Decimal:
    """How often the fee has been due, or is earned by now."""
    amount = member.owe.amount
    if member.shape is Shape.PREPAID:
        return _ONE
    if fee.per == member.owe.per and amount is not None and amount.low:
        return committed / amount.low
    return _periods(member, fee.per)


def _periods(member: Member, per: str) -> Decimal:
    """How many of its periods have passed, the running one by the time that has."""
    start, last = member.span.start, member.span.end
    until = min(member.now, last)
    if until <= start:
        return _NOTHING
    if per in SIZES:
        return Decimal(round(until - start)) / Decimal(SIZES[per])
    if not per:
        return _ONE if last == inf else Decimal(round(until - start)) / Decimal(round(last - start))
    found = _NOTHING
    for begin, end in windows(per, start, until, member.zone):
        passed = min(until, end) - begin
        found += Decimal(round(passed)) / Decimal(round(end - begin))
    return found


def worth(
    mix: Usage, rates: Mapping[str, Decimal], weights: Mapping[str, Decimal], each: Decimal
) -> Decimal | None:
    """What one unit, fully used in one period by calls like `mix`, would cost at the ordinary price.

    `rates` are per million tokens, by class. A unit serves `each` weighted tokens in a period; tokens that
    weigh nothing, such as cached ones, are served on top and make it worth more. None when a token of the mix
    has no rate, or nothing in it weighs.
    """
    tokens = {name: count for name in Usage.__struct_fields__ if (count := getattr(mix, name))}
    weighed = sum((weights.get(name, _NOTHING) * count for name, count in tokens.items()), _NOTHING)
    if not weighed or any(name not in rates for name in tokens):
        return None
    price = sum((rates[name] * count for name, count in tokens.items()), _NOTHING)
    return price * each / (weighed * _MILLION)


def break_even(fee: Decimal, worth_of_unit: Decimal) -> Decimal:
    """The part of a unit that has to be used before its fee is less than the ordinary price; above 1, never.

    Both of one unit and one period. Ordinary price of what is used = part x worth, so part = fee / worth.
    """
    return fee / worth_of_unit
