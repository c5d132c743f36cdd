"""What `invoice` and `export` share: charges of a ledger, the price terms behind them, and a period."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Mapping
from pathlib import Path
from typing import Annotated, NoReturn, TypeAlias, TypeVar
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec
import typer

from comity.billing import BillingPeriod, Meter, meter_of, parse_billing_period
from comity.clouds import places_of
from comity.config import load_settings
from comity.errors import ComityError
from comity.gateway.settings import Settings
from comity.ledger import Charge
from comity.prices import PriceBook, Tariff, Terms, load_prices
from comity.source import closest

T = TypeVar("T")
Ever: TypeAlias = Callable[[], Iterable[Charge]]
"""Reads the charges of all times, which is only done where a period has none."""

Config = Annotated[
    Path | None,
    typer.Option(help="The gateway's configuration: its prices take amounts apart by kind of token."),
]
Zone = Annotated[str, typer.Option(help="Time zone of the period's midnights.")]
PeriodText = Annotated[
    str, typer.Option("--period", help="A month `2026-10`, `2026-Q4`, `2026`, a day, or `A .. B` without B.")
]
Where = Annotated[
    list[str] | None, typer.Option(help="Only charges with this fact, `key=value`; repeatable.")
]


class Pricing(msgspec.Struct, frozen=True):
    """The price terms that are known."""

    tariffs: Mapping[str, Tariff] = {}
    """What each deployment charges."""
    known: Mapping[str, Terms] = {}
    """Terms by id."""
    parties: Mapping[str, str] = {}
    """Names of the parties of the book, by their words."""

    @property
    def meter(self) -> Meter:
        """What takes a charge apart."""
        return meter_of(self.tariffs, self.known)


def stop(message: str) -> NoReturn:
    """Ends the command with status 2."""
    typer.echo(f"error: {message}", err=True)
    raise typer.Exit(2)


def read_period(text: str, zone: str) -> BillingPeriod:
    """The period that `--period` and `--zone` name."""
    try:
        place = ZoneInfo(zone)
    except (ZoneInfoNotFoundError, OSError, ValueError) as error:
        why = f"there is no time zone `{zone}`; write it like Europe/Berlin"
        raise typer.BadParameter(why, param_hint="--zone") from error
    try:
        return parse_billing_period(text, place)
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint="--period") from error


def read_pricing(config: Path | None, prices: PriceBook | None = None) -> Pricing:
    """The terms of a configuration, or of price files that replace them."""
    if prices is not None:
        return Pricing({}, prices.by_id, {} if config is None else _settings(config).book.parties)
    if config is None:
        return Pricing()
    settings = _settings(config)
    tariffs = {name: one.tariff for name, one in settings.deployments.items()}
    known = {terms.id: terms for tariff in tariffs.values() for terms in tariff.every_terms()}
    return Pricing(tariffs, known, settings.book.parties)


def read_price_files(paths: list[Path] | None) -> PriceBook | None:
    """The price book of the files that `--prices` names; None for none."""
    if not paths:
        return None
    try:
        return load_prices(*paths, expand=places_of)
    except ComityError as error:
        stop(str(error))


def _settings(config: Path) -> Settings:
    try:
        return load_settings(config)
    except (ComityError, ValueError, OSError) as error:
        stop(str(error))


def chosen(
    charges: Iterable[Charge], where: Mapping[str, str], ever: Ever | None = None
) -> Generator[Charge, None, None]:
    """The charges whose callers have all the facts; what none of them has ends the command with status 2.

    Unless some of `ever` have them: then there was nothing in this period.
    """
    return chosen_by(charges, where, lambda charge: charge, ever)


def chosen_by(
    items: Iterable[T],
    where: Mapping[str, str],
    charge_of: Callable[[T], Charge],
    ever: Ever | None = None,
) -> Generator[T, None, None]:
    """As `chosen`, for what comes with a charge."""
    seen: dict[str, set[str]] = {name: set() for name in where}
    charges = found = 0
    for item in items:
        facts = charge_of(item).facts
        charges += 1
        for name, values in seen.items():
            if name in facts:
                values.add(facts[name])
        if _has(facts, where):
            found += 1
            yield item
    if charges and not found and not any(_has(one.facts, where) for one in (ever() if ever else ())):
        _explain(where, seen)


def _has(facts: Mapping[str, str], where: Mapping[str, str]) -> bool:
    return all(facts.get(name) == value for name, value in where.items())


def _explain(where: Mapping[str, str], seen: Mapping[str, set[str]]) -> None:
    """Ends the command where a fact or its value was never met."""
    for name, value in where.items():
        if not seen[name]:
            stop(f"no charge of the period has a fact `{name}`: callers get facts in the configuration")
        if value not in seen[name]:
            stop(f"no charge of the period has `{name}` = `{value}`; {closest(value, sorted(seen[name]))}")


def read_facts(texts: list[str] | None) -> dict[str, str]:
    """The facts that `--where` names."""
    facts = {}
    for text in texts or ():
        name, equals, value = text.partition("=")
        if not equals:
            raise typer.BadParameter(f"expected `key=value`, found `{text}`", param_hint="--where")
        facts[name.strip()] = value.strip()
    return facts
