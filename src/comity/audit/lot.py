"""Lots: requests that agree in every fact that matters, which are therefore decided once.

A lot says what was done, when and where, and how much of it there was. It holds no verdict.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Literal, TypeAlias

import msgspec

from comity.contracts import Posture
from comity.money import Money

Facts: TypeAlias = Mapping[str, str | bool | int | Decimal | frozenset[str]]
"""Facts as recorded, not yet read in the words of a book."""


class Weight(msgspec.Struct):
    """How much there was of something; grows by adding."""

    requests: int = 0
    """Requests that reached a deployment; one that went to two counts twice. For a refusal, the request."""
    prompt: int = 0
    """Tokens read, as far as they are known."""
    completion: int = 0
    """Tokens generated, as far as they are known."""
    costs: dict[str, Money] = {}
    """Exact sums by currency, of the requests whose cost is known."""
    unpriced: int = 0
    """Requests that may have cost something, nobody knows how much."""

    def pay(self, cost: Money) -> None:
        """Adds an amount."""
        known = self.costs.get(cost.currency)
        self.costs[cost.currency] = cost if known is None else known + cost

    def add(self, other: Weight) -> None:
        """Adds all of `other`."""
        self.requests += other.requests
        self.prompt += other.prompt
        self.completion += other.completion
        self.unpriced += other.unpriced
        for cost in other.costs.values():
            self.pay(cost)


class Lot(msgspec.Struct, frozen=True):
    """Requests that agree in every fact that matters."""

    act: Literal["served", "refused"]
    """Whether a deployment was called, or the request was refused for want of one."""
    candidates: tuple[Facts, ...]
    """What was done, target included; of a refusal, what would have been done on each of its deployments."""
    at: float
    """A moment of the acts, unix seconds on the contracts' clock; all lie between the same two dates."""
    weight: Weight
    """How much of it there was."""
    columns: dict[str, str] = {}
    """Further values to group by, which are no facts: caller, deployment, day, ..."""
    recorded: str = ""
    """The outcome that the gateway recorded; empty when none was."""
    posture: Posture | None = None
    """The posture that the gateway recorded."""
    unreadable: str = ""
    """Why nobody can say what was done; empty when the facts are there. Such a lot has no candidates."""
    last: float | None = None
    """The last moment of the acts, where `at` is the first; None when `at` is all that is known."""
