"""T37: limits hold under many callers at once, several workers and their death; holds end on every path."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import time
from collections.abc import Callable, Iterator
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Any

import anthropic
import httpx
import openai
import pytest
from tests.gateway.running import Gateway, clouds, configuration, serving
from typer.testing import CliRunner

from comity.budgets import Listed, list_budgets, open_budgets
from comity.cli.main import app
from comity.config import load_settings
from comity.intake import hash_key
from comity.ledger import Attempted, Refused, Reserved, Settled
from comity.simulator import Fault

QUESTION: Any = [{"role": "user", "content": "Tell me a story"}]
LIMITS = """
budgets:
  bytes_per_token: 2.0
  output_tokens: 100
  limits:
    - {id: storm, where: {caller: storm}, money: 0.004 USD, every: total}
    - {id: stream, where: {caller: stream}, money: 1 USD, every: month, zone: Europe/Berlin}
    - {id: stream-tokens, where: {caller: stream}, tokens: 100000, every: total}
    - {id: again, where: {caller: again}, money: 0.0011 USD, every: total}
    - {id: deal, where: {caller: dealer}, per: [contract], requests: 999, every: total}
    - {id: alert, where: {caller: dealer}, money: 1 USD, every: month, warn: [0.0001]}
    - {id: paced, where: {caller: paced}, requests: 2, every: month}
    - {id: words, where: {caller: words}, tokens: 500, every: minute}
    - {id: mortal, where: {caller: mortal}, money: 0.01 USD, every: total}
    - {id: strange, where: {caller: strange}, money: 5 EUR, every: day}
  wallets:
    - {id: prepaid, where: {caller: payer}, per: [customer], currency: USD}
"""
CALLERS = ("dealer", "storm", "again", "stream", "paced", "words", "mortal", "strange", "payer")


USUAL = "{customer: acme, product: support, data: confidential}"
FACTS = {"dealer": "{product: frontier, data: confidential, surface: runtime, state: stateful}"}


def key_of(name: str) -> str:
    """The key of a caller."""
    return f"sk-limited-{name}-0123456789"


@pytest.fixture(scope="module")
def limited(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    """A gateway of two workers with limits, one caller for each test."""
    folder = tmp_path_factory.mktemp("limited")
    with clouds() as running:
        callers = "".join(
            f'  - {{id: {name}, key: "sha256:{hash_key(key_of(name))}", facts: {FACTS.get(name, USUAL)}}}\n'
            for name in CALLERS
        )
        free = "  unpriced: {from: [unpriced], unpriced: allow}\n"
        free += "  again: {from: [local-us, azure-swe], after_ambiguous: next}\n"
        config = configuration(running).replace("  unpriced: {from: [unpriced]}\n", free) + callers + LIMITS
        with serving(folder, running, config, ("--workers", "2")) as gateway:
            yield gateway


def ask(gateway: Gateway, who: str, model: str = "us-only", **more: Any) -> Any:
    """One question, over a connection of its own."""
    with openai.OpenAI(base_url=f"{gateway.url}/v1", api_key=key_of(who), max_retries=0) as sdk:
        raw: Any = sdk.chat.completions.with_raw_response.create(
            model=model, messages=QUESTION, **{"max_completion_tokens": 20, **more}
        )
    return raw


def eventually(condition: Callable[[], bool]) -> None:
    """Waits until something is so; fails after a minute."""
    deadline = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < deadline, "it did not come to be"
        time.sleep(0.05)


def standing(gateway: Gateway, name: str) -> Listed:
    """A limit as the store has it now."""
    settings = load_settings(gateway.ledger.parent / "comity.yaml").budgets
    assert settings is not None
    store = open_budgets(settings)
    with store.database:
        return next(one for one in list_budgets(settings, store, time.time()) if one.name == name)


def amount(text: str) -> Decimal:
    """The number of an amount in words."""
    return Decimal(text.split(maxsplit=1)[0])


def reserved(gateway: Gateway, who: str) -> list[Reserved]:
    """The reservations of a caller's requests."""
    return [r for r in gateway.records() if isinstance(r, Reserved) and r.decision.caller == who]


