"""Every "no" has its status, its code and its reason, in the shape the client's SDK understands."""

from __future__ import annotations

from typing import Any

import openai
import pytest
from tests.gateway.running import Gateway

from comity.ledger import Attempted, Reserved


def ask(gateway: Gateway, model: str, who: str = "app", facts: str | None = None, **more: Any) -> Any:
    """One small question."""
    return gateway.sdk(who).chat.completions.with_raw_response.create(
        model=model,
        messages=more.pop("messages", [{"role": "user", "content": "x"}]),
        max_completion_tokens=4,
        extra_headers={} if facts is None else {"comity-facts": facts},
        **more,
    )


def refused(gateway: Gateway, model: str, who: str = "app", **more: Any) -> openai.APIStatusError:
    """The refusal of that question."""
    with pytest.raises(openai.APIStatusError) as caught:
        ask(gateway, model, who, **more)
    return caught.value


def test_451_names_the_clause_and_stays_off_the_cloud(gateway: Gateway) -> None:
    """EU personal data on an American deployment: refused by its clause, and the cloud never heard of it."""
    before = gateway.clouds["local"].cloud.record.requests()
    error = refused(gateway, "us-only", "eu")
    body: Any = error.body
    assert error.status_code == 451
    assert body["code"] == "contract_prohibits"
    assert body["clauses"] == ["house.residency"]
    assert body["verdict"] == "prohibited"
    assert "house.residency" in error.message
    assert gateway.clouds["local"].cloud.record.requests() == before


def test_a_route_goes_on_to_the_first_legal_candidate(gateway: Gateway) -> None:
    """The preferred deployment is illegal for EU data, the next one is not."""
    assert ask(gateway, "gpt-5.5", "eu").headers["comity-deployment"] == "azure-swe"
    assert ask(gateway, "gpt-5.5").headers["comity-deployment"] == "local-us"


def test_T33_a_fallback_is_decided_on_its_own_target(gateway: Gateway) -> None:
    """The dead deployment is illegal for EU data and never tried; for others it is tried and left."""
    legal, illegal = ask(gateway, "dead-first"), ask(gateway, "dead-first", "eu")
    assert legal.headers["comity-deployment"] == illegal.headers["comity-deployment"] == "azure-swe"
    assert _called(gateway, legal) == ["dead", "azure-swe"]
    assert _called(gateway, illegal) == ["azure-swe"]
    reserved = gateway.entry(illegal.headers["comity-receipt"])[0]
    assert isinstance(reserved, Reserved)
    assert [(drop.deployment, drop.clauses) for drop in reserved.dropped] == [("dead", ("house.residency",))]


def _called(gateway: Gateway, answer: Any) -> list[str]:
    records = gateway.entry(answer.headers["comity-receipt"])
    return [record.deployment for record in records if isinstance(record, Attempted)]


@pytest.mark.parametrize(
    ("model", "deployment"),
    [("rerouted", "azure-swe"), ("recorded", "bedrock-fra"), ("as-acme", "bedrock-fra")],
)
def test_a_posture_says_what_happens_when_disputed(gateway: Gateway, model: str, deployment: str) -> None:
    """Re-route goes where it is clear, record goes ahead and says so, a party's reading settles it."""
    answer = ask(gateway, model, "frontier")
    assert answer.headers["comity-deployment"] == deployment


@pytest.mark.parametrize(
    ("model", "code", "verdict"),
    [
        ("bedrock-only", "contract_disputed", "disputed"),
        ("as-oai", "contract_prohibits", "disputed"),
    ],
)
def test_a_disputed_target_is_refused_by_default(
    gateway: Gateway, model: str, code: str, verdict: str
) -> None:
    """Neither blind permission nor silence: the refusal says that the readings differ, and whose."""
    error = refused(gateway, model, "frontier")
    body: Any = error.body
    assert error.status_code == 451
    assert (body["code"], body["verdict"]) == (code, verdict)
    assert "house.runtime" in body["clauses"]
    assert "reading of oai" in error.message or "prohibited as oai reads it" in error.message


