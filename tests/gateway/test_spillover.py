"""T29: what the cloud moved itself is recorded as moved, and not rated at the price of what was asked."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tests.gateway.running import BOOK, ENVIRONMENT, KEYS, PRICE, serving

from comity.intake import hash_key
from comity.ledger import Attempted, AttemptOutcome
from comity.simulator import Background, CloudSpec, SimulatedModel

QUESTION: Any = [{"role": "user", "content": "Tell me a story"}]


def test_T29_the_deployment_that_answered_is_recorded(tmp_path: Path) -> None:
    """A full provisioned deployment spills to the standard one on the cloud's side; the headers say so."""
    spec = CloudSpec(
        name="azure",
        kind="azure",
        models=(
            SimulatedModel(name="ptu", base="gpt-5.5", requests_per_minute=1, spills_to="standard"),
            SimulatedModel(name="standard", base="gpt-5.5"),
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
     price: {PRICE}}}
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
            attempts = [record for record in gateway.records() if isinstance(record, Attempted)]
    first, last = attempts[0], attempts[-1]
    assert (first.deployment, first.answered_by) == ("reserved", "reserved")
    assert first.cost is not None
    assert (last.deployment, last.answered_by) == ("reserved", "standard")
    assert last.outcome is AttemptOutcome.SERVED
    assert last.cost is None
    assert last.unrated
