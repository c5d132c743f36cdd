"""One gateway process: its event loop, server, pools and journal, from start to drained."""

from __future__ import annotations

import asyncio
import gc
import os
import signal
import ssl
import sys
from collections.abc import Callable

import uvloop

from comity.budgets import open_desk
from comity.clouds import Renewals, Secrets
from comity.gateway.clock import Clock
from comity.gateway.pipeline import Pipeline
from comity.gateway.settings import Listen, Settings
from comity.gateway.signing import with_signing_secrets
from comity.gateway.state import State
from comity.gateway.targets import open_targets
from comity.http import ServerOptions, serve
from comity.ledger import JournalOptions, open_journal
from comity.sessions import open_sessions

LOGIN_SECONDS = 15.0
"""How long a starting worker waits for its logins, all together; one that hangs is then done without."""


def run_worker(
    settings: Settings, clock: Clock, secrets: Secrets, lifeline: int | None, ready: Callable[[int], None]
) -> None:
    """Serves until SIGTERM, SIGINT or the end of `lifeline`, a pipe whose other end the supervisor holds.

    `ready` is called with the port once requests are accepted.
    """
    uvloop.run(_serve(settings, clock, secrets, lifeline, ready))


async def _serve(
    settings: Settings, clock: Clock, secrets: Secrets, lifeline: int | None, ready: Callable[[int], None]
) -> None:
    loop = asyncio.get_running_loop()
    stopping = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopping.set)
    if lifeline is not None:
        loop.add_reader(lifeline, stopping.set)
    settings = with_signing_secrets(settings, secrets)
    renewals = Renewals()
    targets = open_targets(settings.deployments, secrets, renewals, loop)
    # Before anything is served, so that the first request finds its token; it may hold the loop for as long.
    renewals.start(LOGIN_SECONDS)
    journal = open_journal(settings.ledger.journal, JournalOptions(settings.ledger.durability), loop)
    sessions = open_sessions(settings.sessions, lambda name: secrets.resolve(name).reveal(), loop)
    budgets = open_desk(settings.budgets, loop, _tell)
    state = State(settings, clock, targets, journal, sessions, budgets=budgets)
    server = await serve(Pipeline(state), _options(settings.listen))
    _calm_the_collector()
    ready(server.addresses[0][1])
    await stopping.wait()
    if lifeline is not None:
        loop.remove_reader(lifeline)
        os.close(lifeline)
    await server.drain(settings.listen.drain)
    if sessions is not None:
        await sessions.close()
    if budgets is not None:
        await budgets.close()
    await journal.close()
    renewals.stop()


def _tell(what: str) -> None:
    sys.stderr.write(f"comity: {what}\n")
    sys.stderr.flush()


def _calm_the_collector() -> None:
    """What was loaded stays for ever, and requests leave no cycles: the collector need not look often."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 50, 100)


def _options(listen: Listen) -> ServerOptions:
    context = None
    if listen.certificate is not None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        context.load_cert_chain(listen.certificate, listen.key)
    return ServerOptions(
        host=listen.host, port=listen.port, reuse_port=True, tls=context, max_body=listen.max_body
    )
