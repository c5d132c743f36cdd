"""Discounts: list prices of other files less a part, for as long as a contract grants it."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from comity.errors import SourceError
from comity.exchange import Usage
from comity.money import Money
from comity.prices import Offer, PriceBook, Rated, load_prices
from comity.prices.tariff import nanoseconds

LISTED = """\
source: https://example.test/prices
retrieved: 2026-11-01
prices:
  - cloud: aws
    models: [claude-a, anthropic.claude-a]
    period: 2026-01-01 ..
    tiers:
      standard: {input: "3", output: "15", bands: [{over: 200000, input: "6", output: "22.5"}]}
      flex: {input: "1.5", output: "7.5"}
  - {cloud: aws, models: [nova], tiers: {standard: {input: "1"}}}
  - {cloud: azure, models: [claude-a], tiers: {standard: {input: "3"}}}
"""
AGREED = """\
discounts:
  - {cloud: aws, contract: acme-aws/edp, off: "0.09", models: [claude-*], period: .. 2026-07-01}
"""
SMALL, LARGE = Usage(input=100_000), Usage(input=1_000_000)


def load(folder: Path, agreed: str) -> PriceBook:
    """The list prices with what was agreed."""
    listed, own = folder / "listed.yaml", folder / "own.yaml"
    listed.write_text(LISTED)
    own.write_text(agreed)
    return load_prices(listed, own)


def rate(book: PriceBook, model: str, usage: Usage, day: str, *, cloud: str = "aws", tier: str = "") -> Rated:
    """What a request costs on a day."""
    at = nanoseconds(date.fromisoformat(day))
    rated = book.tariff(Offer(cloud, model)).rate(usage, tier, at)
    assert isinstance(rated, Rated)
    return rated


def usd(amount: str) -> Money:
    """An amount."""
    return Money(Decimal(amount), "USD")


def test_a_part_is_taken_off_while_it_is_granted(tmp_path: Path) -> None:
    """Off every size and tier of the models that it names, exactly; the list price is told beside it."""
    book = load(tmp_path, AGREED)
    small = rate(book, "claude-a", SMALL, "2026-06-30")
    assert (small.cost, small.list_cost) == (usd("0.273"), usd("0.3"))
    assert small.terms.startswith("acme-aws/edp:aws/claude-a/standard/2026-01-01#")
    large = rate(book, "anthropic.claude-a", LARGE, "2026-06-30")
    assert (large.cost, large.list_cost) == (usd("5.46"), usd("6"))
    assert rate(book, "claude-a", LARGE, "2026-06-30", tier="flex").cost == usd("1.365")
    assert rate(book, "claude-a", SMALL, "2026-07-01").list_cost is None
    assert rate(book, "claude-a", SMALL, "2026-06-30", cloud="azure").cost == usd("0.3")
    assert rate(book, "nova", SMALL, "2026-06-30").cost == usd("0.1")


def test_a_discount_may_cover_some_tiers_and_all_models(tmp_path: Path) -> None:
    """Without patterns it covers everything that the seller lists."""
    book = load(tmp_path, 'discounts: [{cloud: aws, contract: edp, off: "0.5", tiers: [standard]}]')
    assert rate(book, "nova", SMALL, "2026-06-30").cost == usd("0.05")
    assert rate(book, "claude-a", SMALL, "2026-06-30", tier="flex").list_cost is None


def test_rates_that_were_agreed_go_before_a_discount(tmp_path: Path) -> None:
    """A contract may name a rate for one model and a discount for the others."""
    rates = (
        "prices: [{cloud: aws, models: [claude-a], contract: acme-aws/opus, tiers: {standard: {input: 2}}}]"
    )
    book = load(tmp_path, f"{AGREED}{rates}")
    assert rate(book, "claude-a", SMALL, "2026-06-30").cost == usd("0.2")
    assert rate(book, "claude-a", SMALL, "2026-06-30", tier="flex").cost == usd("0.1365")


@pytest.mark.parametrize(
    ("agreed", "message"),
    [
        ("discounts: [{cloud: google, contract: c, off: 0.1}]", "no list price of `google` is covered"),
        (
            "discounts: [{cloud: aws, contract: c, off: 0.1, period: .. 2020-01-01, models: [claude-*]}]",
            "no list",
        ),
        ("discounts: [{cloud: aws, contract: c, off: 9}]", "a discount of 9 is none"),
        ("discounts: [{cloud: aws, contract: c, off: 0.1, tiers: [fast]}]", "there is no tier `fast`"),
        ("discounts: [{cloud: aws, contract: c, off: 0.1, period: soon}]", "expected a period"),
        ("discounts: [{cloud: aws, off: 0.1}]", "the key `contract` is missing"),
        (
            "discounts: [{cloud: aws, contract: c, off: 0.1}, {cloud: aws, contract: d, off: 0.2}]",
            "has another price that fits as well",
        ),
    ],
)
def test_what_is_wrong_with_a_discount_is_told(tmp_path: Path, agreed: str, message: str) -> None:
    """With its place, once."""
    with pytest.raises(SourceError) as raised:
        load(tmp_path, agreed)
    assert [message in problem.message for problem in raised.value.problems] == [True]
    assert raised.value.problems[0].place.file.endswith("own.yaml")
