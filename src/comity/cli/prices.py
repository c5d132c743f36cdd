"""`comity prices`: what models cost: lists price files, explains what deployments charge, imports prices."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec
import typer
from rich.table import Table

from comity.cli.prices_recheck import EXAMPLE as RECHECK_EXAMPLE
from comity.cli.prices_recheck import recheck
from comity.cli.questions import console, refuse
from comity.clouds import Deployment, places_of
from comity.config import load_settings
from comity.errors import MissingExtraError, SourceError
from comity.money import plain
from comity.period import parse_date, utc_now
from comity.prices import SHIPPED, TIERS, Band, PriceBook, Slot, Terms, load_prices
from comity.prices.from_genai import take_genai_prices
from comity.prices.from_litellm import take_litellm
from comity.prices.taken import CHARGED_AS, Taken, Wanted
from comity.prices.tariff import nanoseconds
from comity.prices.write import write_prices

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    help="What models cost: price files, and what deployments charge by them.",
    epilog="Example: comity prices explain comity.yaml --at 2026-11-21",
)

Files = Annotated[list[Path] | None, typer.Argument(metavar="[FILE]", help="Price files; the shipped one.")]
Clouds = Annotated[list[str] | None, typer.Option("--cloud", help="Only this seller; repeatable.")]
Models = Annotated[
    list[str] | None, typer.Option("--model", help="Only models like this, such as `gpt-5*`; repeatable.")
]
At = Annotated[str | None, typer.Option(help="Only what is in force on this day, UTC; today.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print everything as JSON, with exact rates.")]


@app.command("list", epilog="Example: comity prices list --cloud openai --model 'gpt-5*' --at 2026-11-21")
def list_prices(
    files: Files = None,
    *,
    cloud: Clouds = None,
    model: Models = None,
    at: At = None,
    as_json: AsJson = False,
) -> None:
    """List the prices that are in force, per million tokens, with their sources."""
    day = _day(at)
    wanted = Wanted(tuple(cloud or ()), tuple(model or ()))
    terms = [
        one
        for one in _book(files or [SHIPPED]).terms
        if wanted.cloud(one.cloud) and wanted.model(one.models) and one.period.holds(day)
    ]
    if as_json:
        _print_json([_plain_terms(one) for one in terms])
        return
    table = Table("seller and model", "places", "tier", "per million tokens", "in force")
    for one in terms:
        for band in one.bands:
            table.add_row(*_row(one, band))
    console().print(table)
    if not terms:
        sys.stderr.write("comity: no price fits; give other files, or another --cloud, --model or --at\n")
        raise SystemExit(1)


@app.command("explain", epilog="Example: comity prices explain comity.yaml azure-eu --at 2026-11-21 --json")
def explain(
    config: Annotated[Path, typer.Argument(help="The configuration.")] = Path("comity.yaml"),
    deployments: Annotated[list[str] | None, typer.Argument(help="Deployment ids; all of them.")] = None,
    *,
    at: At = None,
    as_json: AsJson = False,
) -> None:
    """Explain what deployments charge on a day: by which terms, in which tier, and which have no price."""
    day = _day(at)
    try:
        settings = load_settings(config)
    except SourceError as error:
        refuse(error.problems)
    known = settings.deployments
    unknown = sorted(set(deployments or ()) - known.keys())
    if unknown:
        raise typer.BadParameter(f"there is no deployment `{unknown[0]}`; there are {', '.join(known)}")
    charged = [known[name] for name in deployments or known]
    if as_json:
        _print_json([_plain_deployment(one, day) for one in charged])
    else:
        for line in _explained(charged, day):
            typer.echo(line)
    if any(not list(_slots(one, day)) for one in charged):
        raise SystemExit(1)


@app.command("import", epilog="Example: comity prices import --from genai-prices --cloud openai --out p.yaml")
def import_prices(
    file: Annotated[
        Path | None, typer.Argument(help="litellm's model_prices_and_context_window.json.")
    ] = None,
    *,
    source: Annotated[Literal["litellm", "genai-prices"], typer.Option("--from", help="Whose prices.")],
    cloud: Clouds = None,
    model: Models = None,
    out: Annotated[Path | None, typer.Option(help="Where to write; standard output.")] = None,
) -> None:
    """Write a price file from other people's prices, and tell what could not be taken from them."""
    wanted = Wanted(tuple(cloud or ()), tuple(model or ()))
    today = utc_now().date()
    try:
        if source == "genai-prices":
            taken = take_genai_prices(wanted)
        elif file is None:
            raise typer.BadParameter("litellm's price file must be named", param_hint="FILE")
        else:
            taken = take_litellm(file, wanted, today)
    except SourceError as error:
        refuse(error.problems)
    except MissingExtraError as error:
        typer.echo(f"comity: {error}", err=True)
        raise typer.Exit(2) from error
    _tell(taken)
    if not taken.rows:
        sys.stderr.write("comity: nothing is written; give another --cloud or --model\n")
        raise typer.Exit(1)
    about = f"Prices taken from {source}, which is under the MIT licence."
    text = write_prices(taken.rows, about=about, retrieved=str(today), charged_as=CHARGED_AS)
    if out is None:
        sys.stdout.write(text)
    else:
        out.write_text(text, encoding="utf-8")


