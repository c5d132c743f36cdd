"""`comity prices`: lists price files, explains what deployments charge, imports other people's prices."""

from __future__ import annotations

import json
import sys
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from tests.config.test_load import GOOD
from typer.testing import CliRunner, Result

from comity.cli.main import app
from comity.clouds import Addressed, places_of, resolve_places
from comity.clouds.locations import ANYWHERE
from comity.prices import SHIPPED, Offer, Terms, load_prices
from comity.prices.book import WORLD

URL = "https://bedrock-runtime.eu-central-1.amazonaws.com"
PRICES = """\
source: https://example.test/prices
retrieved: 2026-11-01
prices:
  - cloud: azure
    models: [gpt-5.5]
    places: [swedencentral]
    period: 2026-01-01 ..
    tiers:
      standard: {input: 2, output: 12, audio_input: 40, bands: [{over: 272000, input: 4, output: 18}]}
      priority: {input: 4, output: 24}
  - cloud: azure
    models: [gpt-5.5]
    places: [swedencentral]
    answered: us
    period: 2025-06-01 .. 2026-01-01
    tiers: {standard: {input: 2.2}}
"""


def prices(*arguments: object) -> Result:
    """Runs `comity prices`."""
    return CliRunner().invoke(app, ["prices", *map(str, arguments)], env={"COLUMNS": "200"})


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """A configuration with a price of its own, price files, and a deployment that nobody prices."""
    (tmp_path / "prices.yaml").write_text(PRICES)
    own = GOOD.index("  - id: one")
    other = GOOD[own : GOOD.index("models:")].replace("id: one", "id: two").replace("[sweden", "[france")
    text = GOOD.replace("models:", other.replace("    price:", "    # price:") + "models:", 1)
    path = tmp_path / "comity.yaml"
    path.write_text(f"prices: [prices.yaml]\n{text}")
    return path


def test_the_shipped_prices_hold_together() -> None:
    """Each says where it was read and when; current models of five sellers are there, with their tiers."""
    book = load_prices(SHIPPED, expand=places_of)
    assert all(one.source and one.retrieved and not one.contract for one in book.terms)
    assert len(book.by_id) == len(book.terms)
    assert {one.cloud for one in book.terms} == {"openai", "azure", "anthropic", "aws", "google"}
    assert {one.tier for one in book.terms} == {"standard", "batch", "flex", "priority"}
    assert any(len(one.bands) > 1 for one in book.terms)


def test_where_an_answer_was_made_is_told(config: Path) -> None:
    """With the rates of such answers."""
    shown = prices("explain", config, "one", "--at", "2025-12-31").output
    assert "standard (usual): input 1.25" in shown
    (config.parent / "comity.yaml").write_text(config.read_text().replace("price: {input: 1.25", "# {"))
    assert (
        "standard, where an answer says it was made in us: input 2.2"
        in prices("explain", config, "one", "--at", "2025-12-31").output
    )


def test_the_shipped_prices_know_a_global_profile_from_a_regional_one() -> None:
    """Bedrock calls a global profile in a region, too, and charges it as global."""
    book = load_prices(SHIPPED, expand=places_of)
    offered = [
        Offer("aws", "claude-opus-5-5", resolve_places(Addressed("aws", "bedrock.converse", served, URL), ()))
        for served in ("global.anthropic.claude-opus-5-5", "eu.anthropic.claude-opus-5-5")
    ]
    everywhere, union = (book.find(one, "standard", date(2026, 11, 21)) for one in offered)
    assert isinstance(everywhere, Terms)
    assert isinstance(union, Terms)
    assert everywhere.places == frozenset({ANYWHERE}) == frozenset({WORLD})
    assert union.bands[0].rates["input"] == everywhere.bands[0].rates["input"] * Decimal("1.1")


