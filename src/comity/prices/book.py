"""A price book: every known price, and which of them a deployment is charged by."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date
from functools import cached_property

import msgspec

from comity.prices.tariff import Tariff, nanoseconds, tariff_of
from comity.prices.terms import Terms
from comity.prices.tiers import STANDARD

WORLD = "world"
"""The place of what may be processed anywhere, as `region` of a deployment has it."""

_EVERYWHERE = frozenset({WORLD})


class Offer(msgspec.Struct, frozen=True):
    """What is sold, as far as its price depends on it."""

    cloud: str
    """Who charges."""
    model: str
    """The model's public name."""
    places: frozenset[str] = frozenset()
    """Every place in which a request may be processed; empty where nobody said."""


class Unpriced(msgspec.Struct, frozen=True):
    """No terms fit, and why."""

    why: str
    """The reason in words."""


class PriceBook(msgspec.Struct, frozen=True, dict=True):
    """Price terms of which at most one fits any offer, tier, moment and kind."""

    terms: tuple[Terms, ...] = ()
    """All of them, in the order of their files."""

    @cached_property
    def by_id(self) -> dict[str, Terms]:
        """The terms by their id, as the ledger names them."""
        return {one.id: one for one in self.terms}

    def fitting(self, offer: Offer) -> Iterator[Terms]:
        """The terms that an offer may be charged by, of every tier and time."""
        # Whoever may be processed anywhere is called somewhere as well, which changes no price.
        places = _EVERYWHERE if WORLD in offer.places else offer.places
        for one in self._by_model.get((offer.cloud, offer.model), ()):
            if not one.places or (places and places <= one.places):
                yield one

    def tariff(self, offer: Offer, own: Iterable[Terms] = (), *, tier: str = STANDARD) -> Tariff:
        """Everything that the offer can be charged; `own` terms go before all others of their tier."""
        own = tuple(own)
        replaced = {one.tier for one in own}
        book = [one for one in self.fitting(offer) if not (one.contract and one.tier in replaced)]
        return tariff_of([*own, *book], tier=tier)

    def find(self, offer: Offer, tier: str, day: date) -> Terms | Unpriced:
        """The terms that the offer is charged by on a day."""
        tariff = self.tariff(offer)
        slots = tariff.tiers.get(tier, ())
        if not slots:
            return Unpriced(self._why(offer, tier, tariff))
        at = nanoseconds(day)
        for slot in slots:
            if slot.since <= at < slot.until:
                return slot.terms
        return Unpriced(f"no price of `{offer.model}` on `{offer.cloud}` is in force on {day}")

    @cached_property
    def _by_model(self) -> dict[tuple[str, str], list[Terms]]:
        found: dict[tuple[str, str], list[Terms]] = {}
        for one in self.terms:
            for model in one.models:
                found.setdefault((one.cloud, model), []).append(one)
        return found

    def _why(self, offer: Offer, tier: str, tariff: Tariff) -> str:
        if tariff.tiers:
            return f"`{offer.model}` on `{offer.cloud}` has no price for the tier `{tier}`"
        known = self._by_model.get((offer.cloud, offer.model))
        if known:
            places = sorted({place for one in known for place in one.places})
            return f"`{offer.model}` on `{offer.cloud}` is priced only in {', '.join(places)}"
        return f"`{offer.model}` on `{offer.cloud}` is in no price book"


def compete(one: Terms, other: Terms) -> bool:
    """Whether some request could be charged by either of them, and nothing makes one of them go first."""
    if (one.cloud, one.tier, not one.contract) != (other.cloud, other.tier, not other.contract):
        return False
    if one.answered != other.answered or not _overlap(one, other):
        return False
    if not set(one.models) & set(other.models):
        return False
    if not one.places or not other.places:
        return one.places == other.places
    if one.places < other.places or other.places < one.places:
        return False
    return bool(one.places & other.places)


def _overlap(one: Terms, other: Terms) -> bool:
    first, second = one.period, other.period
    return not (
        (first.end is not None and second.start is not None and first.end <= second.start)
        or (second.end is not None and first.start is not None and second.end <= first.start)
    )
