"""What rating gives: an exact amount with the terms behind it, or the reason why there is none.

A price that is missing gives no amount rather than zero, and says for what it is missing.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TypeAlias

import msgspec

from comity.money import Money


class UnratedReason(StrEnum):
    """Why there is no amount."""

    NOT_CHARGED = "not_charged"
    UNPRICED = "unpriced"
    UNPRICED_TIER = "unpriced_tier"
    UNKNOWN_USAGE = "unknown_usage"
    SERVED_ELSEWHERE = "served_elsewhere"


class Unrated(msgspec.Struct, frozen=True):
    """No amount, and why."""

    reason: UnratedReason
    """In one word; only `not_charged` means that nothing is owed."""
    what: tuple[str, ...] = ()
    """What has no price: token classes in use, a tier, or the deployment that really answered."""

    def __str__(self) -> str:
        return f"{self.reason}: {', '.join(self.what)}" if self.what else self.reason


NOT_CHARGED = Unrated(UnratedReason.NOT_CHARGED)
"""The provider refused or was never reached: nothing is owed."""

UNPRICED = Unrated(UnratedReason.UNPRICED)
"""No terms are in force: the price is unknown, which is not free."""

UNKNOWN_USAGE = Unrated(UnratedReason.UNKNOWN_USAGE)
"""Nobody counted the tokens."""


class Rated(msgspec.Struct, frozen=True, gc=False):
    """What one request costs."""

    cost: Money
    """The exact charge; never rounded."""
    terms: str
    """Id of the terms that it was rated by."""
    list_cost: Money | None = None
    """The charge at list price where negotiated terms were applied; None when that is `cost` or unknown."""


Rating: TypeAlias = Rated | Unrated
"""What a request costs, or the reason why nobody can say."""
