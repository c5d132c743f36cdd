"""Prices in `comity.yaml`: a deployment's own, and price files beside it."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest
from tests.config.test_load import GOOD, load

from comity.errors import ConfigError
from comity.exchange import Usage
from comity.gateway.settings import Settings
from comity.money import Money
from comity.prices import Rated, Tariff

PRICES = """\
source: https://example.test/prices
retrieved: 2026-11-01
prices:
  - cloud: azure
    models: [gpt-5.5]
    places: [swedencentral]
    tiers: {standard: {input: 2}, batch: {input: 1}}
"""
PRICE = 'price: {input: 1.25, output: "10"}'
MILLION = Usage(input=1_000_000)


def tariff(folder: Path, price: str, files: str = "prices: [prices.yaml]") -> Tariff:
    """What the deployment of the file charges with that price."""
    (folder / "prices.yaml").write_text(PRICES)
    settings = load(folder, f"{files}\n{GOOD.replace(PRICE, price)}")
    assert isinstance(settings, Settings)
    return settings.deployments["one"].tariff


def test_own_prices_go_before_price_files(tmp_path: Path) -> None:
    """The files price what is left, and say what the list price would be."""
    own = tariff(tmp_path, PRICE)
    rating = own.rate(MILLION, "", 1)
    assert isinstance(rating, Rated)
    assert (rating.cost, rating.list_cost) == (Money(Decimal("1.25"), "USD"), Money(Decimal(2), "USD"))
    assert own.tiers["batch"][0].terms.source == "https://example.test/prices"
    listed = tariff(tmp_path, "").rate(MILLION, "", 1)
    assert isinstance(listed, Rated)
    assert listed.terms.startswith("azure/gpt-5.5@swedencentral/standard/always#")
    assert tariff(tmp_path, "", "") == Tariff()


def test_a_price_may_name_tiers_bands_and_its_contract(tmp_path: Path) -> None:
    """The rates that stand in it directly are those of the deployment's own tier."""
    price = (
        "tier: reserved\n    price: {input: 0, output: 0, contract: ms/ptu, currency: EUR,"
        " tiers: {standard: {input: 1, bands: [{over: 200000, input: 2}]}}}"
    )
    own = tariff(tmp_path, price)
    assert own.tier == "reserved"
    ids = [own.tiers[tier][0].terms.id.split("#")[0] for tier in ("reserved", "standard")]
    assert ids == ["ms/ptu:azure/gpt-5.5/reserved/always", "ms/ptu:azure/gpt-5.5/standard/always"]
    assert len(own.tiers["standard"][0].terms.bands) == 2
    further = tariff(tmp_path, "price: {tiers: {priority: {input: 3}}}", "")
    assert list(further.tiers) == ["priority"]


@pytest.mark.parametrize(
    ("price", "message"),
    [
        ("price: {input: -1}", "the rate of `input` is negative"),
        ("price: {input: 1, currency: dollars}", "`dollars` is no currency"),
        ("price: {currency: USD}", "it has no rate"),
        ("price: {input: 1, tiers: {standard: {input: 2}}}", "the tier `standard` is priced twice"),
        ("price: {input: 1, tiers: {cheap: {input: 2}}}", "there is no tier `cheap`"),
        ("tier: cheap", "invalid enum value 'cheap'"),
    ],
)
def test_what_is_wrong_with_a_price_is_told(tmp_path: Path, price: str, message: str) -> None:
    """With the place of the deployment."""
    with pytest.raises(ConfigError, match=message):
        tariff(tmp_path, price)


def test_problems_of_price_files_are_problems_of_the_configuration(tmp_path: Path) -> None:
    """They are told together with all others."""
    with pytest.raises(ConfigError, match=r"absent\.yaml:1:1: the file cannot be read"):
        tariff(tmp_path, PRICE, "prices: [absent.yaml]")
