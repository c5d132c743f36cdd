"""Health of deployments: who failed lately, and for how long it is left alone.

Outlier ejection with Envoy's figures where they fit few endpoints: five failures in a row, or fewer than
half of at least five requests in ten seconds, eject for 30 s times the number of ejections, at most 300 s.
A provider that names a time (`retry-after`) is taken at its word, a spent quota cools for the maximum.
After a cooldown one request probes; its outcome decides. Nothing here can make an illegal deployment legal.
"""

from __future__ import annotations

from comity.exchange import FailureClass

CONSECUTIVE_FAILURES = 5
WINDOW_SECONDS = 10.0
WINDOW_MINIMUM = 5
BASE_COOLDOWN_SECONDS = 30.0
MAX_COOLDOWN_SECONDS = 300.0

_NOT_ITS_FAULT = frozenset(
    {
        FailureClass.BAD_REQUEST,
        FailureClass.CONTENT_POLICY,
        FailureClass.CONTEXT_WINDOW,
        FailureClass.TOO_LARGE,
    }
)


class _State:
    __slots__ = ("cooling_until", "ejections", "failed", "in_row", "probing", "seen", "window_start")

    def __init__(self) -> None:
        self.in_row = 0
        self.ejections = 0
        self.cooling_until = 0.0
        self.probing = False
        self.window_start = 0.0
        self.seen = 0
        self.failed = 0


class Health:
    """What is remembered of every deployment of one gateway process; all times are monotonic seconds."""

    def __init__(self) -> None:
        self._states: dict[str, _State] = {}
        self.troubled = False
        """Whether any deployment has failed since its last success: the cheap test of the hot path."""

    def cooling(self, deployment: str, now: float) -> float:
        """Seconds for which the deployment is left alone; 0 when it may be used, or probed."""
        state = self._states.get(deployment)
        if state is None or state.cooling_until == 0.0:
            return 0.0
        if state.cooling_until > now:
            return state.cooling_until - now
        return BASE_COOLDOWN_SECONDS if state.probing else 0.0

    def began(self, deployment: str, now: float) -> None:
        """An attempt starts; the first one after a cooldown is the probe."""
        state = self._states.get(deployment)
        if state is not None and 0.0 < state.cooling_until <= now:
            state.probing = True

    def succeeded(self, deployment: str, now: float) -> None:
        """An attempt was answered."""
        if not self.troubled:
            return
        state = self._states.get(deployment)
        if state is None:
            return
        self._count(state, now, failed=0)
        state.in_row = 0
        state.probing = False
        if state.cooling_until and state.cooling_until <= now:
            state.cooling_until = 0.0
            state.ejections = 0
        if not state.cooling_until and not state.failed:
            del self._states[deployment]
            self.troubled = bool(self._states)

    def failed(self, deployment: str, now: float, kind: FailureClass, retry_after: float | None) -> None:
        """An attempt failed; `kind` says how, `retry_after` is what the provider asked for in seconds."""
        if kind in _NOT_ITS_FAULT:
            self.abandoned(deployment)
            return
        self.troubled = True
        state = self._states.setdefault(deployment, _State())
        self._count(state, now, failed=1)
        state.in_row += 1
        if retry_after is not None and retry_after > 0:
            self._cool(state, now, min(retry_after, MAX_COOLDOWN_SECONDS))
        elif kind is FailureClass.QUOTA:
            self._cool(state, now, MAX_COOLDOWN_SECONDS)
        elif state.probing or self._is_outlier(state):
            state.ejections += 1
            self._cool(state, now, min(BASE_COOLDOWN_SECONDS * state.ejections, MAX_COOLDOWN_SECONDS))

    def abandoned(self, deployment: str) -> None:
        """An attempt ended without telling anything about the deployment (the client left, a bad request)."""
        state = self._states.get(deployment)
        if state is not None:
            state.probing = False

    @staticmethod
    def _count(state: _State, now: float, failed: int) -> None:
        if now - state.window_start >= WINDOW_SECONDS:
            state.window_start, state.seen, state.failed = now, 0, 0
        state.seen += 1
        state.failed += failed

    @staticmethod
    def _is_outlier(state: _State) -> bool:
        mostly_failing = state.seen >= WINDOW_MINIMUM and state.failed * 2 > state.seen
        return state.in_row >= CONSECUTIVE_FAILURES or mostly_failing

    @staticmethod
    def _cool(state: _State, now: float, seconds: float) -> None:
        state.cooling_until = max(state.cooling_until, now + seconds)
        state.probing = False
        state.in_row = 0
        state.seen = state.failed = 0
