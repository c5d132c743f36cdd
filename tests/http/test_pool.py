"""The pool over real sockets: reuse, bounds, limits, and honest failures."""

from __future__ import annotations

import asyncio
import socket

import pytest
from tests.http.stage import Collector, Handler, Raw, Stage, echo, eventually, head_of, play

from comity.http import ClientOptions, Headers, Origin, Pool, TransportFailure

OK = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok"


def says(*answers: bytes, close: bool = False) -> Handler:
    """A peer that answers each request of a connection with the next of these bytes."""

    async def handler(raw: Raw) -> None:
        for answer in answers:
            try:
                await raw.until(b"\r\n\r\n")
            except asyncio.IncompleteReadError:
                return
            await raw.send(answer)
        if close:
            raw.close()

    return handler


async def ask(pool: Pool, method: str = "POST") -> Collector:
    """Send one request and wait for its end."""
    collector = Collector()
    pool.send(head_of(method=method), b"", collector)
    await collector.end()
    return collector


def free_port() -> int:
    """A port on which nobody listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def test_connections_are_used_again() -> None:
    """One request after the other takes one connection."""

    async def scenario(stage: Stage) -> None:
        server = await stage.serve(echo)
        pool = stage.pool(server, ClientOptions(probation=0))
        for _ in range(5):
            collector = Collector()
            pool.send(head_of("/x", 4), b"body", collector)
            await collector.end()
            assert (collector.status, collector.body, collector.failure) == (200, b"body", None)
            assert collector.headers.get(b"x-path") == b"/x"
        assert (pool.connections, pool.idle, server.connections) == (1, 1, 1)

    play(scenario)


def test_last_used_first() -> None:
    """Of several resting connections the last one used is taken."""

    async def scenario(stage: Stage) -> None:
        pool = stage.pool(await stage.serve(echo))
        pool.shelf.sized.proven = True
        await asyncio.gather(ask(pool), ask(pool), ask(pool))
        assert pool.idle == 3
        last = pool.shelf.ready[-1]
        await ask(pool)
        assert pool.shelf.ready[-1] is last

    play(scenario)


def test_bounds() -> None:
    """Beyond the connections requests wait, in order; beyond the waiting they fail."""

    async def scenario(stage: Stage) -> None:
        pool = stage.pool(await stage.serve(echo), ClientOptions(max_connections=2, max_waiting=3))
        ended: list[int] = []

        class Numbered(Collector):
            def __init__(self, number: int) -> None:
                super().__init__()
                self.number = number

            def on_end(self) -> None:
                ended.append(self.number)
                super().on_end()

        collectors = [Numbered(number) for number in range(7)]
        for collector in collectors:
            pool.send(head_of(), b"", collector)
        assert (pool.connections, pool.waiting) == (2, 3)
        assert all(collector.failure is None for collector in collectors), (
            "told only after `send` has returned"
        )
        for collector in collectors:
            await collector.end()
        assert ended == sorted(ended)
        assert len(ended) == 5
        for collector in collectors[5:]:
            failure = await collector.failed()
            assert (failure.kind, failure.sent, failure.answered) == ("pool_full", False, False)
        assert pool.connections == 2

    play(scenario)


def test_waiting_ends() -> None:
    """A request that gets no connection in time fails without having been sent."""

    async def scenario(stage: Stage) -> None:
        options = ClientOptions(max_connections=1, wait_timeout=0.05)
        pool = stage.pool(await stage.listen(says()), options)
        first, second = Collector(), Collector()
        pool.send(head_of(), b"", first)
        sending = pool.send(head_of(), b"", second)
        failure = await second.failed()
        assert (failure.kind, failure.sent) == ("pool_full", False)
        assert sending.done
        assert pool.waiting == 0

    play(scenario)


def test_refused_connection() -> None:
    """Nobody listens, or the name cannot be resolved, or is no name: nothing was sent."""

    async def scenario(stage: Stage) -> None:
        for host in ("127.0.0.1", "no-such-host.invalid", "a" * 64 + ".example"):
            pool = stage.pool(Origin(host, free_port()))
            failure = await (await ask(pool)).failed()
            assert (failure.kind, failure.sent, failure.answered) == ("connect", False, False)
            assert failure.detail
            assert pool.connections == 0

    play(scenario)


def test_failed_connection_makes_room() -> None:
    """Requests that wait behind a connection that fails are tried themselves."""

    async def scenario(stage: Stage) -> None:
        pool = stage.pool(Origin("127.0.0.1", free_port()), ClientOptions(max_connections=1))
        collectors = [Collector() for _ in range(3)]
        for collector in collectors:
            pool.send(head_of(), b"", collector)
        for collector in collectors:
            assert (await collector.failed()).kind == "connect"

    play(scenario)


def test_connect_timeout() -> None:
    """A handshake that is never answered ends in time."""

    async def scenario(stage: Stage) -> None:
        origin = await stage.listen(says())
        slow = Origin(origin.host, origin.port, tls=True)
        pool = stage.pool(slow, ClientOptions(connect_timeout=0.1))
        failure = await (await ask(pool)).failed()
        assert (failure.kind, failure.sent) == ("timeout_connect", False)

    play(scenario)


def test_response_timeout() -> None:
    """No head in time: the request was sent, perhaps even answered in part."""

    async def scenario(stage: Stage) -> None:
        async def one(answer: bytes, *, answered: bool) -> None:
            pool = stage.pool(await stage.listen(says(answer, b"")), ClientOptions(response_timeout=1.0))
            failure = await (await ask(pool)).failed()
            assert (failure.kind, failure.sent, failure.answered) == ("timeout_response", True, answered)
            assert pool.connections == 0

        await asyncio.gather(
            one(b"", answered=False),
            one(b"HTTP/1.1 200 OK\r\n", answered=True),
            one(b"HTTP/1.1 100 C\r\n\r\n", answered=True),
        )

    play(scenario)


def test_idle_timeout() -> None:
    """A body that stops is given up; one that is paused is not."""

    async def scenario(stage: Stage) -> None:
        stalls = b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhel"
        pool = stage.pool(await stage.listen(says(stalls, b"")), ClientOptions(idle_timeout=0.5))
        collector = Collector()
        sending = pool.send(head_of(), b"", collector)
        await collector.responded.wait()
        sending.pause()
        sending.pause()
        await asyncio.sleep(0.8)
        assert collector.failure is None
        sending.resume()
        sending.resume()
        failure = await collector.failed()
        assert (failure.kind, failure.sent, failure.answered) == ("timeout_idle", True, True)
        assert collector.body == b"hel"

    play(scenario)


def test_idle_connections_end() -> None:
    """A connection that nobody uses is closed."""

    async def scenario(stage: Stage) -> None:
        pool = stage.pool(await stage.serve(echo), ClientOptions(keep_alive=0.3))
        await ask(pool)
        assert pool.idle == 1
        await eventually(lambda: pool.connections == 0)
        assert (await ask(pool)).status == 200

    play(scenario)


def test_closed_connection_is_not_handed_out() -> None:
    """The peer's end of a resting connection takes it out of the pool."""

    async def scenario(stage: Stage) -> None:
        for close in (Raw.close, Raw.reset):
            raws: list[Raw] = []

            async def handler(raw: Raw, raws: list[Raw] = raws) -> None:
                raws.append(raw)
                await says(OK, OK)(raw)

            pool = stage.pool(await stage.listen(handler))
            await ask(pool)
            close(raws[0])
            await eventually(lambda: pool.connections == 0)  # noqa: B023  # awaited within the same turn
            assert pool.idle == 0
            assert (await ask(pool)).failure is None
            assert len(raws) == 2

    play(scenario)


