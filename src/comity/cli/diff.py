"""`comity diff`: what one book allows, disputes or forbids that another does not."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Any

import msgspec
import typer
from rich.console import Console

from comity.cli.proofs import Reading, plain_witness, read_reading, show_witness, solved
from comity.cli.questions import console, read_book
from comity.contracts import Book
from comity.contracts.prove import Difference, Shift, change_phrase, compare, days_phrase

EXAMPLE = "Example: comity diff signed/ proposed/ --no-new-permission"


def diff(
    one: Annotated[Path, typer.Argument(metavar="BOOK_A", help="The book as it was.")],
    other: Annotated[Path, typer.Argument(metavar="BOOK_B", help="The book as it would be.")],
    *,
    at: Annotated[str | None, typer.Option(help="Compare on this day only.")] = None,
    party: Annotated[str | None, typer.Option("--for", help="Count only this party's readings.")] = None,
    as_of: Annotated[
        str | None, typer.Option("--as-of", help="Compare what both books knew on this day.")
    ] = None,
    no_new_permission: Annotated[
        bool, typer.Option("--no-new-permission", help="Fail when anything is freer than before.")
    ] = False,
    json: Annotated[bool, typer.Option("--json", help="Print everything as JSON.")] = False,
) -> None:
    """Compare what two books answer about every possible workload, and on which days.

    Each difference is proved, and shown by a workload that both books were asked about. Needs the extra
    `solver`. The status is 1 with `--no-new-permission` when the second book allows more, else 0.
    """
    mine, yours = read_book((one,)), read_book((other,))
    reading = read_reading(mine, at, party, as_of)
    found = solved(lambda: compare(mine, yours, reading.at, reading.party, reading.as_of))
    if json:
        sys.stdout.write(msgspec.json.encode(_plain(found), order="deterministic").decode() + "\n")
    else:
        _show(console(), mine, yours, found, reading)
    raise typer.Exit(1 if no_new_permission and found.loosens else 0)


def _plain(found: Difference) -> dict[str, Any]:
    return {
        "added": list(found.added),
        "removed": list(found.removed),
        "changed": list(found.changed),
        "loosens": found.loosens,
        "shifts": [
            {
                "kind": shift.change.kind,
                "loosens": shift.change.loosens,
                "from": str(shift.period.start or ""),
                "until": str(shift.period.end or ""),
                "clauses": list(shift.change.clauses),
                "was": plain_witness(shift.change.was),
                "now": plain_witness(shift.change.now),
            }
            for shift in found.shifts
        ],
    }


def _show(screen: Console, one: Book, other: Book, found: Difference, reading: Reading) -> None:
    for label, names in (("added", found.added), ("removed", found.removed), ("changed", found.changed)):
        if names:
            screen.print(f"{label}: {', '.join(names)}", markup=False, soft_wrap=True)
    for shift in found.shifts:
        _show_shift(screen, one, other, shift, reading)
    if not found.shifts:
        screen.print("both books answer every workload alike")
    elif not found.loosens:
        screen.print("\nnothing is newly allowed")


def _show_shift(screen: Console, one: Book, other: Book, shift: Shift, reading: Reading) -> None:
    change = shift.change
    style = "green" if change.loosens else "red"
    screen.print(f"\n[{style}]{change.kind}[/] {days_phrase(shift.period)}")
    screen.print(change_phrase(change), markup=False, soft_wrap=True)
    show_witness(screen, one, change.was, reading, "before")
    show_witness(screen, other, change.now, reading, "after")
