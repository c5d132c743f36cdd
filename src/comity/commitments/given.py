"""Amounts from a table: other bills of the same clouds, as a CSV file with one line for each.

The columns `on`, `amount` and `unit` are needed; `moved` (`bought` without it) and `of` may be there, and
every other column is an attribute of the book. An empty cell states nothing.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import get_args

import msgspec

from comity.contracts import Book, Progress, Value
from comity.contracts.duties import Moved
from comity.contracts.facts import parse_fact
from comity.contracts.fields import Problems, suggest
from comity.errors import Place, SourceError
from comity.period import parse_moment

_NEEDED = ("on", "amount", "unit")
_OWN = (*_NEEDED, "moved", "of")
_MOVED: tuple[Moved, ...] = get_args(Moved)


def parse_table(book: Book, text: str, file: str) -> tuple[Progress, ...]:
    """The amounts in `text`; a bare date is noon in the zone of the book.

    Raises SourceError with every problem and its place: the line of `file`, and the column by its number.
    """
    problems = Problems()
    lines = csv.reader(text.splitlines())
    header = next(lines, [])
    _check(book, header, Place(file, 1, 1), problems)
    found: list[Progress | None] = []
    if not problems.found:
        found = [_amount(book, line) for line in _lines(header, lines, file, problems)]
    if problems.found:
        raise SourceError(problems.found)
    return tuple(one for one in found if one is not None)


def _check(book: Book, header: list[str], place: Place, problems: Problems) -> None:
    for name in _NEEDED:
        if name not in header:
            problems.add(place, f"the table has no column `{name}`", "its first line names the columns")
    for name in header:
        if name not in _OWN and name not in book.vocabulary.attributes:
            message = f"`{name}` is neither a column of amounts nor an attribute of the book"
            problems.add(place, message, suggest(name, [*_OWN, *book.vocabulary.attributes]))


class _Line(msgspec.Struct, frozen=True):
    """One line of the table."""

    place: Place
    """Where it begins."""
    cells: dict[str, str]
    """Its cells by column."""
    problems: Problems
    """Where problems are noted."""

    def note(self, name: str, message: str, suggestion: str) -> None:
        """Notes a problem with one cell."""
        place = Place(self.place.file, self.place.line, list(self.cells).index(name) + 1)
        self.problems.add(place, f"`{self.cells[name]}` in the column `{name}`: {message}", suggestion)


def _lines(header: list[str], lines: Iterator[list[str]], file: str, problems: Problems) -> Iterator[_Line]:
    for number, cells in enumerate(lines, start=2):
        place = Place(file, number, 1)
        if cells and len(cells) != len(header):
            message = f"this line has {len(cells)} cells, the first line {len(header)}"
            problems.add(place, message, "put texts with commas in quotes")
        elif any(cells):
            plain = {name: cell.strip() for name, cell in zip(header, cells, strict=True)}
            yield _Line(place, plain, problems)


def _amount(book: Book, line: _Line) -> Progress | None:
    """The amount on one line; None, with the problem noted, when it is none."""
    at, amount, facts = _moment(book, line), _number(line), _facts(book, line)
    word = line.cells.get("moved") or "bought"
    moved: Moved | None = next((known for known in _MOVED if known == word), None)
    if moved is None:
        line.note("moved", "nothing moves like that", f"write one of {', '.join(_MOVED)}")
    if at is None or amount is None or moved is None:
        return None
    return Progress(at, moved, amount, line.cells["unit"], line.cells.get("of", ""), facts)


def _moment(book: Book, line: _Line) -> datetime | None:
    try:
        return parse_moment(line.cells["on"], book.clock)
    except ValueError as error:
        line.note("on", str(error), "write it like 2026-03-18")
        return None


def _number(line: _Line) -> Decimal | None:
    try:
        number = Decimal(line.cells["amount"])
    except InvalidOperation:
        number = Decimal("NaN")
    if number.is_finite():
        return number
    line.note("amount", "an amount is a number", "write it like 1250.40")
    return None


def _facts(book: Book, line: _Line) -> dict[str, Value]:
    """The facts in the other columns; several words of a set are joined by `|`."""
    facts: dict[str, Value] = {}
    for name, cell in line.cells.items():
        if name not in _OWN and cell:
            try:
                facts[name] = parse_fact(name, cell.split("|") if "|" in cell else cell, book.words)
            except ValueError as error:
                message, _, suggestion = str(error).partition("; ")
                line.note(name, message, suggestion)
    return facts
