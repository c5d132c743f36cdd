"""What an attempt costs: tokens by class times the deployment's price, exact, rated per attempt.

Nothing is rounded here. A price that is missing gives no amount rather than zero, and says for what it is
missing. Tiers, context bands and dated price books are not known here yet.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TypeAlias

import msgspec

from comity.exchange import Usage
from comity.money import Money, Price


class UnratedReason(StrEnum):
    """Why there is no amount."""

    NOT_CHARGED = "not_charged"
    UNPRICED = "unpriced"
    UNKNOWN_USAGE = "unknown_usage"


class Unrated(msgspec.Struct, frozen=True):
    """No amount, and why."""

    reason: UnratedReason
    """In one word; only `not_charged` means that nothing is owed."""
    classes: tuple[str, ...] = ()
    """Token classes in use that have no price."""

    def __str__(self) -> str:
        return f"{self.reason}: {', '.join(self.classes)}" if self.classes else self.reason


NOT_CHARGED = Unrated(UnratedReason.NOT_CHARGED)
"""The provider refused or was never reached: nothing is owed."""

Rating: TypeAlias = Money | Unrated
"""An exact amount, or the reason why there is none."""


def rate(usage: Usage | None, price: Price | None) -> Rating:
    """The exact charge for `usage` at `price`; explicit zero tokens cost zero."""
    if usage is None:
        return Unrated(UnratedReason.UNKNOWN_USAGE)
    if price is None:
        return Unrated(UnratedReason.UNPRICED)
    tokens = msgspec.structs.asdict(usage)
    amount = price.rate(tokens)
    if amount is not None:
        return amount
    missing = tuple(name for name, count in tokens.items() if count and name not in price.rates)
    return Unrated(UnratedReason.UNPRICED, missing)
