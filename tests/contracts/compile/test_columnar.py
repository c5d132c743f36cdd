"""The columnar target says what the interpreter says, row by row."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from random import Random
from typing import Any

import ibis
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.contracts.compile.tables import (
    arrow,
    columns_of,
    decided,
    plainly,
    random_rows,
)
from tests.contracts.random_books import Written, load, written_books
from tests.contracts.small import NOON, small_book

from comity.contracts import Book, load_book
from comity.contracts.compile import COLUMNS, AsOf, decide_table

BOOKS = Path(__file__).parents[3] / "books"
BOOK = small_book(
    "attribute: owner\nkind: name\nmissing: reject\nwhy: every call has one",
    "a.cloud\nconfine: {provider: oai, state: stateless}\nto: {cloud: azure}",
    "a.place\nconfine: {data: personal}\nto: {region: eu}",
    "a.keep\nforbid: {cloud: google, retention_days: {over: 30}}",
    "a.odd\nforbid: {cloud: oracle, retention_days: [1.5, 7]}",
    "a.signed\nrequire: {data: personal, region: us}\nfirst: {scc_signed: true}",
)


def check(book: Book, rows: list[dict[str, Any]], as_of: AsOf = None, party: str | None = None) -> None:
    """Every row has the verdict of the interpreter, and keeps its facts."""
    found = decided(decide_table(book, ibis.memtable(arrow(book, rows)), as_of=as_of, party=party))
    assert len(found) == len(rows)
    for row, got in zip(rows, found, strict=True):
        expected = columns_of(plainly(book, row, as_of, party))
        assert {name: got[name] for name in COLUMNS} == expected, row
        assert {name: got[name] for name in row} == row


@settings(max_examples=10, deadline=None)
@given(written_books(), st.integers(0, 2**32), st.sampled_from([None, None, "oai", "msft"]))
def test_random_books_over_random_rows(files: tuple[Written, ...], seed: int, party: str | None) -> None:
    """Outcome, masks and deciding clauses of random rows, in the readings of all and of one."""
    book = load(files)
    check(book, random_rows(book, 60, Random(seed)), party=party)


@pytest.mark.parametrize("name", ["openai", "acme"])
@pytest.mark.parametrize("as_of", [None, "then"])
def test_the_shipped_books(name: str, as_of: AsOf) -> None:
    """Both books, at all their dates, with what is known now and what was known then."""
    book = load_book(BOOKS / name)
    check(book, random_rows(book, 250, Random(7)), as_of)


def test_what_the_book_knew_on_one_day() -> None:
    """`as_of` reaches the form."""
    book = small_book("a.x\nforbid: {cloud: aws}\nknown: 2026-06-01")
    rows = [{"cloud": "aws", "at": NOON}]
    check(book, rows, NOON)
    check(book, rows, NOON + timedelta(days=90))


def ask(facts: dict[str, Any], **columns: str) -> dict[str, Any]:
    """The columns about one row at noon, with types by column."""
    table = ibis.memtable([{**facts, "row": 0}], schema={**columns, "row": "int64"})
    return decided(decide_table(BOOK, table, at=NOON))[0]


CLEAR = {"owner": "me", "cloud": "azure", "provider": "oai", "state": "stateful", "data": "none"}
TEXT = dict.fromkeys([*CLEAR, "region", "retention_days", "scc_signed"], "string")


def test_columns_that_are_not_there_were_not_stated() -> None:
    """A table without a required column is unknown throughout."""
    assert ask(CLEAR, **dict.fromkeys(CLEAR, "string"))["outcome"] == "silent"
    less = {name: fact for name, fact in CLEAR.items() if name != "owner"}
    assert ask(less, **dict.fromkeys(less, "string"))["outcome"] == "unknown"


def test_facts_as_text() -> None:
    """Sets with commas, flags and numbers in words: what a CSV file holds."""
    facts = {**CLEAR, "data": "personal", "cloud": "google", "retention_days": "30"}
    plain = ask({**facts, "region": "de, fr", "scc_signed": None}, **TEXT)
    assert (plain["outcome"], plain["clauses"]) == ("permitted", ["a.place"])
    longer = ask({**facts, "region": "de", "retention_days": "30.5", "scc_signed": None}, **TEXT)
    assert (longer["outcome"], longer["clauses"]) == ("prohibited", ["a.keep"])
    abroad = ask({**facts, "region": "us", "scc_signed": "true"}, **TEXT)
    assert abroad["clauses"] == ["a.place"]
    assert abroad["outcome"] == "prohibited"


@pytest.mark.parametrize(
    ("name", "fact"),
    [
        ("cloud", "azur"),
        ("region", "atlantis"),
        ("region", "de,atlantis"),
        ("region", ""),
        ("retention_days", "many"),
        ("scc_signed", "yes"),
        ("owner", ""),
    ],
)
def test_a_fact_that_cannot_be_read_opens_no_door(name: str, fact: str) -> None:
    """Misspelt is open, never false, and it is said which fact it was."""
    facts = {**CLEAR, "state": "stateless", "data": "personal", "region": "de", "scc_signed": "false"}
    facts["retention_days"] = "31"
    types = dict.fromkeys(facts, "string")
    before, after = ask(facts, **types), ask({**facts, name: fact}, **types)
    assert (before["outcome"], before["unread"]) == ("permitted", [])
    assert after["unread"] == [name]
    decides = name in {"cloud", "region", "owner"}
    assert after["outcome"] == ("unknown" if decides else "permitted")
    less = {**facts, "cloud": "google", "region": "us"}
    assert ask({**less, name: fact}, **types)["f_may"] == 1


def test_sets_as_arrays_with_holes() -> None:
    """An empty array and a missing member cannot be read; a missing array was not stated."""
    facts = {**CLEAR, "data": "personal"}
    types = {**dict.fromkeys(CLEAR, "string"), "region": "array<string>"}
    for region, unread in (([], ["region"]), (["de", None], ["region"]), ([None], ["region"]), (None, [])):
        found = ask({**facts, "region": region}, **types)
        assert (found["outcome"], found["unread"]) == ("unknown", unread)


@pytest.mark.parametrize("kind", ["int64", "float64", "decimal(12, 3)", "string"])
def test_numbers_of_every_type(kind: str) -> None:
    """Intervals are open below and closed above, and fractions are exact."""
    cases: list[tuple[Any, str]] = [(30, "silent"), (31, "prohibited"), (7, "silent")]
    if kind != "int64":
        cases += [(Decimal("30.001"), "prohibited"), (Decimal("30.000"), "silent")]
    types = {**dict.fromkeys(CLEAR, "string"), "retention_days": kind}
    for number, outcome in cases:
        fact = str(number) if kind == "string" else float(number) if kind == "float64" else number
        assert ask({**CLEAR, "cloud": "google", "retention_days": fact}, **types)["outcome"] == outcome
    odd = ask({**CLEAR, "cloud": "oracle", "retention_days": "7" if kind == "string" else 7}, **types)
    assert odd["outcome"] == "prohibited"


def test_a_number_that_is_none() -> None:
    """Not-a-number and infinity cannot be read."""
    types = {**dict.fromkeys(CLEAR, "string"), "retention_days": "float64"}
    for number in (float("inf"), float("nan")):
        found = ask({**CLEAR, "cloud": "google", "retention_days": number}, **types)
        # A table in memory takes not-a-number for a missing fact; neither allows anything.
        assert found["outcome"] == "unknown"


@pytest.mark.parametrize("kind", ["timestamp", "timestamp('UTC')", "int64", "float64"])
def test_moments_of_every_type(kind: str) -> None:
    """The day before, the moment of the change, and no moment at all."""
    book = small_book("a.x\nforbid: {cloud: aws}\nin_force: 2026-04-27 ..")
    change = datetime(2026, 4, 27, tzinfo=UTC)
    for moment, outcome in (
        (change - timedelta(seconds=1), "silent"),
        (change, "prohibited"),
        (None, "unknown"),
    ):
        when: Any = moment
        if moment is not None and "stamp" not in kind:
            when = moment.timestamp() if kind == "float64" else int(moment.timestamp())
        elif moment is not None and kind == "timestamp":
            when = moment.replace(tzinfo=None)
        table = ibis.memtable(
            [{"cloud": "aws", "when": when, "row": 0}],
            schema={"cloud": "string", "when": kind, "row": "int64"},
        )
        found = decided(decide_table(book, table, at="when"))[0]
        assert (found["outcome"], found["unread"]) == (outcome, ["at"] if moment is None else [])


def test_what_does_not_fit_is_said_before_a_row_is_read() -> None:
    """Columns of the wrong type, taken names and a missing moment, all in one message."""
    table = ibis.table(dict.fromkeys(["outcome", "cloud", "region", "scc_signed", "data"], "int64"))
    with pytest.raises(ValueError, match="rename it") as caught:
        decide_table(BOOK, table)
    assert "the table has no column `at`" in str(caught.value)
    assert "the column `cloud` is int64; it must be text" in str(caught.value)
    assert "`region` is int64; it must be an array of text" in str(caught.value)
    with pytest.raises(ValueError, match="`cloud` is string; it must be a timestamp"):
        decide_table(BOOK, ibis.table({"cloud": "string"}), at="cloud")


def test_a_book_that_tests_nothing() -> None:
    """A book without clauses is silent about everything."""
    book = small_book("note\nfact: something happened\nsource: []")
    found = decided(decide_table(book, ibis.memtable([{"row": 1}], schema={"row": "int64"}), at=NOON))
    assert [(row["outcome"], row["worlds"], row["clauses"]) for row in found] == [("silent", 1, [])]


def test_many_clauses_stay_one_expression() -> None:
    """Four hundred clauses: deep enough to break an engine that is given one long chain."""
    blocks = [f"c{n}\nforbid: {{cloud: aws, purpose: p{n}}}" for n in range(400)]
    book = small_book(*blocks)
    rows = [{"cloud": "aws", "purpose": f"p{n}", "at": NOON} for n in range(0, 500, 50)]
    check(book, rows)
