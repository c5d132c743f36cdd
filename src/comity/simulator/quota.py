"""Requests and tokens per minute, as clouds meter them: buckets that refill steadily.

Tokens are charged when a request is admitted, prompt and allowed output together, as the real clouds do. No
clock in here: the caller says what time it is.
"""

from __future__ import annotations

import math

import msgspec

_MINUTE = 60.0


class Admission(msgspec.Struct, frozen=True):
    """Whether a request is let in, and what is left after it."""

    admitted: bool
    """Whether it runs."""
    exceeded: str
    """`request` or `token`: which limit was met; empty when admitted."""
    retry_after: float
    """Seconds until it would be let in; 0 when admitted."""
    remaining_requests: int | None
    """Requests left this minute; None without a limit."""
    remaining_tokens: int | None
    """Tokens left this minute; None without a limit."""


class _Bucket:
    """What is left of one limit per minute; None is no limit."""

    def __init__(self, limit: int | None) -> None:
        self.limit = limit
        self._left = float(limit or 0)
        self._at: float | None = None

    def refill(self, now: float) -> None:
        if self.limit is not None:
            elapsed = 0.0 if self._at is None else max(now - self._at, 0.0)
            self._left = min(self._left + elapsed * self.limit / _MINUTE, self.limit)
            self._at = now

    def wait(self, amount: int) -> float:
        """Seconds until `amount` is there; an amount above the limit waits for a full bucket."""
        if self.limit is None:
            return 0.0
        missing = min(amount, self.limit) - self._left
        return max(missing, 0.0) * _MINUTE / self.limit

    def take(self, amount: int) -> None:
        self._left -= amount

    @property
    def remaining(self) -> int | None:
        return None if self.limit is None else max(math.floor(self._left), 0)


class Quota:
    """The two limits of one deployment."""

    def __init__(self, requests_per_minute: int | None, tokens_per_minute: int | None) -> None:
        self._requests = _Bucket(requests_per_minute)
        self._tokens = _Bucket(tokens_per_minute)

    @property
    def limits(self) -> tuple[int | None, int | None]:
        """Requests and tokens per minute."""
        return self._requests.limit, self._tokens.limit

    def admit(self, tokens: int, now: float) -> Admission:
        """Lets a request of `tokens` in, or says how long it must wait; `now` is in seconds of any clock."""
        self._requests.refill(now)
        self._tokens.refill(now)
        waits = {"request": self._requests.wait(1), "token": self._tokens.wait(tokens)}
        exceeded = max(waits, key=waits.__getitem__)
        wait = waits[exceeded]
        if wait == 0.0:
            self._requests.take(1)
            self._tokens.take(tokens)
        return Admission(
            admitted=wait == 0.0,
            exceeded=exceeded if wait else "",
            retry_after=wait,
            remaining_requests=self._requests.remaining,
            remaining_tokens=self._tokens.remaining,
        )
