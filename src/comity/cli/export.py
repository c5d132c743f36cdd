"""`comity export`: what was charged as FOCUS files and usage events, and a check of FOCUS files."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from itertools import chain
from operator import itemgetter
from pathlib import Path
from typing import Annotated, TextIO

import msgspec
import typer

from comity.billing import (
    CONTRACT_COMMITMENT,
    COST_AND_USAGE,
    EVENT_TYPE,
    WIRES,
    Event,
    Export,
    Receiver,
    Source,
    View,
    Watched,
    Wire,
    check_file,
    commitment_rows,
    deliver,
    shortfall_rows,
    write_rows,
)
from comity.cli.billing_source import (
    Config,
    PeriodText,
    Where,
    Zone,
    chosen,
    chosen_by,
    read_facts,
    read_period,
    read_pricing,
    stop,
)
from comity.cli.ledger_store import LedgerPlace, opened
from comity.cli.questions import read_book, read_moment
from comity.clouds import Secrets
from comity.commitments import Drawdown, commitments_at, states_of
from comity.errors import DeliveryError
from comity.ledger import Charge, read_charges
from comity.period import utc_now

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    help="Charges for others: FOCUS files, usage events.",
    epilog="Example: comity export focus var/ledger --period 2026-10 --config comity.yaml --out focus.csv",
)

Out = Annotated[Path | None, typer.Option(help="File to write; standard output when left out.")]
_LINES = 20


@app.command(
    "focus",
    help="Write charges as FOCUS's Cost and Usage dataset: the columns of 1.2, and providers and "
    "ContractApplied of 1.4. Exits with 1 when charges without an amount had to be left out.",
    epilog="Example: comity export focus var/ledger --period 2026-10 --config comity.yaml --out focus.csv",
)
def focus(
    ledger: LedgerPlace,
    *,
    period: PeriodText,
    config: Config = None,
    customer: Annotated[
        str, typer.Option(help="Only this customer's charges, as the rows behind its invoice.")
    ] = "",
    operator: Annotated[str, typer.Option(help="Who runs the gateway and pays the clouds.")] = "operator",
    book: Annotated[
        list[Path] | None,
        typer.Option(help="Contracts whose commitments the charges draw down; repeatable."),
    ] = None,
    where: Where = None,
    zone: Zone = "UTC",
    out: Out = None,
) -> None:
    """Writes the rows."""
    stretch, pricing = read_period(period, zone), read_pricing(config)
    facts = read_facts(where) | ({"customer": customer} if customer else {})
    promised = None if not book else Drawdown(read_book(tuple(book)), stretch.closing)
    view = View(
        stretch,
        account=customer or operator,
        account_name=customer or operator,
        issuer=operator if customer else "",
        covering={} if promised is None or customer else _covering(promised),
        names=pricing.parties,
    )
    export = Export(view, pricing.meter)
    since = stretch.since if promised is None else None
    with opened(ledger) as store:
        read = read_charges(store, since, stretch.until)
        drawn = ((charge, () if promised is None else promised.draw(charge)) for charge in read)
        with closing(chosen_by(drawn, facts, itemgetter(0), lambda: read_charges(store))) as taken:
            for charge, applied in taken:
                export.add(charge, applied)
    states = () if promised is None or customer else states_of(promised)
    with _written(out) as file:
        rows = Watched(chain(export.rows(), shortfall_rows(states, view)), COST_AND_USAGE)
        count = write_rows(file, rows, COST_AND_USAGE)
    typer.echo(f"{count} rows of {stretch.start} to {stretch.end}", err=True)
    if rows.formulas:
        typer.echo(
            f"note: {rows.formulas} texts look like formulas: a spreadsheet must import texts", err=True
        )
    for reason, missing in sorted(export.unpriced.items()):
        typer.echo(f"left out: {missing} charges without an amount: {reason}", err=True)
    if export.unpriced:
        raise typer.Exit(1)


def _covering(promised: Drawdown) -> dict[str, frozenset[str]]:
    return {member.clause.id: member.classes for member in promised.members if member.shape.covers}


@app.command(
    "commitments",
    help="Write the commitments of a book as FOCUS's Contract Commitment dataset (1.4).",
    epilog="Example: comity export commitments books/acme --at 2026-10-31 --out commitments.csv",
)
def commitments(
    books: Annotated[list[Path], typer.Argument(metavar="BOOK", help="A folder of contracts, or one file.")],
    *,
    at: Annotated[str, typer.Option(help="When their status is asked for: a date or a timestamp; now.")] = "",
    out: Out = None,
) -> None:
    """Writes one row per commitment."""
    book = read_book(tuple(books))
    moment = utc_now() if not at else read_moment(book, at, "--at")
    with _written(out) as file:
        terms = (state.terms for state in commitments_at(book, (), moment))
        count = write_rows(file, commitment_rows(terms), CONTRACT_COMMITMENT)
    typer.echo(f"{count} commitments on {moment.date()}", err=True)


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
    ledger: LedgerPlace,
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
