"""What models cost: price books with their sources, the tariff of a deployment, and exact rating.

A request is rated once, by the terms in force when it began, in the tier that served it and the band of its
own size, and only then summed. Unknown is not zero: without a rate there is no amount but a reason.
"""

from comity.prices.book import Offer, PriceBook, Unpriced
from comity.prices.load import SHIPPED, check_currency, check_tier, load_prices, make_bands
from comity.prices.rating import (
    NOT_CHARGED,
    UNKNOWN_USAGE,
    UNPRICED,
    Rated,
    Rating,
    Unrated,
    UnratedReason,
)
from comity.prices.sections import RatesSection, RowSection, TierSection
from comity.prices.tariff import FOREVER, Slot, Tariff, tariff_of, worst_of
from comity.prices.terms import CLASSES, Band, Terms, with_id
from comity.prices.tiers import BATCH, RESERVED, STANDARD, TIERS, tier_of

__all__ = [
    "BATCH",
    "CLASSES",
    "FOREVER",
    "NOT_CHARGED",
    "RESERVED",
    "SHIPPED",
    "STANDARD",
    "TIERS",
    "UNKNOWN_USAGE",
    "UNPRICED",
    "Band",
    "Offer",
    "PriceBook",
    "Rated",
    "RatesSection",
    "Rating",
    "RowSection",
    "Slot",
    "Tariff",
    "Terms",
    "TierSection",
    "Unpriced",
    "Unrated",
    "UnratedReason",
    "check_currency",
    "check_tier",
    "load_prices",
    "make_bands",
    "tariff_of",
    "tier_of",
    "with_id",
    "worst_of",
]
