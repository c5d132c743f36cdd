"""What was charged, held against the prices that are known now: wrong rates, and what had none.

A price that was written down wrong, or late, does not change what is on record; the difference can be booked
as corrections. What was corrected before is taken into account, so that a second look finds nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TypeAlias

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


Corrections: TypeAlias = Mapping[tuple[bytes, int], Mapping[str, Money]]
"""What has been added so far, by entry and attempt (0 for the entry as a whole), then by currency."""


def differences(
    charges: Iterable[Charge],
    corrections: Corrections,
    tariffs: Mapping[str, Tariff],
) -> Iterator[Difference]:
    """The attempts among `charges` that `tariffs` rate otherwise, by deployment.

    Tokens that nobody counted stay as they are, as do attempts of a deployment that is not configured any
    more. What corrects an entry as a whole counts for the first of its attempts that is rated anew.
    """
    whole: set[bytes] = set()  # entries of which that attempt was met
    known = {terms.id: terms for tariff in tariffs.values() for terms in tariff.every_terms()}
    for charge in charges:
        tariff = tariffs.get(charge.answered_by)
        if charge.correction or charge.usage is None or tariff is None:
            continue
        rating = tariff.rate(charge.usage, _tier(charge, known), charge.at, told_place(charge))
        added = [corrections.get((charge.entry, charge.number), {})]
        if charge.entry not in whole:
            whole.add(charge.entry)
            added.append(corrections.get((charge.entry, 0), {}))
        charged = _charged(charge.cost, added, rating)
        delta = _delta(charged, rating)
        if isinstance(rating, Unrated):
            if charged is not None and rating.reason is not UnratedReason.NOT_CHARGED:
                yield Difference(charge, charged, rating, None)
        elif delta is None or delta.amount:
            yield Difference(charge, charged, rating, delta)


def sum_corrections(charges: Iterable[Charge]) -> Corrections:
    """What corrections add."""
    found: dict[tuple[bytes, int], dict[str, Money]] = {}
    for charge in charges:
        if charge.correction and charge.cost is not None:
            sums, currency = found.setdefault((charge.entry, charge.number), {}), charge.cost.currency
            sums[currency] = sums[currency] + charge.cost if currency in sums else charge.cost
    return found


def _tier(charge: Charge, known: Mapping[str, Terms]) -> str:
    """The tier that it was charged in: the answer's word, else that of the terms that were applied."""
    if charge.tier or charge.price not in known:
        return charge.tier
    return known[charge.price].tier


def _charged(cost: Money | None, added: Iterable[Mapping[str, Money]], rating: Rating) -> Money | None:
    """A charge with what was added to it in its currency; where it had none, in that of its rating now."""
    first = cost or (rating.cost if isinstance(rating, Rated) else None)
    currency = "" if first is None else first.currency
    for sums in added:
        more = sums.get(currency) if currency else next(iter(sums.values()), None)
        if more is not None:
            cost = more if cost is None else cost + more
            currency = cost.currency
    return cost


def _delta(charged: Money | None, rating: Rating) -> Money | None:
    if not isinstance(rating, Rated):
        return None
    if charged is None:
        return rating.cost
    if charged.currency != rating.cost.currency:
        return None
    return rating.cost + Money(-charged.amount, charged.currency)
