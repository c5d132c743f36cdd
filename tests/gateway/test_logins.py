"""T45, T35: tokens are there before serving starts; a login that fails never becomes another account."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import openai
from tests.clouds.identity_fakes import imds, provider
from tests.gateway.running import BOOK, ENVIRONMENT, KEYS, PRICE, serving

from comity.intake import hash_key
from comity.ledger import Attempted, AttemptOutcome
from comity.simulator import Background, CloudSpec, SimulatedModel

QUESTION: Any = [{"role": "user", "content": "Tell me a story"}]


def _configuration(azure: str) -> str:
    entra = "entra: {kind: managed-identity}"
    absent = "entra: {kind: workload-identity, tenant_id: t, client_id: c, token_file: /nonexistent/token}"
    rest = (
        f"cloud: azure, region: [swedencentral], model: gpt-5.5, dialect: openai.chat, url: {azure}/openai/v1"
    )
    return f"""
book: {BOOK}
facts: {{actor: acme}}
ledger: {{journal: ledger, fold_every: 0}}
listen: {{port: 0}}
deployments:
  - {{id: no-login, {rest}, auth: {{{absent}}}, price: {PRICE}}}
  - {{id: machine, {rest}, auth: {{{entra}}}, price: {PRICE}}}
models:
  gpt-5.5: {{from: [no-login, machine]}}
  unauthenticated: {{from: [no-login]}}
callers:
  - {{id: app, key: "sha256:{hash_key(KEYS["app"])}", facts: {{product: support, data: public}}}}
"""


def test_t45_a_token_serves_and_a_missing_one_is_passed_over(tmp_path: Path) -> None:
    """T45: no call is made without a login; the next decided candidate serves, and the ledger says why."""
    spec = CloudSpec(
        name="azure",
        kind="azure",
        models=(SimulatedModel(name="gpt-5.5"),),
        region="swedencentral",
        api_keys=("machine-token",),
    )
    with Background(spec) as running, provider(imds()) as fake:
        config = _configuration(running["azure"].url)
        with serving(tmp_path, running, config, AZURE_POD_IDENTITY_AUTHORITY_HOST=fake.url) as gateway:
            assert len(fake.came) == 1
            served = gateway.sdk().chat.completions.create(
                model="gpt-5.5", messages=QUESTION, max_completion_tokens=5
            )
            refused = gateway.sdk().with_options(max_retries=0).chat.completions.with_raw_response
            failed = _status(refused)
            attempts = [record for record in gateway.records() if isinstance(record, Attempted)]
    assert served.choices[0].message.content
    first, second, third = attempts
    assert (first.deployment, first.outcome, first.failure) == (
        "no-login",
        AttemptOutcome.NOT_SENT,
        "authentication",
    )
    assert "no valid login for this deployment (FileNotFoundError)" in first.message
    assert (second.deployment, second.outcome) == ("machine", AttemptOutcome.SERVED)
    assert third.outcome is AttemptOutcome.NOT_SENT
    assert failed == 502
    assert len(fake.came) == 1, "requests fetch no tokens"
    assert ENVIRONMENT["AZURE_KEY"] not in first.message


def _status(asked: Any) -> int:
    try:
        asked.create(model="unauthenticated", messages=QUESTION, max_completion_tokens=5)
    except openai.APIStatusError as error:
        return error.status_code
    return 200
