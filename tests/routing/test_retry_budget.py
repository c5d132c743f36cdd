"""Second attempts stay a fraction of the first ones during an outage."""

from comity.routing import RetryBudget


def test_an_outage_is_not_answered_with_a_storm() -> None:
    """A hundred at once, then ten a second and a fifth of the new requests."""
    budget = RetryBudget(0.0)
    assert sum(budget.withdraw(0.0) for _ in range(500)) == 100
    for _ in range(50):
        budget.deposit()
    assert sum(budget.withdraw(0.0) for _ in range(500)) in (9, 10)
    assert sum(budget.withdraw(1.0) for _ in range(500)) in (10, 11)
