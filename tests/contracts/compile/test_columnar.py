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


@pytest.mark.no_cover
@settings(max_examples=6, deadline=None)
@given(written_books(), st.integers(0, 2**32), st.sampled_from([None, None, "oai", "msft"]))
def test_random_books_over_random_rows(files: tuple[Written, ...], seed: int, party: str | None) -> None:
    """Outcome, masks and deciding clauses of random rows, in the readings of all and of one."""
    book = load(files)
    check(book, random_rows(book, 60, Random(seed)), party=party)


@pytest.mark.no_cover
@pytest.mark.parametrize("name", ["openai", "acme"])
@pytest.mark.parametrize("as_of", [None, "then"])
def test_the_shipped_books(name: str, as_of: AsOf) -> None:
    """Both books, at all their dates, with what is known now and what was known then."""
    book = load_book(BOOKS / name)
    check(book, random_rows(book, 200, Random(7)), as_of)


def test_only_the_columns_that_are_wanted() -> None:
    """Rows read once say the same."""
    book = load_book(BOOKS / "acme")
    table = ibis.memtable(arrow(book, random_rows(book, 200, Random(9))))
    every, few = decide_table(book, table), decide_table(book, table, keep=("row",))
    assert few.columns == ("row", *COLUMNS)
    assert decided(few) == decided(every.select(few.columns))


def test_what_the_book_knew_on_one_day() -> None:
    """`as_of` reaches the form."""
    book = small_book("a.x\nforbid: {cloud: aws}\nknown: 2026-06-01")
    rows = [{"cloud": "aws", "at": NOON}]
    check(book, rows, NOON)
    check(book, rows, NOON + timedelta(days=90))


def ask(*rows: dict[str, Any], **columns: str) -> list[dict[str, Any]]:
    """The columns about rows at noon, with types by column; a fact that a row lacks was not stated."""
    numbered = [{**dict.fromkeys(columns), **row, "row": index} for index, row in enumerate(rows)]
    table = ibis.memtable(numbered, schema={**columns, "row": "int64"})
    return decided(decide_table(BOOK, table, at=NOON))


CLEAR = {"owner": "me", "cloud": "azure", "provider": "oai", "state": "stateful", "data": "none"}
TEXT = dict.fromkeys([*CLEAR, "region", "retention_days", "scc_signed"], "string")


def test_columns_that_are_not_there_were_not_stated() -> None:
    """A table without a required column is unknown throughout."""
    (found,) = ask(CLEAR, **dict.fromkeys(CLEAR, "string"))
    assert found["outcome"] == "silent"
    less = {name: fact for name, fact in CLEAR.items() if name != "owner"}
    (found,) = ask(less, **dict.fromkeys(less, "string"))
    assert found["outcome"] == "unknown"


def test_facts_as_text() -> None:
    """Sets with commas, flags and numbers in words: what a CSV file holds."""
    facts = {**CLEAR, "data": "personal", "cloud": "google", "retention_days": "30"}
    plain, longer, abroad = ask(
        {**facts, "region": "de, fr"},
        {**facts, "region": "de", "retention_days": "30.5"},
        {**facts, "region": "us", "scc_signed": "true"},
        **TEXT,
    )
    assert (plain["outcome"], plain["clauses"]) == ("permitted", ["a.place"])
    assert (longer["outcome"], longer["clauses"]) == ("prohibited", ["a.keep"])
    assert (abroad["outcome"], abroad["clauses"]) == ("prohibited", ["a.place"])


def test_a_fact_that_cannot_be_read_opens_no_door() -> None:
    """Misspelt is open, never false, and it is said which fact it was."""
    facts = {**CLEAR, "state": "stateless", "data": "personal", "region": "de", "scc_signed": "false"}
    facts["retention_days"] = "31"
    wrong = [("cloud", "azur"), ("region", "atlantis"), ("region", "de,atlantis"), ("region", "")]
    wrong += [("retention_days", "many"), ("scc_signed", "yes"), ("owner", "")]
    abroad = {**facts, "cloud": "google", "region": "us"}
    before, *found = ask(
        facts,
        *({**facts, name: fact} for name, fact in wrong),
        *({**abroad, name: fact} for name, fact in wrong),
        **TEXT,
    )
    assert (before["outcome"], before["unread"]) == ("permitted", [])
    for (name, _), row, far in zip(wrong, found[:7], found[7:], strict=True):
        assert row["unread"] == far["unread"] == [name]
        decides = name in {"cloud", "region", "owner"}
        assert row["outcome"] == ("unknown" if decides else "permitted")
        assert far["f_may"] == 1


