"""How much a charge is, in the unit of a commitment: what is owed for it, its list price, or weighted tokens.

Weighted tokens are counted before they are divided into units, so that sums stay exact.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from operator import attrgetter
from typing import TypeAlias

from comity.commitments.values import is_currency
from comity.contracts.duties import Owe
from comity.contracts.duty_course import unit_of
from comity.exchange import Usage
from comity.ledger import Charge
from comity.money import Money

Meter: TypeAlias = Callable[[Charge], Decimal | None]
"""How much a charge is in the scale of a commitment; None when that is not known."""

_COUNTED = "its tokens are not known"


def scale_of(owe: Owe) -> Decimal:
    """How many counted tokens make one unit; 1 where no tokens are counted."""
    return owe.measure.each if owe.measure is not None and owe.measure.tokens else Decimal(1)


def meter_of(owe: Owe) -> Meter:
    """The meter of a commitment."""
    unit, measure = unit_of(owe), owe.measure
    if measure is not None and measure.tokens:
        return _tokens(measure.tokens)
    if not is_currency(unit):
        return _nothing
    return _money(unit, list_price=measure is not None and measure.price == "list")


def gap_of(owe: Owe) -> str:
    """Why a meter does not know how much a charge is, as a phrase."""
    if owe.measure is not None and owe.measure.tokens:
        return _COUNTED
    return f"it has no price in {unit_of(owe)}"


def _tokens(weights: dict[str, Decimal]) -> Meter:
    whole = {name: _whole(weight) for name, weight in weights.items() if weight}
    classes = tuple(whole)
    read: Callable[[Usage], object] = attrgetter(*classes) if classes else lambda _: ()
    factors = tuple(whole.values())

    def meter(charge: Charge) -> Decimal | None:
        if charge.usage is None:
            return None
        found = read(charge.usage)
        counts = found if isinstance(found, tuple) else (found,)
        return Decimal(sum(count * factor for count, factor in zip(counts, factors, strict=True)))

    return meter


def _whole(weight: Decimal) -> Decimal | int:
    """The weight as a whole number where it is one: those multiply faster."""
    return int(weight) if weight == weight.to_integral_value() else weight


def _money(currency: str, *, list_price: bool) -> Meter:
    def meter(charge: Charge) -> Decimal | None:
        money: Money | None = charge.cost
        if list_price and charge.list_cost is not None:
            money = charge.list_cost
        if money is None or money.currency != currency:
            return None
        return money.amount

    return meter


def _nothing(_: Charge) -> Decimal | None:
    return None
