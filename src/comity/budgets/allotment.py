"""What one worker may spend from one account in one window, and what it has: the arithmetic, without any I/O.

A worker is lent a slice of what is left of a limit. It holds and captures from the slice in memory, so no
request waits for a store while the slice lasts. All numbers count from the opening of the allotment, so
whoever reports one of them twice counts nothing twice.

INVARIANT: 0 <= reported <= used <= committed, and committed <= granted unless a provider counted more than
was held.
"""

from __future__ import annotations

from math import inf

from comity.budgets.limits import Account
from comity.budgets.windows import Window


class Allotment:
    """A lent slice."""

    __slots__ = (
        "account",
        "captures",
        "closing",
        "committed",
        "ends",
        "granted",
        "kind",
        "largest",
        "low",
        "near",
        "open",
        "reported",
        "slot",
        "starts",
        "touched",
        "used",
        "warned",
        "window",
    )

    def __init__(self, account: Account, window: Window, slot: int = 0) -> None:
        self.account = account
        self.window = window
        self.kind = account.kind
        self.starts = window.starts
        self.ends = inf if window.ends is None else window.ends
        self.slot = slot
        """Where the worker's lease file keeps what is committed."""
        self.granted = 0
        """Lent so far, less what was given back."""
        self.committed = 0
        """Captured, or held and not over."""
        self.used = 0
        """Captured."""
        self.reported = 0
        """Captured, and known to the store."""
        self.captures: list[tuple[bytes, int]] = []
        """A wallet's captures that the store does not know, by ledger entry."""
        self.open = 0
        """Holds that are not over."""
        self.near = True
        """Whether so little is left that every hold is asked for exactly and what it leaves is given back."""
        self.low = 0
        """Below so much slack the next slice is asked for, ahead of need."""
        self.largest = 0
        """The largest hold so far; slices are multiples of it."""
        self.warned = False
        """Whether a share to warn of was reached, as far as is known here."""
        self.touched = 0
        """When it was last used, in ticks of its desk."""
        self.closing = False
        """Whether the store was told that it is over; then it is never used again."""

    @property
    def slack(self) -> int:
        """Lent and free; negative where more was captured than was lent."""
        return self.granted - self.committed

    def put_aside(self, amount: int) -> bool:
        """Holds `amount`; False, and nothing is changed, when the slice does not have it."""
        assert amount >= 0, "nobody holds less than nothing"
        if self.committed + amount > self.granted:
            return False
        self.committed += amount
        self.largest = max(self.largest, amount)
        return True

    def settle(self, held: int, captured: int) -> None:
        """Ends what was held: `captured` of it is spent, the rest is free again.

        A provider that counts more than could be foreseen is owed it all the same: then the slice is
        overdrawn, and the next one covers that first.
        """
        assert captured >= 0, "nobody is paid for asking"
        self.committed += captured - held
        self.used += captured
        assert 0 <= self.used <= self.committed, "what is captured or given back was held"

    def give_back(self) -> int:
        """Gives the slack back; returns what stays granted."""
        self.granted = min(self.granted, self.committed)
        return self.granted


def lend(room: int, need: int, want: int) -> tuple[int, bool]:
    """What is lent of `room` to a worker that needs `need` now and would like `want`; and whether it is near.

    While there is plenty a worker gets at most an eighth of it, so that others find something, too. Where an
    eighth does not cover the need the end is near: then exactly the need is lent, or what is left of it.
    """
    if room <= 0:
        return 0, True
    slice_ = min(max(want, need), room // SHARE)
    if slice_ >= max(need, 1):
        return slice_, False
    return min(need, room), True


SHARE = 8
"""The part of what is left that one worker is lent at once."""
