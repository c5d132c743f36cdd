"""What `check`, `ask` and `matrix` share: a book, facts and dates from arguments, and how problems are shown.

Bad input ends the command with status 2 and a place: a file and line, or the position of an argument.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import NoReturn

from rich.console import Console

from comity.contracts import Book, Outcome, Workload, load_book, parse_facts
from comity.errors import BookError, Place, Problem
from comity.period import parse_moment, utc_now

STYLES = {
    Outcome.PERMITTED: "green",
    Outcome.SILENT: "dim",
    Outcome.CONDITIONAL: "yellow",
    Outcome.DISPUTED: "magenta",
    Outcome.UNKNOWN: "cyan",
    Outcome.PROHIBITED: "red",
}
"""How each outcome is coloured."""

_ARGUMENTS = "command line"
_WIDTH = 120


def console(*, markup: bool = True) -> Console:
    """Where tables go: as wide as the terminal, and wide enough for a table in a pipe.

    Without `markup` brackets are brackets, as where texts come from outside.
    """
    screen = Console(highlight=False, markup=markup)
    return screen if screen.is_terminal else Console(highlight=False, markup=markup, width=_WIDTH)


def write_picture(path: Path, text: str, option: str) -> None:
    """Writes what an option asks for, or ends the command."""
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        message = f"in `{option}`: cannot write {path}: {error.strerror or 'it cannot be opened'}"
        refuse([Problem(Place("command line", 1, 1), message, "name a file in a folder that exists")])
    sys.stderr.write(f"wrote {path}\n")


def refuse(problems: Sequence[Problem]) -> NoReturn:
    """Prints the problems and ends the command with status 2."""
    for problem in problems:
        sys.stderr.write(f"{problem}\n")
    count = len(problems)
    sys.stderr.write(f"comity: {count} problem{'' if count == 1 else 's'}\n")
    raise SystemExit(2)


def split(arguments: list[str]) -> tuple[tuple[Path, ...], dict[int, str]]:
    """The books and the facts among the arguments, these with their positions: a fact has a `=`."""
    books = tuple(Path(argument) for argument in arguments if "=" not in argument)
    if not books:
        refuse(
            [
                Problem(
                    Place(_ARGUMENTS, 1, 1), "no book is named", "write its folder: comity ask books/acme …"
                )
            ]
        )
    return books, {place: argument for place, argument in enumerate(arguments, start=1) if "=" in argument}


def read_book(paths: tuple[Path, ...]) -> Book:
    """The book, or the end of the command."""
    try:
        return load_book(*paths)
    except BookError as error:
        refuse(error.problems)


def read_facts(book: Book, arguments: dict[int, str]) -> Workload:
    """The facts `key=value`, or the end of the command with every problem among them."""
    facts: dict[str, str] = {}
    problems: list[Problem] = []
    workload: Workload = {}
    for position, argument in arguments.items():
        place = Place(_ARGUMENTS, 1, position)
        key, _, value = argument.partition("=")
        if key in facts:
            problems.append(
                Problem(place, f"`{key}` is given twice", "keep one; a set is written region=a,b")
            )
            continue
        facts[key] = value
        try:
            workload = {**workload, **parse_facts(book, {key: value})}
        except ValueError as error:
            message, _, suggestion = str(error).partition("; ")
            problems.append(Problem(place, f"in `{argument}`: {message}", suggestion))
    if problems:
        refuse(problems)
    return workload


def read_moment(book: Book, text: str | None, option: str) -> datetime:
    """The moment that an option names, in the zone of the book; now when it is absent."""
    if text is None:
        return utc_now()
    try:
        return parse_moment(text, book.clock)
    except ValueError as error:
        refuse([Problem(Place(_ARGUMENTS, 1, 1), f"in `{option}`: {error}", "write it like 2026-03-18")])


def read_party(book: Book, party: str | None) -> str | None:
    """The party of `--for`, or the end of the command."""
    if party is not None and party not in book.parties:
        known = ", ".join(f"`{name}`" for name in book.parties) or "none"
        refuse([Problem(Place(_ARGUMENTS, 1, 1), f"in `--for`: `{party}` is no party", f"known are {known}")])
    return party
