"""A hold: what one request may cost, put aside before anything is called, and ended exactly once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from comity.budgets.allotment import Allotment
from comity.budgets.limits import Account
from comity.budgets.windows import Window

if TYPE_CHECKING:
    from comity.budgets.desk import Budgets


class Amounts(NamedTuple):
    """What a request may cost, or did, in everything that can be limited; see `Account.kind`."""

    money: int = 0
    """In grains, see `amounts`."""
    tokens: int = 0
    """Read and written."""
    requests: int = 0
    """1 for a request; 0 for one that nobody served."""


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
        held = self.held
        for place, allotment in enumerate(self.allotments):
            more = amounts[allotment.kind] - held[place]
            if more > 0 and allotment.committed + more > allotment.granted:
                return False
        for place, allotment in enumerate(self.allotments):
            more = amounts[allotment.kind] - held[place]
            if more > 0:
                taken = allotment.put_aside(more)
                assert taken, "it was there a moment ago"
                held[place] += more
                self._budgets.changed(allotment)
        return True

    def settle(self, captured: Amounts) -> None:
        """Ends the hold: what was captured is spent, the rest is free again. Exactly once."""
        assert not self._ended, "a hold ends exactly once"
        self._ended = True
        for place, allotment in enumerate(self.allotments):
            amount = captured[allotment.kind]
            allotment.open -= 1
            allotment.settle(self.held[place], amount)
            if amount and allotment.account.limit.amount is None:
                allotment.captures.append((self.entry, amount))
            self._budgets.changed(allotment)

    def release(self) -> None:
        """Ends the hold; nothing was spent."""
        self.settle(NOTHING)

    @property
    def warnings(self) -> tuple[Account, ...]:
        """The accounts that have reached a share to warn of, as far as is known here."""
        return tuple(one.account for one in self.allotments if one.warned)
