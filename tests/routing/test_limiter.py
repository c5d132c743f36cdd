"""Limits admit what the provider would, and give back what was not used."""

from hypothesis import given
from hypothesis import strategies as st

from comity.routing import Limiter


def test_without_limits_everything_is_admitted() -> None:
    """An unset limit does not limit."""
    limiter = Limiter(0.0)
    assert all(limiter.acquire(10**9, 0.0) == 0.0 for _ in range(1000))


def test_requests_per_minute_refill_over_time() -> None:
    """Sixty a minute is ten at once, then one a second."""
    limiter = Limiter(0.0, rpm=60)
    assert [limiter.acquire(1, 0.0) for _ in range(10)] == [0.0] * 10
    assert limiter.acquire(1, 0.0) == 1.0
    assert limiter.acquire(1, 1.0) == 0.0


def test_unused_tokens_are_given_back() -> None:
    """A request is admitted for its bound and settles for what it used."""
    limiter = Limiter(0.0, tpm=600)
    assert limiter.acquire(100, 0.0) == 0.0
    assert limiter.acquire(50, 0.0) > 0.0
    limiter.release(100, 20)
    assert limiter.acquire(50, 0.0) == 0.0


def test_a_request_larger_than_the_burst_waits_for_a_full_bucket() -> None:
    """It is admitted and its debt delays the others, instead of never being admitted."""
    limiter = Limiter(0.0, tpm=600)
    assert limiter.acquire(500, 0.0) == 0.0
    assert limiter.acquire(1, 10.0) > 0.0


def test_concurrency_is_freed_by_release() -> None:
    """As many at once as allowed, and one more after one ended."""
    limiter = Limiter(0.0, concurrency=2)
    assert limiter.acquire(1, 0.0) == 0.0
    assert limiter.acquire(1, 0.0) == 0.0
    assert limiter.acquire(1, 0.0) > 0.0
    limiter.release(1, 1)
    assert limiter.acquire(1, 0.0) == 0.0


@given(st.lists(st.tuples(st.floats(0, 5), st.integers(1, 50)), max_size=60))
def test_never_more_than_the_burst_and_the_refill(steps: list[tuple[float, int]]) -> None:
    """Whatever the pattern, admitted tokens stay within ten seconds' worth plus the time that passed."""
    limiter, now, admitted = Limiter(0.0, tpm=600), 0.0, 0
    for pause, tokens in steps:
        now += pause
        if limiter.acquire(tokens, now) == 0.0:
            admitted += tokens
    assert admitted <= 100 + 10 * now + 1e-6
