"""Our rates are those of `genai-prices` on random requests to models that are taken from it.

Where the two differ on purpose, the difference has a name here: nothing else may differ.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from decimal import Decimal
from pathlib import Path
from typing import NamedTuple

import pytest
from genai_prices import Usage as TheirUsage
from genai_prices.data import providers
from genai_prices.types import ModelInfo, Provider
from hypothesis import given, settings
from hypothesis import strategies as st

from comity.exchange import Usage
from comity.money import Money
from comity.prices import BATCH, CLASSES, STANDARD, Offer, PriceBook, Terms, Unrated, load_prices
from comity.prices.from_genai import names_of, take_genai_prices
from comity.prices.taken import CHARGED_AS, Wanted
from comity.prices.write import write_prices

CLOUDS = ("openai", "anthropic", "google", "aws", "azure", "x-ai", "mistral")
DIFFERENCES = {
    "cached_read": "without a rate for reading the cache it is charged there as input; here it is unpriced",
    "cache_write": "the same for writing it",
    "cache_write_1h": "the same for writing it for an hour",
    "audio_input": "without a rate for audio it is charged there as text; here it is unpriced",
    "audio_output": "the same for what is spoken",
    "image_output": "the same for what is drawn",
    "output": "what has a rate for reading only gives nothing away there; here writing is unpriced",
    "input": "the same for reading",
    "reasoning": "charged as output, and so as unpriced as that",
    "image_input": "charged as input, and so as unpriced as that",
}
"""Classes that have no amount here where the package gives one, and why."""


class Case(NamedTuple):
    """A model as both know it."""

    terms: Terms
    provider: Provider
    model: ModelInfo


@pytest.fixture(scope="module")
def book(tmp_path_factory: pytest.TempPathFactory) -> PriceBook:
    """Everything that is taken from the package for some sellers, through a price file."""
    taken = take_genai_prices(Wanted(CLOUDS))
    path: Path = tmp_path_factory.mktemp("prices") / "prices.yaml"
    path.write_text(
        write_prices(taken.rows, about="a test", retrieved="2026-11-21", charged_as=CHARGED_AS), "utf-8"
    )
    return load_prices(path)


@pytest.fixture(scope="module")
def cases(book: PriceBook) -> list[Case]:
    """All terms with the model that they were taken from."""
    found = []
    for provider in providers:
        for model in provider.models if provider.id in CLOUDS else ():
            names, places, _ = names_of(provider.id, model)
            own = [one for one in book.terms if one.cloud == provider.id and one.models[0] == names[0]]
            found += [Case(one, provider, model) for one in own if one.places == frozenset(places)]
    return sorted(found, key=lambda case: case.terms.id)


def moment(terms: Terms, days: int) -> datetime:
    """A day on which the terms are in force, and on which the package knows all its variants."""
    start = max(terms.period.start or date(2026, 10, 15), date(2026, 10, 15))
    day = date.fromordinal(start.toordinal() + days)
    if terms.period.end is not None and day >= terms.period.end:
        day = date.fromordinal(terms.period.end.toordinal() - 1)
    return datetime.combine(day, time(12), UTC)


def their_usage(usage: Usage) -> TheirUsage:
    """The same tokens in the package's overlapping counts."""
    return TheirUsage(
        input_tokens=usage.prompt,
        output_tokens=usage.completion,
        cache_read_tokens=usage.cached_read,
        cache_write_tokens=usage.cache_write + usage.cache_write_1h,
        cache_write_1h_tokens=usage.cache_write_1h,
        input_audio_tokens=usage.audio_input,
        output_audio_tokens=usage.audio_output,
        input_image_tokens=usage.image_input,
        output_image_tokens=usage.image_output,
        output_reasoning_tokens=usage.reasoning,
        cache_audio_read_tokens=0,
        cache_image_read_tokens=0,
        input_video_tokens=0,
        output_video_tokens=0,
    )


TOKENS = st.integers(0, 400_000)


def usages(terms: Terms) -> st.SearchStrategy[Usage]:
    """Tokens in the classes that have a rate, and sometimes in one more."""
    priced = dict.fromkeys(sorted(terms.bands[0].rates), TOKENS)
    more = st.dictionaries(st.sampled_from(CLASSES), TOKENS, max_size=1)
    return st.builds(lambda known, one: Usage(**(one | known)), st.fixed_dictionaries(priced), more)


@settings(max_examples=400, deadline=None)
@given(st.data(), st.integers(0, 400))
def test_rates_agree(cases: list[Case], data: st.DataObject, days: int) -> None:
    """By class, tier, size and day; an amount that we do not give has a named reason."""
    case = data.draw(st.sampled_from(cases))
    terms = case.terms
    usage = data.draw(usages(terms))
    at = moment(terms, days)
    context = {
        STANDARD: None,
        BATCH: {"processing": "batch"},
        "priority": {"service_tier": "priority"},
        "flex": {"service_tier": "flex"},
    }[terms.tier]
    ours = terms.rate(usage)
    if isinstance(ours, Unrated):
        assert set(ours.what) <= DIFFERENCES.keys()
        assert not any(name in band.rates for name in ours.what for band in terms.bands[:1])
        return
    theirs = case.model.calc_price(
        their_usage(usage), case.provider, genai_request_timestamp=at, price_context=context
    )
    assert ours == Money(theirs.total_price, "USD")


def test_a_request_is_rated_at_its_own_size(book: PriceBook) -> None:
    """The request of a million tokens that summing first would underrate by almost half."""
    sol = book.find(Offer("openai", "gpt-6-sol"), STANDARD, date(2026, 11, 1))
    assert isinstance(sol, Terms)
    assert sol.rate(Usage(input=600_000, cached_read=400_000, output=100_000)) == Money(
        Decimal("4.06"), "USD"
    )


def test_what_cannot_be_taken_is_told() -> None:
    """Charges beside tokens, prices by the hour of the day, words that mean no tier."""
    taken = take_genai_prices(Wanted())
    told = {why for why, _, _ in taken.reasons()}
    assert "`web_searches_kcount` has no place in a price by token class" in told
    assert "its price depends on the time of day" in told
    assert "it charges for each request beside its tokens" in told
    assert "no tier is meant by {'speed': 'fast'}" in told
    assert not any(row.cloud == "perplexity" and row.models == ["sonar"] for row in taken.rows)
