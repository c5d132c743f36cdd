"""A plan for one request, now: decide every candidate on its own target, then order what may serve."""

from __future__ import annotations

import time

import msgspec

from comity.gateway.decisions import Decided
from comity.gateway.inbound import Inbound
from comity.gateway.state import State
from comity.prices import tier_of
from comity.routing import Demand, Plan, plan

NOMINAL_OUTPUT = 512
"""Output tokens assumed for comparing prices when the client sets no bound."""


class Planned(msgspec.Struct, frozen=True):
    """A plan with the decision behind it."""

    decided: Decided
    """What the contracts said, and until when that holds."""
    plan: Plan
    """The ordered attempts."""


def plan_now(state: State, inbound: Inbound) -> Planned:
    """The plan for a request at this moment."""
    decided = state.decisions.decide(inbound.caller, inbound.route, inbound.operation, inbound.stated)
    output = inbound.peek.max_output_tokens or NOMINAL_OUTPUT
    tier = inbound.peek.service_tier
    demand = Demand(inbound.peek.input_estimate, output, tier_of(tier) if tier else "", inbound.arrived)
    ordered = plan(inbound.route, decided.shortlist, state.health, time.monotonic(), demand)
    return Planned(decided, ordered)
