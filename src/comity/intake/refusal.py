"""A refusal: the gateway's own "no", as a value with a reason for the caller and one for the operator."""

from __future__ import annotations

import msgspec

from comity.exchange import FailureClass


class Refusal(msgspec.Struct, frozen=True):
    """Why a request was not served."""

    status: int
    """HTTP status: 400, 401, 402, 403, 404, 413, 429, 451, 502, 503 or 504."""
    code: str
    """Short machine-readable cause, for example `contract_prohibits`."""
    message: str
    """What the caller reads."""
    param: str | None = None
    """The field of the request at fault."""
    clauses: tuple[str, ...] = ()
    """Ids of the clauses that forbid it, or that it is disputed under."""
    verdict: str = ""
    """Outcome of the verdict behind a 451."""
    tried: tuple[str, ...] = ()
    """Deployments that were tried, with what they answered."""
    retry_after: float | None = None
    """Seconds after which a new try makes sense."""
    budget: dict[str, str] = {}
    """Which limit refused, what it has left, and until when; empty where none did."""
    means: FailureClass | None = None
    """What a provider's own refusal means, where clients can act upon it."""
