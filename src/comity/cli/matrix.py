"""`comity matrix`: the verdicts over two attributes, as a coloured table."""

from __future__ import annotations

import sys
from collections import Counter
from typing import Annotated

import msgspec
import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from comity.cli.questions import (
    STYLES,
    console,
    read_book,
    read_facts,
    read_moment,
    read_party,
    refuse,
    split,
)
from comity.contracts import Book, Outcome, Verdict, decide, mentioned_values, parse_facts
from comity.errors import Place, Problem
from comity.source import closest

EXAMPLE = (
    "Example: comity matrix books/openai --at 2026-03-18 --rows surface --columns cloud=azure,aws "
    "actor=oai action=serve provider=oai product=sre state=stateless with=third_party customer=enterprise"
)
_NAMED = 2


def matrix(  # noqa: PLR0917 - the options of a command
    arguments: Annotated[list[str], typer.Argument(metavar="BOOK KEY=VALUE...", help="A book, then facts.")],
    rows: Annotated[str, typer.Option(help="The attribute down the side; `product=a,b` chooses values.")],
    columns: Annotated[str, typer.Option(help="The attribute across the top; likewise.")],
    at: Annotated[str | None, typer.Option(help="When the act happens: a date or a timestamp; now.")] = None,
    as_of: Annotated[str | None, typer.Option(help="Ask what the book said then; all it says now.")] = None,
    party: Annotated[str | None, typer.Option("--for", help="Count only this party's readings.")] = None,
    json: Annotated[bool, typer.Option("--json", help="Print the cells as JSON.")] = False,
) -> None:
    """Show what a book says for every pair of values of two attributes; the other facts are given once.

    Without values an attribute shows those that the book mentions.
    """
    paths, given = split(arguments)
    book = read_book(paths)
    facts = read_facts(book, given)
    party = read_party(book, party)
    moment = read_moment(book, at, "--at")
    known = None if as_of is None else read_moment(book, as_of, "--as-of")
    down, across = _axis(book, rows, "--rows"), _axis(book, columns, "--columns")
    cells = {
        (row, column): decide(
            book, {**facts, **parse_facts(book, {down[0]: row, across[0]: column})}, moment, known, party
        )
        for row in down[1]
        for column in across[1]
    }
    if json:
        sys.stdout.write(msgspec.json.encode(_cells(down[0], across[0], cells)).decode() + "\n")
        return
    screen = console()
    screen.print(_table(book, down, across, cells))
    _show_counts(screen, cells)


def _axis(book: Book, text: str, option: str) -> tuple[str, tuple[str, ...]]:
    name, _, listed = text.partition("=")
    place = Place("command line", 1, 1)
    if name not in book.vocabulary.attributes:
        hint = closest(name, book.vocabulary.attributes)
        refuse([Problem(place, f"in `{option}`: there is no attribute `{name}`", hint)])
    values = tuple(value for value in listed.split(",") if value) or mentioned_values(book, name)
    if not values:
        hint = f"write them: {option} {name}=one,another"
        refuse([Problem(place, f"in `{option}`: the book mentions no value of `{name}`", hint)])
    problems: list[Problem] = []
    for value in values:
        try:
            parse_facts(book, {name: value})
        except ValueError as error:
            message, _, hint = str(error).partition("; ")
            problems.append(Problem(place, f"in `{option}`: {message}", hint))
    if problems:
        refuse(problems)
    return name, values


def _table(
    book: Book,
    down: tuple[str, tuple[str, ...]],
    across: tuple[str, tuple[str, ...]],
    cells: dict[tuple[str, str], Verdict],
) -> Table:
    table = Table(title=book.title, title_justify="left", show_lines=True, header_style="bold")
    table.add_column(f"{down[0]} \\ {across[0]}", style="bold")
    for column in across[1]:
        table.add_column(column, overflow="fold")
    for row in down[1]:
        table.add_row(row, *(_cell(cells[row, column]) for column in across[1]))
    return table


def _cell(verdict: Verdict) -> Text:
    text = Text(str(verdict.outcome), style=STYLES[verdict.outcome])
    if verdict.outcome is Outcome.UNKNOWN:
        text.append(f"\nneeds {', '.join(verdict.needs)}", style="default")
    else:
        shown = verdict.clauses[:_NAMED]
        more = len(verdict.clauses) - len(shown)
        text.append("".join(f"\n{name}" for name in shown), style="default")
        text.append(f"\nand {more} more" if more else "", style="default")
    return text


def _show_counts(screen: Console, cells: dict[tuple[str, str], Verdict]) -> None:
    counts = Counter(verdict.outcome for verdict in cells.values())
    parts = [(f"{counts[outcome]} {outcome}", STYLES[outcome]) for outcome in Outcome if counts[outcome]]
    line = Text(f"{len(cells)} cells: ")
    for index, (text, style) in enumerate(parts):
        line.append(", " if index else "")
        line.append(text, style=style)
    screen.print(line)


def _cells(row_name: str, column_name: str, cells: dict[tuple[str, str], Verdict]) -> list[dict[str, object]]:
    return [
        {
            row_name: row,
            column_name: column,
            "outcome": verdict.outcome,
            "clauses": verdict.clauses,
            "needs": verdict.needs,
        }
        for (row, column), verdict in cells.items()
    ]
