"""Connections without a request: those that can be used at once, and those on probation.

Some servers end a connection right after an answer without having said so. Until an origin has shown that it
keeps connections open after answers framed in this way, one that has just ended an answer rests for a moment
before it is used again. Knows nothing of sockets beyond `Link.stale`, and has no timer.
"""

from __future__ import annotations

from collections import deque
from math import inf
from time import monotonic
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from comity.http.link import Link

EARLY = 1.0
"""Seconds after an answer within which the peer's end of the connection counts as its habit."""
_LOOK_AFTER = 0.5


class Habit:
    """What an origin does with a connection after answers of one framing."""

    __slots__ = ("doubted", "proven", "resting", "term")

    def __init__(self, term: float, *, proven: bool = False) -> None:
        self.proven = proven
        """Whether a connection has rested long enough: then others are used again at once."""
        self.term = term
        """Seconds that a connection must rest to prove it."""
        self.doubted = False
        """Whether the origin has closed one soon after an answer, and none has rested through since."""
        self.resting: deque[Link] = deque()
        """Connections on probation, longest first."""


class Shelf:
    """The resting connections of a pool."""

    def __init__(self, probation: float) -> None:
        """Hold nothing yet; `probation` is how long, in seconds, a connection rests at first."""
        self.sized = Habit(probation)
        """After answers whose length was announced, bodiless ones included."""
        self.chunked = Habit(probation)
        """After answers in chunks."""
        self.unused = Habit(probation, proven=True)
        """Before any answer."""
        self.ready: deque[Link] = deque()
        """Connections that can be used at once, last used last."""

    def __len__(self) -> int:
        return len(self.ready) + sum(len(habit.resting) for habit in self._habits())

    def put(self, link: Link) -> None:
        """A connection rests from now on."""
        habit = link.habit
        (self.ready if habit.proven else habit.resting).append(link)

    def take(self) -> Link | None:
        """A connection to use now: the last one used, so that the others can end."""
        if not self.ready:
            self._ripen()
        while self.ready:
            link = self.ready.pop()
            if link.lost:
                continue
            if monotonic() - link.since > _LOOK_AFTER and (link.overdue() or link.stale()):
                link.close()
                continue
            return link
        return None

    def discard(self, link: Link) -> None:
        """A connection has ended."""
        for links in (self.ready, link.habit.resting):
            if link in links:
                links.remove(link)

    def distrust(self, link: Link) -> None:
        """The peer has closed a connection: if that was soon after an answer, expect it of the others too."""
        now = monotonic()
        if now - link.since >= EARLY:
            return
        habit = link.habit
        habit.proven, habit.doubted, habit.term = False, True, max(habit.term, EARLY)
        young = [other for other in self.ready if other.habit is habit and now - other.since < EARLY]
        for other in young:
            self.ready.remove(other)
        habit.resting.extend(young)

    def spare(self) -> Link | None:
        """A connection that will probably end, and may as well make room for a new one."""
        for habit in self._habits():
            if habit.resting and habit.doubted:
                return habit.resting[0]
        return None

    def wait(self) -> float:
        """Seconds until the next probation ends; infinity when none is under way."""
        ends = [habit.resting[0].since + habit.term for habit in self._habits() if habit.resting]
        return max(0.0, min(ends) - monotonic()) if ends else inf

    def _habits(self) -> tuple[Habit, Habit, Habit]:
        return self.sized, self.chunked, self.unused

    def _ripen(self) -> None:
        """Release everything of a habit of which one connection has rested through its probation."""
        for habit in self._habits():
            while habit.resting and monotonic() - habit.resting[0].since >= habit.term:
                if habit.resting[0].stale():
                    # The loop was busy and has not seen the end: no proof.
                    habit.resting[0].close()
                else:
                    habit.proven, habit.doubted = True, False
                    self.ready.extend(habit.resting)
                    habit.resting.clear()