def test_sets_as_arrays_with_holes() -> None:
    """An empty array and a missing member cannot be read; a missing array was not stated."""
    facts = {**CLEAR, "data": "personal"}
    types = {**dict.fromkeys(CLEAR, "string"), "region": "array<string>"}
    regions: list[list[str | None] | None] = [[], ["de", None], [None], None]
    found = ask(*({**facts, "region": region} for region in regions), **types)
    assert [row["unread"] for row in found] == [["region"], ["region"], ["region"], []]
    assert {row["outcome"] for row in found} == {"unknown"}


@pytest.mark.parametrize("kind", ["int64", "float64", "decimal(12, 3)", "string"])
def test_numbers_of_every_type(kind: str) -> None:
    """Intervals are open below and closed above, and fractions are exact."""
    cases = [("google", "30", "silent"), ("google", "31", "prohibited"), ("google", "7", "silent")]
    cases += [("oracle", "7", "prohibited"), ("oracle", "2", "silent"), ("oracle", "1", "silent")]
    if kind != "int64":
        cases += [("google", "30.001", "prohibited"), ("google", "30.000", "silent")]
        cases += [("oracle", "1.5", "prohibited"), ("oracle", "1.501", "silent")]
    read = {"int64": int, "float64": float, "string": str}.get(kind, Decimal)
    types = {**dict.fromkeys(CLEAR, "string"), "retention_days": kind}
    rows = [{**CLEAR, "cloud": cloud, "retention_days": read(number)} for cloud, number, _ in cases]
    assert [row["outcome"] for row in ask(*rows, **types)] == [outcome for _, _, outcome in cases]


def test_a_number_that_is_none() -> None:
    """Neither infinity nor not-a-number allows anything."""
    types = {**dict.fromkeys(CLEAR, "string"), "retention_days": "float64"}
    rows = [{**CLEAR, "cloud": "google", "retention_days": float(word)} for word in ("inf", "nan")]
    assert [row["outcome"] for row in ask(*rows, **types)] == ["unknown", "unknown"]


@pytest.mark.parametrize("kind", ["timestamp", "timestamp('UTC')", "int64", "float64"])
def test_moments_of_every_type(kind: str) -> None:
    """The second before, the moment of the change, and no moment at all."""
    book = small_book("a.x\nforbid: {cloud: aws}\nin_force: 2026-04-27 ..")
    change = datetime(2026, 4, 27, tzinfo=UTC)
    moments: list[Any] = [change - timedelta(seconds=1), change]
    if kind == "timestamp":
        moments = [moment.replace(tzinfo=None) for moment in moments]
    elif "stamp" not in kind:
        moments = [
            float(moment.timestamp()) if kind == "float64" else int(moment.timestamp()) for moment in moments
        ]
    rows = [{"cloud": "aws", "when": when, "row": index} for index, when in enumerate([*moments, None])]
    table = ibis.memtable(rows, schema={"cloud": "string", "when": kind, "row": "int64"})
    found = decided(decide_table(book, table, at="when"))
    assert [row["outcome"] for row in found] == ["silent", "prohibited", "unknown"]
    assert [row["unread"] for row in found] == [[], [], ["at"]]


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


@pytest.mark.no_cover
def test_many_clauses_stay_one_expression() -> None:
    """A hundred and fifty clauses: deep enough to break an engine that is given one long chain."""
    blocks = [f"c{n}\nforbid: {{cloud: aws, purpose: p{n}}}" for n in range(150)]
    book = small_book(*blocks)
    rows = [{"cloud": "aws", "purpose": f"p{n}", "at": NOON} for n in range(0, 500, 50)]
    check(book, rows)
