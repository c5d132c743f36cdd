"""What is taken from litellm's price file, and what is left there and why."""

from __future__ import annotations

import json
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from comity.clouds import places_of
from comity.errors import SourceError
from comity.exchange import Usage
from comity.prices import Band, Offer, PriceBook, Rated, Terms, load_prices
from comity.prices.from_litellm import take_litellm
from comity.prices.taken import CHARGED_AS, Taken, Wanted
from comity.prices.tariff import nanoseconds
from comity.prices.write import write_prices

DAY = date(2026, 11, 21)
ENTRIES: dict[str, dict[str, Any]] = {
    "sample_spec": {"mode": "chat"},
    "gpt-x": {
        "litellm_provider": "openai",
        "mode": "chat",
        "source": "https://example.test/pricing",
        "input_cost_per_token": 2.5e-06,
        "output_cost_per_token": 1.5e-05,
        "cache_read_input_token_cost": 2.5e-07,
        "input_cost_per_token_above_272k_tokens": 5e-06,
        "output_cost_per_token_above_272k_tokens": 2.25e-05,
        "input_cost_per_token_flex": 1.25e-06,
        "output_cost_per_token_flex": 7.5e-06,
        "input_cost_per_token_priority": 5e-06,
        "output_cost_per_token_priority": 3e-05,
        "input_cost_per_token_batches": 1.25e-06,
        "search_context_cost_per_query": {"search_context_size_low": 0.01},
        "input_cost_per_token_above_272k_tokens_ultrafast": 1e-05,
        "supports_vision": True,
    },
    "azure/gpt-x": {"litellm_provider": "azure", "mode": "chat", "input_cost_per_token": 2e-06},
    "azure/eu/gpt-x": {"litellm_provider": "azure", "mode": "chat", "input_cost_per_token": 2.2e-06},
    "azure/global-standard/gpt-x": {
        "litellm_provider": "azure",
        "mode": "chat",
        "input_cost_per_token": 2e-06,
    },
    "anthropic.claude-x-v1:0": {
        "litellm_provider": "bedrock_converse",
        "mode": "chat",
        "input_cost_per_token": 3.3e-06,
        "cache_creation_input_token_cost": 4.125e-06,
        "cache_creation_input_token_cost_above_1hr": 6.6e-06,
    },
    "us.anthropic.claude-x-v1:0": {
        "litellm_provider": "bedrock_converse",
        "mode": "chat",
        "input_cost_per_token": 3.2e-06,
    },
    "vertex_ai/claude-x": {
        "litellm_provider": "vertex_ai-anthropic_models",
        "mode": "chat",
        "input_cost_per_token": 3e-06,
        "regional_endpoint_uplift_multiplier": 1.1,
    },
    "claude-y": {
        "litellm_provider": "anthropic",
        "mode": "chat",
        "input_cost_per_token": 4e-06,
        "provider_specific_entry": {"us": 1.1, "fast": 2},
    },
    "free": {"litellm_provider": "openai", "mode": "chat", "input_cost_per_token": 0.0},
    "sonar": {
        "litellm_provider": "perplexity",
        "mode": "chat",
        "input_cost_per_token": 1e-06,
        "input_cost_per_request": 0.005,
    },
    "large-only": {
        "litellm_provider": "openai",
        "mode": "chat",
        "input_cost_per_token_above_200k_tokens": 1e-06,
    },
    "painter": {"litellm_provider": "openai", "mode": "image_generation", "output_cost_per_image": 0.04},
}


ALL = Wanted()


def take(folder: Path, wanted: Wanted = ALL) -> tuple[Taken, PriceBook]:
    """What is taken from the entries, and the book that is read back from what is written."""
    source, target = folder / "source.json", folder / "prices.yaml"
    source.write_text(json.dumps(ENTRIES))
    taken = take_litellm(source, wanted, DAY)
    text = write_prices(taken.rows, about="a test", retrieved=str(DAY), charged_as=CHARGED_AS)
    target.write_text(text)
    return taken, load_prices(target, expand=places_of)


def found(book: PriceBook, cloud: str, model: str, *places: str, tier: str = "standard") -> tuple[Band, ...]:
    """The bands that a deployment of the model in those places is charged by."""
    terms = book.find(Offer(cloud, model, frozenset(places)), tier, DAY)
    assert isinstance(terms, Terms)
    return terms.bands


