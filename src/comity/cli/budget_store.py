"""What `budgets` and `wallet` share: the limits of a configuration, and the store that they are kept in.

Bad input ends the command with status 2.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Annotated, NoReturn

import typer
from rich.console import Console
from rich.table import Table

from comity.budgets import BudgetSettings, BudgetStore, open_budgets, recover
from comity.config import load_settings
from comity.errors import ComityError

ConfigPath = Annotated[Path, typer.Option(help="The configuration whose limits and wallets are meant.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON with exact amounts.")]


@contextmanager
def opened_budgets(config: Path) -> Iterator[tuple[BudgetSettings, BudgetStore]]:
    """The limits of a configuration and their store, after what dead workers held is settled."""
    try:
        settings = load_settings(config).budgets
        if settings is None:
            stop(f"`{config}` has no section `budgets`")
        store = open_budgets(settings)
        with closing(store.database):
            recover(store, settings.leases)
            yield settings, store
    except ComityError as error:
        stop(str(error))


def stop(why: str) -> NoReturn:
    """Ends the command for bad input."""
    typer.echo(f"error: {why}", err=True)
    raise typer.Exit(2)


def print_table(table: Table) -> None:
    """Prints a table; a pipe has no width, so it gets what the table needs."""
    console = Console()
    if not console.is_terminal:
        console = Console(width=max(Console(width=10_000).measure(table).maximum, 80))
    console.print(table)
