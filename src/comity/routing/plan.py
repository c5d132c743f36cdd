"""From decided candidates to ordered attempts.

`shortlist` applies posture, price and order once per kind of request; `plan` applies health at the moment
of the request. Neither knows a clock: time is an argument. A candidate that its ruling does not allow is
never planned.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from comity.contracts import Outcome
from comity.exchange import Usage
from comity.prices import Rated, Slot
from comity.routing.candidate import Candidate, Cause, DroppedCandidate
from comity.routing.health import Health
from comity.routing.route import Route

_ALLOWED = ("allow", "record")


class Demand(msgspec.Struct, frozen=True):
    """What of one request its price depends on, before it is served."""

    read: int
    """Tokens that will be read, about."""
    written: int
    """Tokens that will be generated, about."""
    tier: str
    """The tier that the client asks for; empty when it leaves that open."""
    at: int
    """Unix nanoseconds at which it arrived."""


class Plan(msgspec.Struct, frozen=True):
    """The ordered attempts for one request."""

    attempts: tuple[Candidate, ...]
    """Candidates to try, in order; every one was decided on its own target."""
    dropped: tuple[DroppedCandidate, ...]
    """Candidates that will not be tried, with the reason of each."""


class Shortlist(msgspec.Struct, frozen=True):
    """What contracts, posture and prices leave of a route's candidates, for one kind of request."""

    eligible: tuple[Candidate, ...]
    """Candidates that may serve, in the operator's order."""
    dropped: tuple[DroppedCandidate, ...]
    """The others, each with its reason."""
    plan: Plan
    """The plan while every deployment is well and the operator's order counts."""
    conditions: tuple[Candidate, ...] = ()
    """Places that every attempt involves besides its deployment, such as the store of conversations."""


def shortlist(
    route: Route, judged: Sequence[Candidate], otherwise: Sequence[Candidate], at: int
) -> Shortlist:
    """The candidates that may serve, priced at unix nanoseconds `at`.

    `otherwise` counts only when a re-routing left none of `judged`.
    """
    eligible, dropped, rerouted = _sift(route, judged, at)
    if rerouted and not eligible:
        eligible, more, _ = _sift(route, otherwise, at)
        dropped += more
    usual = Plan(tuple(eligible), tuple(dropped))
    return Shortlist(usual.attempts, usual.dropped, usual)


def with_store(listed: Shortlist, store: Candidate) -> Shortlist:
    """The shortlist of a request that is kept in `store`; nobody serves it where that is forbidden."""
    if store.ruling.action in _ALLOWED:
        return msgspec.structs.replace(listed, conditions=(*listed.conditions, store))
    cause = _CAUSES.get(store.ruling.outcome, Cause.PROHIBITED)
    refused = DroppedCandidate(store.deployment, cause, store.ruling.why, store.verdict)
    plan = Plan((), (refused,))
    return Shortlist(plan.attempts, plan.dropped, plan)


def plan(route: Route, listed: Shortlist, health: Health, now: float, demand: Demand) -> Plan:
    """The attempts for one request, at `now` in monotonic seconds.

    A deployment without a price for the tier that the client asks for is dropped like any unpriced one.
    Cooling deployments are dropped while another legal one is well. When all of them cool, they are tried all
    the same: the last legal endpoint is never ejected (Envoy calls this panic mode).
    """
    by_price = route.choose == "cheapest" and len(listed.eligible) > 1
    priced = not demand.tier or route.unpriced == "allow"
    if priced and not health.troubled and not by_price:
        return listed.plan
    order: Sequence[Candidate] = listed.eligible
    dropped = listed.dropped
    if not priced:
        unpriced = [_unpriced(one, demand) for one in order if not _is_priced(one, demand.tier, demand.at)]
        order = [one for one in order if _is_priced(one, demand.tier, demand.at)]
        dropped += tuple(unpriced)
    if health.troubled:
        well = [candidate for candidate in order if health.cooling(candidate.deployment, now) <= 0]
        if well and len(well) < len(order):
            dropped += tuple(
                _cooling(candidate, health.cooling(candidate.deployment, now))
                for candidate in order
                if health.cooling(candidate.deployment, now) > 0
            )
            order = well
    if by_price:
        order = sorted(order, key=lambda candidate: _expected_cost(candidate, demand))
    return Plan(tuple(order), dropped)


def _sift(
    route: Route, candidates: Sequence[Candidate], at: int
) -> tuple[list[Candidate], list[DroppedCandidate], bool]:
    eligible: list[Candidate] = []
    dropped: list[DroppedCandidate] = []
    rerouted = False
    for candidate in candidates:
        if candidate.ruling.action not in _ALLOWED:
            rerouted = rerouted or candidate.ruling.action == "re-route"
            cause = _CAUSES.get(candidate.ruling.outcome, Cause.PROHIBITED)
            dropped.append(
                DroppedCandidate(candidate.deployment, cause, candidate.ruling.why, candidate.verdict)
            )
        elif route.unpriced == "refuse" and not _is_priced(candidate, "", at):
            why = "its price is unknown, and this route refuses unpriced deployments"
            dropped.append(DroppedCandidate(candidate.deployment, Cause.UNPRICED, why, candidate.verdict))
        else:
            eligible.append(candidate)
    return eligible, dropped, rerouted


def _cooling(candidate: Candidate, seconds: float) -> DroppedCandidate:
    why = f"it failed lately and cools down for another {seconds:.0f} s"
    return DroppedCandidate(candidate.deployment, Cause.COOLING, why, candidate.verdict, seconds)


def _is_priced(candidate: Candidate, tier: str, at: int) -> bool:
    return isinstance(candidate.tariff.slot(tier, at), Slot)


def _unpriced(candidate: Candidate, demand: Demand) -> DroppedCandidate:
    why = f"it has no price for the tier `{demand.tier}`, and this route refuses unpriced deployments"
    return DroppedCandidate(candidate.deployment, Cause.UNPRICED, why, candidate.verdict)


def _expected_cost(candidate: Candidate, demand: Demand) -> tuple[int, float]:
    """A sort key: unpriced last, then the expected charge. Order only; money is rated exactly elsewhere."""
    expected = Usage(input=demand.read, output=demand.written)
    rating = candidate.tariff.rate(expected, demand.tier, demand.at)
    return (0, float(rating.cost.amount)) if isinstance(rating, Rated) else (1, 0.0)


_CAUSES = {
    Outcome.DISPUTED: Cause.DISPUTED,
    Outcome.UNKNOWN: Cause.UNKNOWN,
    Outcome.CONDITIONAL: Cause.CONDITIONAL,
}
