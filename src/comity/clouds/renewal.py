"""Keeping a grant fresh: one thread per login fetches ahead of expiry, so that no request ever waits (T45).

The last good grant serves until its own end. Nothing here falls back on another login.
"""

from __future__ import annotations

import random
import sys
import threading
import time
from collections.abc import Callable
from typing import Any, Generic, TypeVar

from comity.clouds.grant import Grant, Login, LoginFailure, unforeseen_failure

T = TypeVar("T")

EARLY_SECONDS = 300.0
"""A grant is fetched anew at the latest when this much of it is left, as far as it lasts long enough."""
REREAD_SECONDS = 3600.0
"""How often a grant without an end is looked up again: keys in files are rotated."""
DAY_SECONDS = 86_400.0
"""Longest time between two logins with an end, however far it is."""
SPARE_SECONDS = 30.0
"""A grant that was refused is not fetched anew more often than this."""
SHORTEST_SECONDS = 1.0
LONGEST_SECONDS = 60.0
"""Bounds of the pause after a failed login."""


def renew_in(left: float, chance: float) -> float:
    """Seconds until a grant with `left` seconds of life is fetched anew.

    A fifth of its life before its end, or five minutes where that is more, but never before half of it is
    over. `chance`, drawn from [0, 1), spreads gateways by a tenth of that margin.
    """
    if left == float("inf"):
        return REREAD_SECONDS * (1 - 0.1 * chance)
    margin = min(max(left / 5, EARLY_SECONDS), left / 2)
    return min(max(left - margin * (1 + 0.1 * chance), SHORTEST_SECONDS), DAY_SECONDS)


def retry_in(failures: int, chance: float) -> float:
    """Seconds until a login is tried again after `failures` in a row, from 1: doubled, with half jitter."""
    ceiling = min(SHORTEST_SECONDS * float(1 << min(failures - 1, 10)), LONGEST_SECONDS)
    return ceiling * (1 + chance) / 2


class Renewal(Generic[T]):
    """The grant of one login, kept fresh between `start` and `stop`."""

    def __init__(
        self,
        login: Login[T],
        *,
        clock: Callable[[], float] = time.time,
        tell: Callable[[str], object] | None = None,
    ) -> None:
        self._login = login
        self._clock = clock
        self._tell = tell or _to_stderr
        self._grant: Grant[T] | None = None
        self._failure = LoginFailure(login.label, "nothing has been fetched yet")
        self._failures = 0
        self._settled = threading.Event()
        self._awake = threading.Event()
        self._stopping = False
        self._fetched_at = float("-inf")
        self._thread: threading.Thread | None = None

    def __repr__(self) -> str:
        return f"Renewal({self._login.label})"

    @property
    def current(self) -> Grant[T] | LoginFailure:
        """The grant that is good at this moment, or why there is none."""
        grant = self._grant
        return grant if grant is not None and self._clock() < grant.expires else self._failure

    def start(self) -> None:
        """Begins to fetch, on a thread of its own that does not keep the process alive."""
        assert self._thread is None, "a renewal is started once"
        self._thread = threading.Thread(target=self._run, name=f"login {self._login.label}", daemon=True)
        self._thread.start()

    def wait(self, seconds: float) -> bool:
        """Waits until the first login has come to an end, well or not; False when it takes longer."""
        return self._settled.wait(seconds)

    def hurry(self) -> None:
        """The grant was refused where it was used: it is fetched anew now, unless it was just fetched."""
        if self._clock() - self._fetched_at >= SPARE_SECONDS:
            self._awake.set()

    def stop(self, seconds: float = 1.0) -> None:
        """No more logins; one that is under way is given `seconds`, and is then left to itself."""
        self._stopping = True
        self._awake.set()
        if self._thread is not None:
            self._thread.join(seconds)

    def renew(self) -> float:
        """Fetches once; seconds until it should be done again."""
        outcome = self._outcome()
        self._fetched_at = self._clock()
        if isinstance(outcome, Grant) and outcome.expires <= self._clock():
            outcome = LoginFailure(self._login.label, "what was granted is over already")
        if isinstance(outcome, LoginFailure):
            self._failures += 1
            self._failure = outcome
            if self._failures == 1:
                self._tell(f"no login, trying again: {outcome}")
            return retry_in(self._failures, random.random())  # noqa: S311 - jitter, not a secret
        if self._failures:
            self._tell(f"logged in again: {self._login.label}")
        self._failures = 0
        self._grant = outcome
        self._failure = LoginFailure(self._login.label, "the last grant is over")
        return renew_in(outcome.expires - self._clock(), random.random())  # noqa: S311 - jitter as well

    def _outcome(self) -> Grant[T] | LoginFailure:
        try:
            return self._login.fetch()
        except Exception as error:  # noqa: BLE001 - a bug in a login is told, and must not end its renewal
            return unforeseen_failure(self._login.label, error)

    def _run(self) -> None:
        while not self._stopping:
            pause = self.renew()
            self._settled.set()
            self._awake.wait(pause)
            if not self._stopping:
                self._awake.clear()


class Renewals:
    """The logins of one process; deployments with the same login share one."""

    def __init__(self, *, tell: Callable[[str], object] | None = None) -> None:
        self._tell = tell
        self._by_key: dict[bytes, Renewal[Any]] = {}

    def of(self, key: bytes, login: Callable[[], Login[T]]) -> Renewal[T]:
        """The renewal of the login that `key` stands for, made by `login` when it is new."""
        renewal: Renewal[T] | None = self._by_key.get(key)
        if renewal is None:
            renewal = self._by_key[key] = Renewal(login(), tell=self._tell)
        return renewal

    def start(self, seconds: float) -> None:
        """Logs in everywhere at once, and waits at most `seconds` for all of it together.

        A login that fails keeps nobody else from serving: its deployments fail as unauthenticated.
        """
        for renewal in self._by_key.values():
            renewal.start()
        end = time.monotonic() + seconds
        for renewal in self._by_key.values():
            renewal.wait(max(0.0, end - time.monotonic()))

    def stop(self) -> None:
        """Ends all renewals."""
        for renewal in self._by_key.values():
            renewal.stop()


def _to_stderr(line: str) -> None:
    sys.stderr.write(f"comity: {line}\n")
