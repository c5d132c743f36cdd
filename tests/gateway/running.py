"""A real gateway process in front of simulated clouds."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import msgspec
import openai

from comity.intake import hash_key
from comity.ledger import Record, parse_entry_id, read_records
from comity.simulator import AwsAccount, Background, CloudSpec, Pace, SimulatedModel

BOOK = Path(__file__).parent / "book"
ACCOUNT = AwsAccount("AKIDTEST", "aws-secret-for-tests")
ENVIRONMENT = {
    "AZURE_KEY": "azure-key-for-tests",
    "LOCAL_KEY": "local-key-for-tests",
    "AWS_ID": ACCOUNT.access_key_id,
    "AWS_SECRET": ACCOUNT.secret_access_key,
}
KEYS = {name: f"sk-{name}-0123456789" for name in ("app", "eu", "frontier", "teller")}
PACE = Pace(0.0, 1000.0)
PRICE = "{currency: USD, input: '1', cached_read: '0.1', output: '10', reasoning: '10'}"
AT_AMAZON = '{access_key_id: "env:AWS_ID", secret_access_key: "env:AWS_SECRET"}'
"""How the gateway signs at Bedrock."""


class Gateway(msgspec.Struct):
    """A running gateway."""

    url: str
    """Its address, without a path."""
    ledger: Path
    """Folder of its journal."""
    process: subprocess.Popen[str]
    """The supervisor."""
    clouds: Background
    """The clouds behind it."""
    sdks: dict[str, openai.OpenAI] = {}
    """The official SDK by key, its base URL changed and nothing else."""

    def sdk(self, who: str = "app") -> openai.OpenAI:
        """The SDK of a caller, or of a key that nobody has."""
        if who not in self.sdks:
            key = KEYS.get(who, who)
            self.sdks[who] = openai.OpenAI(base_url=f"{self.url}/v1", api_key=key, max_retries=0)
        return self.sdks[who]

    def workers(self) -> list[int]:
        """The process ids of its workers."""
        pid = self.process.pid
        return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]

    def records(self) -> list[Record]:
        """Everything in the journal, as it is now."""
        return list(read_records(self.ledger))

    def entry(self, receipt: str) -> list[Record]:
        """The records of one entry, by the receipt that the client got."""
        wanted = parse_entry_id(receipt)
        return [record for record in self.records() if entry_of(record) == wanted]


def entry_of(record: Record) -> bytes:
    """The entry that a record belongs to."""
    return record.entry


def clouds(pace: Pace = PACE) -> Background:
    """Azure in Sweden, Bedrock in Frankfurt and a server of one's own in Virginia."""
    return Background(
        CloudSpec(
            name="azure",
            kind="azure",
            models=(SimulatedModel(name="gpt55", base="gpt-5.5"),),
            region="swedencentral",
            pace=pace,
            api_keys=(ENVIRONMENT["AZURE_KEY"],),
        ),
        CloudSpec(
            name="bedrock",
            kind="bedrock",
            models=(SimulatedModel(name="openai.gpt-5.5-v1:0"),),
            region="eu-central-1",
            pace=pace,
            accounts=(ACCOUNT,),
        ),
        CloudSpec(
            name="local",
            kind="compatible",
            models=(SimulatedModel(name="gpt-5.5"), SimulatedModel(name="slow", pace=Pace(0.0, 20.0))),
            region="us-east-1",
            pace=pace,
            api_keys=(ENVIRONMENT["LOCAL_KEY"],),
        ),
    )


