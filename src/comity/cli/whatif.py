"""`comity whatif`: what another book or another posture would have made of everything that was recorded."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Literal, TypeAlias

import msgspec
import typer
from rich.console import Console

from comity.audit import Answer, Comparison, Rules, compare
from comity.cli.acts import (
    Asking,
    cost_text,
    outcome_text,
    plain,
    read_acts,
    sum_cells,
    sums_table,
)
from comity.cli.audit import read_as_of
from comity.cli.questions import console, read_book, read_party
from comity.contracts import Posture

EXAMPLE = "Example: comity whatif var/ledger --book books/openai --disputed refuse"

_SHOWN = 40

ChoiceWord: TypeAlias = Literal["refuse", "allow-and-record", "re-route", "ask"]
ModeWord: TypeAlias = Literal["safe", "arguable"]


def whatif(  # noqa: PLR0917 - the options of a command
    path: Annotated[
        str,
        typer.Argument(metavar="LEDGER", help="A ledger (folder, .db, postgresql://), or .parquet, .csv."),
    ],
    books: Annotated[list[Path], typer.Option("--book", help="The book as it is; repeatable.")],
    others: Annotated[
        list[Path] | None, typer.Option("--with", help="The other book; repeatable. Left out: the same.")
    ] = None,
    as_of: Annotated[
        str, typer.Option(help="What the books knew: `now`, `then` (when each act happened), or a date.")
    ] = "now",
    reading: Annotated[
        str | None, typer.Option(help="Count only this party's readings; `all` counts every one's.")
    ] = None,
    mode: Annotated[ModeWord | None, typer.Option(help="Act on what every world allows, or some.")] = None,
    disputed: Annotated[ChoiceWord | None, typer.Option(help="What to do when worlds disagree.")] = None,
    unknown: Annotated[ChoiceWord | None, typer.Option(help="What to do when a fact is missing.")] = None,
    conditional: Annotated[
        ChoiceWord | None, typer.Option(help="What to do when a duty is outstanding.")
    ] = None,
    since: Annotated[str, typer.Option(help="First day or moment, UTC; inclusive.")] = "",
    until: Annotated[str, typer.Option(help="Day or moment to stop before, UTC.")] = "",
    column: Annotated[
        list[str] | None, typer.Option(help="NAME=COLUMN where a table calls it otherwise; repeatable.")
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Print the whole result as JSON.")] = False,
) -> None:
    """Ask what another book or another posture would have made of everything that was recorded.

    Both sides are decided afresh. A posture that is not given is the one on record, else the default. The
    status is 1 when something that was allowed would not be.
    """
    book = read_book(tuple(books))
    other = read_book(tuple(others)) if others else book
    before, after = (Rules(one, read_as_of(one, as_of)) for one in (book, other))
    if reading not in (None, "all"):
        read_party(other, reading)
    stated = {"reading": reading, "mode": mode, "disputed": disputed, "unknown": unknown}
    stated["conditional"] = conditional
    changes = {name: word for name, word in stated.items() if word is not None}

    def changed(recorded: Posture | None) -> Posture:
        fields = {**msgspec.structs.asdict(recorded or Posture()), **changes}
        if fields["reading"] == "all":
            fields["reading"] = None
        return msgspec.convert(fields, Posture)

    asking = Asking(path, (), since, until, tuple(column or ()))
    with read_acts(asking, (before, after)) as acts:
        result = compare(acts.lots, before, after, lambda recorded: recorded or Posture(), changed)
    if json:
        sys.stdout.write(msgspec.json.format(msgspec.json.encode(_report(result)), indent=2).decode() + "\n")
    else:
        _show(console(), result)
    raise typer.Exit(1 if result.stopped.requests else 0)


def _report(result: Comparison) -> dict[str, object]:
    found: dict[str, object] = plain(result)
    return {**found, "stopped": plain(result.stopped), "opened": plain(result.opened)}


def _show(screen: Console, result: Comparison) -> None:
    screen.print(
        f"{result.total.requests:,} requests to deployments, {cost_text(result.total)};"
        f" answered alike: {result.same.requests:,}"
    )
    stopped, opened = result.stopped, result.opened
    screen.print(f"[red]no longer allowed[/red]: {stopped.requests:,} requests, {cost_text(stopped)}")
    screen.print(f"[green]newly allowed[/green]: {opened.requests:,} requests")
    if not result.moves:
        return
    table = sums_table("happened", "by the book", "by the other", "clauses")
    for move in result.moves[:_SHOWN]:
        clauses = ", ".join(move.clauses) or "-"
        table.add_row(move.act, _answer(move.before), _answer(move.after), clauses, *sum_cells(move.weight))
    screen.print()
    screen.print(table)
    if len(result.moves) > _SHOWN:
        screen.print(f"and {len(result.moves) - _SHOWN} more lines: --json has all")


def _answer(answer: Answer) -> str:
    return f"{outcome_text(answer.outcome)}, {answer.action}"
