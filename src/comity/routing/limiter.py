"""Limits of a deployment, held on our side: requests and tokens per minute, and requests at once.

Token buckets that refill continuously and hold ten seconds' worth, because providers enforce their per-
minute limits in shorter windows. A request is admitted for its input and its whole output bound; what it
did not use is given back when it settles. A limit that the operator did not set does not limit.
"""

from __future__ import annotations

BURST_SECONDS = 10.0
"""How many seconds' worth of a per-minute limit may be used at once."""


class _Bucket:
    __slots__ = ("capacity", "level", "per_second", "updated")

    def __init__(self, per_minute: int) -> None:
        self.per_second = per_minute / 60.0
        self.capacity = max(1.0, self.per_second * BURST_SECONDS)
        self.level = self.capacity
        self.updated = 0.0

    def wait(self, amount: float, now: float) -> float:
        """Seconds until `amount` may be taken. A request larger than the bucket waits for a full one."""
        self.level = min(self.capacity, self.level + (now - self.updated) * self.per_second)
        self.updated = now
        missing = min(amount, self.capacity) - self.level
        return max(0.0, missing / self.per_second)


class Limiter:
    """The state of one deployment's limits; all times are monotonic seconds."""

    def __init__(
        self, now: float, *, rpm: int | None = None, tpm: int | None = None, concurrency: int | None = None
    ) -> None:
        self._requests = _Bucket(rpm) if rpm is not None else None
        self._tokens = _Bucket(tpm) if tpm is not None else None
        self._concurrency = concurrency
        self._running = 0
        for bucket in (self._requests, self._tokens):
            if bucket is not None:
                bucket.updated = now

    def acquire(self, tokens: int, now: float) -> float:
        """Admits a request of at most `tokens` and returns 0, or the seconds to wait, admitting nothing."""
        if self._concurrency is not None and self._running >= self._concurrency:
            return 1.0
        wait = self._requests.wait(1, now) if self._requests is not None else 0.0
        if self._tokens is not None:
            wait = max(wait, self._tokens.wait(tokens, now))
        if wait > 0.0:
            return wait
        if self._requests is not None:
            self._requests.level -= 1
        if self._tokens is not None:
            self._tokens.level -= tokens
        self._running += 1
        return 0.0

    def release(self, admitted: int, used: int) -> None:
        """A request that was admitted for `admitted` tokens has ended after `used`."""
        self._running -= 1
        assert self._running >= 0, "every release has its acquire"
        if self._tokens is not None:
            self._tokens.level = min(self._tokens.capacity, self._tokens.level + admitted - used)
