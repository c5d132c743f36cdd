"""Simulated clouds for the official SDKs: one of each kind, started once for this folder."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from comity.simulator import AwsAccount, Background, CloudSpec, SimulatedModel

SPECS = (
    CloudSpec(
        name="azure",
        kind="azure",
        region="swedencentral",
        api_keys=("azure-key",),
        models=(
            SimulatedModel(name="gpt55", base="gpt-5.5-2026-01-01"),
            SimulatedModel(
                name="ptu", base="gpt-5.5-2026-01-01", requests_per_minute=1, spills_to="standard"
            ),
            SimulatedModel(name="standard", base="gpt-5.5-2026-01-01", requests_per_minute=1),
            SimulatedModel(name="o-mini", reasoning=True),
            SimulatedModel(name="small", tokens_per_minute=100, context_window=400),
        ),
    ),
    CloudSpec(
        name="bedrock",
        kind="bedrock",
        region="eu-central-1",
        accounts=(AwsAccount("AKIDSIM", "secret"),),
        api_keys=("bedrock-key",),
        models=(
            SimulatedModel(name="eu.anthropic.claude-v1:0"),
            SimulatedModel(name="arn:aws:bedrock:eu-central-1:1:inference-profile/eu.m-v1:0"),
            SimulatedModel(name="slow", requests_per_minute=1),
            SimulatedModel(name="small", context_window=100),
        ),
    ),
    CloudSpec(
        name="compatible",
        kind="compatible",
        api_keys=("sk-1",),
        models=(SimulatedModel(name="llama"), SimulatedModel(name="slow", requests_per_minute=1)),
    ),
    CloudSpec(name="open", kind="compatible", models=(SimulatedModel(name="llama"),)),
)
"""One cloud of each kind, and one without keys."""


@pytest.fixture(scope="package")
def clouds() -> Iterator[Background]:
    """The clouds, running; they keep no faults between tests."""
    with Background(*SPECS) as running:
        yield running
