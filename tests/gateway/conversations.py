"""A gateway that keeps conversations, in front of two Azure resources and Bedrock."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from tests.gateway.running import ACCOUNT, ENVIRONMENT, KEYS, PACE, PRICE, Gateway, serving

from comity.intake import hash_key
from comity.simulator import Background, CloudSpec, SimulatedModel

KEY = "5f" * 32
"""The key of the store of conversations."""
BOOK = """---
contract: house
title: House rules for conversations that are kept
parties: {acme: Acme GmbH}
binds: [acme]
silence: permitted
clock: Europe/Berlin
sources:
  S1: {title: Written for the tests, date: 2026-01-01, grade: verified}
---

## 1 Personal data is kept in the Union `house.keeping`
Personal data of people in the Union is kept only in the Union.

```comity
confine: {action: store, data: personal, subject: eu}
to: {store_region: eu}
source: [S1]
```

## 2 A stateful service lives at home `house.home`
Support keeps its conversations on its own machines.

```comity
confine: {state: stateful, product: frontier}
to: {host: azure}
source: [S1]
```
"""
SESSIONS = "sessions: {store: kept.db, key: 'env:SESSION_KEY', region: [us-east-1], facts: {host: own}}"


def clouds() -> Background:
    """Two Azure resources with a reasoning model each, and Bedrock."""
    reasoner = SimulatedModel(name="o4", reasoning=True)
    return Background(
        CloudSpec(
            name="azure",
            kind="azure",
            models=(SimulatedModel(name="gpt55", base="gpt-5.5"), reasoner),
            region="swedencentral",
            pace=PACE,
            api_keys=(ENVIRONMENT["AZURE_KEY"],),
        ),
        CloudSpec(
            name="second",
            kind="azure",
            models=(reasoner,),
            region="eastus2",
            pace=PACE,
            api_keys=(ENVIRONMENT["AZURE_KEY"],),
        ),
        CloudSpec(
            name="bedrock",
            kind="bedrock",
            models=(SimulatedModel(name="anthropic.claude-sonnet-4-5"),),
            region="eu-central-1",
            pace=PACE,
            accounts=(ACCOUNT,),
        ),
    )


def configuration(running: Background, sessions: str = SESSIONS) -> str:
    """A `comity.yaml` for those clouds."""

    def azure(name: str, cloud: str, model: str, path: str, traits: str) -> str:
        return f"""
  - id: {name}
    cloud: azure
    region: [swedencentral]
    model: {model}
    served_model: {model}
    dialect: openai.responses
    url: {running[cloud].url}{path}
    auth: {{api_key: "env:AZURE_KEY"}}
    traits: {traits}
    price: {PRICE}"""

    reasons = "{family: gpt, sampling: false, reasoning_signatures: required}"
    return f"""
book: book
facts: {{actor: acme}}
ledger: {{journal: ledger, fold_every: 0}}
listen: {{port: 0, drain: 5}}
{sessions}
deployments:{azure("azure", "azure", "gpt55", "/openai/v1", "{family: gpt}")}\
{azure("thinker", "azure", "o4", "/openai?api-version=2025-04-01-preview", reasons)}\
{azure("other-thinker", "second", "o4", "/openai/v1", reasons)}
  - id: claude
    cloud: aws
    region: [eu-central-1]
    signing_region: eu-central-1
    model: claude
    served_model: anthropic.claude-sonnet-4-5
    dialect: bedrock.converse
    url: {running["bedrock"].url}
    auth: {{access_key_id: "env:AWS_ID", secret_access_key: "env:AWS_SECRET"}}
    traits: {{family: claude, structured_output: true, reasoning_signatures: required}}
    price: {PRICE}
models:
  gpt: {{from: [azure]}}
  claude: {{from: [claude]}}
  claude-lossy: {{from: [claude], moves: lossy}}
  claude-stays: {{from: [claude], moves: none}}
  o4: {{from: [thinker]}}
  o4-other: {{from: [other-thinker]}}
  o4-anywhere: {{from: [other-thinker, thinker]}}
  o4-lossy: {{from: [other-thinker], moves: lossy}}
callers:
  - id: app
    key: "sha256:{hash_key(KEYS["app"])}"
    facts: {{customer: acme, product: support, data: confidential}}
  - id: eu
    key: "sha256:{hash_key(KEYS["eu"])}"
    facts: {{customer: acme, product: support, data: personal, subject: eu}}
  - id: frontier
    key: "sha256:{hash_key(KEYS["frontier"])}"
    facts: {{customer: acme, product: frontier, data: confidential}}
"""


@contextmanager
def conversing(
    folder: Path,
    running: Background,
    sessions: str = SESSIONS,
    key: str = KEY,
    environment: Mapping[str, str] | None = None,
    **environ: str,
) -> Iterator[Gateway]:
    """The gateway process, for as long as the context lasts."""
    book = folder / "book"
    book.mkdir(exist_ok=True)
    (book / "house.md").write_text(BOOK)
    with serving(
        folder, running, configuration(running, sessions), (), environment, SESSION_KEY=key, **environ
    ) as gateway:
        yield gateway
