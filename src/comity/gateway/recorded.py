"""Verdicts, drops and facts as the ledger keeps them; made once per decision, not once per request."""

from __future__ import annotations

from comity.contracts import Posture, Value, Workload
from comity.ledger import DroppedCandidate, Fact, Judged, shorten
from comity.routing import Candidate
from comity.routing import DroppedCandidate as Dropped


def recorded_verdict(candidate: Candidate) -> Judged:
    """The verdict on one candidate, with its masks and what the posture made of it."""
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


def recorded_drop(one: Dropped) -> DroppedCandidate:
    """A dropped candidate with its reason."""
    verdict = one.verdict
    return DroppedCandidate(
        one.deployment,
        one.cause.value,
        () if verdict is None else verdict.clauses,
        "" if verdict is None else verdict.outcome.value,
        shorten(one.why),
    )


def recorded_workload(workload: Workload) -> dict[str, Fact]:
    """A workload as the ledger keeps it: decimals become text."""
    return {
        name: value if isinstance(value, str | bool | int | frozenset) else str(value)
        for name, value in workload.items()
    }


def recorded_posture(posture: Posture) -> dict[str, str]:
    """A posture as the ledger keeps it: what differs from the default."""
    usual = Posture()
    fields = {name: getattr(posture, name) for name in Posture.__struct_fields__}
    return {name: value for name, value in fields.items() if value != getattr(usual, name)}


def recorded_facts(workload: Workload) -> dict[str, str]:
    """A caller's facts as text, for filters and sums."""
    return {name: _text(value) for name, value in workload.items()}


def _text(value: Value) -> str:
    if isinstance(value, frozenset):
        return ",".join(sorted(value))
    return str(value).lower() if isinstance(value, bool) else str(value)
