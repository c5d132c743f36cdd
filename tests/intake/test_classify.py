"""The facts of a request: implied by the dialect, stated by the caller, vouched for by the operator."""

from comity.intake import Caller, classify
from comity.intake.classify import CHAT


def test_a_chat_completion_is_a_stateless_api_call() -> None:
    """The dialect implies surface and state where nobody says otherwise."""
    facts = classify(CHAT, Caller("bot", "0" * 64, {}), {})
    assert facts["surface"] == "api"
    assert facts["state"] == "stateless"


def test_the_operator_wins_over_the_caller_and_the_dialect() -> None:
    """A runtime that keeps the conversation itself is one, whatever its wire looks like."""
    runtime = Caller("runtime", "0" * 64, {"surface": "runtime", "state": "stateful"})
    facts = classify(CHAT, runtime, {"state": "stateless", "data": "personal"})
    assert facts["surface"] == "runtime"
    assert facts["state"] == "stateful"
    assert facts["data"] == "personal"
