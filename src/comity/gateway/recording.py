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
    NOT_CHARGED,
    Attempted,
    AttemptOutcome,
    DroppedCandidate,
    PackedRefused,
    PackedReserved,
    Rating,
    Unrated,
    estimate_usage,
    rate,
    shorten,
)


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


def reserved(inbound: Inbound, planned: Planned) -> PackedReserved:
    """The record of an accepted request, written before any target is called."""
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
        None,
        order,
        skipped,
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
        status=refusal.status,
        cause=refusal.code,
        clauses=refusal.clauses,
        message=shorten(refusal.message),
    )


def attempted(entry: bytes, attempt: Attempt, ending: Ending) -> Attempted:
    """The record of one attempt, rated at the price of its deployment."""
    deployment, answered, outcome = attempt.target.deployment, attempt.answered, ending.outcome
    rating: Rating = NOT_CHARGED
    if outcome is not AttemptOutcome.FAILED and outcome is not AttemptOutcome.NOT_SENT:
        rating = rate(ending.usage, None if answered.spilled else deployment.price)
    cost, unrated = (None, str(rating)) if isinstance(rating, Unrated) else (rating, "")
    message = ending.message
    # By position, in the order of `Attempted`: twenty names cost six times as much, on every request.
    return Attempted(
        entry,
        attempt.number,
        deployment.id,
        answered.deployment if answered.spilled and answered.deployment else deployment.id,
        deployment.cloud,
        deployment.region if answered.region is None else frozenset((answered.region,)),
        attempt.started,
        attempt.first_byte,
        time.time_ns(),
        outcome,
        attempt.status,
        ending.failure,
        shorten(message) if message else "",
        ending.usage,
        ending.estimated,
        cost,
        unrated,
        attempt.dropped,
        answered.request_id or "",
        answered.account or "",
    )


def aborted_usage(inbound: Inbound, attempt: Attempt) -> Usage:
    """The provider's count where it came before the end, else an estimate from the bytes passed on."""
    return attempt.usage or estimate_usage(len(inbound.body), stream_bytes=attempt.forwarded)
