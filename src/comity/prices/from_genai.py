"""Takes prices from the package `genai-prices`, which is under the MIT licence, where it is installed.

A variant of it (batch, flex, priority) prices some classes and leaves the others at the standard price; only
what it prices itself is taken, since a rate that a seller does not name for a tier is unknown here.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from decimal import Decimal
from itertools import pairwise
from typing import TYPE_CHECKING

from comity.errors import MissingExtraError
from comity.prices.sections import RowSection
from comity.prices.taken import Left, Names, Rates, Taken, Wanted, merge, period_text, tier_section
from comity.prices.tiers import BATCH, STANDARD, TIERS, tier_of

if TYPE_CHECKING:
    from genai_prices.types import ModelInfo, ModelPrice, PriceVariant, Provider

_CLASSES = {
    "input_mtok": "input",
    "cache_read_mtok": "cached_read",
    "cache_write_mtok": "cache_write",
    "cache_write_5m_mtok": "cache_write",
    "cache_write_1h_mtok": "cache_write_1h",
    "output_mtok": "output",
    "output_reasoning_mtok": "reasoning",
    "input_audio_mtok": "audio_input",
    "output_audio_mtok": "audio_output",
    "input_image_mtok": "image_input",
    "output_image_mtok": "image_output",
}
_PROFILE = re.compile(r"(?P<place>global|regional)\.(?P<model>.+)")
_SOLD = re.compile(r"(?P<maker>[a-z0-9]+)\.(?P<name>.+?)(?:-v\d+(?::\d+)?|-\d:\d|:\d)?")
_DAY = re.compile(r"-20\d{6}$")


def take_genai_prices(wanted: Wanted) -> Taken:
    """The prices of the installed package; raises MissingExtraError where there is none."""
    try:
        from genai_prices.data import providers  # noqa: PLC0415 - optional, and large
    except ImportError as error:
        raise MissingExtraError("prices", "prices are taken from the package genai-prices") from error
    rows: list[RowSection] = []
    left: list[Left] = []
    for provider in providers:
        if wanted.cloud(provider.id):
            names = Names()
            for model in provider.models:
                found, missing = _model(provider, model, wanted, names)
                rows += found
                left += missing
    return Taken(merge(rows), tuple(left))


def _model(
    provider: Provider, model: ModelInfo, wanted: Wanted, names: Names
) -> tuple[list[RowSection], list[Left]]:
    listed, places, maker = names_of(provider.id, model)
    if not wanted.model(listed):
        return [], []
    where = f"{provider.id}/{model.id}"
    free = names.free(provider.id, model.id, listed, places)
    if not free:
        return [], [Left("another model of the same seller has its names", where)]
    left = [
        Left(f"no tier is meant by {dict(one.when)}", where)
        for one in model.price_variants or ()
        if not _tier(one)
    ]
    standard = _standard(model)
    if standard is None:
        return [], [*left, Left("its price depends on the time of day", where)]
    if any("requests_kcount" in price for _, price in standard):
        # Its tokens alone would say too little.
        return [], [*left, Left("it charges for each request beside its tokens", where)]
    rows = []
    for tier in TIERS:
        dated = standard if tier == STANDARD else _variants(model, tier)
        for period, price in _stretches(dated, layered=tier != STANDARD):
            rates, missing = _rates(price)
            left += [Left(f"`{field}` has no place in a price by token class", where) for field in missing]
            if rates:
                rows.append(
                    RowSection(
                        cloud=provider.id,
                        provider=maker,
                        models=free,
                        places=list(places),
                        period=period,
                        source=f"genai-prices: {(provider.pricing_urls or ['it names none'])[0]}",
                        tiers={tier: tier_section(rates)},
                    )
                )
    return rows, left


def names_of(cloud: str, model: ModelInfo) -> tuple[list[str], tuple[str, ...], str]:
    """Names of a model, the places that its price covers, and whose it is."""
    if cloud == "aws":
        profile = _PROFILE.fullmatch(model.id)
        sold = model.id if profile is None else profile["model"]
        places = ("global",) if profile is not None and profile["place"] == "global" else ()
        maker = _SOLD.fullmatch(sold)
        if maker is None:
            return [sold], places, ""
        return [sold, maker["name"], _DAY.sub("", maker["name"])], places, maker["maker"]
    clauses = getattr(model.match, "or_", [model.match])
    equal = [clause.equals for clause in clauses if hasattr(clause, "equals")]
    return list(dict.fromkeys([model.id, *equal])), (), cloud if cloud in {"openai", "anthropic"} else ""


_Dated = tuple["date | None", Mapping[str, object]]


def _stretches(dated: Sequence[_Dated], *, layered: bool) -> Iterator[tuple[str, Mapping[str, object]]]:
    """From one change to the next, the prices in force: the last of the list that has begun.

    `layered` ones are laid over those before them, field by field, instead of taking their place.
    """
    starts = sorted({start for start, _ in dated if start is not None})
    for start, end in pairwise([None, *starts, None]):
        current: Mapping[str, object] = {}
        for begins, price in dated:
            if begins is None or (start is not None and begins <= start):
                current = {**current, **price} if layered else price
        if current:
            yield period_text(start, end), current


def _standard(model: ModelInfo) -> list[_Dated] | None:
    """The prices of the standard tier; None where they hang on more than a date."""
    if not isinstance(model.prices, list):
        return [(None, _fields(model.prices))]
    found: list[_Dated] = []
    for one in model.prices:
        start = getattr(one.constraint, "start_date", None)
        if one.constraint is not None and start is None:
            return None
        found.append((start, _fields(one.prices)))
    return found


def _variants(model: ModelInfo, tier: str) -> list[_Dated]:
    """The variants that price a tier; of two the first goes before, so it is laid over the other."""
    found = [one for one in model.price_variants or () if _tier(one) == tier]
    return [(getattr(one.constraint, "start_date", None), _fields(one.prices)) for one in reversed(found)]


def _tier(variant: PriceVariant) -> str:
    """The tier that a variant is for; empty where it is for something else."""
    match dict(variant.when):
        case {"service_tier": word, **rest} if not rest:
            return tier_of(word)
        case {"processing": "batch", **rest} if not rest:
            return BATCH
        case _:
            return ""


def _fields(price: ModelPrice) -> dict[str, object]:
    return {name: value for name, value in vars(price).items() if value is not None}


def _rates(price: Mapping[str, object]) -> tuple[Rates, list[str]]:
    """Rates by size of the request, and the fields that are no rates of a token class."""
    starts = {0, *(tier.start for value in price.values() for tier in getattr(value, "tiers", ()))}
    rates: dict[int, dict[str, Decimal]] = {start: {} for start in starts}
    for field, value in price.items():
        name = _CLASSES.get(field)
        if name is not None:
            for start, band in rates.items():
                band[name] = _at(value, start)
    found = any(rates.values())
    return rates if found else {}, [field for field in price if field not in _CLASSES]


def _at(value: object, start: int) -> Decimal:
    """The rate of requests just above a size."""
    rate = getattr(value, "base", value)
    for tier in getattr(value, "tiers", ()):
        rate = tier.price if start >= tier.start else rate
    assert isinstance(rate, Decimal), "rates are decimals there, too"
    return rate