def configuration(running: Background) -> str:
    """A `comity.yaml` for those clouds."""
    return f"""
book: {BOOK}
facts: {{actor: acme}}
posture: {{disputed: refuse, unknown: refuse}}
ledger: {{journal: ledger, fold_every: 0}}
listen: {{port: 0, drain: 30}}
deployments:
  - id: azure-swe
    cloud: azure
    region: [swedencentral]
    model: gpt-5.5
    dialect: openai.chat
    url: {running["azure"].url}/openai/deployments/gpt55/
    auth: {{api_key: "env:AZURE_KEY"}}
    price: {PRICE}
  - id: azure-v1
    cloud: azure
    region: [swedencentral]
    model: gpt-5.5
    served_model: gpt55
    dialect: openai.chat
    url: {running["azure"].url}/openai/v1/
    auth: {{api_key: "env:AZURE_KEY"}}
    price: {PRICE}
  - id: bedrock-fra
    cloud: aws
    region: [eu-central-1]
    signing_region: eu-central-1
    model: gpt-5.5
    served_model: openai.gpt-5.5-v1:0
    dialect: bedrock.converse
    url: {running["bedrock"].url}
    auth: {{access_key_id: "env:AWS_ID", secret_access_key: "env:AWS_SECRET"}}
    traits: {{family: gpt, structured_output: true}}
    price: {PRICE}
  - id: local-us
    cloud: coreweave
    region: [us-east-1]
    model: gpt-5.5
    dialect: openai.chat
    url: {running["local"].url}/v1
    auth: {{api_key: "env:LOCAL_KEY"}}
    price: {PRICE}
  - id: local-slow
    cloud: coreweave
    region: [us-east-1]
    model: slow
    dialect: openai.chat
    url: {running["local"].url}/v1
    auth: {{api_key: "env:LOCAL_KEY"}}
    price: {PRICE}
  - id: unpriced
    cloud: coreweave
    region: [us-east-1]
    model: gpt-5.5
    dialect: openai.chat
    url: {running["local"].url}/v1
    auth: {{api_key: "env:LOCAL_KEY"}}
  - id: limited
    cloud: coreweave
    region: [us-east-1]
    model: gpt-5.5
    dialect: openai.chat
    url: {running["local"].url}/v1
    auth: {{api_key: "env:LOCAL_KEY"}}
    limits: {{rpm: 6}}
    price: {PRICE}
  - id: dead
    cloud: coreweave
    region: [us-east-1]
    model: gpt-5.5
    dialect: openai.chat
    url: http://127.0.0.1:1/v1
    auth: {{api_key: "env:LOCAL_KEY"}}
    price: {PRICE}
models:
  gpt-5.5: {{from: [local-us, azure-swe, bedrock-fra]}}
  azure-only: {{from: [azure-swe]}}
  azure-v1: {{from: [azure-v1]}}
  bedrock-only: {{from: [bedrock-fra]}}
  bedrock-lossy: {{from: [bedrock-fra], inexpressible: drop}}
  us-only: {{from: [local-us]}}
  slow: {{from: [local-slow]}}
  unpriced: {{from: [unpriced]}}
  limited: {{from: [limited]}}
  dead-first: {{from: [dead, azure-swe]}}
  dead-only: {{from: [dead]}}
  rerouted: {{from: [bedrock-fra], otherwise: [azure-swe], posture: {{disputed: re-route}}}}
  recorded: {{from: [bedrock-fra], posture: {{disputed: allow-and-record}}}}
  as-acme: {{from: [bedrock-fra], posture: {{for: acme}}}}
  as-oai: {{from: [bedrock-fra], posture: {{for: oai}}}}
callers:
  - id: app
    key: "sha256:{hash_key(KEYS["app"])}"
    facts: {{customer: acme, product: support, data: confidential}}
  - id: teller
    key: "sha256:{hash_key(KEYS["teller"])}"
    facts: {{customer: acme, product: support}}
    may_state: [data, subject, consent]
  - id: eu
    key: "sha256:{hash_key(KEYS["eu"])}"
    facts: {{customer: acme, product: support, data: personal, subject: eu}}
    models: [gpt-5.5, us-only, dead-first]
  - id: frontier
    key: "sha256:{hash_key(KEYS["frontier"])}"
    facts: {{customer: acme, product: frontier, data: confidential, surface: runtime, state: stateful}}
"""


def entry(name: str, cloud: str, region: str, dialect: str, url: str, *, model: str, **more: str) -> str:
    """A deployment as `comity.yaml` has it; `more` adds keys, or other values for these."""
    members = {
        "id": name,
        "cloud": cloud,
        "region": f"[{region}]",
        "model": model,
        "dialect": dialect,
        "url": url,
        "auth": '{api_key: "env:LOCAL_KEY"}',
        "price": PRICE,
        **more,
    }
    return "  - " + "\n    ".join(f"{key}: {value}" for key, value in members.items())


def written(posture: str, deployments: Iterable[str], models: Iterable[str], callers: Iterable[str]) -> str:
    """A `comity.yaml` of these entries; `posture` is what a dispute and an unknown lead to."""
    return "\n".join(
        [
            f"book: {BOOK}",
            "facts: {actor: acme}",
            f"posture: {{disputed: {posture}, unknown: {posture}}}",
            "ledger: {journal: ledger, fold_every: 0}",
            "listen: {port: 0, drain: 5}",
            "deployments:",
            *deployments,
            "models:",
            *models,
            "callers:",
            *callers,
        ]
    )


@contextmanager
def serving(
    folder: Path,
    running: Background,
    config: str,
    options: tuple[str, ...] = (),
    environment: Mapping[str, str] | None = None,
    **environ: str,
) -> Iterator[Gateway]:
    """A gateway process on `config`, stopped at the end; `environment` stands in for that of the tests."""
    path = folder / "comity.yaml"
    path.write_text(config)
    process = subprocess.Popen(
        [sys.executable, "-m", "comity.cli", "serve", str(path), "--json", *options],
        stdout=subprocess.PIPE,
        text=True,
        env={**(environment or os.environ), **ENVIRONMENT, **environ},
    )
    try:
        assert process.stdout is not None
        line = process.stdout.readline()
        assert line, "the gateway did not start"
        gateway = Gateway(json.loads(line)["serving"], folder / "ledger", process, running)
        yield gateway
        for sdk in gateway.sdks.values():
            sdk.close()
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(60)
        assert process.stdout is not None
        process.stdout.close()
