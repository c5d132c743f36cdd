"""`comity timeline`: what was in force when, per clause and definition."""

from __future__ import annotations

import sys
from datetime import date
from pathlib import Path
from typing import Annotated

import msgspec
import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from comity.cli.questions import console, read_book, read_moment, refuse, write_picture
from comity.cli.timeline.drawing import draw
from comity.cli.timeline.page import page
from comity.cli.timeline.scale import Scale
from comity.contracts import History, Line, Stretch, history
from comity.errors import Place, Problem
from comity.source import closest

EXAMPLE = "Example: comity timeline books/openai --at 2026-03-18 --svg timeline.svg"
_BAR = 28
_STYLES = {
    "forbid": "red",
    "confine": "dark_orange3",
    "require": "yellow",
    "permit": "green",
    "owe": "blue",
    "power": "magenta",
    "define": "cyan",
}


def timeline(
    books: Annotated[list[Path], typer.Argument(metavar="BOOK", help="A folder of contracts, or one file.")],
    *,
    at: Annotated[str | None, typer.Option(help="Mark this day, and say what is in force then.")] = None,
    as_of: Annotated[str | None, typer.Option(help="Show what the book said then; all it says now.")] = None,
    contract: Annotated[
        list[str] | None, typer.Option(help="Only this contract; may be given several times.")
    ] = None,
    svg: Annotated[Path | None, typer.Option(help="Write the picture to this file.")] = None,
    html: Annotated[
        Path | None, typer.Option(help="Write a page with picture and table to this file.")
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Print everything as JSON.")] = False,
) -> None:
    """Show what was in force when: every clause and definition, what ended it, and what stays open.

    Days are half-open: the first belongs to a stretch, the last does not. They begin at midnight in the
    contract's own zone.
    """
    book = read_book(tuple(books))
    known = None if as_of is None else read_moment(book, as_of, "--as-of")
    moment = None if at is None else read_moment(book, at, "--at")
    found = _only(history(book, known), contract or [])
    day = None if moment is None else moment.astimezone(book.clock).date()
    clock = "" if as_of is None else f", as the book knew it on {as_of}"
    note = f"What was in force when{clock}."
    if svg is not None or html is not None:
        picture = draw(found, f"{note} Every change has room, so time is drawn unevenly.", day)
        if svg is not None:
            write_picture(svg, picture, "--svg")
        if html is not None:
            write_picture(html, page(found, picture, note), "--html")
    if json:
        sys.stdout.write(msgspec.json.encode(_plain(found), order="deterministic").decode() + "\n")
    else:
        _show(console(), found, day)


def _only(found: History, contracts: list[str]) -> History:
    if not contracts:
        return found
    problems = [
        Problem(
            Place("command line", 1, 1),
            f"in `--contract`: there is no contract `{name}`",
            closest(name, found.contracts),
        )
        for name in contracts
        if name not in found.contracts
    ]
    if problems:
        refuse(problems)
    return found.only(frozenset(contracts))


def _plain(found: History) -> object:
    """The history as JSON values, with grades as words and periods as they are written."""
    return {
        "title": found.title,
        "contracts": found.contracts,
        "events": dict(found.events),
        "days": found.days,
        "lines": [
            {
                "id": line.id,
                "contract": line.contract,
                "kind": line.kind,
                "grade": line.grade.word,
                "known": line.known,
                "note": line.note,
                "until": line.until,
                "stretches": [
                    {
                        "what": stretch.what,
                        "start": stretch.period.start,
                        "end": stretch.period.end,
                        "why": stretch.why,
                        "by": stretch.by,
                    }
                    for stretch in line.stretches
                ],
            }
            for line in found.lines
        ],
    }


def _show(screen: Console, found: History, day: date | None) -> None:
    screen.print(f"[bold]{found.title}[/bold]")
    scale = Scale([*found.days, *([] if day is None else [day])], _BAR, 2)
    for contract, title in found.contracts.items():
        screen.print()
        screen.print(f"{contract}: {title}", markup=False)
        table = Table(box=None, header_style="bold", pad_edge=False, padding=(0, 2, 0, 0))
        table.add_column("clause", no_wrap=True)
        table.add_column("kind")
        table.add_column("days", no_wrap=True)
        table.add_column(_head(found), no_wrap=True)
        table.add_column("")
        for line in found.lines:
            if line.contract == contract:
                _add(table, line, scale, day)
        screen.print(table)
    _show_events(screen, found)
    if day is not None:
        count = sum(line.holds(day) for line in found.lines if line.kind != "define")
        clauses = sum(line.kind != "define" for line in found.lines)
        screen.print(f"\nOn {day} {count} of {clauses} clauses are in force.")


def _head(found: History) -> str:
    if not found.days:
        return ""
    first, last = str(found.days[0].year), str(found.days[-1].year)
    return f"{first}{last:>{_BAR - len(first)}}"


def _add(table: Table, line: Line, scale: Scale, day: date | None) -> None:
    style = _STYLES.get(line.kind, "")
    for place, stretch in enumerate(line.stretches):
        first = place == 0
        table.add_row(
            Text(line.id if first else "", style="" if day is None or line.holds(day) else "dim"),
            line.kind if first else "",
            str(stretch.period),
            _bar(stretch, scale, day, style),
            _words(line, stretch),
        )
    if not line.stretches:
        table.add_row(Text(line.id, style="dim"), line.kind, "never", "", "")


def _words(line: Line, stretch: Stretch) -> str:
    if stretch.what == "open":
        return f"open: {line.note}"
    if line.kind == "define":
        return f"{stretch.what} {stretch.why}".strip()
    if stretch.what == "suspended":
        return f"suspended {stretch.why}"
    return stretch.why or (f"until {' or '.join(line.until)}" if line.until else "")


def _bar(stretch: Stretch, scale: Scale, day: date | None, style: str) -> Text:
    """The stretch as a bar of characters, with the marked day in it."""
    start = round(scale.place(stretch.period.start))
    end = max(round(scale.place(stretch.period.end, end=True)), start + 1)
    mark = {"open": "┄", "suspended": "┄"}.get(stretch.what, "━")
    cells = [mark if start <= place < end else " " for place in range(_BAR)]
    if stretch.period.start is None:
        cells[0] = "◂"
    if stretch.period.end is None:
        cells[-1] = "▸"
    text = Text("".join(cells), style=style)
    if day is not None:
        place = min(round(scale.place(day)), _BAR - 1)
        text = Text.assemble(text[:place], ("│", "default"), text[place + 1 :])
    return text


def _show_events(screen: Console, found: History) -> None:
    if found.events:
        words = (f"{event} ({'open' if day is None else day})" for event, day in found.events)
        screen.print(f"\nevents: {', '.join(words)}", markup=False)
