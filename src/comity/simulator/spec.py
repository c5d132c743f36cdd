"""What to simulate, as plain values: clouds, their models, accounts, speed and failures."""

from __future__ import annotations

from typing import Literal, TypeAlias

import msgspec

from comity.simulator.fault import Fault

CloudKind: TypeAlias = Literal["ai-studio", "anthropic", "azure", "bedrock", "compatible", "vertex"]
"""Whose behaviour a simulated cloud shows."""


class Pace(msgspec.Struct, frozen=True):
    """How fast a model answers."""

    first: float = 0.0
    """Seconds from the request to the first token."""
    rate: float | None = None
    """Tokens per second after the first; None sends everything at once."""

    def due(self, tokens: int) -> float:
        """Seconds after the request at which `tokens` tokens are there."""
        return self.first + (0.0 if self.rate is None else max(tokens - 1, 0) / self.rate)


class SimulatedModel(msgspec.Struct, frozen=True, kw_only=True):
    """One model or deployment of a simulated cloud."""

    name: str
    """What requests call it: Azure deployment name, Bedrock model id or ARN, or a plain model name."""
    base: str = ""
    """Model name that answers carry; empty repeats `name`."""
    reasoning: bool = False
    """Whether it reasons: bills reasoning tokens, refuses `max_tokens` and sampling parameters (T27)."""
    text_with_results: bool = True
    """Bedrock only: whether one turn may hold tool results and text (T3)."""
    context_window: int = 128_000
    """Tokens of prompt and output together, inclusive."""
    requests_per_minute: int | None = None
    """Request limit; None is none."""
    tokens_per_minute: int | None = None
    """Token limit; None is none."""
    spills_to: str | None = None
    """Azure only: the standard deployment that takes over when this provisioned one is full (T29)."""
    tier: str = ""
    """Chat completions only: the tier that answers say served; empty says none."""
    pace: Pace | None = None
    """Its own speed; None takes the cloud's."""
    embeds: int = 0
    """Length of the vectors that it makes; 0 for a model that generates answers."""

    @property
    def answers_as(self) -> str:
        """The model name that answers carry."""
        return self.base or self.name


class AwsAccount(msgspec.Struct, frozen=True):
    """Keys that a simulated Bedrock accepts. They guard nothing."""

    access_key_id: str
    """Access key id."""
    secret_access_key: str
    """Secret access key."""
    session_token: str | None = None
    """Session token that must come along; None takes requests without one."""


class CloudSpec(msgspec.Struct, frozen=True, kw_only=True):
    """One simulated cloud."""

    name: str
    """A name for people and for `Running`."""
    kind: CloudKind
    """Whose behaviour it shows."""
    models: tuple[SimulatedModel, ...]
    """What it serves."""
    region: str = "eu-central-1"
    """Where it pretends to be; Bedrock verifies that signatures name it."""
    port: int = 0
    """TCP port on the loopback interface; 0 takes a free one."""
    api_keys: tuple[str, ...] = ()
    """Accepted keys; empty lets everybody in, but for Bedrock, which then takes only signed requests."""
    accounts: tuple[AwsAccount, ...] = ()
    """Bedrock only: accounts whose signatures it accepts."""
    pace: Pace = Pace()
    """How fast its models answer."""
    faults: tuple[Fault, ...] = ()
    """How it fails, and when."""
    seed: str = "comity"
    """Changes what the models say."""
    certificate: str | None = None
    """PEM file of a certificate chain and its key; None speaks plain HTTP."""

    def __post_init__(self) -> None:
        names = [model.name for model in self.models]
        if len(set(names)) != len(names):
            raise ValueError(f"cloud `{self.name}` names a model twice")
        for model in self.models:
            if model.spills_to is not None and model.spills_to not in names:
                raise ValueError(
                    f"`{model.name}` spills to `{model.spills_to}`, which `{self.name}` does not have"
                )
