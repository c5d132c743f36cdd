"""A gateway with a target in every dialect, one route for each, in front of simulated clouds."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.gateway.running import ACCOUNT, BOOK, ENVIRONMENT, KEYS, PACE, PRICE, Gateway, serving

from comity.intake import hash_key
from comity.simulator import AwsAccount, Background, CloudSpec, SimulatedModel
from comity.simulator.spec import CloudKind

KEY = ENVIRONMENT["LOCAL_KEY"]
CALLER = AwsAccount("AKIACOMITY000001", "signing-secret-for-tests")
"""The key pair of the caller `app`, for the SDKs that sign."""
MODELS = {"gpt": "gpt-5.5", "claude": "claude-sonnet-4-5", "gemini": "gemini-2.5-flash"}
"""What stands behind a target, by family."""
CLAUDE = (
    "{family: claude, structured_output: true, prompt_caching: true, reasoning_signatures: required,"
    " max_output_tokens: 64000}"
)
TARGETS: dict[str, tuple[str, str]] = {
    "chat": ("local", "openai.chat"),
    "responses": ("local", "openai.responses"),
    "messages": ("anthropic", "anthropic.messages"),
    "converse": ("bedrock", "bedrock.converse"),
    "invoke": ("bedrock", "bedrock.invoke"),
    "raw-predict": ("vertex", "vertex.messages"),
    "studio": ("studio", "gemini.generate"),
    "vertex": ("vertex", "gemini.generate"),
}
"""Route names: the simulated cloud behind each, and the dialect it is spoken to in."""


def clouds() -> Background:
    """One cloud of every kind."""

    def spec(name: str, kind: CloudKind, region: str, *families: str) -> CloudSpec:
        models = tuple(SimulatedModel(name=MODELS[family]) for family in families)
        keys = () if kind == "bedrock" else (KEY,)
        accounts = (ACCOUNT,) if kind == "bedrock" else ()
        return CloudSpec(
            name=name, kind=kind, models=models, region=region, pace=PACE, api_keys=keys, accounts=accounts
        )

    return Background(
        spec("local", "compatible", "us-east-1", "gpt"),
        spec("anthropic", "anthropic", "us", "claude"),
        spec("bedrock", "bedrock", "eu-central-1", "claude"),
        spec("vertex", "vertex", "europe-west1", "claude", "gemini"),
        spec("studio", "ai-studio", "us", "gemini"),
    )


def _deployment(name: str, running: Background) -> str:
    cloud, dialect = TARGETS[name]
    url, region = running[cloud].url, running[cloud].cloud.spec.region
    where = {"local": "coreweave", "bedrock": "aws", "anthropic": "anthropic"}.get(cloud, "google")
    paths = {"local": "/v1", "studio": "/v1beta", "vertex": f"/v1/projects/p/locations/{region}"}
    family = "gemini" if dialect == "gemini.generate" else "gpt" if cloud == "local" else "claude"
    members = {
        "id": f"d-{name}",
        "cloud": where,
        "region": f"[{region}]",
        "model": name,
        "served_model": MODELS[family],
        "dialect": dialect,
        "url": url + paths.get(cloud, ""),
        "auth": '{api_key: "env:LOCAL_KEY"}',
        "price": PRICE,
    }
    if cloud == "bedrock":
        members["auth"] = '{access_key_id: "env:AWS_ID", secret_access_key: "env:AWS_SECRET"}'
        members["signing_region"] = region
    if family == "claude":
        members["traits"] = CLAUDE
    return "  - " + "\n    ".join(f"{key}: {value}" for key, value in members.items())


def configuration(running: Background, routes: dict[str, str]) -> str:
    """A `comity.yaml` for those clouds; `routes` names further models: the target of each."""
    named = {name: name for name in TARGETS} | routes
    return "\n".join(
        [
            f"book: {BOOK}",
            "facts: {actor: acme}",
            "posture: {disputed: refuse, unknown: refuse}",
            "ledger: {journal: ledger, fold_every: 0}",
            "listen: {port: 0, drain: 5}",
            "deployments:",
            *(_deployment(name, running) for name in TARGETS),
            "models:",
            *(f'  "{model}": {{from: [d-{target}], inexpressible: drop}}' for model, target in named.items()),
            "callers:",
            "  - id: app",
            f'    key: "sha256:{hash_key(KEYS["app"])}"',
            f'    sigv4: {{access_key_id: {CALLER.access_key_id}, secret: "env:CALLER_SECRET"}}',
            "    facts: {customer: acme, product: support, data: confidential}",
        ]
    )


@contextmanager
def everywhere(folder: Path, routes: dict[str, str] | None = None) -> Iterator[Gateway]:
    """The gateway process, for as long as the context lasts."""
    secret = CALLER.secret_access_key
    with (
        clouds() as running,
        serving(folder, running, configuration(running, routes or {}), CALLER_SECRET=secret) as gateway,
    ):
        yield gateway
