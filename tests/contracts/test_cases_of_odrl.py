"""The classes of conflicts of the ODRL test suite, restated: conflict, ambiguous, underspecified, none.

Source: github.com/SolidLabResearch/ODRL-Test-Conflicts, README (the classes) and test cases 1, 2, 5, 6, 7, 9
and 10. Cases 3, 4 and 11 are about obligations: the proofs of a book find those dilemmas.
"""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import product
from typing import Any

import pytest
from tests.contracts.small import NOON, ask, small_book

from comity.contracts import Book, Outcome

CONFLICT, NONE, AMBIGUOUS = "Conflict", "NonConflict", "Ambiguous"
FLAGS = ("attribute: student\nkind: flag", "attribute: employee\nkind: flag")


def classify(book: Book, domain: dict[str, list[Any]], at: datetime = NOON) -> str:
    """The class of a book over every workload of `domain`."""
    found = [ask(book, at, **dict(zip(domain, facts, strict=True))) for facts in product(*domain.values())]
    if any(verdict.contradictions for verdict in found):
        return CONFLICT
    outcomes = {verdict.outcome for verdict in found}
    return AMBIGUOUS if {Outcome.PERMITTED, Outcome.PROHIBITED} <= outcomes else NONE


def test_1_permission_against_prohibition() -> None:
    """The same act permitted and prohibited in every state of the world."""
    book = small_book("p.a\npermit: {action: serve}", "p.b\nforbid: {action: serve}")
    assert classify(book, {"action": ["serve"]}) == CONFLICT
    assert [finding.kind for finding in book.findings] == ["contradiction"]


@pytest.mark.parametrize(
    ("permit", "forbid", "expected"),
    [("read", "use", CONFLICT), ("use", "read", CONFLICT), ("read", "print", AMBIGUOUS)],
)
def test_2_an_act_inside_another(permit: str, forbid: str, expected: str) -> None:
    """Reading is a use: permitting one and prohibiting the other meets in reading; two uses do not meet."""
    deed = "attribute: deed\nvalues: [{use: [read, print]}]"
    book = small_book(deed, f"p.a\npermit: {{deed: {permit}}}", f"p.b\nforbid: {{deed: {forbid}}}")
    assert classify(book, {"deed": ["read", "print"]}) == expected


def test_5_the_same_constraint() -> None:
    """Both rules hold at the age of eighteen and nowhere else."""
    age = "attribute: age\nkind: number"
    book = small_book(age, "p.a\npermit: {age: 18}", "p.b\nforbid: {age: 18}")
    assert classify(book, {"age": [17, 18, 19]}) == CONFLICT
    assert classify(book, {"age": [17, 19]}) == NONE


def test_6_a_document_of_a_permitted_collection() -> None:
    """One document of the collection is prohibited: a conflict there, a permission for the other one."""
    shelf = "attribute: document\nvalues: [{x: [one, two]}]"
    book = small_book(shelf, "p.a\npermit: {document: x}", "p.b\nforbid: {document: two}")
    assert classify(book, {"document": ["one", "two"]}) == CONFLICT
    assert classify(book, {"document": ["one"]}) == NONE
    assert ask(book, document="x").outcome is Outcome.UNKNOWN


def test_7_collections_that_overlap() -> None:
    """A document that stands in two collections is under the rules of both."""
    shelf = "attribute: document\nvalues: [{x: [one, two]}, {y: [one, three]}]"
    book = small_book(shelf, "p.a\npermit: {document: x}", "p.b\nforbid: {document: y}")
    assert classify(book, {"document": ["one"]}) == CONFLICT
    assert classify(book, {"document": ["two", "three"]}) == AMBIGUOUS


@pytest.mark.parametrize(
    ("day", "expected"),
    [("2024-12-31", NONE), ("2025-01-01", CONFLICT), ("2025-12-31", CONFLICT), ("2026-01-01", NONE)],
)
def test_9_dates(day: str, expected: str) -> None:
    """Permitted in 2025, prohibited before 2026: the conflict lasts exactly the year."""
    book = small_book(
        "p.a\npermit: {action: serve}\nin_force: 2025-01-01 .. 2026-01-01",
        "p.b\nforbid: {action: serve}\nin_force: .. 2026-01-01",
    )
    at = datetime.fromisoformat(f"{day}T12:00").replace(tzinfo=UTC)
    assert classify(book, {"action": ["serve"]}, at) == expected


def test_10_either_but_not_both() -> None:
    """Permitted to students and to employees, prohibited to those who are both."""
    book = small_book(
        *FLAGS,
        "p.a\npermit: {any: [{student: true}, {employee: true}]}",
        "p.b\nforbid: {student: true, employee: true}",
    )
    assert classify(book, {"student": [True], "employee": [True]}) == CONFLICT
    assert classify(book, {"student": [True], "employee": [False]}) == NONE
    assert classify(book, {"student": [True, False], "employee": [True, False]}) == CONFLICT


def test_ambiguous() -> None:
    """Permitted in one state of the world, prohibited in another: the state has to be known."""
    book = small_book(*FLAGS, "p.a\npermit: {student: true}", "p.b\nforbid: {student: false}")
    assert classify(book, {"student": [True, False]}) == AMBIGUOUS
    assert (ask(book).outcome, ask(book).needs) == (Outcome.UNKNOWN, ("student",))


def test_underspecified() -> None:
    """A rule that can never trigger is pointed at when the book is loaded."""
    book = small_book(
        "p.a\npermit: {action: serve}\nin_force: 2026-06-01 ..",
        "p.b\nforbid: {action: train}\nsupersedes: [p.a]\nin_force: 2026-01-01 ..",
    )
    assert [(finding.kind, finding.message) for finding in book.findings] == [
        ("never in force", "`p.a` is never in force")
    ]
    assert classify(book, {"action": ["serve"]}, datetime(2027, 1, 1, tzinfo=UTC)) == NONE


def test_non_conflict() -> None:
    """Rules about different things leave each other alone."""
    book = small_book("p.a\npermit: {action: serve}", "p.b\nforbid: {action: train}")
    assert classify(book, {"action": ["serve"]}) == NONE
    assert book.findings == ()
