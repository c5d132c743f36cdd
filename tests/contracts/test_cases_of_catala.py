"""Exceptions as Catala's own tests have them, restated: a value there is an effect here.

Source: github.com/CatalaLang/catala, folder tests/exception: exceptions_squared, grouped_exceptions,
groups_of_exceptions, two_exceptions, two_exceptions_same_outcome, ambiguous_unlabeled_exception,
exceptions_cycle, self_exception and dangling_exception. Catala stops when two exceptions disagree; a verdict
answers strictly and says so.
"""

from __future__ import annotations

import pytest
from tests.contracts.small import ask, document, outcome, problems_of, small_book

from comity.contracts import Outcome

BASE = "x.base\nforbid: {action: serve}"


def test_exceptions_squared() -> None:
    """An exception to an exception wins over both, and the base comes back where it says so."""
    book = small_book(
        BASE,
        "x.one\npermit: {customer: us_government}\noverrides: [x.base]",
        "x.two\nforbid: {customer: civilian_agency}\noverrides: [x.one]",
    )
    expected = {
        "consumer": ("x.base",),
        "national_security": ("x.one",),
        "civilian_agency": ("x.base", "x.two"),
    }
    for customer, clauses in expected.items():
        assert ask(book, action="serve", customer=customer).clauses == clauses


def test_grouped_exceptions() -> None:
    """Two clauses that divide the cases are one base; the exception names both and wins in each."""
    book = small_book(
        "b.young\nforbid: {retention_days: {at_most: 25}}",
        "b.old\nforbid: {retention_days: {over: 25}}",
        "b.disabled\npermit: {approved: true}\noverrides: [b.young, b.old]",
    )
    for days, base in ((25, "b.young"), (26, "b.old")):
        assert ask(book, retention_days=days).clauses == (base,)
        assert ask(book, retention_days=days, approved=True).clauses == ("b.disabled",)


@pytest.mark.parametrize(
    ("y", "expected"), [(0, "forbid"), (1, "forbid"), (2, "permit"), (3, "permit"), (4, "forbid")]
)
def test_groups_of_exceptions(y: int, expected: str) -> None:
    """A group of exceptions to a group: each case is decided by its own level."""
    levels = (
        ("base", "forbid", (0, 1), ()),
        ("middle", "permit", (2, 3), ("base",)),
        ("top", "forbid", (4, 5), ("middle",)),
    )
    blocks = []
    numbers = {name: cases for name, _, cases, _ in levels}
    for name, effect, cases, below in levels:
        over = ", ".join(f"g.{other}{case}" for other in below for case in numbers[other])
        blocks += [
            f"g.{name}{case}\n{effect}: {{retention_days: [{case}]}}\noverrides: [{over}]" for case in cases
        ]
    found = ask(small_book(*blocks), retention_days=y)
    assert found.outcome is (Outcome.PERMITTED if expected == "permit" else Outcome.PROHIBITED)
    assert len(found.clauses) == 1


def test_two_exceptions_that_disagree() -> None:
    """Catala stops with a conflict; here the stricter is answered and both are named."""
    book = small_book(
        "x.base\npermit: {action: serve}",
        "x.one\nforbid: {action: serve, cloud: aws}\noverrides: [x.base]",
        "x.two\npermit: {action: serve, state: stateful}\noverrides: [x.base]",
    )
    found = ask(book, action="serve", cloud="aws", state="stateful")
    assert (found.outcome, found.contradictions) == (Outcome.PROHIBITED, (("x.two", "x.one"),))
    assert not ask(book, action="serve", cloud="azure", state="stateful").contradictions


def test_two_exceptions_with_the_same_outcome() -> None:
    """Agreement is no conflict: both exceptions apply, both are named, nothing is flagged."""
    book = small_book(
        BASE,
        "x.y\npermit: {cloud: aws}\noverrides: [x.base]",
        "x.z\npermit: {state: stateful}\noverrides: [x.base]",
    )
    found = ask(book, action="serve", cloud="aws", state="stateful")
    assert (found.outcome, found.clauses, found.contradictions) == (Outcome.PERMITTED, ("x.y", "x.z"), ())


def test_an_exception_that_names_nothing_is_none() -> None:
    """Ambiguous in Catala: here a narrower clause wins nothing and is pointed at."""
    book = small_book(BASE, "x.narrow\npermit: {action: serve, cloud: aws}")
    assert outcome(book, action="serve", cloud="aws") is Outcome.PROHIBITED
    assert [finding.kind for finding in book.findings] == ["specificity"]


@pytest.mark.parametrize(
    ("blocks", "message"),
    [
        (["x.self\npermit: {action: serve}\noverrides: [x.self]"], "circle"),
        ([BASE, "x.one\npermit: {}\noverrides: [x.none]"], "no clause"),
        (["x.a\npermit: {}\noverrides: [x.b]", "x.b\nforbid: {}\noverrides: [x.a]"], "circle"),
    ],
)
def test_bad_exceptions_are_refused(blocks: list[str], message: str) -> None:
    """An exception to itself, to nothing, or in a circle does not load."""
    assert [message in problem.message for problem in problems_of(document(*blocks))] == [True]
