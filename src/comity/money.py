"""Money and prices: exact decimals with a currency, rounded once.

Amounts keep full precision while they are rated and summed. They are rounded in one place, `Money.rounded`,
half to even, when a person or an invoice reads them. There is no conversion between currencies here.
"""

from __future__ import annotations

from decimal import ROUND_HALF_EVEN, Context, Decimal, Inexact
from functools import cached_property

import msgspec

# Python's default of 28 digits rounds in silence; nothing real comes near 100, and what does is an error.
_EXACT = Context(prec=100, traps=[Inexact])


class Money(msgspec.Struct, frozen=True, gc=False):
    """An amount in one currency."""

    amount: Decimal
    """Exact amount; negative for a credit."""
    currency: str
    """ISO 4217 code, for example `USD`."""

    def __add__(self, other: Money) -> Money:
        assert self.currency == other.currency, "amounts of two currencies are never added"
        return Money(_EXACT.add(self.amount, other.amount), self.currency)

    def rounded(self, places: int = 2) -> Money:
        """The amount for a reader: `places` decimals, half to even."""
        return Money(
            self.amount.quantize(Decimal(1).scaleb(-places), rounding=ROUND_HALF_EVEN), self.currency
        )

    def __str__(self) -> str:
        return f"{self.amount} {self.currency}"


class Price(msgspec.Struct, frozen=True, dict=True):
    """What one deployment charges per million tokens, by disjoint token class.

    A class without a price is unknown, not free: rating a usage that has tokens in it gives no amount.
    """

    currency: str
    """ISO 4217 code of every rate."""
    rates: dict[str, Decimal]
    """Token class (a field name of `exchange.Usage`) to the rate per 1,000,000 tokens."""

    def rate(self, tokens: dict[str, int]) -> Money | None:
        """The exact charge for `tokens` by class, or None when a class in use has no price."""
        exponent, rates = self._scaled
        total = 0
        for name, count in tokens.items():
            if count:
                rate = rates.get(name)
                if rate is None:
                    return None
                total += rate * count
        return Money(Decimal(total).scaleb(exponent, _EXACT), self.currency)

    @cached_property
    def _scaled(self) -> tuple[int, dict[str, int]]:
        """The power of ten in which every charge per token is whole, and the rates as whole numbers."""
        places = 6 + max((-int(rate.as_tuple().exponent) for rate in self.rates.values()), default=0)
        return -places, {name: int(rate.scaleb(places - 6, _EXACT)) for name, rate in self.rates.items()}
