"""`comity wallet`: payments into prepaid wallets, what they have, what moved, and whether it adds up."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Annotated

import msgspec
import typer
from rich.table import Table

from comity.budgets import BudgetSettings, Limit, Listed, Transfer, list_budgets
from comity.cli.budget_store import AsJson, ConfigPath, opened_budgets, print_table, stop
from comity.cli.ledger_store import read_nanoseconds
from comity.ledger import format_entry_id
from comity.money import Money
from comity.source import closest

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    help="Prepaid wallets: double-entry accounts that requests are paid from.",
    epilog="Example: comity wallet credit prepaid/acme 50 --id invoice-17",
)
_COMITY = Path("comity.yaml")

Wallet = Annotated[str, typer.Argument(help="The wallet: its id, and the values of `per` behind `/`.")]


@app.command(
    "credit",
    help="Credit a payment. The same id again changes nothing; with another content it is refused.",
    epilog="Example: comity wallet credit prepaid/acme 50 --id invoice-17 --note 'bank transfer'",
)
def credit(
    wallet: Wallet,
    amount: Annotated[str, typer.Argument(help="How much, in the wallet's currency.")],
    *,
    identity: Annotated[str, typer.Option("--id", help="What the payment is known by; used only once.")],
    note: Annotated[str, typer.Option(help="What it is for.")] = "",
    config: ConfigPath = _COMITY,
) -> None:
    """Credits a payment."""
    with opened_budgets(config) as (settings, store):
        limit = _wallet(settings, wallet)
        try:
            money = Money(Decimal(amount), limit.unit)
            new = store.wallets.pay_in(wallet, money, identity, note)
        except InvalidOperation:
            stop(f"`{amount}` is no amount")
        except ValueError as error:
            stop(str(error))
        balance = store.wallets.balance(wallet, limit.unit)
    was = "was credited" if new else "was credited before with"
    typer.echo(f"`{wallet}` {was} {money}; it has {balance}")


@app.command(
    "balance",
    help="Show what each wallet has; what is held for requests under way is shown apart.",
    epilog="Example: comity wallet balance",
)
def balance(config: ConfigPath = _COMITY, as_json: AsJson = False) -> None:
    """Shows what wallets have."""
    with opened_budgets(config) as (settings, store):
        listed = [one for one in list_budgets(settings, store, 0.0) if one.cap is None]
    if as_json:
        _print_json(listed)
    else:
        print_table(_balances(listed))


@app.command(
    "statement",
    help="List what moved: payments, and what each request cost with its entry in the ledger.",
    epilog="Example: comity wallet statement prepaid/acme --since 2026-11-01",
)
def statement(
    wallet: Wallet,
    *,
    since: Annotated[str, typer.Option(help="First day or moment, UTC; inclusive.")] = "",
    until: Annotated[str, typer.Option(help="Day or moment to stop before, UTC.")] = "",
    config: ConfigPath = _COMITY,
    as_json: AsJson = False,
) -> None:
    """Lists the movements of a wallet."""
    begin, end = read_nanoseconds(since, "--since"), read_nanoseconds(until, "--until")
    with opened_budgets(config) as (settings, store):
        _wallet(settings, wallet)
        moved = list(store.wallets.statement(wallet, begin or 0, 1 << 62 if end is None else end))
    if as_json:
        _print_json(moved)
    else:
        print_table(_movements(wallet, moved))


@app.command(
    "verify",
    help="Check that balances are the sums of their transfers, that debits equal credits in each currency, "
    "and that no wallet is below zero. Exits with 1 when something does not hold.",
    epilog="Example: comity wallet verify",
)
def verify(config: ConfigPath = _COMITY) -> None:
    """Checks the wallets."""
    with opened_budgets(config) as (_, store):
        wrong = store.wallets.verify()
    for found in wrong:
        typer.echo(found)
    typer.echo("the wallets do not hold" if wrong else "the wallets hold: debits equal credits")
    if wrong:
        raise typer.Exit(1)


def _wallet(settings: BudgetSettings, name: str) -> Limit:
    """The wallet that a name belongs to; ends the command for a name that none can have."""
    identity, *values = name.split("/")
    wallets = {limit.id: limit for limit in settings.limits if limit.is_wallet}
    limit = wallets.get(identity)
    if limit is None:
        stop(f"there is no wallet `{identity}`; {closest(identity, wallets) or 'add it to `wallets`'}")
    if len(values) != len(limit.per) or not all(values):
        shape = "/".join((identity, *(fact.upper() for fact in limit.per)))
        stop(f"`{name}` names no wallet of `{identity}`; write `{shape}`")
    return limit


def _balances(listed: list[Listed]) -> Table:
    table = Table(header_style="bold")
    table.add_column("wallet", no_wrap=True)
    for name in ("spent", "held", "left"):
        table.add_column(name, justify="right")
    for one in listed:
        table.add_row(one.name, one.spent, one.held, one.left)
    return table


def _movements(wallet: str, moved: list[Transfer]) -> Table:
    table = Table(header_style="bold")
    table.add_column("time (UTC)", no_wrap=True)
    for name in ("in", "out"):
        table.add_column(name, justify="right")
    table.add_column("entry", no_wrap=True)
    table.add_column("note")
    for transfer in moved:
        came = transfer.credit == wallet
        amount = f"{transfer.money.amount:f} {transfer.money.currency}"
        entry = format_entry_id(bytes.fromhex(transfer.entry)) if transfer.entry else ""
        when = datetime.fromtimestamp(transfer.at // 1_000_000_000, UTC).strftime("%Y-%m-%d %H:%M:%S")
        note = transfer.note or ("" if entry else transfer.id)
        table.add_row(when, amount if came else "", "" if came else amount, entry, note)
    return table


def _print_json(value: object) -> None:
    sys.stdout.write(msgspec.json.format(msgspec.json.encode(value), indent=2).decode() + "\n")