def spent(gateway: Gateway, who: str) -> Decimal:
    """What a caller's requests cost, by the ledger."""
    mine = {one.entry for one in reserved(gateway, who)}
    costs = [one.cost for one in gateway.records() if isinstance(one, Attempted) and one.entry in mine]
    return sum((cost.amount for cost in costs if cost is not None), Decimal(0))


async def _storm(gateway: Gateway, number: int) -> list[openai.APIStatusError | float]:
    async def one(sdk: openai.AsyncOpenAI, number: int) -> openai.APIStatusError | float:
        try:
            await sdk.chat.completions.create(
                model="us-only", messages=QUESTION, max_completion_tokens=20 + number % 3
            )
        except openai.APIStatusError as error:
            return error
        return 0.0

    sdk = openai.AsyncOpenAI(base_url=f"{gateway.url}/v1", api_key=key_of("storm"), max_retries=0)
    async with sdk:
        return await asyncio.gather(*(one(sdk, n) for n in range(number)))


def test_T37_a_hundred_callers_at_once_never_exceed_a_cap_and_spend_it_to_the_last_request(
    limited: Gateway,
) -> None:
    """Two workers share 0.004 USD; afterwards no further request is affordable, and nothing is overspent."""
    cap, hold = Decimal("0.004"), Decimal("0.0003")
    refused = [one for one in asyncio.run(_storm(limited, 100)) if isinstance(one, openai.APIStatusError)]
    assert {one.status_code for one in refused} == {402}
    for _ in range(60):
        try:
            ask(limited, "storm")
        except openai.APIStatusError as error:
            refused.append(error)
            body: Any = error.body
            if amount(body["budget"]["left"]) < hold:
                break  # else the other worker was too busy to give back what it does not use
    told: Any = refused[-1].body
    assert told["code"] == "budget_exhausted"
    assert told["budget"]["limit"] == "storm"
    assert told["budget"]["of"] == "0.004 USD"
    assert refused[-1].response.headers["x-should-retry"] == "false"
    assert cap - hold < spent(limited, "storm") <= cap
    assert Decimal(told["budget"]["left"].split()[0]) == cap - spent(limited, "storm")
    held = [one.held for one in reserved(limited, "storm")]
    assert all(one is not None and 0 < one.amount < hold for one in held)
    refusals = [r for r in limited.records() if isinstance(r, Refused) and r.decision.caller == "storm"]
    assert {r.cause for r in refusals} == {"budget_exhausted"}
    eventually(lambda: amount(standing(limited, "storm").held) == 0)
    assert amount(standing(limited, "storm").spent) == spent(limited, "storm")


def test_T37_holds_end_on_every_path(limited: Gateway) -> None:
    """Whole, streamed, broken off, failed, and moved to another deployment: in the end nothing is held."""
    ask(limited, "stream")
    ask(limited, "stream", model="dead-first", max_completion_tokens=None)
    with pytest.raises(openai.APIStatusError) as failed:
        ask(limited, "stream", model="dead-only")
    assert failed.value.status_code == 503
    ask(limited, "stream", stream=True)
    with openai.OpenAI(base_url=f"{limited.url}/v1", api_key=key_of("stream"), max_retries=0) as sdk:
        answer = sdk.chat.completions.create(
            model="slow", messages=QUESTION, max_completion_tokens=200, stream=True
        )
        for _, _chunk in zip(range(3), answer, strict=False):
            pass
        answer.close()
    mine = {r.entry for r in reserved(limited, "stream")}
    eventually(lambda: {r.entry for r in limited.records() if isinstance(r, Settled)} >= mine)
    attempts = [r for r in limited.records() if isinstance(r, Attempted) and r.entry in mine]
    used = sum(r.usage.total for r in attempts if r.usage is not None)
    eventually(lambda: amount(standing(limited, "stream-tokens").spent) == used)
    one = standing(limited, "stream")
    assert amount(one.spent) == spent(limited, "stream")
    assert one.until is not None
    assert one.until.endswith(("+01:00", "+02:00"))


