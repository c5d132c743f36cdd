"""Deployments that fail are left alone for a while, and come back by a probe."""

from comity.exchange import FailureClass
from comity.routing import Health

SERVER = FailureClass.SERVER


def fail(health: Health, times: int, now: float) -> None:
    """So many failures in a row at one moment."""
    for _ in range(times):
        health.failed("a", now, SERVER, None)


def test_five_failures_in_a_row_eject_for_thirty_seconds() -> None:
    """Four do not, five do, and the cooldown ends on time."""
    health = Health()
    fail(health, 4, 0.0)
    assert health.cooling("a", 0.0) == 0.0
    fail(health, 1, 0.0)
    assert health.cooling("a", 0.0) == 30.0
    assert health.cooling("a", 29.0) == 1.0
    assert health.cooling("a", 30.0) == 0.0


def test_a_success_in_between_starts_the_count_anew() -> None:
    """Failures count in a row only while more than half of the window succeeds."""
    health = Health()
    for _ in range(4):
        health.failed("a", 0.0, SERVER, None)
        for _ in range(2):
            health.succeeded("a", 0.0)
    assert health.cooling("a", 0.0) == 0.0


def test_mostly_failing_ejects_without_five_in_a_row() -> None:
    """Fewer than half of at least five requests in ten seconds succeed."""
    health = Health()
    fail(health, 2, 0.0)
    health.succeeded("a", 0.0)
    fail(health, 2, 0.0)
    assert health.cooling("a", 0.0) == 30.0


def test_one_probe_decides_after_the_cooldown() -> None:
    """While the probe runs nobody else goes there; its failure doubles the cooldown, its success ends it."""
    health = Health()
    fail(health, 5, 0.0)
    health.began("a", 31.0)
    assert health.cooling("a", 31.0) > 0
    health.failed("a", 32.0, SERVER, None)
    assert health.cooling("a", 32.0) == 60.0
    health.began("a", 93.0)
    health.succeeded("a", 94.0)
    assert health.cooling("a", 94.0) == 0.0
    assert not health.troubled


def test_an_abandoned_probe_lets_the_next_one_try() -> None:
    """A client that leaves tells nothing about the deployment."""
    health = Health()
    fail(health, 5, 0.0)
    health.began("a", 31.0)
    health.abandoned("a")
    assert health.cooling("a", 31.0) == 0.0


def test_a_named_time_is_kept_and_bounded() -> None:
    """`retry-after` cools at once, for at most five minutes."""
    health = Health()
    health.failed("a", 0.0, FailureClass.RATE_LIMITED, 7.0)
    assert health.cooling("a", 0.0) == 7.0
    health.failed("b", 0.0, FailureClass.RATE_LIMITED, 9999.0)
    assert health.cooling("b", 0.0) == 300.0


def test_a_spent_quota_cools_for_the_maximum() -> None:
    """A quota does not come back in seconds."""
    health = Health()
    health.failed("a", 0.0, FailureClass.QUOTA, None)
    assert health.cooling("a", 0.0) == 300.0


def test_a_bad_request_is_not_the_deployments_fault() -> None:
    """What the client got wrong never ejects."""
    health = Health()
    for _ in range(20):
        health.failed("a", 0.0, FailureClass.BAD_REQUEST, None)
    assert health.cooling("a", 0.0) == 0.0
    assert not health.troubled
