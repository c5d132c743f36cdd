"""`comity ledger`: lists, filters and sums what was recorded, and checks that the sums hold.

A folder is folded first; a `.db` file is read as it is. Amounts are rounded here and only for the table;
`--json` gives them exactly, as text.
"""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import msgspec
import typer
from rich.console import Console
from rich.table import Table
from typer.core import TyperGroup

from comity.cli import correct, prove
from comity.cli.ledger_store import LedgerPlace, opened, read_nanoseconds, shown_progress
from comity.errors import MissingExtraError, StoreError
from comity.ledger import (
    STORE_NAME,
    EntryOutcome,
    Filter,
    Group,
    Line,
    Totals,
    check_facts,
    fold,
    groups,
    lines,
    open_store,
    totals,
    verify,
)
from comity.money import Money

_PLACES = 6
_OUTCOMES = {*(outcome.value for outcome in EntryOutcome), "unsettled"}


class _Commands(TyperGroup):
    """Lets `comity ledger PATH` mean `comity ledger list PATH`."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        asks_for_help = bool(args) and args[0] in {"--help", "-h"}
        if args and not asks_for_help and args[0] not in self.commands:
            args = ["list", *args]
        return super().parse_args(ctx, args)


app = typer.Typer(
    add_completion=False,
    cls=_Commands,
    no_args_is_help=True,
    help="The ledger: what was asked, decided, tried and charged.",
    epilog="Example: comity ledger var/ledger --since 2026-03-01 --group-by product,cloud",
)
correct.register_commands(app)
prove.register_commands(app)

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON with exact amounts.")]


@app.command(
    "list",
    help="List, filter and sum entries. The word `list` may be left out.",
    epilog="Example: comity ledger var/ledger --outcome refused --where product=support --limit 5",
)
def list_entries(
    place: LedgerPlace,
    *,
    since: Annotated[str, typer.Option(help="First day or moment, UTC; inclusive.")] = "",
    until: Annotated[str, typer.Option(help="Day or moment to stop before, UTC.")] = "",
    caller: Annotated[list[str] | None, typer.Option(help="Caller id; repeatable.")] = None,
    deployment: Annotated[list[str] | None, typer.Option(help="Deployment id; repeatable.")] = None,
    cloud: Annotated[list[str] | None, typer.Option(help="Cloud; repeatable.")] = None,
    outcome: Annotated[list[str] | None, typer.Option(help="Outcome of the entry; repeatable.")] = None,
    where: Annotated[list[str] | None, typer.Option(help="A fact, `key=value`; repeatable.")] = None,
    group_by: Annotated[str, typer.Option(help="Columns or facts, separated by commas.")] = "",
    limit: Annotated[int, typer.Option(min=1, help="Most entries listed; sums cover all.")] = 20,
    as_json: AsJson = False,
) -> None:
    """Lists, filters and sums."""
    chosen = Filter(
        since=read_nanoseconds(since, "--since"),
        until=read_nanoseconds(until, "--until"),
        callers=tuple(caller or ()),
        deployments=tuple(deployment or ()),
        clouds=tuple(cloud or ()),
        outcomes=_outcomes(outcome or []),
        where=tuple(_fact(text) for text in where or ()),
    )
    keys = [key.strip() for key in group_by.split(",") if key.strip()]
    with opened(place) as store:
        try:
            summed = totals(store, chosen)
            check_facts(store, [*keys, *(key for key, _ in chosen.where)])
            grouped = groups(store, chosen, keys) if keys else []
        except ValueError as error:
            raise typer.BadParameter(str(error)) from error
        listed = [] if keys else lines(store, chosen, limit)
    if as_json:
        _print_json({"totals": summed, **({"groups": grouped} if keys else {"entries": listed})})
    elif keys:
        _print(_group_table(keys, grouped, summed))
    else:
        _print(_entry_table(listed, summed))


@app.command(
    "verify",
    help="Check that each entry is the sum of its attempts, settled exactly once, in an undamaged journal, "
    "and that the kept sums are those of the entries. Exits with 1 when something does not hold.",
    epilog="Example: comity ledger verify var/ledger",
)
def verify_ledger(place: LedgerPlace, as_json: AsJson = False) -> None:
    """Checks a ledger."""
    with opened(place) as store, shown_progress("checking") as progress:
        result = verify(store, progress)
    if as_json:
        _print_json({"holds": result.holds, **msgspec.structs.asdict(result)})
    else:
        say = typer.echo
        for found in result.discrepancies:
            say(f"{found.kind}: {found.where}: {found.detail}")
        if result.discrepancy_count > len(result.discrepancies):
            say(f"… and {result.discrepancy_count - len(result.discrepancies)} more")
        for note in result.notes:
            say(f"note: {note}")
        verdict = "holds" if result.holds else f"does not hold: {result.discrepancy_count} discrepancies"
        say(
            f"the ledger {verdict} ({result.entries} entries, {result.attempts} attempts, "
            f"{result.under_way} under way)"
        )
        say(f"charged: {_amounts(result.costs, 0, result.corrections)}")
    if not result.holds:
        raise typer.Exit(1)


@app.command(
    "fold",
    help="Fold a journal into its store, as a gateway does by itself. Folding again changes nothing.",
    epilog="Example: comity ledger fold var/ledger postgresql://comity@db/ledger",
)
def fold_ledger(
    folder: Annotated[Path, typer.Argument(help="The journal's folder.")],
    store: Annotated[
        str, typer.Argument(help="A .db file or postgresql://...; left out: `ledger.db` in the folder.")
    ] = "",
    as_json: AsJson = False,
) -> None:
    """Folds a journal."""
    try:
        with (
            open_store(store or folder / STORE_NAME) as opened_store,
            shown_progress("folding") as progress,
        ):
            done = fold(folder, opened_store, progress)
    except (StoreError, MissingExtraError) as error:
        typer.echo(f"error: {error}", err=True)
        raise typer.Exit(2) from error
    if as_json:
        _print_json(msgspec.structs.asdict(done))
    else:
        typer.echo(f"folded {done.records} records ({done.bytes} bytes), {done.findings} unreadable places")


# --- reading the options ------------------------------------------------------------------------------------


def _outcomes(words: list[str]) -> tuple[str, ...]:
    for word in words:
        if word not in _OUTCOMES:
            known = ", ".join(f"`{name}`" for name in sorted(_OUTCOMES))
            raise typer.BadParameter(f"`{word}` is no outcome; known are {known}", param_hint="--outcome")
    return tuple(words)


def _fact(text: str) -> tuple[str, str]:
    key, equals, value = text.partition("=")
    if not equals or not key:
        raise typer.BadParameter(
            f"expected a fact like product=support, found `{text}`", param_hint="--where"
        )
    return key, value


# --- printing -----------------------------------------------------------------------------------------------


def _entry_table(listed: list[Line], summed: Totals) -> Table:
    table = Table(show_footer=True, header_style="bold")
    table.add_column("time (UTC)", f"{summed.entries} entries", no_wrap=True)
    table.add_column("entry", no_wrap=True)
    table.add_column("caller")
    table.add_column("model")
    table.add_column("outcome", _counts(summed))
    table.add_column("served by")
    table.add_column("in", str(summed.usage.prompt), justify="right")
    table.add_column("out", str(summed.usage.completion), justify="right")
    table.add_column("cost", _amounts(summed.costs, summed.unrated, summed.corrections), justify="right")
    for line in listed:
        why = ", ".join(line.clauses) or line.cause
        mark = "~" if line.estimated else ""
        table.add_row(
            _time(line.at).strftime("%Y-%m-%d %H:%M:%S"),
            line.entry,
            line.caller,
            line.route,
            f"{line.outcome} {line.status or ''}".strip(),
            why if line.outcome == "refused" else " > ".join(line.deployments),
            f"{mark}{line.usage.prompt}",
            f"{mark}{line.usage.completion}",
            _amounts(line.costs, line.unrated, line.corrections),
        )
    return table


def _group_table(keys: list[str], grouped: list[Group], summed: Totals) -> Table:
    table = Table(show_footer=True, header_style="bold")
    for number, key in enumerate(keys):
        table.add_column(key, "all" if number == 0 else "")
    for name, total in zip(_SUM_NAMES, _sum_cells(summed), strict=True):
        table.add_column(name, total, justify="right")
    for group in grouped:
        table.add_row(*(value or "-" for value in group.keys), *_sum_cells(group.totals))
    return table


_SUM_NAMES = ("entries", "refused", "attempts", "in", "out", "estimated", "cost")


def _sum_cells(summed: Totals) -> tuple[str, ...]:
    counts = (
        summed.entries,
        summed.refused,
        summed.attempts,
        summed.usage.prompt,
        summed.usage.completion,
        summed.estimated,
    )
    return (*map(str, counts), _amounts(summed.costs, summed.unrated, summed.corrections))


def _amounts(costs: tuple[Money, ...], unrated: int = 0, corrections: tuple[Money, ...] = ()) -> str:
    parts = [str(cost.rounded(_PLACES)) for cost in costs]
    parts += [f"{delta.rounded(_PLACES)} corrected" for delta in corrections]
    if unrated:
        parts.append(f"{unrated} unpriced")
    return " + ".join(parts) or "-"


def _counts(summed: Totals) -> str:
    parts = {"refused": summed.refused, "unsettled": summed.unsettled}
    return ", ".join(f"{count} {name}" for name, count in parts.items() if count)


def _time(at: int) -> datetime:
    return datetime.fromtimestamp(at // 1_000_000_000, UTC).replace(microsecond=at // 1000 % 1_000_000)


def _print(table: Table) -> None:
    # A pipe has no width: give the table what it needs rather than cut a column off.
    console = Console()
    if not console.is_terminal:
        console = Console(width=max(Console(width=10_000).measure(table).maximum, 80))
    console.print(table)


def _print_json(value: dict[str, Any]) -> None:
    plain = msgspec.to_builtins(value)
    for line in plain.get("entries", []) if isinstance(plain.get("entries"), list) else []:
        line["at"] = _time(line["at"]).isoformat()
    sys.stdout.write(msgspec.json.format(msgspec.json.encode(plain), indent=2).decode() + "\n")
