"""What was charged, held against the prices that are known now: wrong rates, and what had none.

A price that was written down wrong, or late, does not change what is on record; the difference can be booked
as corrections. What was corrected before is taken into account, so that a second look finds nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

import msgspec

from comity.billing.repricing import told_place
from comity.ledger import Charge
from comity.money import Money
from comity.prices import Rated, Rating, Tariff, Terms, Unrated, UnratedReason


class Difference(msgspec.Struct, frozen=True):
    """An attempt that would be charged otherwise today."""

    charge: Charge
    """As it was recorded."""
    charged: Money | None
    """What it comes to with all corrections; None when nothing was ever charged."""
    rating: Rating
    """What it is rated at now."""
    delta: Money | None
    """What a correction has to add; None where there is no amount now, or another currency."""


def differences(
    charges: Iterable[Charge],
    corrections: Mapping[tuple[bytes, int], Money],
    tariffs: Mapping[str, Tariff],
) -> Iterator[Difference]:
    """The attempts among `charges` that `tariffs` rate otherwise, by deployment.

    `corrections` is what has been added so far, by entry and attempt. Tokens that nobody counted stay as they
    are, as do attempts of a deployment that is not configured any more.
    """
    known = {terms.id: terms for tariff in tariffs.values() for terms in tariff.every_terms()}
    for charge in charges:
        tariff = tariffs.get(charge.answered_by)
        if charge.correction or charge.usage is None or tariff is None:
            continue
        rating = tariff.rate(charge.usage, _tier(charge, known), charge.at, told_place(charge))
        charged = _charged(charge, corrections)
        delta = _delta(charged, rating)
        if isinstance(rating, Unrated):
            if charged is not None and rating.reason is not UnratedReason.NOT_CHARGED:
                yield Difference(charge, charged, rating, None)
        elif delta is None or delta.amount:
            yield Difference(charge, charged, rating, delta)


def sum_corrections(charges: Iterable[Charge]) -> dict[tuple[bytes, int], Money]:
    """What corrections add, by entry and attempt; one of a whole entry counts for its first attempt."""
    found: dict[tuple[bytes, int], Money] = {}
    for charge in charges:
        if charge.correction and charge.cost is not None:
            key = (charge.entry, charge.number or 1)
            known = found.get(key)
            if known is None or known.currency != charge.cost.currency:
                found[key] = charge.cost
            else:
                found[key] = known + charge.cost
    return found


def _tier(charge: Charge, known: Mapping[str, Terms]) -> str:
    """The tier that it was charged in: the answer's word, else that of the terms that were applied."""
    if charge.tier or charge.price not in known:
        return charge.tier
    return known[charge.price].tier


def _charged(charge: Charge, corrections: Mapping[tuple[bytes, int], Money]) -> Money | None:
    more = corrections.get((charge.entry, charge.number))
    if charge.cost is None or more is None:
        return charge.cost or more
    return charge.cost + more if charge.cost.currency == more.currency else charge.cost


def _delta(charged: Money | None, rating: Rating) -> Money | None:
    if not isinstance(rating, Rated):
        return None
    if charged is None:
        return rating.cost
    if charged.currency != rating.cost.currency:
        return None
    return rating.cost + Money(-charged.amount, charged.currency)