def test_rates_are_exact_and_by_class_tier_and_size(tmp_path: Path) -> None:
    """`2.5e-07` a token is 0.25 a million, not what a binary fraction makes of it."""
    _, book = take(tmp_path)
    usual, large = found(book, "openai", "gpt-x", "us-east-1")
    assert usual.rates["cached_read"] == Decimal("0.25")
    assert usual.rates["reasoning"] == usual.rates["output"] == Decimal(15)
    assert (large.over, large.rates["input"], large.rates["output"]) == (272_000, Decimal(5), Decimal("22.5"))
    assert large.rates["cached_read"] == Decimal("0.25")
    assert found(book, "openai", "gpt-x", tier="priority")[0].rates["output"] == 30
    assert found(book, "openai", "gpt-x", tier="flex")[0].rates["input"] == Decimal("1.25")
    assert "output" not in found(book, "openai", "gpt-x", tier="batch")[0].rates
    assert book.terms[0].period.start == DAY
    assert book.terms[0].source == "litellm: https://example.test/pricing"


def test_places_are_those_that_the_key_names(tmp_path: Path) -> None:
    """Data zones, inference profiles, and what a regional endpoint costs more."""
    _, book = take(tmp_path)
    assert found(book, "azure", "gpt-x", "world")[0].rates["input"] == 2
    assert found(book, "azure", "gpt-x", "eu")[0].rates["input"] == Decimal("2.2")
    claude = "anthropic.claude-x-v1:0"
    assert found(book, "aws", claude, "us-east-1", "us-east-2", "us-west-2")[0].rates["input"] == Decimal(
        "3.2"
    )
    assert found(book, "aws", claude, "eu-central-1")[0].rates["cache_write_1h"] == Decimal("6.6")
    assert found(book, "google", "claude-x", "world")[0].rates["input"] == 3
    assert found(book, "google", "claude-x", "europe-west4")[0].rates["input"] == Decimal("3.3")


def test_where_an_answer_was_made_may_cost_more(tmp_path: Path) -> None:
    """Anthropic charges a tenth more for answers that are made in the United States on demand."""
    _, book = take(tmp_path)
    tariff = book.tariff(Offer("anthropic", "claude-y", frozenset({"world"})))
    usual, dearer = (tariff.rate(Usage(input=1_000_000), "", nanoseconds(DAY), place) for place in ("", "us"))
    assert isinstance(usual, Rated)
    assert isinstance(dearer, Rated)
    assert (usual.cost.amount, dearer.cost.amount) == (Decimal(4), Decimal("4.4"))
    assert dearer.terms.startswith("anthropic/claude-y=us/standard/")


def test_what_is_left_has_a_reason(tmp_path: Path) -> None:
    """Zeros, fees, other ways to charge, and names that are taken."""
    taken, _ = take(tmp_path)
    assert {one.what: one.why for one in taken.left if one.what != "gpt-x"} == {
        "azure/global-standard/gpt-x": "another entry prices the same model at the same seller",
        "claude-y": "its `fast` is no tier",
        "free": "it has no rate for tokens",
        "sonar": "it charges by `input_cost_per_request` as well",
        "large-only": "it has no rate for tokens",
        "painter": "its mode `image_generation` is not charged by the token alone",
    }
    whys = [why for why, _, _ in taken.reasons()]
    assert "a rate is 0, which may mean that nobody knew it" in whys
    assert "its tier `standard` has rates for large requests only" in whys
    fields = {one.why.split("`")[1] for one in taken.left if one.what == "gpt-x"}
    assert fields == {"search_context_cost_per_query", "input_cost_per_token_above_272k_tokens_ultrafast"}


def test_only_what_is_wanted_is_taken(tmp_path: Path) -> None:
    """By seller and by pattern of names."""
    taken, book = take(tmp_path, Wanted(("azure", "google"), ("gpt-*",)))
    assert {one.cloud for one in book.terms} == {"azure"}
    assert len(taken.rows) == 2


@pytest.mark.parametrize("text", ["[]", "{", '{"a": 1}'])
def test_another_file_is_refused(tmp_path: Path, text: str) -> None:
    """With its name, and the name of the one that is meant."""
    (tmp_path / "other.json").write_text(text)
    with pytest.raises(SourceError, match=r"other\.json:1:1: this is no price file of litellm"):
        take_litellm(tmp_path / "other.json", Wanted(), DAY)
