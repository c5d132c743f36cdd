"""A gateway with a target in every dialect, one route for each, in front of simulated clouds."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from tests.gateway.running import (
    ACCOUNT,
    AT_AMAZON,
    ENVIRONMENT,
    KEYS,
    PACE,
    Gateway,
    entry,
    serving,
    written,
)

from comity.intake import hash_key
from comity.simulator import AwsAccount, Background, CloudSpec, SimulatedModel
from comity.simulator.spec import CloudKind

KEY = ENVIRONMENT["LOCAL_KEY"]
CALLER = AwsAccount("AKIACOMITY000001", "signing-secret-for-tests")
"""The key pair of the caller `app`, for the SDKs that sign."""
MODELS = {
    "gpt": "gpt-5.5",
    "claude": "claude-sonnet-4-5",
    "gemini": "gemini-2.5-flash",
    "vectors": "text-embedding-3-small",
    "titan": "amazon.titan-embed-text-v2:0",
    "thinker": "gpt-5.1-codex",
}
"""What stands behind a target, by family."""
TRAITS = {
    "gpt": "{family: gpt}",
    "claude": (
        "{family: claude, structured_output: true, prompt_caching: true, reasoning_signatures: required,"
        " max_output_tokens: 64000, additional_fields: [thinking]}"
    ),
    "gemini": "{family: gemini, thinking_control: budget}",
    "vectors": "{}",
    "titan": "{family: titan}",
    "thinker": "{family: gpt, sampling: false}",
}
"""What is declared about it."""
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
DISTINCT = ["chat", "responses", "messages", "converse", "vertex"]
"""One target for each way of writing a request, where more would show nothing more."""
VECTORS: dict[str, tuple[str, str]] = {
    "vectors": ("local", "openai.embeddings"),
    "titan": ("bedrock", "bedrock.embeddings"),
    "studio-vectors": ("studio", "gemini.embeddings"),
    "vertex-vectors": ("vertex", "vertex.embeddings"),
}
"""The same for embeddings."""
THINKER = {"thinker": ("local", "openai.responses")}
"""The same for a model that always reasons."""


def clouds() -> Background:
    """One cloud of every kind."""

    def spec(name: str, kind: CloudKind, region: str, *families: str) -> CloudSpec:
        models = tuple(
            SimulatedModel(
                name=MODELS[family],
                reasoning=family == "thinker",
                embeds=24 if family in {"vectors", "titan"} else 0,
            )
            for family in families
        )
        keys = () if kind == "bedrock" else (KEY,)
        accounts = (ACCOUNT,) if kind == "bedrock" else ()
        return CloudSpec(
            name=name, kind=kind, models=models, region=region, pace=PACE, api_keys=keys, accounts=accounts
        )

    return Background(
        spec("local", "compatible", "us-east-1", "gpt", "vectors", "thinker"),
        spec("anthropic", "anthropic", "us", "claude"),
        spec("bedrock", "bedrock", "eu-central-1", "claude", "titan"),
        spec("vertex", "vertex", "europe-west1", "claude", "gemini", "vectors"),
        spec("studio", "ai-studio", "us", "gemini", "vectors"),
    )


def _family(name: str, cloud: str, dialect: str) -> str:
    if name in THINKER:
        return "thinker"
    if dialect.endswith(".embeddings"):
        return "titan" if cloud == "bedrock" else "vectors"
    return "gemini" if dialect == "gemini.generate" else "gpt" if cloud == "local" else "claude"


def _deployment(name: str, running: Background) -> str:
    cloud, dialect = {**TARGETS, **VECTORS, **THINKER}[name]
    url, region = running[cloud].url, running[cloud].cloud.spec.region
    where = {"local": "coreweave", "bedrock": "aws", "anthropic": "anthropic"}.get(cloud, "google")
    paths = {"local": "/v1", "studio": "/v1beta", "vertex": f"/v1/projects/p/locations/{region}"}
    family = _family(name, cloud, dialect)
    more = {"served_model": f'"{MODELS[family]}"', "traits": TRAITS[family]}
    if cloud == "bedrock":
        more |= {"auth": AT_AMAZON, "signing_region": region}
    return entry(f"d-{name}", where, region, dialect, url + paths.get(cloud, ""), model=name, **more)


def configuration(running: Background, routes: dict[str, tuple[str, ...]]) -> str:
    """A `comity.yaml` for those clouds; `routes` names further models: the targets of each, nothing lost."""
    deployments = [*TARGETS, *VECTORS, *THINKER]
    caller = [
        "  - id: app",
        f'    key: "sha256:{hash_key(KEYS["app"])}"',
        f'    sigv4: {{access_key_id: {CALLER.access_key_id}, secret: "env:CALLER_SECRET"}}',
        "    facts: {customer: acme, product: support, data: confidential}",
    ]
    models = [f"  {name}: {{from: [d-{name}], inexpressible: drop}}" for name in deployments]
    models += [
        f'  "{model}": {{from: [{", ".join(f"d-{target}" for target in targets)}]}}'
        for model, targets in routes.items()
    ]
    return written("refuse", (_deployment(name, running) for name in deployments), models, caller)


@contextmanager
def everywhere(
    folder: Path,
    routes: dict[str, tuple[str, ...]] | None = None,
    environment: Mapping[str, str] | None = None,
) -> Iterator[Gateway]:
    """The gateway process, for as long as the context lasts."""
    with clouds() as running:
        config = configuration(running, routes or {})
        secret = CALLER.secret_access_key
        with serving(folder, running, config, (), environment, CALLER_SECRET=secret) as gateway:
            yield gateway
