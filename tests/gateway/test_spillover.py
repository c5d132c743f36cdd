"""T29: what the cloud moved itself is recorded as moved, and rated at the price of what took over."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from tests.gateway.running import BOOK, ENVIRONMENT, KEYS, PRICE, serving

from comity.intake import hash_key
from comity.ledger import Attempted, AttemptOutcome, Reserved
from comity.money import Money
from comity.simulator import Background, CloudSpec, SimulatedModel

QUESTION: Any = [{"role": "user", "content": "Tell me a story"}]


@pytest.mark.parametrize("sibling", ["standard", "another"])
def test_T29_the_deployment_that_answered_is_charged(tmp_path: Path, sibling: str) -> None:
    """A full provisioned deployment spills to the standard one on the cloud's side; the headers say so.

    Where the one that took over is configured, its price is charged; any other is unrated, by name.
    """
    spec = CloudSpec(
        name="azure",
        kind="azure",
        models=(
            SimulatedModel(
                name="ptu", base="gpt-5.5", requests_per_minute=1, spills_to="standard", tier="default"
            ),
            SimulatedModel(name="standard", base="gpt-5.5", tier="default"),
        ),
        region="swedencentral",
        api_keys=(ENVIRONMENT["AZURE_KEY"],),
    )
    with Background(spec) as running:
        config = f"""
book: {BOOK}
facts: {{actor: acme}}
ledger: {{journal: ledger, fold_every: 0}}
listen: {{port: 0}}
deployments:
  - {{id: reserved, cloud: azure, region: [swedencentral], model: gpt-5.5, dialect: openai.chat,
     url: "{running["azure"].url}/openai/deployments/ptu", auth: {{api_key: "env:AZURE_KEY"}},
     tier: reserved, price: {{input: 0, output: 0, contract: ms/ptu}}}}
  - {{id: paid, cloud: azure, region: [swedencentral], model: gpt-5.5, dialect: openai.chat,
     url: "{running["azure"].url}/openai/deployments/{sibling}", auth: {{api_key: "env:AZURE_KEY"}},
     price: {PRICE}}}
budgets: {{limits: [{{id: all, where: {{caller: app}}, money: 5 USD, every: total}}]}}
models:
  gpt-5.5: {{from: [reserved]}}
callers:
  - {{id: app, key: "sha256:{hash_key(KEYS["app"])}", facts: {{product: support, data: public}}}}
"""
        with serving(tmp_path, running, config) as gateway:
            for _ in range(3):
                gateway.sdk().chat.completions.create(
                    model="gpt-5.5", messages=QUESTION, max_completion_tokens=5
                )
            records = gateway.records()
    attempts = [record for record in records if isinstance(record, Attempted)]
    held = [record.held for record in records if isinstance(record, Reserved)]
    assert all(one is not None and one.amount > 0 for one in held), "what takes over costs something"
    first, last = attempts[0], attempts[-1]
    assert (first.deployment, first.answered_by) == ("reserved", "reserved")
    assert (first.tier, last.tier) == ("reserved", "standard")
    assert first.cost == Money(Decimal(0), "USD")
    assert first.price.startswith("ms/ptu:azure/gpt-5.5/reserved/always#")
    assert (last.deployment, last.answered_by) == ("reserved", "standard")
    assert last.outcome is AttemptOutcome.SERVED
    if sibling == "standard":
        assert last.cost is not None
        assert last.cost.amount > 0
        assert last.price.startswith("configured:azure/gpt-5.5/standard/always#")
    else:
        assert (last.cost, last.price) == (None, "")
        assert last.unrated == "served_elsewhere: standard"
