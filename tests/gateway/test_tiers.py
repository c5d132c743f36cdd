"""T37: what is charged is the tier that served, as the answer says, and never another tier's price."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import openai
import pytest
from tests.gateway.running import BOOK, ENVIRONMENT, KEYS, PACE, Gateway, serving

from comity.intake import hash_key
from comity.ledger import Attempted
from comity.simulator import Background, CloudSpec, SimulatedModel

QUESTION: Any = [{"role": "user", "content": "Tell me a story"}]
STANDARD = "{standard: {input: 1, output: 10}}"
BOTH = "{standard: {input: 1, output: 10}, priority: {input: 2, output: 20}, flex: {input: 0.5, output: 5}}"
PRICES = f"""\
source: https://example.test/prices
retrieved: 2026-11-01
as: {{reasoning: output, cached_read: input}}
prices:
  - {{cloud: openai, models: [one], tiers: {STANDARD}}}
  - {{cloud: openai, models: [both], tiers: {BOTH}}}
"""


@pytest.fixture(scope="module")
def gateway(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    """A cloud that serves in the priority tier, whatever it is asked."""
    spec = CloudSpec(
        name="openai",
        kind="compatible",
        models=tuple(
            SimulatedModel(name=name, base=f"{name}-2026-11-01", tier="priority") for name in ("one", "both")
        ),
        pace=PACE,
        api_keys=(ENVIRONMENT["LOCAL_KEY"],),
    )
    folder: Path = tmp_path_factory.mktemp("tiers")
    (folder / "prices.yaml").write_text(PRICES)
    with Background(spec) as running:
        rest = f'cloud: openai, region: [us-east-1], url: "{running["openai"].url}/v1"'
        key = 'auth: {api_key: "env:LOCAL_KEY"}'
        config = f"""
book: {BOOK}
facts: {{actor: acme}}
prices: [prices.yaml]
ledger: {{journal: ledger, fold_every: 0}}
listen: {{port: 0}}
deployments:
  - {{id: one, model: one, dialect: openai.chat, {rest}, {key}}}
  - {{id: both, model: both, dialect: openai.chat, {rest}, {key}}}
models:
  one: {{from: [one]}}
  both: {{from: [both]}}
  allowed: {{from: [one], unpriced: allow}}
callers:
  - {{id: app, key: "sha256:{hash_key(KEYS["app"])}", facts: {{product: support, data: public}}}}
"""
        with serving(folder, running, config) as found:
            yield found


def last(gateway: Gateway) -> Attempted:
    """The last attempt on record."""
    return [record for record in gateway.records() if isinstance(record, Attempted)][-1]


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("dialect", ["chat", "responses"])
def test_the_tier_and_model_that_served_are_recorded_and_charged(
    gateway: Gateway, dialect: str, *, stream: bool
) -> None:
    """Passed through or translated, whole or streamed, asked for or not."""
    client = gateway.sdk()
    asked: Any = {"model": "both", "stream": stream}
    if dialect == "chat":
        answer: Any = client.chat.completions.create(
            messages=QUESTION, max_completion_tokens=9, service_tier="flex", **asked
        )
    else:
        answer = client.responses.create(input="Tell me a story", max_output_tokens=9, store=False, **asked)
    if stream:
        assert list(answer)
    record = last(gateway)
    assert (record.tier, record.model, record.deployment) == ("priority", "both-2026-11-01", "both")
    assert record.usage is not None
    assert record.cost is not None
    assert record.cost.amount * 1_000_000 == 2 * record.usage.prompt + 20 * record.usage.completion
    assert record.price.startswith("openai/both/priority/always#")


def test_a_tier_without_a_price_is_unrated_and_says_so(gateway: Gateway) -> None:
    """It was not asked for, so nothing could refuse it; it is never charged at the standard price."""
    gateway.sdk().chat.completions.create(model="one", messages=QUESTION, max_completion_tokens=5)
    record = last(gateway)
    assert (record.cost, record.unrated, record.price) == (None, "unpriced_tier: priority", "")


def test_T37_who_asks_for_a_tier_without_a_price_is_refused(gateway: Gateway) -> None:
    """With 402 before any call, unless the route lets what is unpriced pass."""
    client = gateway.sdk()
    asked: Any = {"messages": QUESTION, "max_completion_tokens": 5, "service_tier": "priority"}
    with pytest.raises(openai.APIStatusError) as caught:
        client.chat.completions.create(model="one", **asked)
    assert caught.value.status_code == 402
    assert "no price for the tier `priority`" in caught.value.message
    client.chat.completions.create(model="allowed", **asked)
    assert last(gateway).unrated == "unpriced_tier: priority"
