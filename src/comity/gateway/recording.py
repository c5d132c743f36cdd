"""From the gateway's values to the ledger's records, without any prompt or answer."""

from __future__ import annotations

import time

import msgspec

from comity.exchange import Usage
from comity.gateway.attempt import Attempt
from comity.gateway.inbound import Inbound
from comity.gateway.planning import Planned
from comity.gateway.recorded import recorded_drop
from comity.intake import Refusal
from comity.ledger import (
    Attempted,
    AttemptOutcome,
    DroppedCandidate,
    PackedRefused,
    PackedReserved,
    estimate_usage,
    shorten,
)
from comity.money import Money
from comity.prices import NOT_CHARGED, Rated, Rating, Unrated, UnratedReason


class Ending(msgspec.Struct, frozen=True):
    """How an attempt ended."""

    outcome: AttemptOutcome
    """In terms of who may have been charged."""
    usage: Usage | None
    """Tokens by class; None when unknown."""
    estimated: bool = False
    """Whether the tokens were estimated here."""
    failure: str = ""
    """Kind of failure in one word."""
    message: str = ""
    """The provider's or transport's text."""


def reserved(inbound: Inbound, planned: Planned, held: Money | None = None) -> PackedReserved:
    """The record of an accepted request, written before any target is called; `held` was put aside for it."""
    decided, plan = planned.decided, planned.plan
    order: tuple[str, ...] = ()
    skipped: tuple[DroppedCandidate, ...] = ()
    if plan is not decided.shortlist.plan:
        order = tuple(candidate.deployment for candidate in plan.attempts)
        skipped = tuple(recorded_drop(one) for one in plan.dropped[len(decided.shortlist.dropped) :])
    peek = inbound.peek
    return PackedReserved(
        inbound.entry,
        inbound.arrived,
        decided.packed,
        peek.stream,
        peek.input_estimate,
        peek.max_output_tokens,
        inbound.request_hash,
        order,
        skipped,
        held,
    )


def refused(inbound: Inbound, planned: Planned, refusal: Refusal) -> PackedRefused:
    """The record of a request that no deployment may serve."""
    return PackedRefused(
        entry=inbound.entry,
        at=inbound.arrived,
        decision=planned.decided.packed,
        stream=inbound.peek.stream,
        input_estimate=inbound.peek.input_estimate,
        output_limit=inbound.peek.max_output_tokens,
        request_hash=inbound.request_hash,
        status=refusal.status,
        cause=refusal.code,
        clauses=refusal.clauses,
        message=shorten(refusal.message),
    )


def attempted(entry: bytes, attempt: Attempt, ending: Ending) -> Attempted:
    """The record of one attempt, rated by what the answer says of the deployment and the tier that served."""
    deployment, answered, message = attempt.target.deployment, attempt.answered, ending.message
    rating = _rating(attempt, ending)
    rated = rating if isinstance(rating, Rated) else None
    # By position, in the order of `Attempted`: twenty names cost six times as much, on every request.
    return Attempted(
        entry,
        attempt.number,
        deployment.id,
        answered.deployment if answered.spilled and answered.deployment else deployment.id,
        deployment.cloud,
        frozenset((attempt.place,)) if attempt.place else deployment.region,
        attempt.started,
        attempt.first_byte,
        time.time_ns(),
        ending.outcome,
        attempt.status,
        ending.failure,
        shorten(message) if message else "",
        ending.usage,
        ending.estimated,
        None if rated is None else rated.cost,
        str(rating) if rated is None else "",
        attempt.dropped,
        answered.request_id or "",
        answered.account or "",
        attempt.tier,
        attempt.model,
        "" if rated is None else rated.terms,
        None if rated is None else rated.list_cost,
    )


def aborted_usage(inbound: Inbound, attempt: Attempt) -> Usage:
    """The provider's count where it came before the end, else an estimate from the bytes passed on."""
    return attempt.usage or estimate_usage(len(inbound.body), stream_bytes=attempt.forwarded)


def _rating(attempt: Attempt, ending: Ending) -> Rating:
    outcome, answered, target = ending.outcome, attempt.answered, attempt.target
    if outcome is AttemptOutcome.FAILED or outcome is AttemptOutcome.NOT_SENT:
        return NOT_CHARGED
    tariff = target.deployment.tariff
    if answered.spilled:
        # What is charged is the deployment that took over, which may be one that is configured, too.
        name = answered.deployment or ""
        served = target.siblings.get(name)
        if served is None:
            return Unrated(UnratedReason.SERVED_ELSEWHERE, (name or "unnamed",))
        tariff = served.tariff
    tier = attempt.tier or attempt.asked_tier
    return tariff.rate(ending.usage, tier, attempt.started, attempt.place)
