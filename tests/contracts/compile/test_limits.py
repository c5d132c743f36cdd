"""What targets cannot express: one table in code and docs, and refused with its place."""

from __future__ import annotations

from pathlib import Path

import ibis
import pytest
from tests.contracts.small import NOON, small_book

from comity.contracts.compile import LIMITS, decide_table, refuse
from comity.contracts.compile.limits import KINDS
from comity.contracts.prove import Kind, compare, prove
from comity.errors import BookError

PAGE = Path(__file__).parents[3] / "docs" / "reference" / "targets.md"


def test_the_page_shows_the_table() -> None:
    """Every row of `LIMITS` stands in the docs, word by word."""
    page = PAGE.read_text()
    for limit in LIMITS:
        assert f"| {limit.construct} | {', '.join(limit.targets)} | {limit.instead} |" in page


@pytest.mark.parametrize("number", ["1.0123456789", "1e30"])
def test_numbers_that_tables_cannot_hold_are_refused(number: str) -> None:
    """Ten decimals, or thirty-one digits: the place and the number are named."""
    book = small_book(f"a.x\nforbid: {{retention_days: {{over: {number}}}}}")
    with pytest.raises(BookError, match=r"a\.x.* tests a number against"):
        decide_table(book, ibis.table({"cloud": "string"}), at=NOON)
    refuse(book, "scalar")


def test_numbers_of_ordinary_size_are_not() -> None:
    """Nine decimals, and a million written as 1e6."""
    refuse(small_book("a.x\nforbid: {retention_days: {over: 1e6}}"), "columnar")
    refuse(small_book("a.x\nforbid: {retention_days: [0.123456789, 7]}"), "columnar")


@pytest.mark.parametrize("number", ["1e30", "0.0000000000000000000000000000001"])
def test_numbers_that_proofs_cannot_surround_are_refused(number: str) -> None:
    """Thirty-one digits on a side of the point; thirty are shown exactly."""
    book = small_book(f"a.x\nforbid: {{retention_days: {{over: {number}}}}}")
    for question in (lambda: prove(book), lambda: compare(book, book)):
        with pytest.raises(BookError, match=r"a\.x.* which the solver target cannot express"):
            question()
    wide = small_book(
        "a.x\nforbid: {retention_days: {over: 9e29}}",
        "a.y\nforbid: {retention_days: {at_most: 0.000000000000000000000000000001}}",
    )
    assert {proof.kind for proof in prove(wide)} <= {Kind.AMENDED}


def test_too_many_kinds_of_members_are_refused() -> None:
    """More words of a set than a number has bits."""
    words = [f"place{n}" for n in range(KINDS + 1)]
    attribute = f"attribute: places\nset: true\nvalues: [{', '.join(words)}]"
    blocks = [f"c{n}\nforbid: {{places: {word}}}" for n, word in enumerate(words)]
    with pytest.raises(BookError, match=r"`places` tell 62 kinds of members apart|`places` tell 61"):
        refuse(small_book(attribute, *blocks), "columnar")
    refuse(small_book(attribute, *blocks[:20]), "columnar")


def test_a_deed_without_a_number_is_refused_unless_left_out() -> None:
    """The planner cannot count words."""
    book = small_book(
        "a.deed\nowe: {from: oai, to: msft, do: keep a register}",
        "a.spend\nowe: {from: oai, to: msft, buy: azure, amount: 1 USD}",
    )
    with pytest.raises(BookError, match=r"a\.deed"):
        refuse(book, "linear")
    refuse(book, "linear", without=["a.deed"])
    refuse(book, "columnar")
