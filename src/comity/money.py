"""Money: exact decimals with a currency, rounded once.

Amounts keep full precision while they are rated and summed. They are rounded in one place, `Money.rounded`,
half to even, when a person or an invoice reads them. There is no conversion between currencies here.
"""

from __future__ import annotations

from decimal import ROUND_HALF_EVEN, Context, Decimal, Inexact

import msgspec

# Python's default of 28 digits rounds in silence; nothing real comes near 100, and what does is an error.
_EXACT = Context(prec=100, traps=[Inexact])

add_exactly = _EXACT.add
"""The sum of two decimals; raises decimal.Inexact rather than round."""

multiply_exactly = _EXACT.multiply
"""The product of two decimals; raises decimal.Inexact rather than round."""


def plain(amount: Decimal) -> str:
    """An amount in plain notation, exact, without zeros at the end: equal amounts are equal texts."""
    if not amount:
        return "0"
    text = f"{amount:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


class Money(msgspec.Struct, frozen=True, gc=False):
    """An amount in one currency."""

    amount: Decimal
    """Exact amount; negative for a credit."""
    currency: str
    """ISO 4217 code, for example `USD`."""

    def __add__(self, other: Money) -> Money:
        assert self.currency == other.currency, "amounts of two currencies are never added"
        return Money(add_exactly(self.amount, other.amount), self.currency)

    def rounded(self, places: int = 2) -> Money:
        """The amount for a reader: `places` decimals, half to even."""
        return Money(
            self.amount.quantize(Decimal(1).scaleb(-places), rounding=ROUND_HALF_EVEN), self.currency
        )

    def __str__(self) -> str:
        return f"{self.amount} {self.currency}"
