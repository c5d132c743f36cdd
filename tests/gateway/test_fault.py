"""A fault of the gateway itself: the client hears of it, and what was sent stays on record."""

from __future__ import annotations

import asyncio
from pathlib import Path

import uvloop
from tests.gateway.running import ENVIRONMENT, KEYS, clouds, configuration
from tests.gateway.test_soak import BODY, HEAD

from comity.clouds import Renewals, Secrets
from comity.config import load_settings
from comity.gateway.clock import Clock
from comity.gateway.pipeline import Pipeline
from comity.gateway.state import State
from comity.gateway.targets import open_targets
from comity.http import (
    ClientOptions,
    Headers,
    Origin,
    Pool,
    Sending,
    ServerOptions,
    TransportFailure,
    serve,
)
from comity.ledger import Attempted, AttemptOutcome, Settled, open_journal, read_records


class BrokenPool(Pool):
    """A pool with a bug: it fails after the request may have left."""

    def send(self, *told: object) -> Sending:
        """Never returns."""
        raise RuntimeError(f"a bug with {len(told)} things")


class Heard:
    """What the client hears."""

    def __init__(self) -> None:
        self.status = 0
        self.done = asyncio.Event()

    def on_response(self, status: int, headers: Headers) -> None:  # noqa: ARG002 - the signature of a receiver
        """The status."""
        self.status = status

    def on_data(self, data: bytes) -> None:
        """The body does not matter."""

    def on_end(self) -> None:
        """The answer is complete."""
        self.done.set()

    def on_failure(self, failure: TransportFailure) -> None:
        """No answer at all is a failure of the test."""
        raise AssertionError(failure)


def test_a_fault_is_told_and_the_attempt_stays_on_record(tmp_path: Path) -> None:
    """Status 500, one ambiguous attempt, one settlement, the limiter free again, and a report."""
    with clouds() as running:
        (tmp_path / "comity.yaml").write_text(configuration(running))
    status, reports = uvloop.run(_serve_one(tmp_path))
    assert status == 500
    assert reports == ["a bug with 3 things"]
    attempt, settled = list(read_records(tmp_path / "ledger"))[1:]
    assert isinstance(attempt, Attempted)
    assert (attempt.outcome, attempt.failure) == (AttemptOutcome.AMBIGUOUS, "internal")
    assert isinstance(settled, Settled)
    assert (settled.status, settled.attempts) == (500, 1)


async def _serve_one(folder: Path) -> tuple[int, list[str]]:
    loop, reports = asyncio.get_running_loop(), list[str]()
    loop.set_exception_handler(lambda _, report: reports.append(str(report["exception"])))
    settings = load_settings(folder / "comity.yaml")
    targets = open_targets(settings.deployments, Secrets(ENVIRONMENT), Renewals(), loop)
    broken = targets["local-us"]
    broken.pool = BrokenPool(broken.connection.origin, ClientOptions(), loop)
    journal = open_journal(settings.ledger.journal, None, loop)
    server = await serve(Pipeline(State(settings, Clock(), targets, journal)), ServerOptions())
    client, heard = Pool(Origin("127.0.0.1", server.addresses[0][1]), ClientOptions(), loop), Heard()
    client.send(HEAD % (KEYS["app"].encode(), len(BODY)), BODY, heard)
    await asyncio.wait_for(heard.done.wait(), 60)
    await client.close()
    await server.drain(1)
    await journal.close()
    return heard.status, reports
