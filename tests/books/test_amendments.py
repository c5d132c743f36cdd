"""Every beginning and end in the shipped books, on the day before, on the day and the day after, in its zone.

What should bind is worked out here from the text alone: first and last day, `until`, and who supersedes whom.
"""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from pathlib import Path

import pytest

from comity.contracts import Book, Clause, load_book
from comity.contracts.calendar import Calendar

BOOKS = Path(__file__).parents[2] / "books"
EDGES = (time(0), time(12), time(23, 59, 59, 999999))


def end_of(book: Book, clause: Clause) -> date | None:
    """The first day on which `clause` no longer binds, by its text; no event is on record in either book."""
    ends = [clause.in_force.end, None if clause.until is None else clause.until.day]
    ends += [other.in_force.start for other in book.clauses if clause.id in other.supersedes]
    return min((day for day in ends if day is not None), default=None)


@pytest.mark.parametrize("name", ["openai", "acme"])
def test_every_change_counts_from_midnight_of_its_day(name: str) -> None:
    """Not a microsecond earlier or later, for every clause at every change of its contract."""
    book = load_book(BOOKS / name)
    assert book.occurrences == ()
    calendar = Calendar(book)
    changes = 0
    for clause in book.clauses:
        start, end, zone = clause.in_force.start, end_of(book, clause), book.zone(clause.contract)
        for change in {start, end} - {None}:
            assert change is not None
            changes += 1
            for day in (change + timedelta(days=offset) for offset in (-1, 0, 1)):
                expected = (start is None or start <= day) and (end is None or day < end)
                for edge in EDGES:
                    at = datetime.combine(day, edge, zone).timestamp()
                    found = clause.id in {live.id for live in calendar.slice(at).clauses}
                    assert found is expected, (clause.id, day, edge)
    assert changes > 10
