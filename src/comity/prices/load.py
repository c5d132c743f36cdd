"""From price files to a price book; every problem is reported at once, with its place."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import TypeVar

from comity.errors import Place, Problem, SourceError
from comity.period import parse_date, parse_period
from comity.prices.book import PriceBook, compete
from comity.prices.sections import PriceFile, RatesSection, RowSection, TierSection
from comity.prices.terms import CLASSES, Band, Terms, with_id
from comity.prices.tiers import TIERS
from comity.source import Node, closest, parse_yaml, read_section, unreadable

T = TypeVar("T")

SHIPPED = Path(__file__).with_name("snapshot.yaml")
"""The price file that comes with Comity: list prices of current models, with their sources and dates."""

_CURRENCY = re.compile(r"[A-Z]{3}")


Expand = Callable[[str, str], frozenset[str]]
"""Gives the places that a cloud's own word stands for."""


def as_written(cloud: str, word: str) -> frozenset[str]:
    """A word that stands for itself."""
    del cloud
    return frozenset({word})


def load_prices(*paths: Path, expand: Expand = as_written) -> PriceBook:
    """The price book of the files at `paths`; raises SourceError with every problem in them.

    `expand` gives the places that a cloud's word stands for, as the regions of deployments are written out.
    """
    placed: list[tuple[Terms, Place]] = []
    problems: list[Problem] = []
    for path in paths:
        try:
            text = path.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            problems.append(unreadable(str(path), f"the file cannot be read: {error}"))
            continue
        found, wrong = read_prices(text, str(path), expand)
        placed.extend(found)
        problems.extend(wrong)
    problems.extend(_competing(placed))
    if problems:
        raise SourceError(problems)
    return PriceBook(tuple(terms for terms, _ in placed))


def read_prices(
    text: str, file: str, expand: Expand = as_written
) -> tuple[list[tuple[Terms, Place]], list[Problem]]:
    """The terms of one price file, each with the place of its row, and what is wrong with the file."""
    try:
        root = parse_yaml(text, file)
    except SourceError as error:
        return [], list(error.problems)
    section = read_section(root, PriceFile)
    if isinstance(section, Problem):
        return [], [section]
    reader = _Reader(section, expand)
    rows = _entry(root, "prices").value
    assert isinstance(rows, tuple), "the section was read as a list"
    for row, node in zip(section.prices, rows, strict=True):
        reader.row(row, node)
    return reader.terms, reader.problems


def make_bands(tier: TierSection, charged_as: Mapping[str, str]) -> tuple[Band, ...]:
    """The bands of a tier; raises ValueError for rates and sizes that mean nothing."""
    bands = [Band(_rates(tier, charged_as))]
    for band in tier.bands:
        if band.over <= bands[-1].over:
            raise ValueError(f"the band over {band.over} does not begin above the one before it")
        bands.append(Band(_rates(band, charged_as), band.over))
    return tuple(bands)


def check_tier(tier: str) -> None:
    """Raises ValueError unless `tier` is one that prices are written for."""
    if tier not in TIERS:
        raise ValueError(f"there is no tier `{tier}`; {closest(tier, TIERS)}")


def check_currency(code: str) -> None:
    """Raises ValueError unless `code` looks like one of ISO 4217."""
    if not _CURRENCY.fullmatch(code):
        raise ValueError(f"`{code}` is no currency; write its code of three letters, such as `EUR`")


class _Reader:
    """One pass over a file; problems are collected."""

    def __init__(self, file: PriceFile, expand: Expand) -> None:
        self._file = file
        self._expand = expand
        self.terms: list[tuple[Terms, Place]] = []
        self.problems: list[Problem] = []

    def row(self, row: RowSection, node: Node) -> None:
        """Takes one row: terms of each of its tiers."""
        file, place = self._file, node.place
        if not row.models or not row.tiers:
            self._report(
                place, ValueError("a price needs a model and a tier; name them in `models` and `tiers`")
            )
            return
        currency = row.currency or file.currency
        self._try(_entry(node, "currency").place, partial(check_currency, currency))
        period = self._try(_entry(node, "period").place, partial(parse_period, row.period))
        source, day = row.source or file.source, row.retrieved or file.retrieved
        retrieved = self._try(_entry(node, "retrieved").place, partial(parse_date, day)) if day else None
        if not row.contract and not (source and day):
            message = "a list price needs `source` and `retrieved`; a negotiated one names its `contract`"
            self._report(place, ValueError(message))
        places = frozenset[str]().union(*(self._expand(row.cloud, word) for word in row.places))
        charged_as = file.charged_as if row.charged_as is None else row.charged_as
        for tier, section in row.tiers.items():
            at = _entry(_entry(node, "tiers"), tier).place
            self._try(at, partial(check_tier, tier))
            bands = self._try(at, partial(make_bands, section, charged_as))
            if bands is not None and period is not None:
                terms = Terms(
                    cloud=row.cloud,
                    models=tuple(row.models),
                    currency=currency,
                    bands=bands,
                    tier=tier,
                    period=period,
                    places=places,
                    provider=row.provider,
                    contract=row.contract,
                    source=source,
                    retrieved=retrieved,
                )
                self.terms.append((with_id(terms), at))

    def _try(self, place: Place, build: Callable[[], T]) -> T | None:
        try:
            return build()
        except ValueError as error:
            self._report(place, error)
            return None

    def _report(self, place: Place, error: ValueError) -> None:
        message, _, suggestion = str(error).partition("; ")
        self.problems.append(Problem(place, message, suggestion))


def _rates(section: RatesSection, charged_as: Mapping[str, str]) -> dict[str, Decimal]:
    rates = {name: rate for name in CLASSES if (rate := getattr(section, name)) is not None}
    for name, rate in rates.items():
        if rate < 0:
            raise ValueError(f"the rate of `{name}` is negative")
    for name, other in charged_as.items():
        for word in (name, other):
            if word not in CLASSES:
                raise ValueError(f"there is no token class `{word}`; {closest(word, CLASSES)}")
        if other in rates:
            rates.setdefault(name, rates[other])
    if not rates:
        raise ValueError("it has no rate; leave the tier out where its price is unknown")
    return rates


def _entry(node: Node, key: str) -> Node:
    """The value of a key, or the section itself where the key is not written."""
    if isinstance(node.value, dict) and key in node.value:
        return node.value[key].node
    return node


def _competing(placed: Sequence[tuple[Terms, Place]]) -> Iterator[Problem]:
    groups: dict[tuple[str, str], list[int]] = {}
    told: set[tuple[int, int]] = set()
    for index, (terms, place) in enumerate(placed):
        for model in terms.models:
            group = groups.setdefault((terms.cloud, model), [])
            for other in group:
                if compete(terms, placed[other][0]) and (other, index) not in told:
                    told.add((other, index))
                    message = (
                        f"the tier `{terms.tier}` of `{model}` on `{terms.cloud}` has another price that fits"
                        f" as well, at {placed[other][1]}"
                    )
                    suggestion = (
                        "give them periods that do not overlap, or places of which one set is smaller"
                    )
                    yield Problem(place, message, suggestion)
            group.append(index)
