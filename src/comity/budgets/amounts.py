"""Amounts as whole numbers, so that holding one costs nothing and adding never rounds.

Money is counted in billionths of a millionth of a unit: any price per million tokens with up to six decimals
gives a whole number. What is finer than that is rounded up, against the spender, once, where it comes in.
Tokens and requests are counted as they are.
"""

from __future__ import annotations

from decimal import Context, Decimal
from typing import Literal, TypeAlias

from comity.money import Money

Unit: TypeAlias = str
"""What an amount counts: an ISO 4217 code, `tokens` or `requests`."""

Measure = Literal["money", "tokens", "requests"]
"""The three things that can be limited."""

PLACES = 12
"""Decimals of a unit of money that are kept."""

_EXACT = Context(prec=100)


def to_grains(money: Money) -> int:
    """The amount in grains, rounded up."""
    scaled = money.amount.scaleb(PLACES, _EXACT)
    whole = int(scaled)
    return whole if whole == scaled else whole + (scaled > 0)


def from_grains(grains: int, currency: str) -> Money:
    """The amount of money, without needless zeros."""
    amount = Decimal(grains).scaleb(-PLACES, _EXACT)
    whole = amount.to_integral_value()
    return Money(whole if amount == whole else amount.normalize(_EXACT), currency)


def shown(amount: int, unit: Unit) -> str:
    """An amount for a reader: `12.5 USD`, `3000 tokens`."""
    if unit in {"tokens", "requests"}:
        return f"{amount} {unit}"
    money = from_grains(amount, unit)
    return f"{money.amount:f} {unit}"
