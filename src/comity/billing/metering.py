"""A charge taken apart by token class, with the unit prices behind it.

The ledger keeps what a charge came to and the id of its price terms; the terms give the unit prices. They are
only told where they give the amount on record: the ledger is the truth, and a price book may have changed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import TypeAlias

import msgspec

from comity.exchange import Usage
from comity.ledger import Charge
from comity.money import Money
from comity.prices import CLASSES, Slot, Tariff, Terms

MILLION = Decimal(1_000_000)
"""Tokens that a unit price is for."""


class Metered(msgspec.Struct, frozen=True):
    """The tokens of one class in one charge, or the whole charge."""

    token_class: str
    """A field name of `exchange.Usage`; empty for the whole charge."""
    quantity: Decimal
    """Tokens; part of one where a commitment covers a part of the charge."""
    unit_price: Decimal | None
    """What was charged per million tokens; None for the whole charge."""
    list_unit_price: Decimal | None
    """The list price beside a negotiated one; None where it is the same or unknown."""
    cost: Money
    """What the tokens came to, exact."""
    list_cost: Money
    """What they come to at list price."""
    covered_by: str = ""
    """Id of the commitment that pays for it; empty when it is invoiced itself."""


Meter: TypeAlias = Callable[[Charge], tuple[Metered, ...]]
"""What takes a charge apart; only for charges that have an amount."""


def meter_of(tariffs: Mapping[str, Tariff], known: Mapping[str, Terms]) -> Meter:
    """The meter that knows the tariffs of deployments and further terms by their ids."""

    def meter(charge: Charge) -> tuple[Metered, ...]:
        assert charge.cost is not None, "a charge without an amount has no parts"
        slot = _slot(charge, tariffs.get(charge.answered_by), known)
        if slot is not None and charge.usage is not None:
            parts = _parts(charge.usage, slot)
            if sum((part.cost.amount for part in parts), Decimal(0)) == charge.cost.amount:
                return parts
        tokens = Decimal(0 if charge.usage is None else charge.usage.total)
        listed = charge.cost if charge.list_cost is None else charge.list_cost
        return (Metered("", tokens, None, None, charge.cost, listed),)

    return meter


def _slot(charge: Charge, tariff: Tariff | None, known: Mapping[str, Terms]) -> Slot | None:
    """The terms that rated a charge, by the id on record, with the list price of their time."""
    if not charge.price:
        return None
    if tariff is not None:
        for slots in tariff.tiers.values():
            for slot in slots:
                if slot.terms.id == charge.price and slot.since <= charge.at < slot.until:
                    return slot
    terms = known.get(charge.price)
    return None if terms is None else Slot(0, 0, terms)


def _parts(usage: Usage, slot: Slot) -> tuple[Metered, ...]:
    rates = slot.terms.band(usage.prompt).rates
    listed = rates if slot.listed is None else slot.listed.band(usage.prompt).rates
    currency = slot.terms.currency
    parts = []
    for name in CLASSES:
        count = Decimal(getattr(usage, name))
        rate = rates.get(name)
        if count and rate is not None:
            list_rate = listed.get(name, rate)
            parts.append(
                Metered(
                    name,
                    count,
                    rate,
                    None if list_rate == rate else list_rate,
                    cost_of(count, rate, currency),
                    cost_of(count, list_rate, currency),
                )
            )
    if not parts:  # nothing was used that costs anything
        parts.append(Metered("input", Decimal(0), rates.get("input", Decimal(0)), None, *_nothing(currency)))
    return tuple(parts)


def cost_of(tokens: Decimal, per_million: Decimal, currency: str) -> Money:
    """What tokens come to at a unit price, exact."""
    return Money(tokens * per_million / MILLION, currency)


def _nothing(currency: str) -> tuple[Money, Money]:
    return Money(Decimal(0), currency), Money(Decimal(0), currency)