def test_a_missing_fact_is_unknown_and_named(gateway: Gateway) -> None:
    """Nothing is assumed about data the caller did not describe; stating it settles the question."""
    error = refused(gateway, "azure-only", "teller")
    body: Any = error.body
    assert error.status_code == 451
    assert body["code"] == "contract_facts_missing"
    assert "data" in error.message
    assert ask(gateway, "azure-only", "teller", facts="data=public").headers["comity-verdict"] == "silent"
    assert refused(gateway, "azure-only", "teller", facts="data=special; consent=oai").status_code == 451
    stated = ask(gateway, "azure-only", "teller", facts="data=special; consent=acme")
    assert stated.headers["comity-verdict"] == "silent"


@pytest.mark.parametrize(
    ("facts", "status"),
    [("data", 400), ("data=nonsense", 400), ("cloud=azure", 403), ("product=other", 403)],
)
def test_facts_are_checked(gateway: Gateway, facts: str, status: int) -> None:
    """A caller states what it may, in words of the vocabulary."""
    assert refused(gateway, "azure-only", "teller", facts=facts).status_code == status


def test_401_for_no_key_or_a_wrong_one(gateway: Gateway) -> None:
    """Nobody is anybody by default (T35)."""
    assert refused(gateway, "us-only", "sk-wrong-0123456789").status_code == 401


def test_402_for_an_unpriced_deployment(gateway: Gateway) -> None:
    """A price that is unknown is not zero."""
    error = refused(gateway, "unpriced")
    assert error.status_code == 402
    assert error.code == "unpriced"


def test_403_for_a_model_outside_the_callers_rights(gateway: Gateway) -> None:
    """A known model that this caller may not use."""
    assert refused(gateway, "azure-only", "eu").status_code == 403


def test_404_for_an_unknown_model(gateway: Gateway) -> None:
    """A model that nobody configured; no guess is made."""
    assert refused(gateway, "gpt-5").status_code == 404


def test_429_when_the_limit_is_reached(gateway: Gateway) -> None:
    """Our own limit is told with the time to wait."""
    assert ask(gateway, "limited").status_code == 200
    error = refused(gateway, "limited")
    assert error.status_code == 429
    assert int(error.response.headers["retry-after"]) >= 1


def test_503_when_no_cloud_can_be_reached(gateway: Gateway) -> None:
    """What was tried is said: the only candidate, three times with pauses."""
    error = refused(gateway, "dead-only")
    body: Any = error.body
    assert error.status_code == 503
    assert body["tried"] == ["dead", "dead", "dead"]


def test_what_a_target_cannot_express_is_refused_by_name(gateway: Gateway) -> None:
    """A seed has no place in Converse: refused, or dropped visibly where the route says so."""
    error = refused(gateway, "bedrock-only", seed=7)
    assert error.status_code == 400
    assert "seed" in error.message
    answer = ask(gateway, "bedrock-lossy", seed=7)
    assert answer.headers["comity-dropped"] == "seed"


@pytest.mark.parametrize(
    "messages", [[], [{"role": "alien", "content": "x"}], [{"role": "user", "content": 7}]]
)
def test_a_malformed_request_is_a_400_from_every_target(gateway: Gateway, messages: Any) -> None:
    """What the client got wrong comes back as its own error, never as a 5xx and never retried elsewhere."""
    for model in ("us-only", "azure-only", "bedrock-only"):
        assert refused(gateway, model, messages=messages).status_code == 400


def test_T42_a_model_name_cannot_leave_its_place(gateway: Gateway) -> None:
    """Names that could rewrite an address are refused before anything is looked up."""
    for model in ("../admin", "a%2Fb", "a?b", "a#b"):
        assert refused(gateway, model).status_code == 400
