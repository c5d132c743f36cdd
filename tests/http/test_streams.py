"""Streams through the server, and through a proxy of server and pool: pace, loss and ends on either side."""

from __future__ import annotations

import asyncio

from tests.http.stage import Raw, Stage, eventually, head_of, parse_responses, play, request

from comity.http import Call, Headers, Pool, Sending, Server, ServerOptions, TransportFailure

CLOSE = b"connection: close\r\n"
PIECE = bytes(64 * 1024)
CHUNKED = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n"


class Relay:
    """Passes one answer on, as a gateway would, and counts what it was given."""

    def __init__(self, pool: Pool, call: Call) -> None:
        self.call = call
        self.failure: TransportFailure | None = None
        self.relayed = 0
        self.sending: Sending = pool.send(head_of("/up", len(call.body)), call.body, self)
        call.on_pause = self.sending.pause
        call.on_drain = self.sending.resume
        call.on_disconnect = self.sending.cancel

    def on_response(self, status: int, headers: Headers) -> None:
        """The head has come."""
        self.call.start(status, [(b"content-type", headers.get(b"content-type") or b"text/plain")])

    def on_data(self, data: bytes) -> None:
        """A piece has come."""
        self.relayed += len(data)
        self.call.write(data)

    def on_end(self) -> None:
        """The answer is complete."""
        self.call.end()

    def on_failure(self, failure: TransportFailure) -> None:
        """The answer will never be complete."""
        self.failure = failure
        self.call.abort()


async def proxy(stage: Stage, pool: Pool) -> tuple[Server, list[Relay]]:
    """A server that relays everything to a pool."""
    relays: list[Relay] = []
    server = await stage.serve(lambda call: relays.append(Relay(pool, call)))
    return server, relays


def test_pieces_arrive_as_they_are_written() -> None:
    """A piece does not wait for the next one."""

    async def scenario(stage: Stage) -> None:
        calls: list[Call] = []
        raw = await stage.connect(await stage.serve(calls.append))
        await raw.send(request())
        await eventually(lambda: bool(calls))
        calls[0].start(200, [(b"content-type", b"text/event-stream")])
        assert b"transfer-encoding: chunked" in await raw.until(b"\r\n\r\n")
        for piece in (b"data: 1\n\n", b"data: 2\n\n"):
            calls[0].write(piece)
            assert await raw.until(piece + b"\r\n") == b"9\r\n" + piece + b"\r\n"
        calls[0].end()
        assert await raw.exactly(5) == b"0\r\n\r\n"

    play(scenario)


def test_slow_client_is_noticed() -> None:
    """Writing without end makes the call unwritable, once; reading makes it writable again."""

    async def scenario(stage: Stage) -> None:
        calls: list[Call] = []
        events: list[str] = []
        raw = await stage.connect(await stage.serve(calls.append))
        await raw.send(request())
        await eventually(lambda: bool(calls))
        call = calls[0]
        call.on_pause = lambda: events.append("pause")
        call.on_drain = lambda: events.append("drain")
        call.start(200, ())
        written = 0
        while call.writable:
            call.write(PIECE)
            written += len(PIECE)
            await asyncio.sleep(0)
        assert events == ["pause"]
        call.write(PIECE)
        assert events == ["pause"]
        reading = asyncio.ensure_future(raw.rest())
        await eventually(lambda: call.writable)
        assert events == ["pause", "drain"]
        call.end()
        raw.writer.write(request(extra=CLOSE))
        await eventually(lambda: len(calls) == 2)
        calls[1].respond(200, (), b"")
        stream, _ = parse_responses(await reading, [b"POST", b"POST"])
        assert len(stream.body) == written + len(PIECE)

    play(scenario)


def test_stalled_client_is_cut() -> None:
    """A client that takes nothing for too long has gone."""

    async def scenario(stage: Stage) -> None:
        calls: list[Call] = []
        gone: list[Call] = []
        server = await stage.serve(calls.append, ServerOptions(write_timeout=0.1))
        raw = await stage.connect(server)
        await raw.send(request())
        await eventually(lambda: bool(calls))
        call = calls[0]
        call.on_disconnect = lambda: gone.append(call)
        call.start(200, ())
        while call.writable:
            call.write(PIECE)
            await asyncio.sleep(0)
        await eventually(lambda: bool(gone))
        assert gone == [call]
        assert call.closed
        await eventually(lambda: server.connections == 0)

    play(scenario)


def test_next_call_inherits_the_pace() -> None:
    """A call that begins while the client is behind knows it."""

    async def scenario(stage: Stage) -> None:
        calls: list[Call] = []
        raw = await stage.connect(await stage.serve(calls.append))
        await raw.send(request() + request(extra=CLOSE))
        await eventually(lambda: bool(calls))
        big = bytes(16_000_000)
        calls[0].respond(200, (), big)
        await eventually(lambda: len(calls) == 2)
        assert not calls[1].writable
        reading = asyncio.ensure_future(raw.rest())
        await eventually(lambda: calls[1].writable)
        calls[1].respond(200, (), b"")
        first, second = parse_responses(await reading, [b"POST", b"POST"])
        assert (len(first.body), second.body) == (len(big), b"")

    play(scenario)


