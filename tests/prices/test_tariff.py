"""A tariff charges by the tier that served and the day it served, negotiated prices before list prices."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from tests.prices.samples import rates, terms

from comity.exchange import Usage
from comity.money import Money
from comity.period import parse_period
from comity.prices import (
    FOREVER,
    UNKNOWN_USAGE,
    UNPRICED,
    Band,
    Rated,
    Tariff,
    Unrated,
    UnratedReason,
    tariff_of,
    tier_of,
    worst_of,
)
from comity.prices.tariff import nanoseconds

MILLION = Usage(input=1_000_000)
NOON = nanoseconds(date(2026, 6, 1)) + 12 * 3600 * 10**9


def usd(amount: str) -> Money:
    """An amount."""
    return Money(Decimal(amount), "USD")


def test_a_price_is_in_force_from_its_first_day_until_before_its_last() -> None:
    """At midnight UTC the next terms begin; before the first and after the last there are none."""
    old = terms(Band(rates(input="3")), period=parse_period("2026-01-01 .. 2026-06-01"))
    new = terms(Band(rates(input="2")), period=parse_period("2026-06-01 .. 2026-07-01"))
    tariff = tariff_of([new, old])
    midnight = nanoseconds(date(2026, 6, 1))
    assert tariff.rate(MILLION, "", midnight - 1) == Rated(usd("3"), old.id)
    assert tariff.rate(MILLION, "", midnight) == Rated(usd("2"), new.id)
    none = Unrated(UnratedReason.UNPRICED_TIER, ("standard",))
    assert tariff.rate(MILLION, "", nanoseconds(date(2026, 7, 1))) == none
    assert tariff.rate(MILLION, "", 0) == none
    assert tariff.until(0) == nanoseconds(date(2026, 1, 1))
    assert tariff.until(midnight - 1) == midnight
    assert tariff.until(nanoseconds(date(2026, 7, 1))) == FOREVER


def test_a_tier_without_a_price_is_never_the_standard_price() -> None:
    """Neither for rating nor for holding; nothing counted gives no amount either."""
    tariff = tariff_of([terms()])
    unpriced = Unrated(UnratedReason.UNPRICED_TIER, ("priority",))
    assert tariff.rate(MILLION, "priority", NOON) == unpriced
    assert str(unpriced) == "unpriced_tier: priority"
    assert tariff.worst(1, 1, "priority", NOON) == unpriced
    assert tariff.rate(None, "", NOON) == UNKNOWN_USAGE
    assert Tariff().rate(MILLION, "", NOON) == UNPRICED
    assert Tariff().worst(1, 1, "", NOON) == UNPRICED


def test_a_negotiated_price_is_applied_beside_the_list_price() -> None:
    """While it lasts; the list price is told where it is another amount, and applies afterwards."""
    listed = terms(Band(rates(input="2", output="8")))
    agreed = terms(
        Band(rates(input="1.5", output="8")), contract="acme/4", period=parse_period(".. 2026-07-01")
    )
    tariff = tariff_of([listed, agreed])
    assert tariff.rate(MILLION, "", NOON) == Rated(usd("1.5"), agreed.id, usd("2"))
    assert tariff.rate(Usage(output=1_000_000), "", NOON) == Rated(usd("8"), agreed.id)
    assert tariff.rate(MILLION, "", nanoseconds(date(2026, 7, 1))) == Rated(usd("2"), listed.id)
    assert {one.id for one in tariff.every_terms()} == {listed.id, agreed.id}
    assert tariff.rate(Usage(cached_read=1), "", NOON) == Unrated(UnratedReason.UNPRICED, ("cached_read",))


def test_narrower_places_go_first() -> None:
    """Terms for fewer places are charged before those for more, and both before those for any."""
    wide, narrow = terms(places=("eu", "us")), terms(Band(rates(input="9")), places=("eu",))
    tariff = tariff_of([terms(), wide, narrow])
    assert tariff.rate(MILLION, "", NOON) == Rated(usd("9"), narrow.id)


def test_a_seller_may_charge_by_where_an_answer_says_it_was_made() -> None:
    """The place that it names goes before where it was asked; the worst case knows all of them."""
    usual, dearer = terms(), terms(Band(rates(input="1.375", output="11")), answered="us")
    tariff = tariff_of([usual, dearer, terms(tier="flex")])
    assert (
        tariff.rate(MILLION, "", NOON) == tariff.rate(MILLION, "", NOON, "eu") == Rated(usd("1.25"), usual.id)
    )
    assert tariff.rate(MILLION, "", NOON, "us") == Rated(usd("1.375"), dearer.id)
    assert tariff.rate(MILLION, "flex", NOON, "us") == tariff.rate(MILLION, "flex", NOON)
    assert tariff.worst(1_000_000, 0, "", NOON) == usd("1.375")
    assert dearer in tariff.every_terms()
    agreed = terms(Band(rates(input="1")), contract="acme/1")
    assert tariff_of([usual, dearer, agreed]).rate(MILLION, "", NOON, "us") == Rated(
        usd("1"), agreed.id, usd("1.375")
    )


def test_the_worst_case_is_the_worst_tier_that_may_answer() -> None:
    """A reserved deployment overflows into the standard tier; a flexible one is held at no less than that."""
    flex = terms(Band(rates(input="0.5", output="1")), tier="flex")
    fast = terms(Band(rates(input="4", output="20")), tier="priority")
    sunk = terms(Band(rates(input="0", output="0")), tier="reserved")
    offered = [terms(), flex, fast, sunk]
    million = 1_000_000
    assert tariff_of(offered).worst(million, 0, "flex", NOON) == usd("1.25")
    assert tariff_of(offered).worst(million, million, "priority", NOON) == usd("24")
    assert tariff_of(offered, tier="reserved").worst(million, 0, "", NOON) == usd("1.25")
    assert tariff_of([sunk], tier="reserved").worst(million, 0, "", NOON) == usd("0")
    assert tariff_of([fast, flex], tier="priority").worst(million, 0, "flex", NOON) == usd("4")
    blind = tariff_of([fast, terms(Band(rates(input="1")))])
    assert blind.worst(1, 1, "priority", NOON) == Unrated(UnratedReason.UNPRICED, ("output",))


def test_what_may_take_over_counts_for_the_worst() -> None:
    """A provisioned deployment costs nothing more by the token, and what it spills over to does."""
    sunk = tariff_of([terms(Band(rates(input="0", output="0")), tier="reserved")], tier="reserved")
    assert worst_of([sunk], 1_000_000, 0, asked="", at=NOON) == usd("0")
    assert worst_of([sunk, tariff_of([terms()])], 1_000_000, 0, asked="", at=NOON) == usd("1.25")
    assert worst_of([sunk, Tariff(), sunk], 1, 1, asked="", at=NOON) == UNPRICED


def test_two_currencies_have_no_worst() -> None:
    """Amounts of two currencies cannot be compared: what cannot be held has no amount."""
    tariff = tariff_of([terms(), terms(tier="flex", currency="EUR")])
    assert str(tariff.worst(1, 1, "flex", NOON)) == "unpriced: EUR and USD alike"


@pytest.mark.parametrize(
    ("word", "tier"),
    [
        (None, ""),
        ("auto", ""),
        ("default", "standard"),
        ("standard_only", "standard"),
        ("flex", "flex"),
        ("ON_DEMAND", "standard"),
        ("PROVISIONED_THROUGHPUT", "reserved"),
        ("dedicated", "reserved"),
        ("scale", "reserved"),
        ("ultrafast", "ultrafast"),
    ],
)
def test_every_vendor_has_words_of_its_own(word: str | None, tier: str) -> None:
    """A word that nobody knows stays as it is, and has no price."""
    assert tier_of(word) == tier
