"""`comity export`: what was charged as FOCUS files and usage events, and a check of FOCUS files."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from decimal import Decimal
from pathlib import Path
from typing import Annotated, TextIO

import msgspec
import typer

from comity.billing import (
    COST_AND_USAGE,
    EVENT_TYPE,
    WIRES,
    Bill,
    BillingPeriod,
    Event,
    Export,
    Receiver,
    Source,
    View,
    Wire,
    check_file,
    deliver,
    make_invoices,
    write_rows,
)
from comity.cli.billing_source import (
    Config,
    PeriodText,
    Pricing,
    Where,
    Zone,
    chosen,
    read_facts,
    read_period,
    read_pricing,
    stop,
)
from comity.cli.ledger_store import opened
from comity.clouds import Secrets
from comity.commitments import Applied
from comity.errors import DeliveryError
from comity.ledger import Charge, read_charges

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    help="Charges for others: FOCUS files, usage events.",
    epilog="Example: comity export focus var/ledger --period 2026-10 --config comity.yaml --out focus.csv",
)

LedgerPath = Annotated[Path, typer.Argument(help="A ledger folder (folded first) or a store.")]
Out = Annotated[Path | None, typer.Option(help="File to write; standard output when left out.")]
_LINES = 20


@app.command(
    "focus",
    help="Write charges as FOCUS's Cost and Usage dataset: the columns of 1.2, and providers and "
    "ContractApplied of 1.4. Exits with 1 when charges without an amount had to be left out.",
    epilog="Example: comity export focus var/ledger --period 2026-10 --config comity.yaml --out focus.csv",
)
def focus(
    ledger: LedgerPath,
    *,
    period: PeriodText,
    config: Config = None,
    customer: Annotated[
        str, typer.Option(help="Only this customer's charges, as the rows behind its invoice.")
    ] = "",
    operator: Annotated[str, typer.Option(help="Who runs the gateway and pays the clouds.")] = "operator",
    where: Where = None,
    zone: Zone = "UTC",
    out: Out = None,
) -> None:
    """Writes the rows and checks them."""
    stretch, pricing = read_period(period, zone), read_pricing(config)
    facts = read_facts(where) | ({"customer": customer} if customer else {})
    with opened(ledger) as store:
        charges = list(chosen(read_charges(store, stretch.since, stretch.until), facts))
    number = f"{customer}-{stretch.name}" if customer else ""
    view = View(
        stretch,
        account=customer or operator,
        account_name=customer or operator,
        issuer=operator if customer else "",
        invoice=number,
        names=pricing.parties,
    )
    export = Export(view, pricing.meter)
    export.add((charge, _nothing(charge)) for charge in charges)
    rounding = _rounding(charges, pricing, operator, customer, stretch) if customer else {}
    with _written(out) as file:
        count = write_rows(file, export.rows(rounding), COST_AND_USAGE)
    typer.echo(f"{count} rows of {stretch.start} to {stretch.end}", err=True)
    for reason, missing in sorted(export.unpriced.items()):
        typer.echo(f"left out: {missing} charges without an amount: {reason}", err=True)
    if export.unpriced:
        raise typer.Exit(1)


def _nothing(_: Charge) -> tuple[Applied, ...]:
    return ()


def _rounding(
    charges: Iterable[Charge], pricing: Pricing, operator: str, customer: str, period: BillingPeriod
) -> dict[str, Decimal]:
    """What the invoice over the same charges adds by rounding, by currency."""
    made = make_invoices(charges, pricing.meter, Bill(operator, customer, period, period.until))
    return {one.currency: one.rounding for one in made}


@app.command(
    "check",
    help="Check a FOCUS file: columns, empty cells, types, words, and the identities between costs and "
    "periods. Exits with 1 when something does not hold.",
    epilog="Example: comity export check focus.csv",
)
def check(
    file: Annotated[Path, typer.Argument(help="A CSV file: Cost and Usage, or Contract Commitment.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print what was found as JSON.")] = False,
) -> None:
    """Checks one file."""
    try:
        checked = check_file(file)
    except (OSError, ValueError) as error:
        stop(f"`{file}` cannot be checked: {error}")
    if as_json:
        sys.stdout.write(msgspec.json.encode(checked).decode() + "\n")
    else:
        for found in checked.findings[:_LINES]:
            typer.echo(str(found))
        if len(checked.findings) > _LINES:
            typer.echo(f"and {len(checked.findings) - _LINES} more; --json lists them")
        typer.echo(
            f"{checked.dataset}: {checked.rows} rows, {'it holds' if checked.holds else 'it does not hold'}"
        )
    if not checked.holds:
        raise typer.Exit(1)


@app.command(
    "events",
    help="Write or send usage events: CloudEvents (OpenMeter), Lago's or Stripe's. Their ids are ledger "
    "lines, so that sending them again changes nothing. Exits with 1 when not every charge was taken.",
    epilog="Example: comity export events var/ledger --period 2026-10 --as lago --token env:LAGO_KEY "
    "--to https://lago.example/api/v1/events/batch",
)
def events(
    ledger: LedgerPath,
    *,
    period: PeriodText,
    kind: Annotated[str, typer.Option("--as", help="`cloudevents`, `lago` or `stripe`.")] = "cloudevents",
    source: Annotated[str, typer.Option(help="Name of this ledger: CloudEvents' `source`.")] = "comity",
    meter: Annotated[str, typer.Option("--type", help="Type, metric code or event name.")] = EVENT_TYPE,
    subject: Annotated[str, typer.Option(help="The callers' fact that says who is billed.")] = "customer",
    where: Where = None,
    zone: Zone = "UTC",
    to: Annotated[str, typer.Option(help="Address that takes events by POST; else one JSON line each.")] = "",
    token: Annotated[str, typer.Option(help="Bearer token by reference, `env:NAME` or `file:PATH`.")] = "",
    out: Out = None,
) -> None:
    """Writes or sends events."""
    if kind not in WIRES:
        raise typer.BadParameter(f"expected one of {', '.join(WIRES)}, found `{kind}`", param_hint="--as")
    wire, stretch, origin = WIRES[kind], read_period(period, zone), Source(source, meter, subject)
    made = _Events(wire, origin)
    try:
        secret = Secrets().resolve(token).reveal() if token else None
        with (
            opened(ledger) as store,
            closing(chosen(read_charges(store, stretch.since, stretch.until), read_facts(where))) as charges,
        ):
            if to:
                sent = deliver(made.of(charges), Receiver(to, wire, secret))
                typer.echo(f"{sent.events} events in {sent.requests} requests", err=True)
            else:
                with _written(out) as file:
                    file.writelines(msgspec.json.encode(one).decode() + "\n" for one in made.of(charges))
    except DeliveryError as error:
        typer.echo(f"error: {error}", err=True)
        raise typer.Exit(1) from error
    except ValueError as error:
        stop(str(error))
    for why in made.left_out[:_LINES]:
        typer.echo(f"left out: {why}", err=True)
    if made.left_out:
        typer.echo(f"{len(made.left_out)} charges are no events", err=True)
        raise typer.Exit(1)


class _Events:
    """The events of charges, and why some charges are none."""

    def __init__(self, wire: Wire, source: Source) -> None:
        self._wire = wire
        self._source = source
        self.left_out: list[str] = []

    def of(self, charges: Iterable[Charge]) -> Iterator[Event]:
        for charge in charges:
            try:
                event = self._wire.event(charge, self._source)
            except ValueError as error:
                self.left_out.append(str(error))
            else:
                yield event


@contextmanager
def _written(out: Path | None) -> Iterator[TextIO]:
    """Standard output, or a file that is only there when it is whole."""
    if out is None:
        yield sys.stdout
        return
    part = out.with_name(f"{out.name}.part")
    try:
        with part.open("w", encoding="utf-8", newline="") as file:
            yield file
        part.replace(out)
    except OSError as error:
        stop(f"cannot write `{out}`: {error.strerror}")
