"""Price terms: what one tier of one model costs at one seller, from one day to another, with its source.

A request is rated by the terms of its day and tier, at the band of its own whole input. Rates are exact
decimals per 1,000,000 tokens of a class; the classes are disjoint, so that every token is charged once.
"""

from __future__ import annotations

from datetime import date
from decimal import Context, Decimal, Inexact
from functools import cached_property
from hashlib import sha256
from operator import mul

import msgspec
from msgspec.structs import astuple

from comity.exchange import Usage
from comity.money import Money
from comity.period import ALWAYS, Period
from comity.prices.rating import Unrated, UnratedReason

CLASSES: tuple[str, ...] = Usage.__struct_fields__
"""Every token class that may have a rate."""

WRITTEN = ("output", "reasoning", "audio_output", "image_output")
"""Classes of generated tokens; the others are read."""

_EXACT = Context(prec=100, traps=[Inexact])
_PER = 6


class Band(msgspec.Struct, frozen=True, dict=True):
    """The rates of requests from a certain size on: all tokens of a request are charged at its one band."""

    rates: dict[str, Decimal]
    """Token class to the rate per 1,000,000 tokens. A class without a rate is unknown, not free."""
    over: int = 0
    """The band begins above so many tokens read, cached ones included."""

    @cached_property
    def whole(self) -> tuple[int, tuple[int, ...], tuple[int, ...]]:
        """The power of ten in which every charge per token is whole; the rates as whole numbers, by class.

        And which classes have none, by position: theirs stand as 0, and must not be used.
        """
        places = _PER + max((-int(rate.as_tuple().exponent) for rate in self.rates.values()), default=0)
        scaled = {name: int(rate.scaleb(places - _PER, _EXACT)) for name, rate in self.rates.items()}
        unpriced = tuple(index for index, name in enumerate(CLASSES) if name not in scaled)
        return -places, tuple(scaled.get(name, 0) for name in CLASSES), unpriced

    @cached_property
    def dearest(self) -> tuple[Decimal | None, Decimal | None]:
        """The highest rate of what is read and of what is written; None where nothing is priced."""
        written = [rate for name, rate in self.rates.items() if name in WRITTEN]
        read = [rate for name, rate in self.rates.items() if name not in WRITTEN]
        return max(read, default=None), max(written, default=None)


class Terms(msgspec.Struct, frozen=True, kw_only=True):
    """What one tier of a model costs."""

    cloud: str
    """Who charges: the `cloud` of a deployment."""
    models: tuple[str, ...]
    """The model's public names; the first is the usual one."""
    currency: str
    """ISO 4217 code of every rate."""
    bands: tuple[Band, ...]
    """Rates by size of the request, from the smallest; the first begins at nothing."""
    tier: str = "standard"
    """The tier it is for."""
    period: Period = ALWAYS
    """Days on which it is in force, in UTC."""
    places: frozenset[str] = frozenset()
    """The regions that the price covers: it fits a deployment that may process in no other place. Empty fits
    wherever no narrower terms do."""
    answered: str = ""
    """The place that an answer must name for these terms, where the seller charges by that; empty for all."""
    provider: str = ""
    """Whose model it is; empty where nobody said."""
    contract: str = ""
    """The contract or clause that agrees a negotiated price; empty for a list price."""
    source: str = ""
    """Where the price is published."""
    retrieved: date | None = None
    """Day on which it was read there."""
    id: str = ""
    """Name in the ledger: what it is for, since when, and a hash of the rates."""

    def rate(self, usage: Usage) -> Money | Unrated:
        """The exact charge of one request; a class in use without a rate gives none."""
        bands = self.bands
        band = bands[0] if len(bands) == 1 else self.band(usage.prompt)
        exponent, rates, unpriced = band.whole
        counts = astuple(usage)
        for index in unpriced:
            if counts[index]:
                names = tuple(CLASSES[index] for index in unpriced if counts[index])
                return Unrated(UnratedReason.UNPRICED, names)
        return Money(Decimal(sum(map(mul, counts, rates))).scaleb(exponent, _EXACT), self.currency)

    def band(self, read: int) -> Band:
        """The band of a request that reads so many tokens."""
        chosen = self.bands[0]
        for band in self.bands[1:]:
            if read > band.over:
                chosen = band
        return chosen

    def worst(self, read: int, written: int) -> Money | Unrated:
        """The most that a request of this size, or of a smaller one, costs."""
        worst = Decimal(0)
        for band in self.bands:
            if read <= band.over and band.over:
                break
            per_read, per_written = band.dearest
            if (read and per_read is None) or (written and per_written is None):
                return Unrated(UnratedReason.UNPRICED, ("input" if per_read is None else "output",))
            amount = _EXACT.multiply(per_read or 0, read)
            worst = max(worst, _EXACT.fma(per_written or 0, written, amount))
        return Money(worst.scaleb(-_PER, _EXACT), self.currency)


def with_id(terms: Terms) -> Terms:
    """The terms with their id: equal terms have equal ids, and a changed rate gives another id."""
    bands = tuple(
        (band.over, {name: str(rate.normalize()) for name, rate in band.rates.items()})
        for band in terms.bands
    )
    told = (terms.currency, bands, sorted(terms.places), terms.models[0], terms.answered)
    digest = sha256(msgspec.json.encode(told, order="deterministic")).hexdigest()[:8]
    under = f"{terms.contract}:" if terms.contract else ""
    where = (
        f"@{'+'.join(sorted(terms.places))}" if 0 < len(terms.places) <= 2 else "@listed" * bool(terms.places)
    )
    if terms.answered:
        where += f"={terms.answered}"
    since = terms.period.start or "always"
    name = f"{under}{terms.cloud}/{terms.models[0]}{where}/{terms.tier}/{since}#{digest}"
    return msgspec.structs.replace(terms, id=name)
