"""A tariff: everything that one deployment can be charged, resolved once when the configuration is loaded.

What a request costs is then a lookup by tier and moment, and a few multiplications.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, time
from itertools import pairwise

import msgspec

from comity.exchange import Usage
from comity.money import Money
from comity.prices.rating import UNKNOWN_USAGE, UNPRICED, Rated, Rating, Unrated, UnratedReason
from comity.prices.terms import Terms
from comity.prices.tiers import STANDARD

FOREVER = sys.maxsize
"""The end of terms that have none, in unix nanoseconds."""


class Slot(msgspec.Struct, frozen=True):
    """The terms that are applied for a while."""

    since: int
    """Unix nanoseconds, inclusive."""
    until: int
    """Unix nanoseconds, exclusive."""
    terms: Terms
    """What is charged by."""
    listed: Terms | None = None
    """The list price beside a negotiated one; None where the list price is charged, or unknown."""


class Tariff(msgspec.Struct, frozen=True):
    """What one deployment charges, by tier and moment. The empty tariff prices nothing."""

    tiers: Mapping[str, tuple[Slot, ...]] = {}
    """Slots of each priced tier, in the order of time."""
    tier: str = STANDARD
    """The tier in which the deployment serves where neither request nor answer says one."""
    placed: Mapping[str, Tariff] = {}
    """What is charged instead for answers that name one of these places."""

    def rate(self, usage: Usage | None, tier: str, at: int, place: str = "") -> Rating:
        """The exact charge of a request that began at unix nanoseconds `at`; explicit zero tokens cost zero.

        `tier` is the one that served and `place` where, as the answer says; empty when nobody said.
        """
        if usage is None:
            return UNKNOWN_USAGE
        if self.placed and place in self.placed:
            return self.placed[place].rate(usage, tier, at)
        slot = self.slot(tier, at)
        if isinstance(slot, Unrated):
            return slot
        terms, listed = slot.terms, slot.listed
        cost = terms.rate(usage)
        if isinstance(cost, Unrated):
            return cost
        if listed is not None:
            list_cost = listed.rate(usage)
            if isinstance(list_cost, Money) and list_cost != cost:
                return Rated(cost, terms.id, list_cost)
        return Rated(cost, terms.id)

    def slot(self, tier: str, at: int) -> Slot | Unrated:
        """The terms in force for a tier at a moment, or why there are none."""
        for slot in self.tiers.get(tier or self.tier, ()):
            if slot.since <= at < slot.until:
                return slot
        if not self.tiers:
            return UNPRICED
        return Unrated(UnratedReason.UNPRICED_TIER, (tier or self.tier,))

    def worst(self, read: int, written: int, asked: str, at: int) -> Money | Unrated:
        """The most that a request of this size can cost, by the worst tier and band it may be answered at.

        `asked` is the tier that the client asks for; a cloud may serve in the standard one all the same, as
        where reserved capacity overflows.
        """
        first = self.slot(asked, at)
        if isinstance(first, Unrated):
            return first
        worst = first.terms.worst(read, written)
        for tier in {self.tier, STANDARD} - {asked or self.tier}:
            other = self.slot(tier, at)
            if isinstance(worst, Money) and isinstance(other, Slot):
                worst = _dearer(worst, other.terms.worst(read, written))
        for tariff in self.placed.values():
            if isinstance(worst, Money):
                worst = _dearer(worst, tariff.worst(read, written, asked, at))
        return worst

    def until(self, at: int) -> int:
        """The next moment after `at` at which any terms begin or end; `FOREVER` when none does."""
        ends = [end for slot in self._slots() for end in (slot.since, slot.until)]
        return min((end for end in ends if end > at), default=FOREVER)

    def every_terms(self) -> tuple[Terms, ...]:
        """All terms that it may apply, once each."""
        return tuple({slot.terms.id: slot.terms for slot in self._slots()}.values())

    def _slots(self) -> Iterator[Slot]:
        for tariff in (self, *self.placed.values()):
            for slots in tariff.tiers.values():
                yield from slots


def tariff_of(terms: Iterable[Terms], *, tier: str = STANDARD) -> Tariff:
    """The tariff of terms that all fit one deployment.

    Tier by tier, negotiated terms go before list prices, terms for the place that an answer names before
    those for any, and terms for fewer places before wider ones.
    """
    listed = list(terms)
    usual = _tiers(one for one in listed if not one.answered)
    places = {one.answered for one in listed} - {""}
    placed = {
        place: Tariff(_tiers(one for one in listed if one.answered in {"", place}), tier)
        for place in sorted(places)
    }
    return Tariff(usual, tier, placed)


def _tiers(terms: Iterable[Terms]) -> dict[str, tuple[Slot, ...]]:
    by_tier: dict[str, list[Terms]] = {}
    for one in terms:
        by_tier.setdefault(one.tier, []).append(one)
    return {name: slots for name, listed in by_tier.items() if (slots := _slots(listed))}


def worst_of(tariffs: Sequence[Tariff], read: int, written: int, *, asked: str, at: int) -> Money | Unrated:
    """The most that a request can cost which may be charged by any of `tariffs`, as in `Tariff.worst`."""
    worst = tariffs[0].worst(read, written, asked, at)
    for tariff in tariffs[1:]:
        if isinstance(worst, Money):
            worst = _dearer(worst, tariff.worst(read, written, asked, at))
    return worst


def nanoseconds(day: date) -> int:
    """The unix nanosecond at which a day begins, in UTC."""
    return int(datetime.combine(day, time(), UTC).timestamp()) * 1_000_000_000


def _dearer(one: Money, other: Money | Unrated) -> Money | Unrated:
    if isinstance(other, Unrated):
        return other
    if one.currency != other.currency:
        return Unrated(UnratedReason.UNPRICED, (f"{one.currency} and {other.currency} alike",))
    return max(one, other, key=lambda money: money.amount)


def _slots(listed: list[Terms]) -> tuple[Slot, ...]:
    spans = {one.id: _span(one) for one in listed}
    moments = sorted({moment for span in spans.values() for moment in span})
    slots = []
    for since, until in pairwise(moments):
        current = [one for one in listed if spans[one.id][0] <= since < spans[one.id][1]]
        agreed = _narrowest([one for one in current if one.contract])
        public = _narrowest([one for one in current if not one.contract])
        if agreed is not None:
            slots.append(Slot(since, until, agreed, public))
        elif public is not None:
            slots.append(Slot(since, until, public))
    return tuple(slots)


def _span(terms: Terms) -> tuple[int, int]:
    start, end = terms.period.start, terms.period.end
    return (0 if start is None else nanoseconds(start)), (FOREVER if end is None else nanoseconds(end))


def _narrowest(terms: list[Terms]) -> Terms | None:
    # A book refuses terms of which neither is narrower; no places at all is the widest.
    return min(terms, key=lambda one: (not one.answered, not one.places, len(one.places)), default=None)
