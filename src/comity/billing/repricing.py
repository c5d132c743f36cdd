"""What charges come to at other prices: a customer's own, instead of what the clouds asked.

Each request is rated anew, on its own, by the terms of its day; only then is anything summed. Corrections
keep their amounts. What the other prices do not know has no amount any more, with the reason.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import msgspec

from comity.ledger import Charge
from comity.prices import Offer, PriceBook, Rated, Tariff


def told_place(charge: Charge) -> str:
    """Where a charge was processed, as far as one place is known: some sellers charge by it."""
    return charge.region[0] if len(charge.region) == 1 else ""


def reprice(charges: Iterable[Charge], prices: PriceBook) -> Iterator[Charge]:
    """The charges at `prices`, in their order."""
    tariffs: dict[tuple[str, str, tuple[str, ...]], Tariff] = {}
    for charge in charges:
        if charge.correction:
            yield charge
            continue
        key = (charge.cloud, charge.model or charge.route, charge.region)
        if (tariff := tariffs.get(key)) is None:
            tariff = tariffs[key] = prices.tariff(Offer(key[0], key[1], frozenset(charge.region)))
        rated = tariff.rate(charge.usage, charge.tier, charge.at, told_place(charge))
        if isinstance(rated, Rated):
            yield msgspec.structs.replace(
                charge, cost=rated.cost, list_cost=rated.list_cost, price=rated.terms, unrated=""
            )
        else:
            yield msgspec.structs.replace(charge, cost=None, list_cost=None, price="", unrated=str(rated))
