"""What the benchmark of limits measures is what it says."""

from __future__ import annotations

from bench.holding import COST, LIMITS, MOST

from comity.budgets import account_of


def test_each_limit_counts_something_else_and_nobody_captures_more_than_was_held() -> None:
    """Money, tokens and requests; a hold is larger than its capture."""
    assert [account_of(limit).kind for limit in LIMITS] == [0, 1, 2]
    assert all(0 < cost <= most for cost, most in zip(COST, MOST, strict=True))
