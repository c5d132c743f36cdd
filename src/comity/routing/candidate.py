"""Candidates: deployments a request may run on, each with its own verdict; and those that were dropped."""

from __future__ import annotations

from enum import StrEnum

import msgspec

from comity.contracts import Ruling, Verdict
from comity.prices import Tariff


class Cause(StrEnum):
    """Why a candidate was dropped."""

    PROHIBITED = "prohibited"
    DISPUTED = "disputed"
    UNKNOWN = "unknown"
    CONDITIONAL = "conditional"
    UNPRICED = "unpriced"
    COOLING = "cooling"
    SATURATED = "saturated"
    INEXPRESSIBLE = "inexpressible"


class Candidate(msgspec.Struct, frozen=True):
    """One deployment with the verdict about running this request there."""

    deployment: str
    """Deployment id."""
    verdict: Verdict
    """What the contracts say about this workload on this target."""
    ruling: Ruling
    """What the route's posture makes of the verdict."""
    tariff: Tariff = Tariff()
    """What the deployment charges."""


class DroppedCandidate(msgspec.Struct, frozen=True):
    """A deployment that will not be used for this request, and why."""

    deployment: str
    """Deployment id."""
    cause: Cause
    """The kind of reason."""
    why: str
    """The reason in words."""
    verdict: Verdict | None = None
    """The verdict, where one was reached."""
    retry_after: float | None = None
    """Seconds until it may be available again, where that is the reason."""
    parameter: str = ""
    """What of the request it cannot be told, as the client calls it, where that is the reason."""
