"""A book tests its duties: what its examples may say, and what is wrong with them."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pytest
from tests.contracts.small import FRONT, document, problems_of, small_book

from comity.contracts import Progress, load_book, run_duty_examples, run_examples

BOOKS = Path(__file__).parents[2] / "books"
EVENTS = f"{FRONT}\nevents: {{ipo: the company files}}"
OWE = "a.x\nowe: {from: oai, to: msft, pay: fee, counts: {eligible: true}, amount: 10 USD, trigger: ipo}"
EXAMPLE = """example: nine are paid
duty: a.x
at: 2026-06-01
as_of: 2027-01-01
events: {ipo: 2026-05-01}
given:
  - {on: 2026-05-02, paid: 9 USD, of: fee, facts: {eligible: true}}
"""


def test_an_example_gives_amounts_and_events() -> None:
    """Both count only inside it; state, amount and the parties' readings are compared."""
    book = small_book(OWE, f"{EXAMPLE}state: due\nowes: 1 USD\nfor: {{oai: due}}", front=EVENTS)
    (found,) = run_duty_examples(book)
    assert found.passed, found.failures
    assert found.example.given == (
        Progress(datetime(2026, 5, 2, 12, tzinfo=UTC), "paid", Decimal(9), "USD", "fee", {"eligible": True}),
    )
    assert found.example.events == {"ipo": date(2026, 5, 1)}
    assert book.occurrences == ()
    assert run_examples(book) == ()


def test_a_deed_and_a_single_amount_need_no_list() -> None:
    """`done: true`, and a mapping in place of a list of one."""
    book = small_book(
        "a.x\nowe: {from: oai, to: msft, do: build it}",
        "example: built\nduty: a.x\nat: 2026-06-01\ngiven: {on: 2026-05-01, done: true}\nstate: met",
    )
    assert run_duty_examples(book)[0].passed


def test_every_expectation_that_fails_is_told() -> None:
    """State, amount, unit and party."""
    book = small_book(
        OWE,
        f"{EXAMPLE}state: met\nowes: 2 USD\nfor: {{msft: short}}",
        f"{EXAMPLE}owes: 1 EUR",
        f"{EXAMPLE}owes: {{at_least: 1 USD, at_most: 2 USD}}",
        front=EVENTS,
    )
    assert [found.failures for found in run_duty_examples(book)] == [
        (
            "expected met, but it is due: It is outstanding, and no last day is stated.",
            "expected that 2 USD is owed, but it is 1 USD",
            "expected short for msft, but it is due",
        ),
        ("expected an amount in EUR, but it is in USD",),
        ("expected that 1 to 2 USD is owed, but it is 1 USD",),
    ]


@pytest.mark.parametrize(
    ("example", "message"),
    [
        ("example: e\nduty: a.q\nat: 2026-01-01\nstate: due", "`a.q` is no duty"),
        ("example: e\nduty: a.x\nstate: due", "this example has no `at`"),
        ("example: e\nduty: a.x\nat: 2026-01-01", "this example expects nothing"),
        ("example: e\nduty: a.x\nat: 2026-01-01\nstate: owed", "`owed` is not known as `state`"),
        ("example: e\nduty: a.x\nat: 2026-01-01\nowes: 5", "an amount is a number and a unit"),
        ("example: e\nduty: a.x\nat: 2026-01-01\nstate: due\nevents: {ipa: 2026-01-01}", "has no key `ipa`"),
        ("example: e\nduty: a.x\nat: 2026-01-01\nstate: due\nfor: {who: due}", "has no key `who`"),
        ("example: e\nduty: a.x\nat: 2026-01-01\nstate: due\nworkload: {}", "has no key `workload`"),
        ("example: e\nduty: a.x\nat: 2026-01-01\nstate: due\ngiven: [{paid: 5 USD}]", "an amount given has"),
        (
            "example: e\nduty: a.x\nat: 2026-01-01\nstate: due\ngiven: [{on: 2026-01-01}]",
            "an amount given has",
        ),
        (
            (
                "example: e\nduty: a.x\nat: 2026-01-01\nstate: due\n"
                "given: [{on: 2026-01-01, paid: {at_least: 5 USD}}]"
            ),
            "an amount given is exact",
        ),
        (
            "example: e\nduty: a.x\nat: 2026-01-01\nstate: due\ngiven: [{on: 2026-01-01, paid: much}]",
            "an amount is a number and a unit",
        ),
        (
            "example: e\nduty: a.x\nat: 2026-01-01\nstate: due\ngiven: [{on: soon, paid: 5 USD}]",
            "expected a date or an ISO 8601 timestamp",
        ),
        (
            (
                "example: e\nduty: a.x\nat: 2026-01-01\nstate: due\n"
                "given: [{on: 2026-01-01, paid: 5 USD, facts: {eligibel: true}}]"
            ),
            "there is no attribute `eligibel`",
        ),
        (
            "b.y\nowe: {from: oai, to: msft, buy: a, amount: 5 USD, limits: [{counts: {eligible: true}}]}",
            "a limit needs `counts` and `at_most`",
        ),
        (
            "b.y\nowe: {from: oai, to: msft, buy: a, limits: {counts: {eligible: true}, at_most: 2}}",
            "a limit needs `counts` and `at_most`",
        ),
    ],
)
def test_examples_that_mean_nothing_are_refused(example: str, message: str) -> None:
    """Each with what was expected."""
    problems = problems_of(document(OWE, example, front=EVENTS))
    assert any(message in problem.message for problem in problems), problems


@pytest.mark.parametrize("name", ["openai", "acme"])
def test_the_shipped_books_keep_their_duties(name: str) -> None:
    """Among them question 19: half a billion is owed, not a whole one."""
    found = run_duty_examples(load_book(BOOKS / name))
    assert len(found) >= 5
    assert [failure for one in found for failure in one.failures] == []
    if name == "openai":
        (share,) = [one for one in found if one.example.name.startswith("Question 19")]
        assert (share.found.state, share.found.owes.low, share.found.owes.sure) == (
            "due",
            Decimal("0.5e9"),
            "reported",
        )
