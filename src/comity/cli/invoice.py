"""`comity invoice`: what one customer owes for one period, with the price terms behind each line."""

from __future__ import annotations

import sys
import time
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from typing import Annotated, Any

import msgspec
import typer
from rich.table import Table

from comity.billing import Bill, Invoice, amount_text, make_invoices, note_terms, page, reprice
from comity.cli.billing_source import (
    Config,
    PeriodText,
    Where,
    Zone,
    chosen,
    read_facts,
    read_period,
    read_price_files,
    read_pricing,
    stop,
)
from comity.cli.ledger_store import LedgerPlace, opened
from comity.cli.questions import console
from comity.ledger import read_charges
from comity.prices import Terms

EXAMPLE = "Example: comity invoice var/ledger --customer globex --period 2026-10 --html globex-2026-10.html"


def invoice(
    ledger: LedgerPlace,
    *,
    customer: Annotated[str, typer.Option(help="Who is billed: the callers' fact `customer`.")],
    period: PeriodText,
    config: Config = None,
    prices: Annotated[
        list[Path] | None,
        typer.Option(
            help="A price file of the customer's own, instead of what the clouds asked; repeatable."
        ),
    ] = None,
    issuer: Annotated[str, typer.Option(help="Who asks for the money.")] = "Comity operator",
    where: Where = None,
    zone: Zone = "UTC",
    html: Annotated[Path | None, typer.Option(help="Write it as a page that prints well.")] = None,
    json: Annotated[bool, typer.Option("--json", help="Print everything as JSON, amounts exact.")] = False,
) -> None:
    """Show what a customer owes for a period: every line with its price terms, corrections as lines.

    Without `--config` or `--prices` amounts stay whole: nobody can take them apart by kind of token. The
    status is 1 when the invoice is not final, because its period is not over or something has no price.
    """
    stretch = read_period(period, zone)
    own = read_price_files(prices)
    pricing = read_pricing(config, own)
    facts = {"customer": customer, **read_facts(where)}
    with (
        opened(ledger) as store,
        closing(
            chosen(read_charges(store, stretch.since, stretch.until), facts, ever=lambda: read_charges(store))
        ) as charges,
    ):
        bill = Bill(issuer, customer, stretch, time.time_ns())
        made = make_invoices(charges if own is None else reprice(charges, own), pricing.meter, bill)
    if html is not None:
        _write(html, made, pricing.known)
    if json:
        out = [_plain(one, pricing.known) for one in made]
        sys.stdout.write(msgspec.json.format(msgspec.json.encode(out), indent=2).decode() + "\n")
    else:
        for one in made:
            _show(one)
    if any(one.open for one in made):
        raise typer.Exit(1)


def _plain(one: Invoice, known: Mapping[str, Terms]) -> dict[str, Any]:
    terms = note_terms((line.kind.terms for line in one.lines), known)
    members = msgspec.to_builtins(one)
    members["lines"] = [
        {
            **line.kind._asdict(),
            **{name: getattr(line, name) for name in ("quantity", "requests", "estimated", "amount")},
        }
        for line in one.lines
    ]
    return {**members, "rounding": one.rounding, "terms": terms}


def _write(path: Path, made: tuple[Invoice, ...], known: Mapping[str, Terms]) -> None:
    for one in made:
        target = path if len(made) == 1 else path.with_stem(f"{path.stem}-{one.currency}")
        terms = note_terms((line.kind.terms for line in one.lines), known)
        try:
            target.write_text(page(one, terms), encoding="utf-8")
        except OSError as error:
            stop(f"cannot write `{target}`: {error.strerror}")
        typer.echo(f"wrote {target}", err=True)


def _show(one: Invoice) -> None:
    screen = console(markup=False)
    screen.print(f"Invoice {one.number}", style="bold", end=" ")
    screen.print(f"from {one.issuer} to {one.customer}, {one.since} to {one.until} ({one.zone})")
    table = Table(box=None, header_style="bold", pad_edge=False, padding=(0, 2, 0, 0))
    for name in ("model", "ran on", "tier", "tokens"):
        table.add_column(name)
    for name in ("quantity", "per million", "requests", one.currency):
        table.add_column(name, justify="right", no_wrap=True)
    for line in one.lines:
        kind = line.kind
        table.add_row(
            kind.model,
            kind.deployment,
            kind.tier or "not said",
            kind.meter.replace("_", " ") or "all",
            f"{line.quantity:,}",
            "" if kind.unit_price is None else amount_text(kind.unit_price),
            f"{line.requests:,}",
            amount_text(line.amount),
        )
    for correction in one.corrections:
        table.add_row(
            correction.model, f"correction: {correction.reason}", *[""] * 5, amount_text(correction.amount)
        )
    table.add_section()
    table.add_row("exact sum", *[""] * 6, amount_text(one.subtotal))
    table.add_row("to pay", *[""] * 6, amount_text(one.total), style="bold")
    screen.print(table)
    for missing in one.unpriced:
        tokens = "unknown tokens" if missing.tokens is None else f"{missing.tokens:,} tokens"
        screen.print(
            f"not in the sum: {missing.requests:,} requests of {missing.model} on {missing.deployment}, "
            f"{tokens}: {missing.reason}"
        )
    for reason in one.open:
        screen.print(f"not final: {reason}")
