"""Price files: what they say, how a deployment finds its price, and what is wrong with them, and where."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path

import msgspec
import pytest

from comity.errors import SourceError
from comity.period import ALWAYS
from comity.prices import Offer, PriceBook, Terms, Unpriced, load_prices

FILE = """\
about: prices of a test
source: https://example.test/prices
retrieved: 2026-11-01
as: {reasoning: output}
prices:
  - cloud: azure
    provider: openai
    models: [gpt-x, gpt-x-2026-01-01]
    period: 2026-01-01 ..
    places: [eu, us]
    tiers:
      standard:
        input: "2.75"
        cached_read: "0.275"
        output: "16.50"
        bands: [{over: 200000, input: "5.50", output: "33"}]
      batch: {input: "1.375", output: "8.25"}
  - cloud: azure
    models: [gpt-x]
    places: [world]
    tiers: {standard: {input: "2.50", output: "15"}}
  - cloud: azure
    models: [gpt-x]
    contract: acme-ms/7.1
    currency: EUR
    period: .. 2027-01-01
    tiers: {standard: {input: "2"}}
"""
DAY = date(2026, 6, 1)


def load(tmp_path: Path, text: str) -> PriceBook:
    """The book of one file."""
    file = tmp_path / "prices.yaml"
    file.write_text(text, encoding="utf-8")
    return load_prices(file)


def places(*words: str) -> Offer:
    """The model of the file, processed in some places."""
    return Offer("azure", "gpt-x", frozenset(words))


def test_a_file_is_terms_by_tier(tmp_path: Path) -> None:
    """Aliases, bands, classes charged as others, sources and dates are all kept."""
    book = load(tmp_path, FILE)
    assert [one.tier for one in book.terms] == ["standard", "batch", "standard", "standard"]
    first = book.terms[0]
    assert first.source == "https://example.test/prices"
    assert first.retrieved == date(2026, 11, 1)
    assert [band.over for band in first.bands] == [0, 200_000]
    assert first.bands[1].rates["reasoning"] == Decimal(33)
    assert book.by_id[first.id] is first
    alias = book.find(Offer("azure", "gpt-x-2026-01-01", frozenset({"eu"})), "batch", DAY)
    assert isinstance(alias, Terms)


def test_a_deployment_finds_the_price_of_its_places(tmp_path: Path) -> None:
    """Terms fit that cover every place where it may process, and negotiated ones go first."""
    listed = load(tmp_path, FILE[: FILE.index("  - cloud: azure\n    models: [gpt-x]\n    contract")])
    found = [listed.find(places(*words), "standard", DAY) for words in (("eu",), ("eu", "us"), ("world",))]
    assert [one.bands[0].rates["input"] for one in found if isinstance(one, Terms)] == [
        Decimal("2.75"),
        Decimal("2.75"),
        Decimal("2.50"),
    ]
    assert listed.find(places("world", "swedencentral"), "standard", DAY) == found[2]
    assert listed.find(places("westeurope"), "standard", DAY) == Unpriced(
        "`gpt-x` on `azure` is priced only in eu, us, world"
    )
    assert listed.find(places(), "standard", DAY) == listed.find(places("westeurope"), "standard", DAY)
    assert listed.find(Offer("azure", "gpt-y"), "standard", DAY) == Unpriced(
        "`gpt-y` on `azure` is in no price book"
    )
    assert listed.find(places("eu"), "flex", DAY) == Unpriced(
        "`gpt-x` on `azure` has no price for the tier `flex`"
    )
    assert listed.find(places("eu"), "standard", date(2025, 1, 1)) == Unpriced(
        "no price of `gpt-x` on `azure` is in force on 2025-01-01"
    )


def test_own_terms_replace_the_contracts_of_their_tier(tmp_path: Path) -> None:
    """What a deployment itself is charged by goes before what a book says about its model."""
    book = load(tmp_path, FILE)
    own = msgspec.structs.replace(book.terms[1], tier="standard", contract="own", period=ALWAYS, id="own")
    (slot,) = book.tariff(places("world"), [own]).tiers["standard"]
    assert (slot.terms, slot.listed) == (own, book.terms[2])
    before, _ = book.tariff(places("world")).tiers["standard"]
    assert (before.terms, before.listed) == (book.terms[3], book.terms[2])


def one_row(changed: str) -> str:
    """The file with another second row."""
    return FILE.replace('    places: [world]\n    tiers: {standard: {input: "2.50", output: "15"}}', changed)


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        (one_row("    places: [eu]\n    tiers: {standrd: {input: 1}}"), 21, "there is no tier `standrd`"),
        (one_row("    places: [x]\n    tiers: {standard: {input: -1}}"), 21, "`input` is negative"),
        (one_row("    places: [x]\n    tiers: {standard: {}}"), 21, "it has no rate"),
        (one_row("    as: {reason: output}\n    tiers: {flex: {input: 1}}"), 21, "no token class `reason`"),
        (
            one_row("    tiers: {flex: {input: 1, bands: [{over: 9, input: 2}, {over: 9, input: 3}]}}"),
            20,
            "the band over 9 does not begin above the one before it",
        ),
        (one_row("    currency: euro\n    tiers: {flex: {input: 1}}"), 20, "`euro` is no currency"),
        (one_row("    period: this year\n    tiers: {flex: {input: 1}}"), 20, "expected a period"),
        (one_row("    retrieved: may\n    tiers: {flex: {input: 1}}"), 20, "expected a date"),
        (one_row("    tiers: {}"), 18, "needs a model and a tier"),
        (FILE.replace("retrieved: 2026-11-01", ""), 6, "a list price needs `source` and `retrieved`"),
        (one_row("    tier: {}"), 20, "the key `tier` is not known here"),
        (one_row("    places: [us, mars]\n    tiers: {standard: {input: 1}}"), 21, "another price that fits"),
        (one_row("    places: [us, eu]\n    tiers: {batch: {input: 1}}"), 21, "another price that fits"),
        ("prices: [", 1, "this is not YAML"),
    ],
)
def test_what_is_wrong_is_told_with_its_place(tmp_path: Path, text: str, line: int, message: str) -> None:
    """One line of a price file, and why it means nothing."""
    with pytest.raises(SourceError) as raised:
        load(tmp_path, text)
    problem = raised.value.problems[0]
    assert message in problem.message
    assert problem.place.line == line


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    """A path that leads nowhere is a problem of the file, not a crash."""
    with pytest.raises(SourceError, match=r"absent\.yaml:1:1: the file cannot be read"):
        load_prices(tmp_path / "absent.yaml")


def test_two_rows_may_meet_where_one_of_them_goes_first(tmp_path: Path) -> None:
    """Narrower places, other periods and negotiated prices do not compete."""
    narrower = one_row("    places: [eu]\n    tiers: {standard: {input: 1}}")
    before = one_row("    places: [eu, us]\n    period: .. 2026-01-01\n    tiers: {standard: {input: 1}}")
    assert len(load(tmp_path, narrower).terms) == 4
    assert len(load(tmp_path, before).terms) == 4
