"""The gateway's two clocks: what time it is for a contract, and how long something took.

A rehearsal runs as if it were another day: contracts are asked about that day, while durations and the
ledger's own timestamps stay real.
"""

from __future__ import annotations

import time
from datetime import datetime

import msgspec


class Clock(msgspec.Struct, frozen=True):
    """Wall-clock time for contracts, shifted for rehearsals."""

    shift: float = 0.0
    """Seconds added to the real time when a contract is asked."""

    def at(self) -> float:
        """The moment that contracts are asked about, in unix seconds."""
        return time.time() + self.shift


def rehearse(moment: datetime) -> Clock:
    """A clock that begins at `moment` now, and runs on from there."""
    return Clock(moment.timestamp() - time.time())