def test_disconnect_is_told_once() -> None:
    """The client's loss reaches the call under way exactly once; nothing is written afterwards."""

    async def scenario(stage: Stage) -> None:
        for leave in (Raw.close, Raw.reset):
            calls: list[Call] = []
            gone: list[bytes] = []
            server = await stage.serve(calls.append)
            raw = await stage.connect(server)
            await raw.send(request("/1") + request("/2"))
            await eventually(lambda: bool(calls))  # noqa: B023  # awaited within the same turn
            calls[0].on_disconnect = lambda: gone.append(b"/1")  # noqa: B023  # as above
            calls[0].start(200, ())
            leave(raw)
            await eventually(lambda: server.connections == 0)  # noqa: B023  # as above
            assert gone == [b"/1"]
            assert calls[0].closed
            calls[0].write(b"x")
            calls[0].end()
            assert [call.path for call in calls] == [b"/1"]

    play(scenario)


def test_no_disconnect_after_the_answer() -> None:
    """A client that leaves after its answer has not left early; nor has one that the application cut."""

    async def scenario(stage: Stage) -> None:
        gone: list[Call] = []

        def application(call: Call) -> None:
            call.on_disconnect = lambda: gone.append(call)
            if call.path == b"/answer":
                call.respond(200, (), b"")
            else:
                call.abort()

        server = await stage.serve(application)
        for path in ("/answer", "/abort"):
            raw = await stage.connect(server)
            await raw.send(request(path))
            if path == "/answer":
                await raw.until(b"\r\n\r\n")
            raw.close()
            await eventually(lambda: server.connections == 0)
        assert gone == []

    play(scenario)


def test_abort_is_no_end() -> None:
    """A cut stream brings what was written and no terminator; without chunks only a reset says so."""

    async def scenario(stage: Stage) -> None:
        def application(call: Call) -> None:
            if call.path != b"/unstarted":
                call.start(200, ())
                call.write(b"some")
            call.abort()

        server = await stage.serve(application)
        raw = await stage.connect(server)
        await raw.send(request("/chunked"))
        (response,) = parse_responses(await raw.rest(), [b"POST"])
        assert (response.body, response.whole) == (b"some", False)
        for data in (request("/unstarted"), b"GET /close-delimited HTTP/1.0\r\n\r\n"):
            raw = await stage.connect(server)
            await raw.send(data)
            try:
                await raw.rest()
            except ConnectionResetError:
                continue
            raise AssertionError("an orderly end would pass for a whole answer")

    play(scenario)


def test_proxy_relays() -> None:
    """A stream goes through the proxy as it came."""

    async def scenario(stage: Stage) -> None:
        async def upstream(raw: Raw) -> None:
            await raw.until(b"\r\n\r\nask")
            await raw.send(CHUNKED + b"3\r\none\r\n")
            await raw.send(b"3\r\ntwo\r\n0\r\n\r\n")

        server, _ = await proxy(stage, stage.pool(await stage.listen(upstream)))
        raw = await stage.connect(server)
        await raw.send(request(body=b"ask", extra=CLOSE))
        (response,) = parse_responses(await raw.rest(), [b"POST"])
        assert (response.status, response.body, response.whole) == (200, b"onetwo", True)

    play(scenario)


def test_fast_upstream_waits_for_a_slow_client() -> None:
    """What lies between them stays bounded: the proxy stops reading what the client does not take."""

    async def scenario(stage: Stage) -> None:
        total = 64 * 1024 * 1024
        sent = 0

        async def upstream(raw: Raw) -> None:
            nonlocal sent
            await raw.until(b"\r\n\r\n")
            await raw.send(b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n" % total)
            while sent < total:
                await raw.send(PIECE)
                sent += len(PIECE)

        server, relays = await proxy(stage, stage.pool(await stage.listen(upstream)))
        raw = await stage.connect(server)
        await raw.send(request(extra=CLOSE))
        await eventually(lambda: bool(relays) and not relays[0].call.writable)
        held = relays[0].relayed
        await asyncio.sleep(0.2)
        # Nothing more is read than one read that was already under way.
        assert relays[0].relayed - held <= 512 * 1024
        (connection,) = server._connections
        assert connection._transport.get_write_buffer_size() < 1024 * 1024
        assert sent < total
        received = 0
        while piece := await raw.reader.read(1024 * 1024):
            received += len(piece)
        assert received > total
        assert relays[0].relayed == total
        assert relays[0].failure is None

    play(scenario)


def test_upstream_death_cuts_the_client() -> None:
    """An upstream that dies in mid-stream never looks like an answer that ended."""

    async def scenario(stage: Stage) -> None:
        for die in (Raw.close, Raw.reset):

            async def upstream(raw: Raw, die: object = die) -> None:
                assert callable(die)
                await raw.until(b"\r\n\r\n")
                await raw.send(CHUNKED + b"3\r\none\r\n")
                await asyncio.sleep(0.02)
                die(raw)

            server, relays = await proxy(stage, stage.pool(await stage.listen(upstream)))
            raw = await stage.connect(server)
            await raw.send(request())
            (response,) = parse_responses(await raw.rest(), [b"POST"])
            assert (response.body, response.whole) == (b"one", False)
            assert relays[0].failure is not None
            assert relays[0].failure.kind == "closed"

    play(scenario)


def test_client_loss_closes_the_upstream() -> None:
    """When the client leaves, the upstream's connection ends at once: tokens cost money."""

    async def scenario(stage: Stage) -> None:
        closed = asyncio.Event()

        async def upstream(raw: Raw) -> None:
            await raw.until(b"\r\n\r\n")
            await raw.send(CHUNKED + b"3\r\none\r\n")
            assert not await raw.rest()
            closed.set()

        server, relays = await proxy(stage, stage.pool(await stage.listen(upstream)))
        raw = await stage.connect(server)
        await raw.send(request())
        await raw.until(b"one\r\n")
        raw.close()
        await closed.wait()
        assert relays[0].failure is not None
        assert relays[0].failure.kind == "cancelled"
        assert relays[0].failure.answered

    play(scenario)
