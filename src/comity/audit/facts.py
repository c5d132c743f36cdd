"""What a recorded decision and an attempt say was done, as facts that no book has read yet."""

from __future__ import annotations

import msgspec

from comity.audit.lot import Facts
from comity.contracts import Posture
from comity.ledger import Decision


def facts_of_call(
    decision: Decision, deployment: str, answered_by: str = "", region: frozenset[str] = frozenset()
) -> Facts:
    """What a call to `deployment` did: the facts of the request, and of the target over them.

    The target is the one that answered; where the ledger does not know its facts (a spillover to a deployment
    outside the configuration), those of the one called, in the region that the answer named.
    """
    target = decision.targets.get(answered_by) or decision.targets.get(deployment, {})
    if region and answered_by not in decision.targets:
        target = {**target, "region": region}
    return {**decision.workload, **target}


def facts_of_refusal(decision: Decision) -> tuple[Facts, ...]:
    """What the request would have done on each deployment that it might have gone to."""
    return tuple(facts_of_call(decision, name) for name in decision.targets)


def posture_of(decision: Decision) -> Posture | None:
    """The posture on record; None where the record is older than that."""
    return msgspec.convert(decision.posture, Posture) if decision.targets else None
