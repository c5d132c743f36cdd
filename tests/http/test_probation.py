"""Servers that close after an answer without a word, and servers that do not: no request meets the end."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from time import monotonic

import pytest
from tests.http.stage import Collector, Handler, Raw, Stage, eventually, head_of, play

from comity.http import ClientOptions, Headers, Pool
from comity.http.framing import read_keep_alive
from comity.http.shelf import EARLY

SIZED = b"HTTP/1.1 200 OK\r\nkeep-alive: timeout=5, max=100\r\ncontent-length: 2\r\n\r\nok"
CHUNKED = SIZED.replace(
    b"content-length: 2\r\n\r\nok", b"transfer-encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n"
)
PATIENT = 30.0
"""A probation that no test waits for."""


def peer(seen: list[Raw], closes: Callable[[str], bool], gap: float = 0.0) -> Handler:
    """Answers `/chunked` in chunks and the rest with a length; may then close, a moment later."""

    async def handler(raw: Raw) -> None:
        seen.append(raw)
        while True:
            try:
                head = await raw.until(b"\r\n\r\n")
            except (asyncio.IncompleteReadError, ConnectionResetError):
                return
            path = head.split()[1].decode()
            await raw.send(CHUNKED if path == "/chunked" else SIZED)
            if closes(path):
                await asyncio.sleep(gap)
                raw.close()
                return

    return handler


async def ask(pool: Pool, path: str) -> None:
    """Send one request, which must be answered."""
    collector = Collector()
    pool.send(head_of(path), b"", collector)
    await collector.end()
    assert (collector.failure, collector.body) == (None, b"ok")


@pytest.mark.parametrize("gap", [0.0, 0.0001, 0.002])
def test_closing_after_chunks(gap: float) -> None:
    """Two hundred alternating requests, none of which is sent to a connection that is about to end."""

    async def scenario(stage: Stage) -> None:
        seen: list[Raw] = []
        origin = await stage.listen(peer(seen, lambda path: path == "/chunked", gap))
        pool = stage.pool(origin, ClientOptions(probation=PATIENT))
        pool.shelf.sized.proven = True
        for number in range(200):
            await ask(pool, "/chunked" if number % 2 else "/sized")
        await eventually(lambda: not pool.shelf.chunked.resting)
        assert pool.shelf.chunked.doubted
        assert not pool.shelf.chunked.proven
        assert (len(seen), pool.connections, pool.idle) == (100, 0, 0)

    play(scenario)


def test_concurrent_and_bounded() -> None:
    """At the bound nobody waits for a connection that will end anyway."""

    async def scenario(stage: Stage) -> None:
        seen: list[Raw] = []
        origin = await stage.listen(peer(seen, lambda path: path == "/chunked"))
        pool = stage.pool(origin, ClientOptions(max_connections=3, probation=PATIENT))
        pool.shelf.sized.proven = True
        asked = [ask(pool, "/chunked" if number % 2 else "/sized") for number in range(200)]
        await asyncio.gather(*asked)
        await eventually(lambda: not pool.shelf.chunked.resting)
        assert pool.connections <= 3

    play(scenario)


def test_proven_once() -> None:
    """One connection that has rested frees all of its framing, and from then on reuse is immediate."""

    async def scenario(stage: Stage) -> None:
        seen: list[Raw] = []
        pool = stage.pool(await stage.listen(peer(seen, lambda _: False)), ClientOptions(probation=0.02))
        for path in ("/sized", "/chunked"):
            habit = pool.shelf.chunked if path == "/chunked" else pool.shelf.sized
            while not habit.proven:
                await ask(pool, path)
            opened = len(seen)
            for _ in range(20):
                await ask(pool, path)
            assert len(seen) == opened
            assert pool.idle == pool.connections == opened

    play(scenario)


def test_on_probation_others_are_used() -> None:
    """A framing on probation does not hold up connections that are proven, and opens others meanwhile."""

    async def scenario(stage: Stage) -> None:
        seen: list[Raw] = []
        pool = stage.pool(await stage.listen(peer(seen, lambda _: False)), ClientOptions(probation=PATIENT))
        pool.shelf.sized.proven = True
        await ask(pool, "/sized")
        await ask(pool, "/chunked")
        assert (len(seen), pool.idle) == (1, 1)
        await ask(pool, "/sized")
        await ask(pool, "/sized")
        assert (len(seen), pool.idle, len(pool.shelf.chunked.resting)) == (2, 2, 1)

    play(scenario)


def test_full_pool_waits_for_the_probation() -> None:
    """At the bound a connection is handed out once it has rested, asked for before or after."""

    async def scenario(stage: Stage) -> None:
        seen: list[Raw] = []
        options = ClientOptions(max_connections=1, probation=0.1)
        pool = stage.pool(await stage.listen(peer(seen, lambda _: False)), options)
        began = monotonic()
        await asyncio.gather(ask(pool, "/sized"), ask(pool, "/sized"))
        assert monotonic() - began >= 0.1
        await ask(pool, "/chunked")
        began = pool.shelf.chunked.resting[0].since
        await ask(pool, "/sized")
        assert monotonic() - began >= 0.1
        assert len(seen) == 1

    play(scenario)


def test_early_end_is_remembered() -> None:
    """A proven framing is doubted when a resting connection ends soon, and its young companions with it."""

    async def scenario(stage: Stage) -> None:
        seen: list[Raw] = []
        pool = stage.pool(await stage.listen(peer(seen, lambda _: False)), ClientOptions(probation=0))
        await asyncio.gather(*(ask(pool, "/sized") for _ in range(3)))
        assert len(seen) == 3
        pool.shelf.sized.proven = True
        await asyncio.gather(*(ask(pool, "/sized") for _ in range(3)))
        assert len(seen) == 3
        # One of them has not been used for long: it stays.
        old = pool.shelf.ready[0] if pool.shelf.ready else pool.shelf.sized.resting[0]
        old.since -= 2 * EARLY
        young = pool.shelf.ready[-1]
        raw = next(raw for raw in seen if raw.writer.get_extra_info("peername") == _address(young))
        raw.close()
        await eventually(lambda: pool.connections == 2)
        habit = pool.shelf.sized
        assert (habit.proven, habit.doubted, habit.term) == (False, True, EARLY)
        assert (list(pool.shelf.ready), len(habit.resting)) == ([old], 1)

    play(scenario)


def test_late_end_means_nothing() -> None:
    """A server that closes what has rested for long still keeps connections open after answers."""

    async def scenario(stage: Stage) -> None:
        seen: list[Raw] = []
        pool = stage.pool(await stage.listen(peer(seen, lambda _: False)), ClientOptions(probation=0))
        await ask(pool, "/sized")
        await ask(pool, "/sized")
        pool.shelf.ready[0].since -= 2 * EARLY
        seen[0].close()
        await eventually(lambda: pool.connections == 0)
        assert pool.shelf.sized.proven

    play(scenario)


def test_failure_on_a_reused_connection_is_remembered() -> None:
    """Where a request did meet the end, the next one does not."""

    async def scenario(stage: Stage) -> None:
        async def handler(raw: Raw) -> None:
            await raw.until(b"\r\n\r\n")
            await raw.send(SIZED)
            await raw.until(b"\r\n\r\n")
            raw.close()

        pool = stage.pool(await stage.listen(handler), ClientOptions(probation=0))
        await ask(pool, "/")
        collector = Collector()
        pool.send(head_of(), b"", collector)
        failure = await collector.failed()
        assert (failure.kind, failure.sent, failure.answered, failure.reused) == ("closed", True, False, True)
        for _ in range(5):
            await ask(pool, "/")

    play(scenario)


def test_unseen_end_proves_nothing() -> None:
    """A rest during which the loop was too busy to hear of the end is no proof."""

    async def scenario(stage: Stage) -> None:
        seen: list[Raw] = []
        pool = stage.pool(await stage.listen(peer(seen, lambda _: False)), ClientOptions(probation=PATIENT))
        await ask(pool, "/sized")
        (link,) = pool.shelf.sized.resting
        link.since -= PATIENT
        # Bytes to read are enough for `stale`; the loop does not turn before the next request.
        os.write(seen[0].writer.get_extra_info("socket").fileno(), b"?")
        collector = Collector()
        pool.send(head_of(), b"", collector)
        assert link.lost
        assert not pool.shelf.sized.proven
        await collector.end()
        assert collector.failure is None

    play(scenario)


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        (b"timeout=5, max=100", 4.0),
        (b"max=100, Timeout = 60", 59.0),
        (b'timeout="2"', 1.0),
        (b"timeout=1", 0.5),
        (b"max=3", float("inf")),
        (b"xtimeout=3", float("inf")),
        (b"timeout=-1", float("inf")),
    ],
)
def test_announced_rest(value: bytes, seconds: float) -> None:
    """The origin's announcement is read, with a margin."""
    assert read_keep_alive(Headers.of([(b"keep-alive", value)])) == seconds


def test_announced_rest_is_kept() -> None:
    """A connection is given up before the origin would close it."""

    async def scenario(stage: Stage) -> None:
        async def handler(raw: Raw) -> None:
            await raw.until(b"\r\n\r\n")
            await raw.send(SIZED.replace(b"timeout=5", b"timeout=1"))

        pool = stage.pool(await stage.listen(handler), ClientOptions(probation=0))
        await ask(pool, "/")
        (link,) = pool.shelf.sized.resting
        assert link.deadline - stage.loop.time() <= 0.5
        link.since -= 0.6
        link.deadline -= 0.6
        await eventually(lambda: pool.connections == 0)

    play(scenario)


def _address(link: object) -> object:
    return link._transport.get_extra_info("sockname")  # type: ignore[attr-defined]  # the test looks inside
