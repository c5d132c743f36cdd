"""When no attempt is left: which refusal a client gets, and what it says. Pure.

A cause that a retry can mend comes first (429, 503), then one that the operator can mend by pricing (402),
then the contracts (451). The clause ids and the reading stand in the message, so that whoever reads the
error knows whom to ask.
"""

from __future__ import annotations

from collections.abc import Sequence

from comity.contracts import Outcome
from comity.exchange import FailureClass, ProviderFailure
from comity.intake import Refusal
from comity.routing import Candidate, Cause, DroppedCandidate

_CONTRACT = (Cause.PROHIBITED, Cause.DISPUTED, Cause.UNKNOWN, Cause.CONDITIONAL)
_CODES = {
    Cause.PROHIBITED: "contract_prohibits",
    Cause.DISPUTED: "contract_disputed",
    Cause.UNKNOWN: "contract_facts_missing",
    Cause.CONDITIONAL: "contract_duty_outstanding",
}
_CAUSES = {
    Outcome.DISPUTED: Cause.DISPUTED,
    Outcome.UNKNOWN: Cause.UNKNOWN,
    Outcome.CONDITIONAL: Cause.CONDITIONAL,
}


_RELAYED = frozenset(
    {
        FailureClass.BAD_REQUEST,
        FailureClass.CONTENT_POLICY,
        FailureClass.CONTEXT_WINDOW,
        FailureClass.TOO_LARGE,
    }
)


def exhausted(
    model: str,
    dropped: Sequence[DroppedCandidate],
    tried: tuple[str, ...],
    failure: ProviderFailure | None,
) -> Refusal:
    """The refusal of a request after its last attempt; `failure` is what the last one ended with."""
    if failure is None:
        return no_candidate(model, dropped)
    if failure.kind in _RELAYED:
        code = failure.code or failure.kind.value
        return Refusal(failure.status, code, failure.message, failure.param, tried=tried, means=failure.kind)
    status, code = _GATEWAY_STATUS.get(failure.kind, (502, "upstream_error"))
    message = (
        f"no deployment of `{model}` answered; tried {', '.join(tried)}; the last said: {failure.message}"
    )
    if failure.kind in _OPERATORS_FAULT:
        # The provider's words about the operator's account are not for callers.
        message = f"the deployments of `{model}` refuse this gateway; tried {', '.join(tried)}"
    return Refusal(status, code, message, tried=tried, retry_after=failure.retry_after)


def no_candidate(model: str, dropped: Sequence[DroppedCandidate]) -> Refusal:
    """The refusal of a request whose candidates were all dropped before any was called."""
    assert dropped, "a route has at least one deployment, and each was planned or dropped with a reason"
    causes = {one.cause for one in dropped}
    reasons = "; ".join(f"`{one.deployment}`: {one.why}" for one in dropped)
    if Cause.SATURATED in causes or Cause.COOLING in causes:
        return _busy(model, dropped)
    if Cause.INEXPRESSIBLE in causes:
        message = f"no deployment of `{model}` can express this request: {reasons}"
        param = next(one.parameter for one in dropped if one.cause is Cause.INEXPRESSIBLE)
        return Refusal(400, "unsupported_parameter", message, param or None)
    if Cause.UNPRICED in causes:
        return Refusal(402, "unpriced", f"no priced deployment may serve `{model}`: {reasons}")
    first = next(one for cause in _CONTRACT for one in dropped if one.cause is cause)
    assert first.verdict is not None, "a contract drops a candidate by a verdict"
    clauses = tuple(dict.fromkeys(c for one in dropped if one.verdict for c in one.verdict.clauses))
    return Refusal(
        451,
        _CODES[first.cause],
        f"no deployment of `{model}` may serve this request under the contracts: {reasons}",
        clauses=clauses,
        verdict=first.verdict.outcome.value,
    )


def storing_refused(store: Candidate) -> Refusal | None:
    """The refusal of keeping something, by the ruling about its place; None where it may be kept."""
    ruling = store.ruling
    if ruling.action in {"allow", "record"}:
        return None
    cause = _CAUSES.get(ruling.outcome, Cause.PROHIBITED)
    message = f"nothing may be kept here under the contracts: {ruling.why}"
    verdict = store.verdict
    return Refusal(451, _CODES[cause], message, clauses=verdict.clauses, verdict=verdict.outcome.value)


def _busy(model: str, dropped: Sequence[DroppedCandidate]) -> Refusal:
    waits = [one.retry_after for one in dropped if one.retry_after is not None]
    wait = min(waits, default=1.0)
    if any(one.cause is Cause.SATURATED for one in dropped):
        message = f"every deployment that may serve `{model}` is at its limit; try again in {wait:.0f} s"
        return Refusal(429, "rate_limit_exceeded", message, retry_after=wait)
    message = f"every deployment that may serve `{model}` is failing; try again in {wait:.0f} s"
    return Refusal(503, "no_healthy_deployment", message, retry_after=wait)


_OPERATORS_FAULT = frozenset({FailureClass.AUTHENTICATION, FailureClass.PERMISSION, FailureClass.NOT_FOUND})
_GATEWAY_STATUS = {
    FailureClass.RATE_LIMITED: (429, "rate_limit_exceeded"),
    FailureClass.QUOTA: (503, "upstream_quota_exhausted"),
    FailureClass.OVERLOADED: (503, "upstream_overloaded"),
    FailureClass.UNAVAILABLE: (503, "upstream_unavailable"),
    FailureClass.TIMEOUT: (504, "upstream_timeout"),
}
