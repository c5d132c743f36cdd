"""What follows a failed attempt: try the next candidate or stop, and whether the provider may have charged.

Only failures before the first byte of an answer has left reach this table. A request that was never sent,
or that was refused unbilled (429, 503, 529), is safe to place elsewhere. A 502, a 504 or an answer lost on
the way is ambiguous: the model may have run and been billed, so it is recorded as a possible charge, and
tried again only where the route says so. What the client got wrong is the client's to mend, on every cloud
alike.
"""

from __future__ import annotations

from typing import Literal

import msgspec

from comity.exchange import FailureClass, ProviderFailure
from comity.http import TransportFailure
from comity.routing.route import Route


class Consequence(msgspec.Struct, frozen=True):
    """What to do after a failure."""

    move: Literal["next", "stop"]
    """Try the next candidate, or answer the client."""
    charge: Literal["none", "possible"]
    """Whether the provider may have charged for the failed attempt."""
    why: str
    """The rule in words, for the ledger."""


FIRST_PAUSE_SECONDS = 0.5
LONGEST_PAUSE_SECONDS = 8.0
PATIENCE_SECONDS = 2.0
"""A provider that asks for a longer wait is reported to the client, who may have better things to do."""

_MENDS_NOTHING = "the request itself is at fault, so no other deployment is tried"
_CLIENT_FAULT = frozenset(
    {
        FailureClass.BAD_REQUEST,
        FailureClass.CONTENT_POLICY,
        FailureClass.CONTEXT_WINDOW,
        FailureClass.TOO_LARGE,
    }
)
_UNBILLED = frozenset(
    {
        FailureClass.RATE_LIMITED,
        FailureClass.QUOTA,
        FailureClass.OVERLOADED,
        FailureClass.UNAVAILABLE,
        FailureClass.AUTHENTICATION,
        FailureClass.PERMISSION,
        FailureClass.NOT_FOUND,
    }
)
_OPERATORS_TO_MEND = frozenset(
    {FailureClass.QUOTA, FailureClass.AUTHENTICATION, FailureClass.PERMISSION, FailureClass.NOT_FOUND}
)
_AMBIGUOUS_STATUSES = frozenset({408, 502, 504})


def after_answer(failure: ProviderFailure, route: Route) -> Consequence:
    """What follows an error that the provider answered with, by status or in a stream before its content."""
    if failure.status in _AMBIGUOUS_STATUSES or failure.kind is FailureClass.TIMEOUT:
        return _ambiguous(f"status {failure.status} does not say whether the model ran", route)
    if failure.kind in _CLIENT_FAULT:
        return Consequence("stop", "none", _MENDS_NOTHING)
    if failure.kind in _UNBILLED:
        return Consequence("next", "none", f"the provider refused it unbilled ({failure.kind.value})")
    return Consequence("next", "possible", "the provider failed inside; it may have charged")


def after_transport(failure: TransportFailure, route: Route) -> Consequence:
    """What follows a connection that failed before a whole answer came."""
    if not failure.sent:
        return Consequence("next", "none", f"the request was never sent ({failure.kind})")
    return _ambiguous(f"the answer was lost ({failure.kind})", route)


def pause_before(another: int, failure: ProviderFailure, chance: float) -> float | None:
    """Seconds before the route is gone through again, for the `another`-th time from 1; None is not at all.

    Full jitter: `chance`, drawn from [0, 1), of 0.5 s doubled each time, at most 8 s. What only an operator
    can mend, and what the provider wants left alone for long, is not tried again.
    """
    if failure.kind in _OPERATORS_TO_MEND or (failure.retry_after or 0.0) > PATIENCE_SECONDS:
        return None
    ceiling = min(FIRST_PAUSE_SECONDS * (1 << (another - 1)), LONGEST_PAUSE_SECONDS)
    return max(chance * ceiling, failure.retry_after or 0.0)


def _ambiguous(why: str, route: Route) -> Consequence:
    return Consequence(route.after_ambiguous, "possible", f"{why}; it may have been charged")
