"""Duties over random amounts: gaps only widen the answer, and order, more purchases and time behave."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.contracts.small import FRONT, small_book

from comity.contracts import Book, DutyState, Progress, State, duty_state
from comity.contracts.duties import Moved

START = datetime(2026, 1, 1, tzinfo=UTC)
UNLIMITED = Decimal("Infinity")
SETTLED = {State.MET, State.DISCHARGED}


@st.composite
def books(draw: st.DrawFn) -> Book:
    """A book with one duty, `a.x`: to buy or pay an amount, or a share."""
    owe: dict[str, Any] = {"from": "oai", "to": "msft"}
    owe |= {"counts": draw(st.sampled_from([{"eligible": True}, {"cloud": "azure", "eligible": True}, {}]))}
    kind = draw(st.sampled_from(["buy", "pay", "share"]))
    if kind == "share":
        owe |= {"rate": "RATE", "of": "revenue"}
        owe |= draw(
            st.sampled_from([{}, {"cap": "3 USD"}, {"cap": {"at_least": "2 USD", "at_most": "4 USD"}}])
        )
    else:
        owe |= {kind: "azure", "amount": draw(st.sampled_from(["10 USD", {"at_least": "5 USD"}]))}
        owe |= draw(st.sampled_from([{}, {"by": "2026-06-30"}, {"per": "quarter"}, {"per": "month"}]))
        owe |= {"shortfall": draw(st.sampled_from(["pay", "forfeit", "prepay"]))}
        owe |= draw(
            st.sampled_from([{}, {"limits": {"counts": {"marketplace": {"over": 0}}, "at_most": "SHARE"}}])
        )
    text = json.dumps(owe).replace('"RATE"', "0.20").replace('"SHARE"', "0.25")
    return small_book(f"a.x\nowe: {text}\nin_force: 2026-01-01 .. 2026-12-01", front=FRONT)


@st.composite
def amounts(draw: st.DrawFn) -> Progress:
    """Something that was bought, paid or earned in 2026, with facts that may be missing."""
    moved: Moved = draw(st.sampled_from(["bought", "paid", "earned"]))
    facts: dict[str, Any] = {}
    if draw(st.booleans()):
        facts["eligible"] = draw(st.booleans())
    if draw(st.booleans()):
        facts["cloud"] = draw(st.sampled_from(["azure", "aws"]))
    if draw(st.booleans()):
        facts["marketplace"] = Decimal(draw(st.sampled_from([0, 1])))
    at = START + timedelta(days=draw(st.integers(-10, 380)))
    return Progress(at, moved, Decimal(draw(st.integers(1, 12))), "USD", "", facts)


def state(book: Book, progress: list[Progress], day: int) -> DutyState:
    """The state of `a.x` some days into 2026."""
    return duty_state(book, "a.x", progress, START + timedelta(days=day))


def most(found: DutyState) -> Decimal:
    """The upper end of what is owed."""
    return UNLIMITED if found.owes.high is None else found.owes.high


@settings(max_examples=60, deadline=None)
@given(books(), st.lists(amounts(), max_size=8), st.integers(-5, 400), st.randoms(use_true_random=False))
def test_the_answer_is_an_interval_and_order_does_not_matter(
    book: Book, progress: list[Progress], day: int, random: Any
) -> None:
    """The least is never more than the most, and who is surely done is done in the best case too."""
    found = state(book, progress, day)
    assert 0 <= found.owes.low <= most(found)
    assert found.state not in SETTLED or found.at_best in SETTLED
    shuffled = list(progress)
    random.shuffle(shuffled)
    again = state(book, shuffled, day)
    assert (again.state, again.at_best, again.owes) == (found.state, found.at_best, found.owes)


@settings(max_examples=60, deadline=None)
@given(books(), st.lists(amounts(), min_size=1, max_size=8), st.integers(0, 400), st.data())
def test_a_missing_fact_only_widens_the_answer(
    book: Book, progress: list[Progress], day: int, data: st.DataObject
) -> None:
    """Whichever fact is taken away: no state is better than it was, and no amount surer."""
    index = data.draw(st.integers(0, len(progress) - 1))
    for name in progress[index].facts:
        facts = {key: value for key, value in progress[index].facts.items() if key != name}
        fewer = list(progress)
        fewer[index] = msgspec.structs.replace(progress[index], facts=facts)
        before, after = state(book, progress, day), state(book, fewer, day)
        assert after.owes.low <= before.owes.low
        assert most(after) >= most(before)
        assert after.state not in SETTLED or before.state in SETTLED


@settings(max_examples=60, deadline=None)
@given(books(), st.lists(amounts(), max_size=6), amounts(), st.integers(0, 400))
def test_more_paid_or_bought_never_owes_more(
    book: Book, progress: list[Progress], extra: Progress, day: int
) -> None:
    """Only what is earned can raise what is owed."""
    before, after = state(book, progress, day), state(book, [*progress, extra], day)
    if extra.moved == "earned":
        assert most(after) >= most(before)
    else:
        assert most(after) <= most(before)
        assert after.owes.low <= before.owes.low
