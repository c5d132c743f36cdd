"""The tariff of each deployment: its own price in `comity.yaml`, and what the price files say of it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from comity.clouds import places_of
from comity.config.sections import DeploymentSection, PriceSection
from comity.errors import Problem, SourceError
from comity.prices import (
    CLASSES,
    SHIPPED,
    Offer,
    PriceBook,
    Tariff,
    Terms,
    check_currency,
    check_tier,
    load_prices,
    make_bands,
    with_id,
)

_CHARGED_AS = {"reasoning": "output", "image_input": "input"}


def read_books(listed: list[str], folder: Path) -> tuple[PriceBook, tuple[Problem, ...]]:
    """The book of the price files that are listed, and what is wrong with them."""
    files = [SHIPPED if name == "shipped" else folder / name for name in listed]
    try:
        return load_prices(*files, expand=places_of), ()
    except SourceError as error:
        return PriceBook(), error.problems


def tariff_for(section: DeploymentSection, places: frozenset[str], book: PriceBook) -> Tariff:
    """Everything that a deployment can be charged; raises ValueError for a price that means nothing."""
    own = () if section.price is None else tuple(_own_terms(section, section.price))
    return book.tariff(Offer(section.cloud, section.model, places), own, tier=section.tier)


def _own_terms(section: DeploymentSection, price: PriceSection) -> Iterator[Terms]:
    check_currency(price.currency)
    if section.tier in price.tiers:
        raise ValueError(f"the tier `{section.tier}` is priced twice; its rates stand directly in `price`")
    # A price without rates of its own for the usual tier may still price further ones.
    usual = {} if price.tiers and not _has_rates(price) else {section.tier: price}
    for tier, rates in (usual | price.tiers).items():
        check_tier(tier)
        terms = Terms(
            cloud=section.cloud,
            models=(section.model,),
            currency=price.currency,
            bands=make_bands(rates, _CHARGED_AS),
            tier=tier,
            contract=price.contract,
        )
        yield with_id(terms)


def _has_rates(price: PriceSection) -> bool:
    return any(getattr(price, name) is not None for name in CLASSES)