def test_unseen_end_is_looked_for() -> None:
    """A connection that rested for long is looked at, even when the loop had no time to hear of its end."""

    async def scenario(stage: Stage) -> None:
        pool = stage.pool(await stage.listen(says(OK)))
        listener = socket.create_server(("127.0.0.1", 0))
        pool = stage.pool(Origin(*listener.getsockname()))
        pool.shelf.sized.proven = True
        collector = Collector()
        pool.send(head_of(), b"", collector)
        await eventually(lambda: pool.connections == 1)
        peer, _ = await asyncio.to_thread(listener.accept)
        peer.sendall(OK)
        await collector.end()
        (link,) = pool.shelf.ready
        link.since -= 10
        assert not link.stale()
        # The loop does not turn between the peer's end and the next request.
        peer.close()
        again = Collector()
        pool.send(head_of(), b"", again)
        assert link.lost
        peer, _ = await asyncio.to_thread(listener.accept)
        peer.sendall(OK)
        await again.end()
        assert again.failure is None
        peer.close()
        listener.close()

    play(scenario)


def test_stale_connection_is_reported_as_sent() -> None:
    """A reused connection that ends unanswered: the request may have arrived, and the failure says so."""

    async def scenario(stage: Stage) -> None:
        async def handler(raw: Raw) -> None:
            await says(OK)(raw)
            await raw.until(b"\r\n\r\n")
            raw.close()

        pool = stage.pool(await stage.listen(handler), ClientOptions(probation=0))
        assert (await ask(pool)).failure is None
        failure = await (await ask(pool)).failed()
        assert (failure.kind, failure.sent, failure.answered, failure.reused) == ("closed", True, False, True)
        failure = await (await ask(stage.pool(await stage.listen(says(b"", close=True))))).failed()
        assert (failure.kind, failure.sent, failure.answered, failure.reused) == (
            "closed",
            True,
            False,
            False,
        )

    play(scenario)