def test_T37_another_attempt_is_put_aside_for_in_addition(limited: Gateway) -> None:
    """An answer that was lost may have been charged: it is captured at the most, the next one as counted."""
    limited.clouds["local"].cloud.faults = (Fault(kind="status", status=502),)
    try:
        answer = ask(limited, "again", model="again")
    finally:
        limited.clouds["local"].cloud.faults = ()
    assert answer.headers["comity-deployment"] == "azure-swe"
    lost = reserved(limited, "again")[0].held
    assert lost is not None
    eventually(lambda: amount(standing(limited, "again").spent) == lost.amount + spent(limited, "again"))
    limited.clouds["local"].cloud.faults = (Fault(kind="status", status=502),)
    try:
        with pytest.raises(openai.APIStatusError) as refused:
            ask(limited, "again", model="again", max_completion_tokens=40)
    finally:
        limited.clouds["local"].cloud.faults = ()
    assert refused.value.status_code == 402
    settled = [r for r in limited.records() if isinstance(r, Settled) and r.status == 402]
    assert settled[-1].attempts == 1


def test_requests_and_tokens_are_refused_until_their_window_ends(limited: Gateway) -> None:
    """429, with the seconds to wait and the limit's own words, in the client's error shape."""
    ask(limited, "paced")
    ask(limited, "paced")
    with pytest.raises(openai.RateLimitError) as refused:
        ask(limited, "paced")
    told: Any = refused.value.body
    assert told["code"] == "limit_exhausted"
    assert told["budget"] | {"until": ""} == {
        "limit": "paced",
        "left": "0 requests",
        "of": "2 requests",
        "every": "month",
        "until": "",
    }
    assert 0 < int(refused.value.response.headers["retry-after"]) <= 31 * 86_400
    with pytest.raises(openai.RateLimitError) as large:
        ask(limited, "words", max_completion_tokens=1000)
    assert "retry-after" not in large.value.response.headers
    assert large.value.response.headers["x-should-retry"] == "false"
    ask(limited, "words")
    with (
        anthropic.Anthropic(base_url=limited.url, api_key=key_of("paced"), max_retries=0) as claude,
        pytest.raises(anthropic.RateLimitError) as other,
    ):
        claude.messages.create(model="us-only", max_tokens=5, messages=[{"role": "user", "content": "x"}])
    shaped: Any = other.value.body
    assert (shaped["type"], shaped["error"]["budget"]["limit"]) == ("error", "paced")


def test_a_limit_can_be_divided_by_the_contracts_that_decided(limited: Gateway) -> None:
    """Each contract whose clause decided on a candidate counts the request; a share is warned of."""
    receipt = ask(limited, "dealer", model="recorded").headers["comity-receipt"]
    (entry,) = [record for record in limited.entry(receipt) if isinstance(record, Reserved)]
    decisive = {clause for verdict in entry.decision.verdicts for clause in verdict.clauses}
    book = load_settings(limited.ledger.parent / "comity.yaml").book
    contracts = {f"deal/{one.contract}" for one in book.clauses if one.id in decisive}
    assert contracts
    for name in contracts:
        eventually(partial(counted, limited, name))
    eventually(lambda: _warned(limited) == "alert")


def counted(gateway: Gateway, name: str) -> bool:
    """Whether a limit has counted a request."""
    return amount(standing(gateway, name).spent) == 1


def _warned(gateway: Gateway) -> str:
    headers = ask(gateway, "dealer", model="recorded", max_completion_tokens=1).headers
    return str(headers.get("comity-budget", ""))


def test_T37_what_has_no_price_or_another_currency_is_not_called_under_a_limit_in_money(
    limited: Gateway,
) -> None:
    """402 even where the route takes unpriced deployments: an unknown cost is not zero."""
    before = len(limited.clouds["local"].cloud.record.entries)
    for who, model in (("stream", "unpriced"), ("strange", "us-only")):
        with pytest.raises(openai.APIStatusError) as refused:
            ask(limited, who, model=model)
        body: Any = refused.value.body
        assert (refused.value.status_code, body["code"]) == (402, "unpriced")
    assert len(limited.clouds["local"].cloud.record.entries) == before


