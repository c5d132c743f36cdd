"""What follows a failure, by whether the provider may have charged for it (T39)."""

import pytest

from comity.contracts import Posture
from comity.exchange import FailureClass, ProviderFailure
from comity.http import TransportFailure
from comity.routing import Route, after_answer, after_transport, pause_before

ROUTE = Route("m", ("a", "b"), Posture())
BRAVE = Route("m", ("a", "b"), Posture(), after_ambiguous="next")


@pytest.mark.parametrize(
    ("kind", "status", "move", "charge"),
    [
        (FailureClass.RATE_LIMITED, 429, "next", "none"),
        (FailureClass.QUOTA, 429, "next", "none"),
        (FailureClass.OVERLOADED, 529, "next", "none"),
        (FailureClass.UNAVAILABLE, 503, "next", "none"),
        (FailureClass.AUTHENTICATION, 401, "next", "none"),
        (FailureClass.NOT_FOUND, 404, "next", "none"),
        (FailureClass.SERVER, 500, "next", "possible"),
        (FailureClass.SERVER, 502, "stop", "possible"),
        (FailureClass.TIMEOUT, 504, "stop", "possible"),
        (FailureClass.TIMEOUT, 408, "stop", "possible"),
        (FailureClass.BAD_REQUEST, 400, "stop", "none"),
        (FailureClass.CONTENT_POLICY, 400, "stop", "none"),
        (FailureClass.CONTEXT_WINDOW, 400, "stop", "none"),
        (FailureClass.TOO_LARGE, 413, "stop", "none"),
    ],
)
def test_T39_an_answered_failure(kind: FailureClass, status: int, move: str, charge: str) -> None:
    """Unbilled refusals move on; ambiguous ones stop and may have been charged; bad requests stop."""
    consequence = after_answer(ProviderFailure(kind, status, "x"), ROUTE)
    assert (consequence.move, consequence.charge) == (move, charge)
    assert consequence.why


def test_T39_a_lost_answer_is_ambiguous() -> None:
    """What was never sent is safe elsewhere; what was sent and lost is not, unless the route says so."""
    unsent = TransportFailure(kind="connect", sent=False, answered=False, detail="refused")
    lost = TransportFailure(kind="closed", sent=True, answered=False, detail="reset")
    assert after_transport(unsent, ROUTE).move == "next"
    assert after_transport(unsent, ROUTE).charge == "none"
    assert after_transport(lost, ROUTE).move == "stop"
    assert after_transport(lost, BRAVE).move == "next"
    assert after_transport(lost, BRAVE).charge == "possible"


def test_pauses_grow_with_jitter_and_know_when_to_stop() -> None:
    """Half a second doubled each round, at most eight; hopeless failures and long waits end it."""
    down = ProviderFailure(FailureClass.UNAVAILABLE, 503, "x")
    assert [pause_before(n, down, 1.0) for n in (1, 2, 5, 9)] == [0.5, 1.0, 8.0, 8.0]
    assert pause_before(1, down, 0.0) == 0.0
    soon = ProviderFailure(FailureClass.RATE_LIMITED, 429, "x", retry_after=1.5)
    late = ProviderFailure(FailureClass.RATE_LIMITED, 429, "x", retry_after=20)
    assert pause_before(1, soon, 0.0) == 1.5
    assert pause_before(1, late, 0.0) is None
    assert pause_before(1, ProviderFailure(FailureClass.QUOTA, 429, "x"), 0.5) is None
    assert pause_before(1, ProviderFailure(FailureClass.AUTHENTICATION, 401, "x"), 0.5) is None
