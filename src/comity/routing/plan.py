"""From decided candidates to ordered attempts.

`shortlist` applies posture, price and order once per kind of request; `plan` applies health at the moment
of the request. Neither knows a clock: time is an argument. A candidate that its ruling does not allow is
never planned.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from comity.contracts import Outcome
from comity.routing.candidate import Candidate, Cause, DroppedCandidate
from comity.routing.health import Health
from comity.routing.route import Route

_ALLOWED = ("allow", "record")


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


def shortlist(route: Route, judged: Sequence[Candidate], otherwise: Sequence[Candidate]) -> Shortlist:
    """The candidates that may serve; `otherwise` counts only when a re-routing left none of `judged`."""
    eligible, dropped, rerouted = _sift(route, judged)
    if rerouted and not eligible:
        eligible, more, _ = _sift(route, otherwise)
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


def plan(route: Route, listed: Shortlist, health: Health, now: float, tokens: tuple[int, int]) -> Plan:
    """The attempts for one request of about so many input and output tokens, at `now` in monotonic seconds.

    Cooling deployments are dropped while another legal one is well. When all of them cool, they are tried all
    the same: the last legal endpoint is never ejected (Envoy calls this panic mode).
    """
    by_price = route.choose == "cheapest" and len(listed.eligible) > 1
    if not health.troubled and not by_price:
        return listed.plan
    order: Sequence[Candidate] = listed.eligible
    dropped = listed.dropped
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
        expected = {"input": tokens[0], "output": tokens[1]}
        order = sorted(order, key=lambda candidate: _expected_cost(candidate, expected))
    return Plan(tuple(order), dropped)


def _sift(
    route: Route, candidates: Sequence[Candidate]
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
        elif candidate.price is None and route.unpriced == "refuse":
            why = "its price is unknown, and this route refuses unpriced deployments"
            dropped.append(DroppedCandidate(candidate.deployment, Cause.UNPRICED, why, candidate.verdict))
        else:
            eligible.append(candidate)
    return eligible, dropped, rerouted


def _cooling(candidate: Candidate, seconds: float) -> DroppedCandidate:
    why = f"it failed lately and cools down for another {seconds:.0f} s"
    return DroppedCandidate(candidate.deployment, Cause.COOLING, why, candidate.verdict, seconds)


def _expected_cost(candidate: Candidate, tokens: dict[str, int]) -> tuple[int, float]:
    """A sort key: unpriced last, then the expected charge. Order only; money is rated exactly elsewhere."""
    charge = None if candidate.price is None else candidate.price.rate(tokens)
    return (1, 0.0) if charge is None else (0, float(charge.amount))


_CAUSES = {
    Outcome.DISPUTED: Cause.DISPUTED,
    Outcome.UNKNOWN: Cause.UNKNOWN,
    Outcome.CONDITIONAL: Cause.CONDITIONAL,
}
