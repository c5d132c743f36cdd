"""Discounts: what a contract takes off list prices, as negotiated terms of their own.

They are worked out once, when the files are loaded: each list price that a discount covers gets terms beside
it that name the contract. Negotiated rates of a contract itself go before any discount.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from fnmatch import fnmatchcase

import msgspec

from comity.money import multiply_exactly
from comity.period import Period
from comity.prices.book import compete
from comity.prices.terms import Band, Terms, with_id


class Discount(msgspec.Struct, frozen=True):
    """A part of list prices that is not charged."""

    cloud: str
    """Who grants it."""
    contract: str
    """The contract or clause that agrees it."""
    off: Decimal
    """The part, more than 0 and less than 1."""
    models: tuple[str, ...]
    """Patterns of model names."""
    tiers: tuple[str, ...]
    """Tiers; empty covers all."""
    period: Period
    """Days on which it is granted."""

    def covers(self, terms: Terms) -> bool:
        """Whether something is taken off these list prices."""
        if terms.contract or terms.cloud != self.cloud or (self.tiers and terms.tier not in self.tiers):
            return False
        named = any(fnmatchcase(name, mask) for name in terms.models for mask in self.models)
        return named and _shared(self.period, terms.period) is not None

    def applied(self, terms: Terms) -> Terms:
        """What is charged instead of these list prices."""
        period = _shared(self.period, terms.period)
        assert period is not None, "only what it covers is discounted"
        rest = 1 - self.off
        bands = tuple(
            Band({name: multiply_exactly(rate, rest) for name, rate in band.rates.items()}, band.over)
            for band in terms.bands
        )
        return with_id(msgspec.structs.replace(terms, contract=self.contract, period=period, bands=bands))


def discounted(discount: Discount, terms: Sequence[Terms]) -> list[Terms] | None:
    """What the discount makes of the list prices among `terms`; None where it covers none of them."""
    covered = [one for one in terms if discount.covers(one)]
    if not covered:
        return None
    agreed = [one for one in terms if one.contract and one.cloud == discount.cloud]
    applied = [discount.applied(one) for one in covered]
    return [one for one in applied if not any(compete(one, other) for other in agreed)]


def _shared(one: Period, other: Period) -> Period | None:
    """The days of both; None where there are none."""
    starts = [start for start in (one.start, other.start) if start is not None]
    ends = [end for end in (one.end, other.end) if end is not None]
    start, end = max(starts, default=None), min(ends, default=None)
    return None if start is not None and end is not None and end <= start else Period(start, end)