def test_a_prepaid_wallet_is_charged_what_each_request_costs(limited: Gateway) -> None:
    """Empty it refuses; paid into it serves; its statement names the entries, and everything adds up."""
    with pytest.raises(openai.APIStatusError, match="the wallet `prepaid/acme` has 0 USD left"):
        ask(limited, "payer")
    config = str(limited.ledger.parent / "comity.yaml")

    def wallet(*arguments: str) -> str:
        result = CliRunner().invoke(app, ["wallet", *arguments, "--config", config])
        assert result.exit_code == 0, result.output
        return result.output

    assert "it has 0.5 USD" in wallet("credit", "prepaid/acme", "0.5", "--id", "one")
    receipt = ask(limited, "payer").headers["comity-receipt"]
    eventually(lambda: receipt in wallet("statement", "prepaid/acme"))
    eventually(lambda: amount(json.loads(wallet("balance", "--json"))[0]["spent"]) == spent(limited, "payer"))
    assert "hold" in wallet("verify")


def test_T37_a_killed_worker_holds_nothing_for_ever(limited: Gateway) -> None:
    """What it held counts as spent, at the most it could have cost; the rest is there for the others."""
    with openai.OpenAI(base_url=f"{limited.url}/v1", api_key=key_of("mortal"), max_retries=0) as sdk:
        answer = sdk.chat.completions.create(
            model="slow", messages=QUESTION, max_completion_tokens=400, stream=True
        )
        next(iter(answer))
        before = limited.workers()
        for worker in before:
            os.kill(worker, signal.SIGKILL)
        with pytest.raises((openai.APIConnectionError, httpx.RemoteProtocolError)):
            list(answer)
    eventually(lambda: len(set(limited.workers()) - set(before)) == 2)
    eventually(lambda: _serves(limited))
    held = reserved(limited, "mortal")[0].held
    assert held is not None
    assert held.amount > 0
    eventually(lambda: amount(standing(limited, "mortal").spent) == held.amount + spent(limited, "mortal"))


def _serves(gateway: Gateway) -> bool:
    try:
        return bool(ask(gateway, "mortal"))
    except openai.APIConnectionError:
        return False


@pytest.mark.soak
def test_T37_a_cap_holds_while_workers_are_killed(tmp_path: Path) -> None:
    """Half a minute of load, a worker killed every second: never too much, and in the end nothing held."""
    cap = Decimal("0.05")
    with clouds() as running:
        caller = f'  - {{id: storm, key: "sha256:{hash_key(key_of("storm"))}", facts: {USUAL}}}\n'
        limit = f"budgets: {{limits: [{{id: storm, money: {cap} USD, every: total}}]}}\n"
        config = configuration(running) + caller + limit
        with serving(tmp_path, running, config, ("--workers", "2")) as gateway:
            ends = time.monotonic() + 30
            while time.monotonic() < ends:
                asyncio.run(_ride(gateway))
                os.kill(gateway.workers()[0], signal.SIGKILL)
                eventually(lambda: len(gateway.workers()) == 2)
            lost = Decimal(0)
            settled = {one.entry for one in gateway.records() if isinstance(one, Settled)}
            for one in reserved(gateway, "storm"):
                if one.entry not in settled and one.held is not None:
                    lost += one.held.amount
            assert spent(gateway, "storm") + lost <= cap
        assert amount(standing(gateway, "storm").held) == 0
        assert spent(gateway, "storm") <= amount(standing(gateway, "storm").spent) <= cap


async def _ride(gateway: Gateway) -> None:
    """A second of requests, whatever becomes of them."""
    sdk = openai.AsyncOpenAI(base_url=f"{gateway.url}/v1", api_key=key_of("storm"), max_retries=0)

    async def one() -> None:
        ends = time.monotonic() + 1
        while time.monotonic() < ends:
            with contextlib.suppress(openai.APIError):
                await sdk.chat.completions.create(model="us-only", messages=QUESTION, max_completion_tokens=5)

    async with sdk:
        await asyncio.gather(*(one() for _ in range(20)))
