"""`comity prices recheck`: what is on record, held against the prices that are known now."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any

import msgspec
import typer
from rich.table import Table

from comity.billing import Difference, differences, sum_corrections
from comity.cli.ledger_store import LedgerPlace, opened, read_nanoseconds
from comity.cli.questions import console, refuse
from comity.config import load_settings
from comity.errors import SourceError, StoreError
from comity.ledger import Change, Store, read_charges, write_corrections
from comity.money import Money, add_exactly, plain
from comity.prices import Rated, Tariff

EXAMPLE = "Example: comity prices recheck var/ledger --config comity.yaml --since 2026-11-01"


class Group(msgspec.Struct):
    """Differences of one deployment that have one reason."""

    deployment: str
    """Deployment id."""
    before: str
    """Terms that were applied, or why none were."""
    now: str
    """Terms that would be applied now, or why none would."""
    requests: int = 0
    """Attempts."""
    difference: dict[str, Decimal] = {}
    """What corrections would add, by currency."""


def recheck(
    ledger: LedgerPlace,
    *,
    config: Annotated[Path, typer.Option(help="The configuration with the prices.")] = Path("comity.yaml"),
    since: Annotated[str, typer.Option(help="First day or moment, UTC; inclusive.")] = "",
    until: Annotated[str, typer.Option(help="Day or moment to stop before, UTC.")] = "",
    correct: Annotated[str, typer.Option(help="Book the differences as corrections, for this reason.")] = "",
    by: Annotated[str, typer.Option(help="Who books them.")] = "operator",
    json: Annotated[bool, typer.Option("--json", help="Print JSON with exact amounts.")] = False,
) -> None:
    """Hold what was charged against the prices that are known now; exits with 1 when something differs.

    A rate that was wrong, or came late, is mended by corrections: `--correct` appends one for each attempt to
    the ledger's journal. What was recorded stays as it is, and a second look finds no difference.
    """
    folder = Path(ledger)
    if correct and not folder.is_dir():
        raise typer.BadParameter("corrections are appended to a journal: name the ledger's folder")
    try:
        deployments = load_settings(config).deployments
    except SourceError as error:
        refuse(error.problems)
    tariffs = {name: one.tariff for name, one in deployments.items()}
    period = (read_nanoseconds(since, "--since"), read_nanoseconds(until, "--until"))
    with opened(ledger) as store:
        found = list(_differences(store, tariffs, period))
    groups = _groups(found)
    if json:
        sys.stdout.write(msgspec.json.encode([_plain(group) for group in groups]).decode() + "\n")
    elif groups:
        console().print(_table(groups))
    changes = [
        Change(one.charge.entry, one.delta, one.charge.number) for one in found if one.delta is not None
    ]
    if correct:
        try:
            write_corrections(folder, changes, by=by, reason=correct)
        except StoreError as error:
            typer.echo(f"error: {error}", err=True)
            raise typer.Exit(2) from error
        typer.echo(f"{len(changes)} corrections booked", err=True)
    raise typer.Exit(1 if found and (not correct or len(changes) < len(found)) else 0)


def _differences(
    store: Store, tariffs: dict[str, Tariff], period: tuple[int | None, int | None]
) -> Iterator[Difference]:
    corrections = sum_corrections(read_charges(store))
    yield from differences(read_charges(store, *period), corrections, tariffs)


def _groups(found: Iterable[Difference]) -> list[Group]:
    groups: dict[tuple[str, str, str], Group] = {}
    for one in found:
        now = one.rating.terms if isinstance(one.rating, Rated) else str(one.rating)
        key = (one.charge.answered_by, one.charge.price or one.charge.unrated, now)
        group = groups.setdefault(key, Group(*key))
        group.requests += 1
        if one.delta is not None:
            so_far = group.difference.get(one.delta.currency, Decimal(0))
            group.difference[one.delta.currency] = add_exactly(so_far, one.delta.amount)
    return [groups[key] for key in sorted(groups)]


def _table(groups: Iterable[Group]) -> Table:
    table = Table("deployment", "charged by", "now", "requests", "difference")
    for one in groups:
        amounts = [str(Money(amount, code).rounded(6)) for code, amount in one.difference.items()]
        table.add_row(
            one.deployment, one.before, one.now, str(one.requests), ", ".join(amounts) or "no amount"
        )
    return table


def _plain(group: Group) -> dict[str, Any]:
    told: dict[str, Any] = msgspec.structs.asdict(group)
    told["difference"] = {code: plain(amount) for code, amount in group.difference.items()}
    return told
