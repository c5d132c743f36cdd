"""`comity ledger correct`: an amount turned out to be another one, and a record says so."""

from __future__ import annotations

import getpass
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Annotated

import msgspec
import typer

from comity.cli.ledger_store import opened
from comity.errors import StoreError
from comity.ledger import Change, check_change, fold, format_entry_id, parse_entry_id, write_correction
from comity.money import Money


def register_commands(app: typer.Typer) -> None:
    """Adds the command to those of `comity ledger`."""
    app.command(
        "correct",
        help="Record that an amount turned out to be another one. Nothing that was recorded changes.",
        epilog="Example: comity ledger correct var/ledger 019d2c3f-… -0.25 USD --reason 'invoice 7, line 3'",
        context_settings={"ignore_unknown_options": True},  # an amount may begin with a minus
    )(correct)


def correct(  # noqa: PLR0917 - the options of a command
    folder: Annotated[Path, typer.Argument(help="The journal's folder.")],
    entry: Annotated[str, typer.Argument(help="The entry's id.")],
    amount: Annotated[str, typer.Argument(help="What is added to the charge; negative for a credit.")],
    currency: Annotated[str, typer.Argument(help="Its currency, as it was charged.")],
    reason: Annotated[str, typer.Option(help="Why; it stands on invoices.")],
    attempt: Annotated[int, typer.Option(min=0, help="The attempt; 0 for the entry as a whole.")] = 0,
    by: Annotated[str, typer.Option(help="Who corrects; by default the user.")] = "",
    store: Annotated[str, typer.Option(help="Where the journal is folded into, if not in its folder.")] = "",
    as_json: Annotated[bool, typer.Option("--json", help="Print the record as JSON.")] = False,
) -> None:
    """Records a correction and folds it."""
    try:
        delta = Money(_amount(amount), currency)
        change = Change(parse_entry_id(entry), delta, attempt)
        with opened(store or folder) as known:
            check_change(known, change)
            made = write_correction(
                folder, change.entry, delta, by=by or getpass.getuser(), reason=reason, number=attempt
            )
            fold(folder, known)
    except ValueError as error:
        raise typer.BadParameter(str(error)) from error
    except StoreError as error:
        typer.echo(f"error: {error}", err=True)
        raise typer.Exit(2) from error
    if as_json:
        said = {"id": format_entry_id(made.id), "entry": format_entry_id(made.entry), "attempt": made.number}
        told = {**said, "by": made.by, "reason": made.reason, "delta": made.delta}
        typer.echo(msgspec.json.format(msgspec.json.encode(told), indent=2))
    else:
        typer.echo(f"corrected {format_entry_id(made.entry)} by {made.delta}: {made.reason}")


def _amount(text: str) -> Decimal:
    try:
        amount = Decimal(text)
    except InvalidOperation as error:
        raise ValueError(f"expected an amount like -0.25, found `{text}`") from error
    if not amount.is_finite() or not amount:
        raise ValueError(f"expected an amount other than zero, found `{text}`")
    return amount
