"""`comity commitments`: how every commitment of a book stands, drawn down by the charges of a ledger."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Annotated

import msgspec
import typer

from comity.cli.commitments.picture import draw
from comity.cli.commitments.table import show
from comity.cli.given import as_json, read_given
from comity.cli.ledger_store import opened
from comity.cli.questions import console, read_book, read_moment, read_party, write_picture
from comity.commitments import CommitmentState, commitments_at
from comity.contracts import Book, Progress
from comity.ledger import Charge, read_charges
from comity.period import utc_now

_LAST = (1 << 63) - 1
"""The last nanosecond that a store can keep."""

EXAMPLE = "Example: comity commitments books/acme var/ledger --at 2026-11-30 --given bills.csv --svg burn.svg"


def commitments(
    book: Annotated[Path, typer.Argument(metavar="BOOK", help="A folder of contracts, or one file.")],
    ledger: Annotated[
        str | None,
        typer.Argument(metavar="LEDGER", help="A ledger folder, a .db file or a postgresql:// address."),
    ] = None,
    *,
    given: Annotated[
        Path | None, typer.Option(help="A YAML list or CSV table of other bills, payments and earnings.")
    ] = None,
    at: Annotated[str | None, typer.Option(help="When it is asked: a date or a timestamp; now.")] = None,
    as_of: Annotated[str | None, typer.Option(help="Ask what the book said then; all it says now.")] = None,
    party: Annotated[str | None, typer.Option("--for", help="Count only this party's readings.")] = None,
    svg: Annotated[Path | None, typer.Option(help="Write a burn-down picture to this file.")] = None,
    json: Annotated[bool, typer.Option("--json", help="Print everything as JSON.")] = False,
) -> None:
    """Show what was drawn of every commitment, at which pace, and what will be missing at that pace.

    The ledger's charges count where the book says so, and what it does not know comes from a file. Two
    amounts with `to` between them are what surely counts and what may, where facts or readings are open.
    """
    contracts = read_book((book,))
    party = read_party(contracts, party)
    moment = utc_now() if at is None else read_moment(contracts, at, "--at")
    known = None if as_of is None else read_moment(contracts, as_of, "--as-of")
    ask = _Question(contracts, moment, known, party, read_given(contracts, given))
    states = _states(ask, ledger)
    if svg is not None:
        write_picture(svg, draw(contracts.title, states, moment), "--svg")
    if json:
        sys.stdout.write(as_json(states))
    else:
        show(console(), contracts, states, moment)


class _Question(msgspec.Struct, frozen=True):
    """What is asked of a book."""

    book: Book
    """The book."""
    at: datetime
    """The moment."""
    as_of: datetime | None
    """As known when."""
    party: str | None
    """In whose readings."""
    given: Sequence[Progress]
    """Amounts from a file."""

    def answer(self, charges: Iterable[Charge]) -> tuple[CommitmentState, ...]:
        """How the commitments stand."""
        return commitments_at(self.book, charges, self.at, self.party, given=self.given, as_of=self.as_of)


def _states(ask: _Question, ledger: str | None) -> tuple[CommitmentState, ...]:
    if ledger is None:
        return ask.answer(())
    with opened(ledger) as store:
        return ask.answer(read_charges(store, until=min(int(ask.at.timestamp() * 1e9) + 1, _LAST)))
