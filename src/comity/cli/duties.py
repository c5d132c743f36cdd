"""`comity duties`: how every standing duty stands at a moment, with amounts from a file."""

from __future__ import annotations

import sys
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from comity.cli.given import as_json, read_given
from comity.cli.questions import console, read_book, read_moment, read_party
from comity.contracts import Book, DutyState, State, duty_states
from comity.contracts.duties import Amount
from comity.period import utc_now

EXAMPLE = "Example: comity duties books/acme --at 2026-09-30 --given amounts.yaml"
_STYLES = {
    State.PENDING: "dim",
    State.DUE: "yellow",
    State.MET: "green",
    State.SHORT: "red",
    State.DISCHARGED: "dim",
}


def duties(
    books: Annotated[list[Path], typer.Argument(metavar="BOOK", help="A folder of contracts, or one file.")],
    *,
    given: Annotated[
        Path | None,
        typer.Option(help="A YAML list or CSV table of what was bought, paid, used, done, earned."),
    ] = None,
    at: Annotated[str | None, typer.Option(help="When it is asked: a date or a timestamp; now.")] = None,
    as_of: Annotated[str | None, typer.Option(help="Ask what the book said then; all it says now.")] = None,
    party: Annotated[str | None, typer.Option("--for", help="Count only this party's readings.")] = None,
    json: Annotated[bool, typer.Option("--json", help="Print everything as JSON.")] = False,
) -> None:
    """Show how every standing duty stands: pending, due, met, short or discharged, and what is owed.

    An amount is written as in an example of a book: `- {on: 2026-06-30, bought: 3e6 USD, of: azure, facts:
    {eligible: true}}`, with `bought`, `paid`, `used`, `done` or `earned`. A state in brackets is the debtor's
    best case, where facts, amounts or readings leave it open.
    """
    book = read_book(tuple(books))
    party = read_party(book, party)
    moment = utc_now() if at is None else read_moment(book, at, "--at")
    known = None if as_of is None else read_moment(book, as_of, "--as-of")
    states = duty_states(book, read_given(book, given), moment, as_of=known, party=party)
    if json:
        sys.stdout.write(as_json(states))
    else:
        _show(console(), book, states, moment)


def _show(screen: Console, book: Book, states: tuple[DutyState, ...], moment: datetime) -> None:
    screen.print(f"[bold]{book.title}[/bold], on {moment.astimezone(book.clock).date()}")
    table = Table(box=None, header_style="bold", pad_edge=False, padding=(0, 2, 0, 0))
    for name in ("duty", "from", "to", "state"):
        table.add_column(name, no_wrap=True)
    table.add_column("owes", justify="right", no_wrap=True)
    table.add_column("why")
    for state in states:
        owe = book.clause(state.duty).owe
        assert owe is not None, "only duties have a state"
        table.add_row(
            state.duty,
            ", ".join(owe.debtor),
            ", ".join(owe.creditor),
            _word(state),
            _amount(state.owes),
            _why(state),
        )
    screen.print(table)


def _word(state: DutyState) -> Text:
    text = Text(state.state, style=_STYLES[state.state])
    return text if state.at_best is state.state else text.append(f" ({state.at_best})", style="default")


def _why(state: DutyState) -> str:
    needs = f" Needs {', '.join(state.needs)}." if state.needs else ""
    disputed = f" Disputed: {', '.join(state.disputed)}." if state.disputed else ""
    return f"{state.why}{needs}{disputed}"


def _amount(amount: Amount) -> str:
    if amount.high == 0 or (not amount.unit and amount.high == amount.low):
        return "-"
    low, high = _grouped(amount.low), None if amount.high is None else _grouped(amount.high)
    if high is None:
        return f"{low} or more {amount.unit}".rstrip()
    return f"{low if low == high else f'{low} to {high}'} {amount.unit}"


def _grouped(number: Decimal) -> str:
    return f"{number:,f}"
