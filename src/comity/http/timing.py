"""Coarse time limits: one timer for all connections of a server or pool, never one per request.

A limit is never cut short, and exceeded by at most a tick. The timer stops while there is nothing to watch:
an idle loop sleeps.
"""

from __future__ import annotations

import asyncio
from typing import Protocol


class Timed(Protocol):
    """Something with a deadline."""

    deadline: float
    """Loop time at which `on_deadline` is due; infinity for never."""

    def on_deadline(self) -> None:
        """The deadline has passed; sets another one or leaves the sweep."""


class Sweep:
    """Looks at every deadline once a tick."""

    def __init__(self, loop: asyncio.AbstractEventLoop, shortest: float) -> None:
        """Watch limits of which `shortest` is the smallest, in seconds."""
        self._loop = loop
        self._tick = min(max(shortest / 4, 0.01), 0.5)
        self.time = loop.time
        """The loop's clock."""
        self._members: set[Timed] = set()
        self._timer: asyncio.TimerHandle | None = None

    def add(self, member: Timed) -> None:
        """Watch a member; adding it twice is harmless."""
        self._members.add(member)
        if self._timer is None:
            self._timer = self._loop.call_later(self._tick, self._look)

    def discard(self, member: Timed) -> None:
        """Stop watching a member; unknown ones are ignored."""
        self._members.discard(member)
        if not self._members and self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _look(self) -> None:
        now = self.time()
        self._timer = self._loop.call_later(self._tick, self._look)
        for member in [member for member in self._members if member.deadline <= now]:
            # An earlier member may have ended this one.
            if member in self._members and member.deadline <= now:
                member.on_deadline()