def test_unsolicited_bytes_end_a_connection() -> None:
    """What comes without a question is never taken for the next answer."""

    async def scenario(stage: Stage) -> None:
        async def handler(raw: Raw) -> None:
            await says(OK)(raw)
            await asyncio.sleep(0.02)
            await raw.send(b"HTTP/1.1 408 Too late\r\n\r\n")

        pool = stage.pool(await stage.listen(handler))
        await ask(pool)
        await eventually(lambda: pool.connections == 0)

    play(scenario)


def test_early_words_before_the_first_request() -> None:
    """A peer that speaks or leaves before it is asked gets no request."""

    async def scenario(stage: Stage) -> None:
        options = ClientOptions(max_connections=1)
        pool = stage.pool(await stage.listen(says(OK)), options)
        await pool._connect_link()
        (link,) = pool._links
        link.data_received(b"HTTP/1.1 503 no\r\n\r\n")
        assert link.lost
        assert pool.connections == 0

    play(scenario)


@pytest.mark.parametrize(
    ("answer", "method", "status", "body", "reused"),
    [
        (OK, "POST", 200, b"ok", True),
        (b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n", "POST", 200, b"", True),
        (b"HTTP/1.1 200 OK\r\ncontent-length: 500\r\n\r\n", "HEAD", 200, b"", True),
        (b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n", "HEAD", 200, b"", True),
        (b"HTTP/1.1 204 No Content\r\n\r\n", "POST", 204, b"", True),
        (b"HTTP/1.1 304 Not Modified\r\ncontent-length: 5\r\n\r\n", "GET", 304, b"", True),
        (
            b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nlink: x\r\n\r\n" + OK,
            "POST",
            200,
            b"ok",
            True,
        ),
        (b"HTTP/1.1 200\r\ncontent-length: 2\r\n\r\nok", "POST", 200, b"ok", True),
        (b"HTTP/1.1 200 \xe9\r\nupgrade: h2\r\ncontent-length: 2\r\n\r\nok", "POST", 200, b"ok", True),
        (
            b"HTTP/1.0 200 OK\r\nconnection: keep-alive\r\ncontent-length: 2\r\n\r\nok",
            "POST",
            200,
            b"ok",
            True,
        ),
        (b"HTTP/1.0 200 OK\r\ncontent-length: 2\r\n\r\nok", "POST", 200, b"ok", False),
        (
            b"HTTP/1.1 200 OK\r\nconnection: x, Close\r\ncontent-length: 2\r\n\r\nok",
            "POST",
            200,
            b"ok",
            False,
        ),
        (OK + b"HTTP/1.1 200 OK\r\n", "POST", 200, b"ok", False),
        (
            b"HTTP/1.1 200 A\r\nTransfer-Encoding:Chunked\r\n\r\n2;a=b\r\nok\r\n3\r\nay!\r\n0\r\nT:x\r\n\r\n",
            "POST",
            200,
            b"okay!",
            True,
        ),
        (
            b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\nHTTP/1.1 200 OK\r\n",
            "POST",
            200,
            b"ok",
            False,
        ),
        (b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n?!", "POST", 200, b"", False),
        (
            (
                b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n"
                b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n4\r\nevil\r\n0\r\n\r\n"
            ),
            "POST",
            200,
            b"ok",
            False,
        ),
    ],
)
def test_responses(answer: bytes, method: str, status: int, body: bytes, *, reused: bool) -> None:
    """Every form of a response is read to its end, and the connection kept only when nothing is in doubt."""

    async def scenario(stage: Stage) -> None:
        for splitting in (len(answer), 1):

            async def handler(raw: Raw, step: int = splitting) -> None:
                await raw.until(b"\r\n\r\n")
                for at in range(0, len(answer), step):
                    await raw.send(answer[at : at + step])
                    await asyncio.sleep(0)

            pool = stage.pool(await stage.listen(handler))
            collector = await ask(pool, method)
            assert (collector.status, collector.body, collector.failure) == (status, body, None)
            if splitting > 1:
                assert pool.idle == reused
                await eventually(lambda: pool.connections == reused)  # noqa: B023  # awaited in this turn

    play(scenario)


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\ntransfer-encoding: chunked\r\n\r\nok",
        b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\ncontent-length: 3\r\n\r\nok",
        b"HTTP/1.1 200 OK\r\ncontent-length: 2, 2\r\n\r\nok",
        b"HTTP/1.1 200 OK\r\ncontent-length: +2\r\n\r\nok",
        b"HTTP/1.1 200 OK\r\ntransfer-encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
        b"HTTP/1.0 200 OK\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nxx\r\n",
        b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\nokay\r\n",
        b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2;" + b"a" * 9000 + b"\r\n",
        b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n0\r\n" + b"a: b\r\n" * 2000,
        b"HTTP/1.1 200 OK\r\nx: a\r\n b\r\n\r\n",
        b"HTTP/1.1 200 OK\nx: a\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nx: a\0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nx : a\r\n\r\n",
        b"HTTP/1.1 999 Odd\r\n\r\n",
        b"HTTP/1.1 20 OK\r\n\r\n",
        b"HTTP/2 200 OK\r\n\r\n",
        b"SSH-2.0-OpenSSH\r\n\r\n",
        b"HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\nconnection: upgrade\r\n\r\n",
        b"HTTP/1.1 100 Continue\r\n\r\n" * 17,
        b"HTTP/1.1 200 OK\r\nx: " + b"a" * 9000,
    ],
)
def test_bad_responses(answer: bytes) -> None:
    """A response that two readers could read differently is a failure, and its connection is closed."""

    async def scenario(stage: Stage) -> None:
        pool = stage.pool(await stage.listen(says(answer, b"")), ClientOptions(max_head=8192))
        failure = await (await ask(pool)).failed()
        assert (failure.kind, failure.sent, failure.answered) == ("protocol", True, True)
        assert pool.connections == 0

    play(scenario)


@pytest.mark.parametrize(
    ("head", "body", "whole"),
    [
        (b"HTTP/1.1 200 OK\r\n\r\n", b"until the end", True),
        (b"HTTP/1.0 200 OK\r\n\r\n", b"", True),
        (b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n", b"short", False),
        (b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\n", b"chunk", False),
    ],
)
def test_closing_peers(head: bytes, body: bytes, *, whole: bool) -> None:
    """Only a response without a length ends with its connection, and only with an orderly end."""

    async def scenario(stage: Stage) -> None:
        for close in (Raw.close, Raw.reset):
            collector = Collector()

            async def handler(
                raw: Raw, close: object = close, arrived: asyncio.Event = collector.responded
            ) -> None:
                assert callable(close)
                await raw.until(b"\r\n\r\n")
                await raw.send(head + body)
                if close is Raw.reset:
                    await arrived.wait()
                    sock = raw.writer.get_extra_info("socket")
                    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\0\0\0\0\0\0\0")
                close(raw)

            pool = stage.pool(await stage.listen(handler))
            pool.send(head_of(), b"", collector)
            await collector.end()
            assert collector.body == body
            if whole and close is Raw.close:
                assert collector.failure is None
            else:
                assert (await collector.failed()).kind == "closed"
            assert pool.connections == 0

    play(scenario)


def test_cancel() -> None:
    """Cancelling tells the receiver at once and says what had happened; a second time is nothing."""

    async def scenario(stage: Stage) -> None:
        closed = asyncio.Event()

        async def handler(raw: Raw) -> None:
            await raw.until(b"\r\n\r\n")
            assert not await raw.rest()
            closed.set()

        pool = stage.pool(await stage.listen(handler), ClientOptions(max_connections=1))
        running, waiting = Collector(), Collector()
        first = pool.send(head_of(), b"", running)
        second = pool.send(head_of(), b"", waiting)
        await eventually(lambda: pool._opening == {})
        second.cancel()
        assert waiting.failure == TransportFailure(
            "cancelled", sent=False, answered=False, detail="given up by the caller"
        )
        first.cancel()
        first.cancel()
        first.pause()
        first.resume()
        assert running.failure is not None
        assert (running.failure.kind, running.failure.sent, running.failure.answered) == (
            "cancelled",
            True,
            False,
        )
        await closed.wait()
        assert (pool.connections, pool.waiting) == (0, 0)

    play(scenario)


def test_cancel_while_connecting() -> None:
    """The connection is made all the same and serves the next request."""

    async def scenario(stage: Stage) -> None:
        pool = stage.pool(await stage.serve(echo), ClientOptions(max_connections=1))
        gone, next_one = Collector(), Collector()
        pool.send(head_of(), b"", gone).cancel()
        pool.send(head_of(), b"", next_one)
        await next_one.end()
        assert (next_one.status, pool.connections) == (200, 1)

    play(scenario)


def test_pause_before_and_within_the_response() -> None:
    """A receiver may pause at any time; a paused connection is read again when it is reused."""

    async def scenario(stage: Stage) -> None:
        pool = stage.pool(await stage.serve(echo), ClientOptions(probation=0))

        class Pausing(Collector):
            def on_response(self, status: int, headers: Headers) -> None:
                super().on_response(status, headers)
                sending.pause()

        collector: Collector = Pausing()
        sending = pool.send(head_of(size=4), b"body", collector)
        sending.pause()
        await eventually(lambda: pool._opening == {})
        await asyncio.sleep(0.05)
        assert not collector.status
        sending.resume()
        await collector.end()
        assert collector.body == b"body"
        assert (await ask(pool)).failure is None
        assert pool.connections == 1

    play(scenario)


@pytest.mark.parametrize("when", ["on_response", "on_data", "on_end", "on_failure"])
def test_receiver_fault(when: str) -> None:
    """A receiver that raises is reported and its request given up; the pool lives on."""

    async def scenario(stage: Stage) -> None:
        class Broken(Collector):
            def on_response(self, status: int, headers: Headers) -> None:
                super().on_response(status, headers)
                self._break("on_response")

            def on_data(self, data: bytes) -> None:
                super().on_data(data)
                self._break("on_data")

            def on_end(self) -> None:
                super().on_end()
                self._break("on_end")

            def on_failure(self, failure: TransportFailure) -> None:
                super().on_failure(failure)
                self._break("on_failure")

            def _break(self, where: str) -> None:
                if where == when:
                    raise RuntimeError(where)

        pool = stage.pool(await stage.serve(echo))
        broken = Broken()
        sending = pool.send(head_of(size=4), b"body", broken)
        if when == "on_failure":
            sending.cancel()
        await broken.end()
        if when in {"on_response", "on_data"}:
            assert (await broken.failed()).kind == "cancelled"
        assert (await ask(pool)).failure is None

    play(scenario, faults=1)


def test_closing_the_pool() -> None:
    """Everything under way is cancelled, nothing new is taken."""

    async def scenario(stage: Stage) -> None:
        pool = stage.pool(await stage.listen(says(OK, b"")), ClientOptions(max_connections=2))
        await ask(pool)
        collectors = [Collector() for _ in range(4)]
        for collector in collectors:
            pool.send(head_of(), b"", collector)
        await pool.close()
        for collector in collectors:
            assert (await collector.failed()).kind == "cancelled"
        assert (pool.connections, pool.waiting, pool.idle) == (0, 0, 0)
        assert (await (await ask(pool)).failed()).kind == "pool_full"

    play(scenario)


def test_large_request_body() -> None:
    """A body of many megabytes goes out whole."""

    async def scenario(stage: Stage) -> None:
        pool = stage.pool(await stage.serve(echo))
        collector = Collector()
        body = bytes(range(256)) * 40_000
        pool.send(head_of(size=len(body)), body, collector)
        await collector.end()
        assert collector.body == body

    play(scenario)


def test_answer_before_the_question_is_out() -> None:
    """A peer may answer early; the connection with the unsent rest is not used again."""

    async def scenario(stage: Stage) -> None:
        async def handler(raw: Raw) -> None:
            await raw.until(b"\r\n\r\n")
            await raw.send(b"HTTP/1.1 413 Too Large\r\ncontent-length: 0\r\n\r\n")

        pool = stage.pool(await stage.listen(handler))
        collector = Collector()
        pool.send(head_of(size=30_000_000), bytes(30_000_000), collector)
        await collector.end()
        assert collector.status == 413
        assert pool.connections == 0

    play(scenario)


def test_origin_reads_well() -> None:
    """An origin is written as a URL."""
    assert str(Origin("example.com", 443, tls=True)) == "https://example.com:443"
    assert str(Origin("::1", 80)) == "http://[::1]:80"
