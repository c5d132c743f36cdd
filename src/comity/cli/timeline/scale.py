"""Where a day stands across a picture: every change has room, and longer times have more of it.

Agreements lie still for years and then change three times in a quarter. On an even scale the quarter
would be a hair, so the room between two changes grows with the square root of the days between them.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from datetime import date
from math import sqrt


class Scale:
    """Positions between 0 and `width`; what lies before the first or after the last change is a margin."""

    def __init__(self, days: Sequence[date], width: float, margin: float, room: float = 0) -> None:
        self.days = sorted(set(days)) or [date(2000, 1, 1)]
        gaps = [sqrt((later - day).days) for day, later in zip(self.days, self.days[1:], strict=False)]
        free = max(width - 2 * margin - room * len(gaps), 0)
        total = sum(gaps) or 1
        self.left, self.right = 0.0, width
        self.places = [margin]
        for gap in gaps:
            self.places.append(self.places[-1] + room + free * gap / total)

    def place(self, day: date | None, *, end: bool = False) -> float:
        """Where `day` begins; None is the margin before everything, or after it when it is an end."""
        if day is None:
            return self.right if end else self.left
        index = bisect_right(self.days, day)
        if index == 0:
            return self.places[0] / 2
        if index == len(self.days):
            last = day == self.days[-1]
            return self.places[-1] if last else (self.places[-1] + self.right) / 2
        start, stop = self.days[index - 1], self.days[index]
        share = (day - start).days / (stop - start).days
        return self.places[index - 1] + share * (self.places[index] - self.places[index - 1])
