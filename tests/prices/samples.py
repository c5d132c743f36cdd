"""Price terms that several tests share."""

from __future__ import annotations

from decimal import Decimal

from comity.period import ALWAYS, Period
from comity.prices import Band, Terms, with_id


def rates(**by_class: str) -> dict[str, Decimal]:
    """Rates by class, as a price file writes them."""
    return {name: Decimal(rate) for name, rate in by_class.items()}


def terms(
    *bands: Band,
    tier: str = "standard",
    period: Period = ALWAYS,
    places: tuple[str, ...] = (),
    contract: str = "",
    currency: str = "USD",
    answered: str = "",
) -> Terms:
    """Terms of the model `m` on the cloud `c`."""
    bands = bands or (Band(rates(input="1.25", cached_read="0.125", output="10", reasoning="10")),)
    return with_id(
        Terms(
            cloud="c",
            models=("m",),
            currency=currency,
            bands=bands,
            tier=tier,
            period=period,
            places=frozenset(places),
            contract=contract,
            answered=answered,
        )
    )
