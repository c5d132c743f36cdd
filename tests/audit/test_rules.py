"""What acts are judged by: the three clocks, one party's readings, and facts in the book's words."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from tests.audit.acts import NANO, REQUEST, TARGETS, make_book, nanos
from tests.contracts.small import small_book

from comity.audit import Facts, Rules, read_facts
from comity.contracts import decide


def moment(text: str) -> float:
    """Unix seconds."""
    return nanos(text) / NANO


GOOGLE: Facts = {**REQUEST, **TARGETS["vertex"]}


@pytest.mark.parametrize(
    ("as_of", "at", "outcome"),
    [
        ("now", "2026-05-31", "prohibited"),
        ("then", "2026-05-31", "silent"),
        ("then", "2026-06-01", "prohibited"),
        (datetime(2026, 5, 31, tzinfo=UTC), "2026-07-01", "silent"),
        (datetime(2026, 6, 1, tzinfo=UTC), "2026-05-01", "prohibited"),
    ],
)
def test_a_book_is_asked_as_of_a_moment(as_of: datetime, at: str, outcome: str) -> None:
    """`then` judges by what the book said on that day, `now` by what it says today, a date by its day."""
    rules = Rules(make_book(), as_of)
    verdict = rules.decide(rules.read(GOOGLE), moment(at))
    assert verdict.outcome == outcome


def test_verdicts_change_only_at_bounds() -> None:
    """Two moments of one stretch give one verdict; every date of the book is a bound, learned ones too."""
    rules = Rules(make_book(), "then")
    assert rules.bounds == [moment("2026-02-27"), moment("2026-04-27"), moment("2026-06-01")]
    assert rules.stretch(moment("2026-02-26")) != rules.stretch(moment("2026-02-27"))
    assert rules.stretch(moment("2026-02-27")) == rules.stretch(moment("2026-04-26"))


def test_only_what_clauses_look_at_is_used() -> None:
    """Across all dates, also those of a clause that is over."""
    assert Rules(make_book()).uses() == {"action", "surface", "state", "cloud", "data", "region"}
    assert Rules(small_book("a.b\nforbid: {cloud: aws}")).uses() == {"cloud"}


@pytest.mark.parametrize(
    ("party", "outcome"), [(None, "disputed"), ("msft", "prohibited"), ("oai", "silent")]
)
def test_one_party_counts_alone(party: str | None, outcome: str) -> None:
    """As `decide` does it, asked twice, the second time from memory."""
    book = make_book()
    rules = Rules(book, party=party)
    workload = rules.read({**REQUEST, **TARGETS["bedrock"]})
    at = moment("2026-03-18")
    for _ in range(2):
        verdict = rules.decide(workload, at)
        assert verdict.outcome == outcome
        expected = decide(book, workload, datetime(2026, 3, 18, tzinfo=UTC), party=party)
        assert verdict.clauses == expected.clauses


def test_a_value_without_a_word_is_never_left_out() -> None:
    """It could be anything; an attribute that the book does not have cannot matter."""
    book = make_book()
    assert read_facts(book, {"cloud": "aws", "shoe_size": 43}) == {"cloud": "aws"}
    with pytest.raises(ValueError, match="`sandcastle` is no value of `cloud`"):
        read_facts(book, {"cloud": "sandcastle"})
