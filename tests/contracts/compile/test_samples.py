"""From a class back to a fact, and from the fact to the class."""

from __future__ import annotations

from decimal import Decimal

import msgspec
import pytest
from tests.contracts.small import small_book

from comity.contracts import Book
from comity.contracts.compile import lower, stretches_of
from comity.contracts.compile.classes import MISSING, UNREADABLE, Classes, Members, classes_of
from comity.contracts.compile.samples import class_number, fact_of

FIRST = small_book(
    "a.one\nforbid: {cloud: [aws, google], retention_days: {over: 30}, scc_signed: true}",
    "a.two\nforbid: {region: eu, purpose: training, retention_days: [7, 9]}",
)
SECOND = small_book("b.one\nforbid: {cloud: google, retention_days: {over: 8.5}, region: [de, us]}")


def classes(book: Book) -> dict[str, Classes]:
    """The classes of all attributes of the first book."""
    names = ("cloud", "retention_days", "scc_signed", "region", "purpose", "surface")
    return classes_of(book, lower(book, stretches_of(book).norms), names)


def numbers(known: Classes) -> list[int]:
    """Every class of a fact that can be read."""
    if isinstance(known, Members):
        bits = [1 << kind for kind in {*known.words, known.other} if kind]
        return [*bits, *(one | other for one in bits for other in bits)]
    (answers,) = [*known.answers.values()][:1] or [dict.fromkeys((MISSING, UNREADABLE, 2))]
    return [number for number in answers if number not in (MISSING, UNREADABLE)]


@pytest.mark.parametrize("name", classes(FIRST))
def test_every_class_has_a_fact(name: str) -> None:
    """Which is of that class."""
    known = classes(FIRST)[name]
    for number in numbers(known):
        fact = fact_of([(known, number)])
        assert fact is not None
        assert class_number(known, fact) == number


@pytest.mark.parametrize("name", classes(FIRST))
def test_what_two_books_see_in_a_fact_is_found_again(name: str) -> None:
    """A fact of the classes that another fact has in both."""
    one, other = classes(FIRST)[name], classes(SECOND)[name]
    for number in numbers(one):
        fact = fact_of([(one, number)])
        assert fact is not None
        seen = [(known, class_number(known, fact)) for known in (one, other)]
        found = fact_of(seen)
        assert found is not None
        assert [class_number(known, found) for known, _ in seen] == [place for _, place in seen]


def test_a_fact_that_was_not_stated_is_none() -> None:
    """In both books."""
    assert fact_of([(classes(FIRST)["cloud"], MISSING), (classes(SECOND)["cloud"], MISSING)]) is None


def test_numbers_beyond_and_between() -> None:
    """Below, at and above the points of both books."""
    one, other = classes(FIRST)["retention_days"], classes(SECOND)["retention_days"]
    for number in (Decimal(1), Decimal(8), Decimal("8.7"), Decimal(20), Decimal(31)):
        seen = [(known, class_number(known, number)) for known in (one, other)]
        found = fact_of(seen)
        assert isinstance(found, Decimal)
        assert [class_number(known, found) for known, _ in seen] == [place for _, place in seen]


def test_a_class_that_nobody_has_is_a_broken_promise() -> None:
    """Which is said, not hidden."""
    known = msgspec.structs.replace(classes(FIRST)["scc_signed"])
    with pytest.raises(AssertionError, match="some fact is of it"):
        fact_of([(known, 9)])
