"""What was in force when, as stretches of clauses and definitions."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from tests.contracts.small import FRONT, small_book

from comity.contracts import Book, Line, history, load_book

BOOKS = Path(__file__).parents[2] / "books"
ZONED = f"{FRONT}\nclock: America/Los_Angeles\nevents: {{agi: verified, other: happened}}"
BLOCKS = (
    (
        "define: t\nreadings: {a: {by: [oai], means: {cloud: aws}}, b: {means: {cloud: google}}}\n"
        "settled: [{reading: b, from: 2026-02-01, by: waiver, until: 2026-03-01}, "
        "{reading: a, from: 2026-06-01}]"
    ),
    "define: one\nmeans: {cloud: azure}",
    "define: unused\nmeans: {cloud: azure}",
    "a.no\nforbid: {is: t}\nin_force: 2026-01-01 ..\nuntil: agi\ntitle: no clouds",
    "a.yes\npermit: {is: one}\nin_force: 2026-04-27 ..\nsupersedes: [a.old]\nknown: 2026-05-01",
    "a.old\nforbid: {is: one}",
    "a.waive\npower: {holder: msft, may: waive, of: [a.no]}",
    "exercise: a.waive\non: 2026-05-01\nuntil: 2026-05-08",
    "a.late\nforbid: {cloud: oracle}\nin_force: 2027-01-01 ..\nuntil: 2026-12-01",
    "a.owe\nowe: {from: oai, to: msft, buy: azure}\nin_force: 2026-01-01 .. 2027-01-01\nuntil: other",
    "event: other\non: 2026-07-01",
)


@pytest.fixture(scope="module")
def book() -> Book:
    """A book with everything that has a place in time."""
    return small_book(*BLOCKS, front=ZONED)


def lines(book: Book, as_of: datetime | None = None) -> dict[str, Line]:
    """The lines of its history, by id."""
    return {line.id: line for line in history(book, as_of).lines}


def told(line: Line) -> list[tuple[str, str, str]]:
    """The stretches of a line."""
    return [(stretch.what, str(stretch.period), stretch.why) for stretch in line.stretches]


def test_a_clause_is_cut_by_what_suspends_and_ends_it(book: Book) -> None:
    """With the reason, and the event that may still end it."""
    found = lines(book)
    assert told(found["a.no"]) == [
        ("in force", "2026-01-01 .. 2026-05-01", ""),
        ("suspended", "2026-05-01 .. 2026-05-08", "under a.waive"),
        ("in force", "2026-05-08 ..", ""),
    ]
    assert (found["a.no"].until, found["a.no"].note) == (("agi",), "no clouds")
    assert told(found["a.old"]) == [("in force", ".. 2026-04-27", "superseded by a.yes")]
    assert found["a.old"].stretches[0].by == "a.yes"
    assert told(found["a.owe"]) == [("in force", "2026-01-01 .. 2026-07-01", "since other happened")]
    assert (found["a.owe"].note, found["a.owe"].until) == ("azure", ())
    assert told(found["a.late"]) == []


def test_a_definition_shows_which_reading_stood(book: Book) -> None:
    """Open, settled for a while, open again, settled; a term with one meaning has it always."""
    found = lines(book)
    assert told(found["t"]) == [
        ("open", ".. 2026-02-01", ""),
        ("b", "2026-02-01 .. 2026-03-01", "by waiver of 2026-02-01"),
        ("open", "2026-03-01 .. 2026-06-01", ""),
        ("a", "2026-06-01 ..", "by amendment of 2026-06-01"),
    ]
    assert found["t"].note == "a (oai), b (nobody)"
    assert told(found["one"]) == [("only", "..", "")]
    assert "unused" not in found


def test_an_earlier_day_knows_less(book: Book) -> None:
    """As of April nobody knew the amendment, the event, the waiver or the last settlement."""
    found = lines(book, datetime(2026, 4, 30, tzinfo=ZoneInfo("America/Los_Angeles")))
    assert told(found["a.yes"]) == []
    assert told(found["a.old"]) == [("in force", "..", "")]
    assert told(found["a.no"]) == [("in force", "2026-01-01 ..", "")]
    assert found["t"].stretches[-1].what == "open"
    assert found["a.owe"].until == ("other",)


def test_a_line_holds_where_it_binds(book: Book) -> None:
    """Not while it is suspended, nor on the day that no longer belongs to it."""
    found = lines(book)
    assert [found["a.no"].holds(date(2026, 5, day)) for day in (1, 7, 8)] == [False, False, True]
    assert [found["t"].holds(date(2026, month, 1)) for month in (1, 2, 3)] == [False, True, False]


def test_a_history_knows_its_days_and_its_events(book: Book) -> None:
    """Every day of a change once, and what happened."""
    found = history(book)
    assert found.days[:3] == (date(2026, 1, 1), date(2026, 2, 1), date(2026, 3, 1))
    assert found.events == (("agi", None), ("other", date(2026, 7, 1)))
    assert found.only(frozenset()).days == ()


def test_the_dispute_of_the_shipped_book_is_two_months_wide() -> None:
    """The clause of February ended with the amendment, and everything else of that day with it."""
    found = lines(load_book(BOOKS / "openai"))
    assert told(found["2026a.stateless"]) == [
        ("in force", "2026-02-27 .. 2026-04-27", "superseded by 2026b.anycloud")
    ]
    assert told(found["2025b.research"]) == [("in force", "2025-10-28 .. 2031-01-01", "")]