def test_list_shows_what_is_in_force(config: Path) -> None:
    """By seller, model and day; as a table or exactly."""
    file = config.parent / "prices.yaml"
    shown = prices("list", file, "--model", "gpt-5*", "--at", "2026-11-21").output
    for word in (
        "azure/gpt-5.5",
        "swedencentral",
        "priority",
        "over 272,000",
        "audio_input 40",
        "2026-01-01 ..",
    ):
        assert word in shown
    found = json.loads(prices("list", file, "--json", "--at", "2026-11-21").stdout)
    assert [one["tier"] for one in found] == ["standard", "priority"]
    assert found[0]["bands"][1] == {"rates": {"input": "4", "output": "18"}, "over": 272000}
    before = prices("list", file, "--at", "2025-01-31")
    assert (before.exit_code, "no price fits" in before.stderr) == (1, True)
    assert prices("list", "--cloud", "openai", "--model", "gpt-4.1", "--at", "2026-11-21").exit_code == 0


def test_explain_says_what_a_deployment_charges_and_why(config: Path) -> None:
    """By its own price, beside the list price; and what has none."""
    shown = prices("explain", config, "--at", "2026-11-21")
    lines = shown.output.splitlines()
    assert lines[0] == "one: gpt-5.5 on azure, swedencentral"
    assert lines[1].startswith("  standard (usual): input 1.25, output 10, ")
    assert lines[2].endswith("agreed in configured")
    assert lines[3].endswith("https://example.test/prices, read 2026-11-01")
    assert lines[4] == "  priority: input 4, output 24 USD per million tokens"
    assert lines[-1] == "  unpriced on 2026-11-21: a route refuses it, unless it says `unpriced: allow`"
    assert shown.exit_code == 1
    (told,) = json.loads(prices("explain", config, "one", "--json", "--at", "2026-11-21").stdout)
    assert told["terms"][0]["list"]["source"] == "https://example.test/prices"
    assert told["terms"][1]["list"] is None
    assert prices("explain", config, "one", "--at", "2026-11-21").exit_code == 0


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("explain", "comity.yaml", "three"), "there is no deployment `three`"),
        (("explain", "absent.yaml"), "absent.yaml:1:1"),
        (("explain", "comity.yaml", "--at", "May"), "expected a date"),
        (("list", "absent.yaml"), "absent.yaml:1:1"),
        (("import", "--from", "litellm"), "must be named"),
        (("import", "--from", "litellm", "comity.yaml"), "no price file of litellm"),
    ],
)
def test_what_cannot_be_done_is_told(
    config: Path, arguments: tuple[str, ...], message: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With status 2."""
    monkeypatch.chdir(config.parent)
    result = prices(*arguments)
    assert (result.exit_code, message in result.output) == (2, True)


def test_import_writes_a_price_file(tmp_path: Path) -> None:
    """From the installed package and from litellm's file; what was left is told beside it."""
    out = tmp_path / "taken.yaml"
    result = prices(
        "import", "--from", "genai-prices", "--cloud", "openai", "--model", "gpt-4.1*", "--out", out
    )
    assert result.exit_code == 0
    assert "rows taken" in result.stderr
    assert {name for one in load_prices(out).terms for name in one.models} >= {"gpt-4.1", "gpt-4.1-mini"}
    source = tmp_path / "source.json"
    entry = {"litellm_provider": "openai", "mode": "chat", "input_cost_per_token": 1e-06}
    source.write_text(json.dumps({"gpt-x": entry, "free": {**entry, "input_cost_per_token": 0}}))
    printed = prices("import", source, "--from", "litellm")
    assert 'standard: {input: "1"}' in printed.stdout
    assert "left 1, such as free: a rate is 0" in printed.stderr


def test_an_import_of_nothing_writes_nothing(tmp_path: Path) -> None:
    """A price file without prices could not be read again."""
    out = tmp_path / "taken.yaml"
    result = prices("import", "--from", "genai-prices", "--cloud", "nobody", "--out", out)
    assert (result.exit_code, out.exists()) == (1, False)
    assert "nothing is written; give another --cloud or --model" in result.stderr


def test_import_needs_the_package(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is an extra, and says how to get it."""
    monkeypatch.setitem(sys.modules, "genai_prices.data", None)
    result = prices("import", "--from", "genai-prices")
    assert (result.exit_code, "pip install 'comity[prices]'" in result.output) == (2, True)
