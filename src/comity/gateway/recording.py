"""From the gateway's values to the ledger's records, without any prompt or answer."""

from __future__ import annotations

import time
from collections.abc import Sequence

import msgspec

from comity.contracts import Value, Workload
from comity.exchange import Usage
from comity.gateway.attempt import Attempt
from comity.gateway.decisions import Decided
from comity.gateway.inbound import Inbound
from comity.intake import Refusal
from comity.ledger import (
    NOT_CHARGED,
    Asked,
    Attempted,
    AttemptOutcome,
    DroppedCandidate,
    Fact,
    Judged,
    Rating,
    Refused,
    Reserved,
    Unrated,
    estimate_usage,
    rate,
    shorten,
)
from comity.routing import Candidate, Plan
from comity.routing import DroppedCandidate as Dropped


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


def reserved(inbound: Inbound, decided: Decided, plan: Plan, book: str) -> Reserved:
    """The record of an accepted request, written before any target is called."""
    return Reserved(
        asked(inbound, decided, plan.dropped, book),
        tuple(candidate.deployment for candidate in plan.attempts),
        tuple(_judged(candidate) for candidate in plan.attempts),
    )


def refused(
    inbound: Inbound, decided: Decided | None, dropped: Sequence[Dropped], refusal: Refusal, book: str
) -> Refused:
    """The record of a request that no deployment may serve."""
    return Refused(
        asked(inbound, decided, dropped, book),
        refusal.status,
        refusal.code,
        refusal.clauses,
        shorten(refusal.message),
    )


def attempted(entry: bytes, attempt: Attempt, ending: Ending) -> Attempted:
    """The record of one attempt, rated at the price of its deployment."""
    deployment = attempt.target.deployment
    answered = attempt.answered
    rating: Rating = NOT_CHARGED
    if ending.outcome not in (AttemptOutcome.FAILED, AttemptOutcome.NOT_SENT):
        rating = rate(ending.usage, None if answered.spilled else deployment.price)
    return Attempted(
        entry=entry,
        number=attempt.number,
        deployment=deployment.id,
        answered_by=answered.deployment if answered.spilled and answered.deployment else deployment.id,
        cloud=deployment.cloud,
        region=deployment.region if answered.region is None else frozenset((answered.region,)),
        started=attempt.started,
        first_byte=attempt.first_byte,
        ended=time.time_ns(),
        outcome=ending.outcome,
        status=attempt.status,
        failure=ending.failure,
        message=shorten(ending.message),
        usage=ending.usage,
        estimated=ending.estimated,
        cost=None if isinstance(rating, Unrated) else rating,
        unrated=str(rating) if isinstance(rating, Unrated) else "",
        dropped_parameters=attempt.dropped,
        provider_request=answered.request_id or "",
    )


def aborted_usage(inbound: Inbound, attempt: Attempt) -> Usage:
    """The provider's count where it came before the end, else an estimate from the bytes passed on."""
    return attempt.usage or estimate_usage(len(inbound.body), stream_bytes=attempt.forwarded)


def asked(inbound: Inbound, decided: Decided | None, dropped: Sequence[Dropped], book: str) -> Asked:
    """Who asked for what, and what the contracts were asked."""
    facts = inbound.caller.facts
    return Asked(
        entry=inbound.entry,
        at=inbound.arrived,
        caller=inbound.caller.id,
        route=inbound.route.model,
        dialect=inbound.operation.dialect,
        stream=inbound.peek.stream,
        facts={name: _text(value) for name, value in facts.items()},
        workload={} if decided is None else _facts(decided.workload),
        dropped=tuple(_dropped(one) for one in dropped),
        input_estimate=inbound.input_estimate,
        output_limit=inbound.peek.max_output_tokens,
        book=book,
        decided_at=0 if decided is None else int(decided.at * 1e9),
    )


def _judged(candidate: Candidate) -> Judged:
    verdict = candidate.verdict
    return Judged(
        candidate.deployment,
        verdict.outcome.value,
        verdict.worlds,
        verdict.f_must,
        verdict.f_may,
        verdict.c_must,
        verdict.c_may,
        verdict.clauses,
        candidate.ruling.action,
    )


def _dropped(one: Dropped) -> DroppedCandidate:
    verdict = one.verdict
    return DroppedCandidate(
        one.deployment,
        one.cause.value,
        () if verdict is None else verdict.clauses,
        "" if verdict is None else verdict.outcome.value,
        shorten(one.why),
    )


def _facts(workload: Workload) -> dict[str, Fact]:
    return {
        name: value if isinstance(value, str | bool | int | frozenset) else str(value)
        for name, value in workload.items()
    }


def _text(value: Value) -> str:
    if isinstance(value, frozenset):
        return ",".join(sorted(value))
    return str(value).lower() if isinstance(value, bool) else str(value)
