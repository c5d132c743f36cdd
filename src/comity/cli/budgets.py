"""`comity budgets`: every limit of a configuration, with what is spent, held and left."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import Annotated

import msgspec
import typer
from rich.table import Table

from comity.budgets import Listed, home_of, list_budgets, settle_lost
from comity.cli.budget_store import AsJson, opened_budgets, print_table, stop

EXAMPLE = "Example: comity budgets comity.yaml"


def budgets(
    config: Annotated[Path, typer.Argument(help="The configuration.")] = Path("comity.yaml"),
    *,
    settle_lost_home: Annotated[
        str, typer.Option("--settle-lost", help="Count as spent what a gateway held that is gone for good.")
    ] = "",
    as_json: AsJson = False,
) -> None:
    """Show every limit and wallet: the amount, what is spent, held and left, and when it begins anew.

    A limit with `per` has a row for each combination that was used in the window that is now. What workers
    were lent ahead of need counts as held; they report what they spent every second. Gateways that share
    the store are named on standard error; one that will never come back is settled with `--settle-lost NAME`.
    """
    with opened_budgets(config) as (settings, store):
        others = set(store.homes()) - {home_of(settings.leases)}
        if settle_lost_home:
            if settle_lost_home not in others:
                stop(f"no other gateway `{settle_lost_home}` holds anything here")
            ended = settle_lost(store, settle_lost_home)
            typer.echo(f"note: {ended} leases of `{settle_lost_home}` count as spent", err=True)
            others.remove(settle_lost_home)
        for home in sorted(others):
            typer.echo(f"note: the gateway `{home}` holds something, too", err=True)
        listed = list(list_budgets(settings, store, time.time()))
    if as_json:
        sys.stdout.write(msgspec.json.format(msgspec.json.encode(listed), indent=2).decode() + "\n")
    else:
        print_table(_table(listed))


def _table(listed: list[Listed]) -> Table:
    table = Table(header_style="bold")
    table.add_column("limit", no_wrap=True)
    table.add_column("every")
    for name in ("amount", "spent", "held", "left"):
        table.add_column(name, justify="right")
    table.add_column("until")
    for one in listed:
        amounts = (one.cap or "-", one.spent, one.held, one.left)
        table.add_row(one.name, one.every, *amounts, one.until or "-")
    return table
