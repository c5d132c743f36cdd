"""Holds inside one process: a fault of the gateway, a journal that is closed, a price that is not known."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
import uvloop
from tests.gateway.running import ENVIRONMENT, KEYS, clouds, configuration
from tests.gateway.test_fault import BrokenPool, Heard
from tests.gateway.test_soak import BODY, HEAD

from comity.budgets import Account, Denial, Limit, Window, account_of, open_budgets, open_desk
from comity.clouds import Renewals, Secrets
from comity.config import load_settings
from comity.gateway.budget_refusals import over_budget, warned_of
from comity.gateway.clock import Clock
from comity.gateway.pipeline import Pipeline
from comity.gateway.state import State
from comity.gateway.targets import open_targets
from comity.http import ClientOptions, Origin, Pool, ServerOptions, serve
from comity.ledger import Reserved, open_journal, read_records

LIMITS = (
    "budgets: {limits: [{id: all, money: 1 USD, every: total}, {id: tokens, tokens: 5000, every: total}]}\n"
)


async def _serve_one(folder: Path, prepare: Callable[[State], Awaitable[None]]) -> int:
    """One request to a gateway in this process, after something was done to it; the status."""
    loop = asyncio.get_running_loop()
    loop.set_exception_handler(lambda _loop, _report: None)
    settings = load_settings(folder / "comity.yaml")
    targets = open_targets(settings.deployments, Secrets(ENVIRONMENT), Renewals(), loop)
    journal = open_journal(settings.ledger.journal, None, loop)
    budgets = open_desk(settings.budgets, loop, print)
    assert budgets is not None
    state = State(settings, Clock(), targets, journal, budgets=budgets)
    server = await serve(Pipeline(state), ServerOptions())
    await prepare(state)
    client, heard = Pool(Origin("127.0.0.1", server.addresses[0][1]), ClientOptions(), loop), Heard()
    client.send(HEAD % (KEYS["app"].encode(), len(BODY)), BODY, heard)
    await asyncio.wait_for(heard.done.wait(), 60)
    await client.close()
    await server.drain(1)
    await budgets.close()
    await journal.close()
    return heard.status


def spent(folder: Path) -> dict[str, int]:
    """What each limit has captured; nothing is held."""
    settings = load_settings(folder / "comity.yaml").budgets
    assert settings is not None
    store = open_budgets(settings)
    with store.database:
        standings = list(store.standings())
    assert not any(one.lent for one in standings)
    return {one.name: one.spent for one in standings}


async def _break(state: State) -> None:
    broken = state.targets["local-us"]
    broken.pool = BrokenPool(broken.connection.origin, ClientOptions(), asyncio.get_running_loop())


async def _close(state: State) -> None:
    await state.journal.close()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with the configuration of a limited gateway."""
    with clouds() as running:
        (tmp_path / "comity.yaml").write_text(configuration(running) + LIMITS)
    return tmp_path


def test_T37_a_fault_of_the_gateway_captures_what_may_have_been_charged(folder: Path) -> None:
    """It was sent and nobody knows its cost: the most counts, in money and in tokens."""
    assert uvloop.run(_serve_one(folder, _break)) == 500
    (reserved,) = [one for one in read_records(folder / "ledger") if isinstance(one, Reserved)]
    assert reserved.held is not None
    assert spent(folder) == {"all": int(reserved.held.amount * 10**12), "tokens": len(BODY) + 1}


def test_T37_what_cannot_be_recorded_is_not_charged(folder: Path) -> None:
    """The journal is closed: 503, and the hold is given back."""
    assert uvloop.run(_serve_one(folder, _close)) == 503
    assert not any(spent(folder).values())


def test_refusals_say_what_they_know() -> None:
    """A store that is down is another matter than a limit that is used up; names fit into a header."""
    forever = Window(0, None)
    total = account_of(Limit("all", "requests", 5))
    down = over_budget(Denial(total, forever, 1, 0, "the disk is full"))
    assert (down.status, down.code, down.retry_after) == (503, "budget_unavailable", 1.0)
    assert "the disk is full" in down.message
    used = over_budget(Denial(total, forever, 1, 0))
    assert (used.status, used.retry_after) == (429, None)
    assert "until" not in used.message
    name: Account = account_of(Limit("each", "requests", 5, per=("customer",)), ["Müller"])
    assert warned_of((total, name)) == b"all, each/M\\xfcller"
