"""Requests and tokens per minute."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from comity.simulator.quota import Quota


def test_without_limits_everything_is_admitted() -> None:
    """No limit, nothing to report."""
    admission = Quota(None, None).admit(10**9, 0.0)
    assert admission.admitted
    assert (admission.remaining_requests, admission.remaining_tokens) == (None, None)


def test_the_request_limit_says_how_long_to_wait() -> None:
    """Two a minute: the third must wait half a minute, and may come then."""
    quota = Quota(2, None)
    assert [quota.admit(1, 0.0).remaining_requests for _ in range(2)] == [1, 0]
    refused = quota.admit(1, 0.0)
    assert (refused.admitted, refused.exceeded, refused.retry_after) == (False, "request", 30.0)
    assert not quota.admit(1, 29.0).admitted
    assert quota.admit(1, 30.0).admitted


def test_the_token_limit_counts_what_was_allowed() -> None:
    """Tokens are charged at admission."""
    quota = Quota(None, 600)
    assert quota.admit(500, 0.0).remaining_tokens == 100
    refused = quota.admit(200, 0.0)
    assert (refused.exceeded, refused.retry_after) == ("token", 10.0)


def test_a_request_above_the_whole_limit_waits_for_a_full_bucket() -> None:
    """What can never fit is admitted when the bucket is full, and then owes."""
    quota = Quota(None, 60)
    assert quota.admit(100, 0.0).admitted
    assert quota.admit(1, 0.0).retry_after == pytest.approx(41.0)


def test_limits_can_be_asked() -> None:
    """A quota says what it was made with."""
    assert Quota(3, None).limits == (3, None)


@given(st.integers(1, 100), st.lists(st.floats(0, 5), max_size=200))
def test_a_minute_never_admits_more_than_the_limit_and_its_refill(limit: int, gaps: list[float]) -> None:
    """However requests are spaced, no more than the bucket and its refill get in."""
    quota = Quota(limit, None)
    now = 0.0
    admitted = 0
    for gap in gaps:
        now += gap
        admitted += quota.admit(1, now).admitted
    assert admitted <= limit + now * limit / 60 + 1e-6
