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
from comity.prices.discounts import Discount, discounted
from comity.prices.sections import DiscountSection, PriceFile, RatesSection, RowSection, TierSection
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
    found = Found()
    for path in paths:
        try:
            text = path.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            found.problems.append(unreadable(str(path), f"the file cannot be read: {error}"))
        else:
            read_prices(text, str(path), found, expand)
    found.take_off()
    found.problems.extend(_competing(found.terms))
    if found.problems:
        raise SourceError(found.problems)
    return PriceBook(tuple(terms for terms, _ in found.terms))


class Found:
    """What is found in price files: terms and discounts with their places, and what is wrong."""

    def __init__(self) -> None:
        self.terms: list[tuple[Terms, Place]] = []
        self.discounts: list[tuple[Discount, Place]] = []
        self.problems: list[Problem] = []

    def attempt(self, place: Place, build: Callable[[], T]) -> T | None:
        """What `build` gives; a ValueError of it is a problem at `place`."""
        try:
            return build()
        except ValueError as error:
            self.report(place, str(error))
            return None

    def report(self, place: Place, text: str) -> None:
        """Notes a problem; its text may end in `; ` and a suggestion."""
        message, _, suggestion = text.partition("; ")
        self.problems.append(Problem(place, message, suggestion))

    def take_off(self) -> None:
        """Adds what discounts make of list prices."""
        terms = [one for one, _ in self.terms]
        for discount, place in self.discounts:
            reduced = discounted(discount, terms)
            if reduced is None:
                self.report(
                    place,
                    f"no list price of `{discount.cloud}` is covered by this discount; check its `models`,"
                    " `tiers` and `period`, and load the price file that it takes from",
                )
            self.terms.extend((one, place) for one in reduced or ())


def read_prices(text: str, file: str, found: Found, expand: Expand = as_written) -> None:
    """Adds what one price file holds to `found`."""
    try:
        root = parse_yaml(text, file)
    except SourceError as error:
        found.problems.extend(error.problems)
        return
    section = read_section(root, PriceFile)
    if isinstance(section, Problem):
        found.problems.append(section)
        return
    reader = _Reader(section, expand, found)
    for row, node in zip(section.prices, _items(root, "prices"), strict=True):
        reader.row(row, node)
    for discount, node in zip(section.discounts, _items(root, "discounts"), strict=True):
        reader.discount(discount, node)


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
    """One pass over a file."""

    def __init__(self, file: PriceFile, expand: Expand, found: Found) -> None:
        self._file = file
        self._expand = expand
        self._found = found

    def row(self, row: RowSection, node: Node) -> None:
        """Takes one row: terms of each of its tiers."""
        file, found = self._file, self._found
        if not row.models or not row.tiers:
            found.report(node.place, "a price needs a model and a tier; name them in `models` and `tiers`")
            return
        currency = row.currency or file.currency
        found.attempt(_entry(node, "currency").place, partial(check_currency, currency))
        period = found.attempt(_entry(node, "period").place, partial(parse_period, row.period))
        source, day = row.source or file.source, row.retrieved or file.retrieved
        retrieved = found.attempt(_entry(node, "retrieved").place, partial(parse_date, day)) if day else None
        if not row.contract and not (source and day):
            message = "a list price needs `source` and `retrieved`; a negotiated one names its `contract`"
            found.report(node.place, message)
        places = frozenset[str]().union(*(self._expand(row.cloud, word) for word in row.places))
        charged_as = file.charged_as if row.charged_as is None else row.charged_as
        for tier, section in row.tiers.items():
            at = _entry(_entry(node, "tiers"), tier).place
            found.attempt(at, partial(check_tier, tier))
            bands = found.attempt(at, partial(make_bands, section, charged_as))
            if bands is not None and period is not None:
                terms = Terms(
                    cloud=row.cloud,
                    models=tuple(row.models),
                    currency=currency,
                    bands=bands,
                    tier=tier,
                    period=period,
                    places=places,
                    answered=row.answered,
                    provider=row.provider,
                    contract=row.contract,
                    source=source,
                    retrieved=retrieved,
                )
                found.terms.append((with_id(terms), at))

    def discount(self, section: DiscountSection, node: Node) -> None:
        """Takes one discount."""
        found = self._found
        before = len(found.problems)
        for tier in section.tiers:
            found.attempt(_entry(node, "tiers").place, partial(check_tier, tier))
        period = found.attempt(_entry(node, "period").place, partial(parse_period, section.period))
        if not 0 < section.off < 1:
            message = f"a discount of {section.off} is none; write the part that is taken off, such as 0.09"
            found.report(_entry(node, "off").place, message)
        elif period is not None and len(found.problems) == before:
            discount = Discount(
                section.cloud,
                section.contract,
                section.off,
                tuple(section.models) or ("*",),
                tuple(section.tiers),
                period,
            )
            found.discounts.append((discount, node.place))


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


def _items(root: Node, key: str) -> tuple[Node, ...]:
    """The nodes of a list, or none where it is not written."""
    entry = root.value.get(key) if isinstance(root.value, dict) else None
    listed = () if entry is None else entry.node.value
    assert isinstance(listed, tuple), "the section was read as a list"
    return listed


def _competing(placed: Sequence[tuple[Terms, Place]]) -> Iterator[Problem]:
    groups: dict[tuple[str, str], list[int]] = {}
    told: set[tuple[Place, Place]] = set()
    for index, (terms, place) in enumerate(placed):
        for model in terms.models:
            group = groups.setdefault((terms.cloud, model), [])
            for other in group:
                both = (placed[other][1], place)
                if compete(terms, placed[other][0]) and both not in told:
                    told.add(both)
                    message = (
                        f"the tier `{terms.tier}` of `{model}` on `{terms.cloud}` has another price that fits"
                        f" as well, at {placed[other][1]}"
                    )
                    suggestion = (
                        "give them periods that do not overlap, or places of which one set is smaller"
                    )
                    yield Problem(place, message, suggestion)
            group.append(index)
