"""A budget for second attempts, so that an outage is not answered with a storm of retries.

Finagle's rule: retries may be a fifth of the requests, and ten a second are always allowed.
"""

from __future__ import annotations

RATIO = 0.2
FLOOR_PER_SECOND = 10.0
WINDOW_SECONDS = 10.0


class RetryBudget:
    """A leaky count of what may still be retried; all times are monotonic seconds."""

    def __init__(self, now: float) -> None:
        self._cap = FLOOR_PER_SECOND * WINDOW_SECONDS
        self._balance = self._cap
        self._updated = now

    def deposit(self) -> None:
        """A first attempt was made."""
        if self._balance < self._cap:
            self._balance = min(self._cap, self._balance + RATIO)

    def withdraw(self, now: float) -> bool:
        """Whether one more attempt is within the budget; if so it is spent."""
        self._balance = min(self._cap, self._balance + (now - self._updated) * FLOOR_PER_SECOND)
        self._updated = now
        if self._balance < 1.0:
            return False
        self._balance -= 1.0
        return True
