"""A hold: what one request may cost, put aside before anything is called, and ended exactly once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import msgspec

from comity.budgets.allotment import Allotment
from comity.budgets.limits import Account, Limit
from comity.budgets.windows import Window

if TYPE_CHECKING:
    from comity.budgets.desk import Budgets


class Amounts(msgspec.Struct, frozen=True):
    """What a request may cost, or did, in everything that can be limited."""

    money: int = 0
    """In grains, see `amounts`."""
    tokens: int = 0
    """Read and written."""
    requests: int = 0
    """1 for a request; 0 for one that nobody served."""

    def of(self, limit: Limit) -> int:
        """The amount that a limit counts."""
        if limit.unit == "tokens":
            return self.tokens
        return self.requests if limit.unit == "requests" else self.money


NOTHING = Amounts()
"""What a request costs that nobody served."""


class Denial(msgspec.Struct, frozen=True):
    """Why nothing is put aside."""

    account: Account
    """The account that has too little, or that nobody could ask."""
    window: Window
    """Its window."""
    amount: int
    """How much was asked for."""
    left: int
    """How much there is, as far as is known here."""
    unavailable: str = ""
    """Why the store could not be asked; empty when there is too little."""


Granted = Callable[[], None]
"""Called once when everything is put aside, at once or later."""
Denied = Callable[[Denial], None]
"""Called once, instead, when something could not be."""


class Hold:
    """What is put aside for one request in all its accounts."""

    __slots__ = ("_budgets", "_ended", "allotments", "entry", "held")

    def __init__(self, budgets: Budgets, allotments: Sequence[Allotment], entry: bytes) -> None:
        self._budgets = budgets
        self._ended = False
        self.allotments = allotments
        self.held = [0] * len(allotments)
        self.entry = entry
        for allotment in allotments:
            allotment.open += 1

    def cover(self, amounts: Amounts, then: Granted, denied: Denied) -> None:
        """Sees to it that at least `amounts` are put aside; `denied` leaves what was there before.

        One of the two is called exactly once, at once where the worker's slices have it.
        """
        assert not self._ended, "nothing is put aside for a hold that is over"
        if self.put_aside(amounts):
            then()
        else:
            self._budgets.park(self, amounts, then, denied)

    def put_aside(self, amounts: Amounts) -> bool:
        """Puts everything aside that is missing, or nothing; from the worker's slices alone."""
        allotments, held = self.allotments, self.held
        missing = [amounts.of(one.account.limit) for one in allotments]
        for place, allotment in enumerate(allotments):
            missing[place] = more = max(missing[place] - held[place], 0)
            if allotment.committed + more > allotment.granted:
                return False
        for place, allotment in enumerate(allotments):
            if missing[place]:
                taken = allotment.put_aside(missing[place])
                assert taken, "it was there a moment ago"
                held[place] += missing[place]
                self._budgets.changed(allotment)
        return True

    def settle(self, captured: Amounts) -> None:
        """Ends the hold: what was captured is spent, the rest is free again. Exactly once."""
        assert not self._ended, "a hold ends exactly once"
        self._ended = True
        for allotment, held in zip(self.allotments, self.held, strict=True):
            limit = allotment.account.limit
            amount = captured.of(limit)
            allotment.open -= 1
            allotment.settle(held, amount)
            if amount and limit.is_wallet:
                allotment.captures.append((self.entry, amount))
            self._budgets.changed(allotment)

    def release(self) -> None:
        """Ends the hold; nothing was spent."""
        self.settle(NOTHING)

    @property
    def warnings(self) -> tuple[Account, ...]:
        """The accounts that have reached a share to warn of, as far as is known here."""
        return tuple(one.account for one in self.allotments if one.warned)