app.command("recheck", epilog=RECHECK_EXAMPLE)(recheck)


def _tell(taken: Taken) -> None:
    say = sys.stderr.write
    say(f"comity: {len(taken.rows)} rows taken\n")
    for why, count, example in taken.reasons():
        say(f"  left {count}, such as {example}: {why}\n")


def _book(files: Iterable[Path]) -> PriceBook:
    try:
        return load_prices(*files, expand=places_of)
    except SourceError as error:
        refuse(error.problems)


def _day(text: str | None) -> date:
    try:
        return utc_now().date() if text is None else parse_date(text)
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint="--at") from error


def _row(terms: Terms, band: Band) -> Iterator[str]:
    yield f"{terms.cloud}/{terms.models[0]}"
    yield ", ".join(sorted(terms.places)) or "any other"
    yield f"over {band.over:,}" if band.over else terms.tier
    yield f"{_rates(band)} {terms.currency}"
    yield str(terms.period)


def _rates(band: Band) -> str:
    return ", ".join(f"{name} {plain(rate)}" for name, rate in band.rates.items())


def _slots(deployment: Deployment, day: date) -> Iterator[Slot]:
    """The terms that a deployment is charged by on a day, tier by tier."""
    usual = deployment.tariff
    told: set[str] = set()
    for tariff in (usual, *usual.placed.values()):
        for tier in TIERS:
            slot = tariff.slot(tier, nanoseconds(day))
            if isinstance(slot, Slot) and slot.terms.id not in told:
                told.add(slot.terms.id)
                yield slot


def _explained(deployments: Iterable[Deployment], day: date) -> Iterator[str]:
    for deployment in deployments:
        slots = list(_slots(deployment, day))
        places = ", ".join(sorted(deployment.region))
        yield f"{deployment.id}: {deployment.model} on {deployment.cloud}, {places}"
        for slot in slots:
            yield from _slot(slot, usual=_is_usual(slot.terms, deployment))
        if not slots:
            yield f"  unpriced on {day}: a route refuses it, unless it says `unpriced: allow`"


def _is_usual(terms: Terms, deployment: Deployment) -> bool:
    return terms.tier == deployment.tariff.tier and not terms.answered


def _slot(slot: Slot, *, usual: bool) -> Iterator[str]:
    terms = slot.terms
    for band in terms.bands:
        kind = terms.tier + (" (usual)" if usual else "")
        kind += f", where an answer says it was made in {terms.answered}" if terms.answered else ""
        tier = kind if band is terms.bands[0] else f"over {band.over:,}"
        yield f"  {tier}: {_rates(band)} {terms.currency} per million tokens"
    yield f"    by {terms.id}, {_origin(terms)}"
    if slot.listed is not None:
        yield f"    beside the list price {slot.listed.id}, {_origin(slot.listed)}"


def _origin(terms: Terms) -> str:
    if terms.contract:
        return f"agreed in {terms.contract}"
    return f"{terms.source}, read {terms.retrieved}"


def _plain_deployment(deployment: Deployment, day: date) -> dict[str, Any]:
    return {
        "deployment": deployment.id,
        "model": deployment.model,
        "cloud": deployment.cloud,
        "places": sorted(deployment.region),
        "tier": deployment.tariff.tier,
        "terms": [
            {
                "applied": _plain_terms(slot.terms),
                "list": None if slot.listed is None else _plain_terms(slot.listed),
            }
            for slot in _slots(deployment, day)
        ],
    }


def _plain_terms(terms: Terms) -> dict[str, Any]:
    told: dict[str, Any] = msgspec.to_builtins(terms, builtin_types=(Decimal, date))
    told["places"] = sorted(terms.places)
    told["period"] = str(terms.period)
    told["retrieved"] = None if terms.retrieved is None else str(terms.retrieved)
    for band in told["bands"]:
        band["rates"] = {name: plain(rate) for name, rate in band["rates"].items()}
    return told


def _print_json(value: object) -> None:
    sys.stdout.write(msgspec.json.encode(value).decode() + "\n")
