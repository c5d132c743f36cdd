"""A settlement is the sum of its attempts."""

from __future__ import annotations

from decimal import Decimal

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.ledger.samples import make_attempt

from comity.exchange import Usage
from comity.ledger import AttemptOutcome, EntryOutcome, settle
from comity.money import Money

ENTRY = b"e" * 16
MONEY = st.builds(Money, st.decimals(-1000, 1000, places=9), st.sampled_from(["USD", "EUR"]))


@given(st.lists(st.tuples(MONEY, st.integers(0, 10**9)), max_size=6))
def test_sums_are_exact_by_currency(charges: list[tuple[Money, int]]) -> None:
    """Nothing is rounded, and two currencies are never added."""
    attempts = [
        make_attempt(ENTRY, number, cost=cost, usage=Usage(input=tokens, output=1))
        for number, (cost, tokens) in enumerate(charges, 1)
    ]
    settled = settle(ENTRY, EntryOutcome.SERVED, 200, attempts, at=1)
    assert settled.attempts == len(charges)
    assert settled.usage == Usage(input=sum(tokens for _, tokens in charges), output=len(charges))
    assert {cost.currency: cost.amount for cost in settled.costs} == {
        currency: sum((cost.amount for cost, _ in charges if cost.currency == currency), Decimal(0))
        for currency in {cost.currency for cost, _ in charges}
    }


def test_what_is_unknown_is_counted() -> None:
    """An ambiguous attempt may have been charged; a refused one was not."""
    ambiguous = make_attempt(
        ENTRY, 1, outcome=AttemptOutcome.AMBIGUOUS, usage=None, cost=None, unrated="unknown_usage"
    )
    refused = make_attempt(
        ENTRY, 2, outcome=AttemptOutcome.FAILED, usage=None, cost=None, unrated="not_charged"
    )
    aborted = make_attempt(ENTRY, 3, outcome=AttemptOutcome.ABORTED, estimated=True)
    settled = settle(ENTRY, EntryOutcome.ABORTED, 200, [ambiguous, refused, aborted], at=1)
    assert (settled.unknown_usage, settled.unrated, settled.estimated) == (1, 1, True)
    assert settled.usage == aborted.usage


@pytest.mark.parametrize("outcome", AttemptOutcome)
@pytest.mark.parametrize("usage", [None, Usage(input=3, output=4)])
@pytest.mark.parametrize("unrated", ["", "unpriced", "not_charged"])
def test_one_attempt_is_summed_like_many(outcome: AttemptOutcome, usage: Usage | None, unrated: str) -> None:
    """The short way of the usual entry says what the general one says, but for an attempt of nothing."""
    cost = None if unrated else Money(Decimal("0.1"), "USD")
    only = make_attempt(ENTRY, outcome=outcome, usage=usage, cost=cost, unrated=unrated, estimated=True)
    nothing = make_attempt(
        ENTRY, 2, outcome=AttemptOutcome.FAILED, usage=None, cost=None, unrated="not_charged"
    )
    one = settle(ENTRY, EntryOutcome.SERVED, 200, [only], at=1, answer_hash=b"h")
    both = settle(ENTRY, EntryOutcome.SERVED, 200, [only, nothing], at=1, answer_hash=b"h")
    assert one == msgspec.structs.replace(both, attempts=1)


def test_no_attempt_sums_to_nothing() -> None:
    """An entry that failed before its first attempt owes nothing."""
    settled = settle(ENTRY, EntryOutcome.FAILED, 503, [], at=1)
    assert (settled.attempts, settled.usage, settled.costs, settled.unrated) == (0, Usage(), (), 0)
