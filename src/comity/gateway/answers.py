"""What a client gets besides the model's words: headers, refusals in its dialect's shape, broken streams."""

from __future__ import annotations

import functools

from comity.contracts import Outcome
from comity.dialects import Dialect, openai_chat
from comity.errors import StoreError
from comity.exchange import FailureClass, Fault, ProviderFailure
from comity.gateway.attempt import Attempt
from comity.gateway.inbound import Inbound
from comity.http import Call, TransportFailure
from comity.intake import Refusal
from comity.ledger import format_entry_id

Header = tuple[bytes, bytes]
"""A lower-case name and its value."""

_JSON: Header = (b"content-type", b"application/json")
_PATIENCE_SECONDS = 60.0
_NO_CACHE: Header = (b"cache-control", b"no-cache")


def whole_headers(inbound: Inbound, attempt: Attempt, warned: bytes = b"") -> list[Header]:
    """The headers of a whole answer; `warned` names the limits that are nearly used up."""
    return [_JSON, *_told(inbound, attempt, warned)]


def stream_headers(inbound: Inbound, attempt: Attempt, warned: bytes = b"") -> list[Header]:
    """The headers of a streamed answer."""
    return [(b"content-type", inbound.spoken.STREAM_TYPE), _NO_CACHE, *_told(inbound, attempt, warned)]


def refuse(call: Call, refusal: Refusal, entry: bytes | None, spoken: Dialect = openai_chat) -> None:
    """Answers a refusal in the dialect's error shape; a client that has left gets nothing."""
    if call.closed:
        return
    headers: list[Header] = [_JSON]
    if entry is not None:
        receipt = format_entry_id(entry).encode()
        headers += [(b"comity-receipt", receipt), (spoken.REQUEST_ID, receipt)]
    if refusal.verdict:
        headers.append((b"comity-verdict", refusal.verdict.encode()))
    if refusal.retry_after is not None:
        headers.append((b"retry-after", b"%d" % max(1, round(refusal.retry_after))))
    if 400 <= refusal.status < 500 and (refusal.status != 429 or _is_long(refusal)):
        # The official SDKs retry 408, 409, 429 and 5xx; nothing here gets better by itself, or soon.
        headers.append((b"x-should-retry", b"false"))
    fault = _fault(refusal)
    headers += spoken.failure_headers(fault)
    call.respond(refusal.status, headers, spoken.encode_failure(fault))


def withdraw(call: Call, refusal: Refusal, entry: bytes, spoken: Dialect) -> None:
    """Refuses an answer that was ready; one that has begun is cut, so that nobody takes it for whole."""
    if call.started:
        call.abort()
    else:
        refuse(call, refusal, entry, spoken)


def ledger_down(error: StoreError) -> Refusal:
    """The refusal of a request that could not be recorded."""
    return Refusal(503, "ledger_unavailable", f"the request cannot be recorded, so it is not served: {error}")


def as_provider_failure(failure: TransportFailure, deployment: str) -> ProviderFailure:
    """A connection's failure in the words of a provider's, for health and for the client."""
    late = failure.kind in {"timeout_response", "timeout_idle"}
    kind = FailureClass.TIMEOUT if late else FailureClass.UNAVAILABLE
    status = 504 if late else 502
    message = f"`{deployment}` could not be reached to the end: {failure.kind}"
    return ProviderFailure(kind, status, message, code=failure.kind)


def _is_long(refusal: Refusal) -> bool:
    """Whether a limit stays used up for longer than a client waits."""
    return bool(refusal.budget) and (refusal.retry_after is None or refusal.retry_after > _PATIENCE_SECONDS)


def _told(inbound: Inbound, attempt: Attempt, warned: bytes) -> list[Header]:
    receipt = format_entry_id(inbound.entry).encode()
    candidate = attempt.candidate
    told: list[Header] = [
        *_of_verdict(candidate.deployment, candidate.verdict.outcome),
        (b"comity-receipt", receipt),
        (inbound.spoken.REQUEST_ID, receipt),
    ]
    keeping = attempt.keeping
    if keeping is not None and keeping.session:
        told.append((b"comity-session", keeping.session.encode()))
    dropped = attempt.dropped
    if dropped:
        told.append((b"comity-dropped", ", ".join(dropped).encode()))
    if warned:
        told.append((b"comity-budget", warned))
    return told


@functools.lru_cache(maxsize=4096)
def _of_verdict(deployment: str, outcome: Outcome) -> tuple[Header, Header]:
    return (b"comity-deployment", deployment.encode()), (b"comity-verdict", outcome.value.encode())


def _fault(refusal: Refusal) -> Fault:
    extra: dict[str, object] = {}
    if refusal.clauses:
        extra["clauses"] = refusal.clauses
    if refusal.verdict:
        extra["verdict"] = refusal.verdict
    if refusal.tried:
        extra["tried"] = refusal.tried
    if refusal.budget:
        extra["budget"] = refusal.budget
    return Fault(
        refusal.status,
        refusal.message,
        code=refusal.code,
        param=refusal.param,
        extra=extra,
        means=refusal.means,
    )
