"""The server over real sockets: order, framing of answers, time limits, expectations, faults."""

from __future__ import annotations

import asyncio
import socket

import pytest
from tests.http.stage import Stage, echo, eventually, parse_responses, play, request

from comity.http import Call, ServerOptions, bind

CLOSE = b"connection: close\r\n"


async def talk(stage: Stage, data: bytes, methods: list[bytes]) -> list[tuple[int, bytes]]:
    """What an echoing server answers to these bytes, then closes."""
    raw = await stage.connect(await stage.serve(echo))
    await raw.send(data)
    return [(one.status, one.body) for one in parse_responses(await raw.rest(), methods)]


def test_pipelined_answers_keep_their_order() -> None:
    """A later call cannot overtake an earlier one, however the application answers."""

    async def scenario(stage: Stage) -> None:
        calls: list[Call] = []
        raw = await stage.connect(await stage.serve(calls.append))
        await raw.send(request("/1") + request("/2") + request("/3", extra=CLOSE))
        await eventually(lambda: bool(calls))
        for number in range(3):
            # Only now does the application see the next one.
            assert [call.path for call in calls] == [b"/1", b"/2", b"/3"][: number + 1]
            calls[number].respond(200, (), calls[number].path)
        bodies = [one.body for one in parse_responses(await raw.rest(), [b"POST"] * 3)]
        assert bodies == [b"/1", b"/2", b"/3"]

    play(scenario)


def test_pipelined_streams_keep_their_order() -> None:
    """A streamed answer is complete before the next call is seen."""

    async def scenario(stage: Stage) -> None:
        calls: list[Call] = []
        raw = await stage.connect(await stage.serve(calls.append))
        await raw.send(request("/1") + request("/2", extra=CLOSE))
        await eventually(lambda: bool(calls))
        calls[0].start(200, ())
        calls[0].write(b"one")
        assert len(calls) == 1
        calls[0].end()
        calls[1].respond(200, (), b"two")
        assert [one.body for one in parse_responses(await raw.rest(), [b"POST"] * 2)] == [b"one", b"two"]

    play(scenario)


def test_many_pipelined_requests_are_bounded() -> None:
    """Reading pauses while the queue is full, and every request is answered all the same."""

    async def scenario(stage: Stage) -> None:
        calls: list[Call] = []
        server = await stage.serve(calls.append, ServerOptions(max_pipelined=3, max_body=10_000_000))
        raw = await stage.connect(server)
        body = bytes(200_000)
        sending = asyncio.ensure_future(raw.send(request(body=body) * 100))
        await eventually(lambda: bool(calls))
        # 20 MB do not fit into the sockets' buffers: with reading paused, sending cannot end.
        done, _ = await asyncio.wait([sending], timeout=0.3)
        assert not done
        (connection,) = server._connections
        assert len(connection._queue) == 3
        assert len(connection._reader._held) < 2_000_000
        for number in range(100):
            await eventually(lambda: len(calls) > number)  # noqa: B023  # awaited within the same turn
            assert len(calls[number].body) == len(body)
            calls[number].respond(200, (), b"")
        await sending

    play(scenario)


def test_queued_bodies_are_bounded() -> None:
    """The bodies that wait count too, not only their number."""

    async def scenario(stage: Stage) -> None:
        calls: list[Call] = []
        server = await stage.serve(calls.append, ServerOptions(max_body=1000))
        raw = await stage.connect(server)
        await raw.send(request(body=bytes(600)) * 10)
        await eventually(lambda: bool(calls))
        (connection,) = server._connections
        assert len(connection._queue) == 2

    play(scenario)


def test_refusal_waits_its_turn() -> None:
    """A bad request behind a good one is refused after the good one's answer."""

    async def scenario(stage: Stage) -> None:
        calls: list[Call] = []
        raw = await stage.connect(await stage.serve(calls.append))
        await raw.send(request("/good") + b"nonsense\r\n\r\n")
        await eventually(lambda: bool(calls))
        calls[0].respond(200, (), b"fine")
        good, bad = parse_responses(await raw.rest(), [b"POST", b"POST"])
        assert (good.status, good.body, bad.status) == (200, b"fine", 400)
        assert len(calls) == 1

    play(scenario)


@pytest.mark.parametrize(
    ("data", "status", "body"),
    [
        (b"POST / HTTP/1.1\r\nhost: a\r\nconnection: close\r\ncontent-length: 2\r\n\r\nhi", 200, b"hi"),
        (b"POST / HTTP/1.0\r\ncontent-length: 2\r\n\r\nhi", 200, b"hi"),
        (b"GET / HTTP/1.0\r\n\r\n", 200, b""),
        (b"GET http://a:80/x?y HTTP/1.1\r\nHost: A:80\r\nConnection: close\r\n\r\n", 200, b""),
        (b"GET http://a?y HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", 200, b""),
        (b"OPTIONS * HTTP/1.1\r\nHost: [::1]:8080\r\nConnection: Close\r\n\r\n", 200, b""),
        (
            (
                b"POST / HTTP/1.1\r\nhost:a\r\nconnection:close\r\nTransfer-Encoding: CHUNKED\r\n\r\n"
                b"5;ext=1\r\nhello\r\n0006\r\n world\r\n0\r\nTrailer: x\r\n\r\n"
            ),
            200,
            b"hello world",
        ),
        (
            (
                b"POST / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade, close\r\nUpgrade: h2c\r\n"
                b"content-length: 2\r\n\r\nhi"
            ),
            200,
            b"hi",
        ),
    ],
)
def test_accepted(data: bytes, status: int, body: bytes) -> None:
    """What is plain is served, the rarer forms included."""

    async def scenario(stage: Stage) -> None:
        assert await talk(stage, data, [b"POST"]) == [(status, body)]

    play(scenario)


def test_call_has_the_parts_of_the_request() -> None:
    """Path, query, headers and peer are as they came."""

    async def scenario(stage: Stage) -> None:
        calls: list[Call] = []
        raw = await stage.connect(await stage.serve(calls.append))
        await raw.send(request("/a%20b?c=d?e", b"body", method="PUT", extra=b"X-A: 1\r\nx-a: 2\r\n"))
        await eventually(lambda: bool(calls))
        call = calls[0]
        assert (call.method, call.path, call.query, call.body) == (b"PUT", b"/a%20b", b"c=d?e", b"body")
        assert call.headers.all(b"x-a") == [b"1", b"2"]
        host, port = raw.writer.get_extra_info("sockname")
        assert call.peer == f"{host}:{port}"
        call.respond(204, (), b"")
        assert b"content-length" not in await raw.until(b"\r\n\r\n")

    play(scenario)


def test_head_has_no_body() -> None:
    """HEAD gets the length and nothing else, plain and streamed."""

    async def scenario(stage: Stage) -> None:
        def application(call: Call) -> None:
            if call.path == b"/plain":
                call.respond(200, (), b"four")
            else:
                call.start(200, ())
                call.write(b"four")
                call.end()

        raw = await stage.connect(await stage.serve(application))
        await raw.send(request("/plain", method="HEAD") + request("/stream", method="HEAD", extra=CLOSE))
        plain, stream = parse_responses(await raw.rest(), [b"HEAD", b"HEAD"])
        assert (plain.headers[b"content-length"], plain.body) == (b"4", b"")
        assert (stream.headers[b"transfer-encoding"], stream.body) == (b"chunked", b"")

    play(scenario)


def test_http_1_0() -> None:
    """HTTP/1.0 knows no chunks; its connection is kept when asked for and the length is known."""

    async def scenario(stage: Stage) -> None:
        def application(call: Call) -> None:
            if call.path == b"/plain":
                call.respond(200, (), b"plain")
            else:
                call.start(200, ())
                call.write(b"one")
                call.write(b"two")
                call.end()

        raw = await stage.connect(await stage.serve(application))
        keep = b"connection: keep-alive\r\n\r\n"
        await raw.send(b"GET /plain HTTP/1.0\r\n" + keep)
        head = await raw.until(b"\r\n\r\nplain")
        assert b"connection: keep-alive" in head
        await raw.send(b"GET /stream HTTP/1.0\r\n" + keep)
        head, _, body = (await raw.rest()).partition(b"\r\n\r\n")
        assert body == b"onetwo"
        assert b"transfer-encoding" not in head
        assert b"connection: close" in head

    play(scenario)


def test_continue_is_sent_when_the_body_is_wanted() -> None:
    """A client that waits gets `100 Continue`, after the answers before it."""

    async def scenario(stage: Stage) -> None:
        calls: list[Call] = []
        raw = await stage.connect(await stage.serve(calls.append))
        await raw.send(request("/first"))
        await raw.send(b"POST / HTTP/1.1\r\nhost: a\r\nexpect: 100-Continue\r\ncontent-length: 2\r\n\r\n")
        await eventually(lambda: bool(calls))
        calls[0].respond(200, (), b"first")
        assert (await raw.until(b"\r\n\r\nfirst")).startswith(b"HTTP/1.1 200 ")
        assert await raw.until(b"\r\n\r\n") == b"HTTP/1.1 100 Continue\r\n\r\n"
        await raw.send(b"hi")
        await eventually(lambda: len(calls) == 2)
        assert calls[1].body == b"hi"

    play(scenario)


def test_continue_is_not_sent_in_vain() -> None:
    """No `100 Continue` for a body that is already here, is too large, or belongs to HTTP/1.0."""

    async def scenario(stage: Stage) -> None:
        server = await stage.serve(echo, ServerOptions(max_body=10))
        expect = b"expect: 100-continue\r\nconnection: close\r\n"
        for data, status in (
            (request(body=b"hi", extra=expect), b"200"),
            (b"POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 11\r\n" + expect + b"\r\n", b"413"),
            (b"POST / HTTP/1.0\r\nexpect: 100-continue\r\ncontent-length: 2\r\n\r\nhi", b"200"),
            (request(extra=expect), b"200"),
        ):
            raw = await stage.connect(server)
            await raw.send(data)
            assert (await raw.rest()).startswith(b"HTTP/1.1 " + status)

    play(scenario)


def test_application_fault_is_a_500() -> None:
    """An exception before the answer is a 500, after its start an abort; the server lives on."""

    async def scenario(stage: Stage) -> None:
        def application(call: Call) -> None:
            if call.path == b"/late":
                call.start(200, ())
                call.write(b"some")
            if call.path != b"/fine":
                raise RuntimeError("the application is broken")
            call.respond(200, (), b"")

        server = await stage.serve(application)
        for path, status, whole in (("/early", 500, True), ("/late", 200, False), ("/fine", 200, True)):
            raw = await stage.connect(server)
            await raw.send(request(path, extra=CLOSE))
            (response,) = parse_responses(await raw.rest(), [b"POST"])
            assert (response.status, response.whole) == (status, whole)

    play(scenario, faults=2)


def test_callback_fault_is_an_abort() -> None:
    """An exception in a callback reaches the loop's handler, not the loop."""

    async def scenario(stage: Stage) -> None:
        def broken() -> None:
            raise RuntimeError("the callback is broken")

        def application(call: Call) -> None:
            call.on_disconnect = broken

        raw = await stage.connect(await stage.serve(application))
        await raw.send(request())
        raw.close()
        await eventually(lambda: bool(stage.faults))

    play(scenario, faults=1)


@pytest.mark.parametrize(
    "headers",
    [
        [(b"x", b"a\r\nset-cookie: b")],
        [(b"x", b"a\nb")],
        [(b"x", b"a\rb")],
        [(b"x", b"a\0b")],
        [(b"x\r\n", b"a")],
        [(b"content-length", b"5")],
        [(b"transfer-encoding", b"chunked")],
        [(b"connection", b"close")],
    ],
)
def test_answer_cannot_break_its_framing(headers: list[tuple[bytes, bytes]]) -> None:
    """A header that would end its line or change the framing is the application's fault: a 500."""

    async def scenario(stage: Stage) -> None:
        def application(call: Call) -> None:
            if call.path == b"/plain":
                call.respond(200, headers, b"")
            else:
                call.start(200, headers)

        server = await stage.serve(application)
        for path in ("/plain", "/stream"):
            raw = await stage.connect(server)
            await raw.send(request(path, extra=CLOSE))
            (response,) = parse_responses(await raw.rest(), [b"POST"])
            assert response.status == 500

    play(scenario, faults=2)


def test_no_stream_without_a_body() -> None:
    """Statuses that have no body cannot be streamed."""

    async def scenario(stage: Stage) -> None:
        raw = await stage.connect(await stage.serve(lambda call: call.start(304, ())))
        await raw.send(request(extra=CLOSE))
        assert (await raw.rest()).startswith(b"HTTP/1.1 500 ")

    play(scenario, faults=1)


def test_calls_after_the_end_are_dropped() -> None:
    """An upstream that speaks on after the end or the client's loss does no harm."""

    async def scenario(stage: Stage) -> None:
        def application(call: Call) -> None:
            call.start(599, ())
            call.write(b"")
            call.write(b"x")
            call.end()
            call.write(b"y")
            call.end()
            call.abort()

        raw = await stage.connect(await stage.serve(application))
        await raw.send(request(extra=CLOSE))
        (response,) = parse_responses(await raw.rest(), [b"POST"])
        assert (response.status, response.body, response.whole) == (599, b"x", True)

    play(scenario)


@pytest.mark.parametrize(
    ("data", "answer"),
    [
        (b"", b""),
        (b"POST / HT", b"HTTP/1.1 408 "),
        (request(body=b"hi")[:-1], b"HTTP/1.1 408 "),
        (request(body=b"hi"), b"HTTP/1.1 200 "),
    ],
    ids=["silent", "in the head", "in the body", "idle"],
)
def test_time_limits(data: bytes, answer: bytes) -> None:
    """A client too slow with head or body is told so; one that is silent or rests too long is closed."""

    async def scenario(stage: Stage) -> None:
        options = ServerOptions(head_timeout=0.8, body_timeout=0.8, idle_timeout=0.8)
        raw = await stage.connect(await stage.serve(echo, options))
        await raw.send(data)
        received = await raw.rest()
        assert received[: len(answer) or None] == answer

    play(scenario)


def test_slow_head_gets_no_extra_time() -> None:
    """The limit of the head runs from its first byte, however often another one comes."""

    async def scenario(stage: Stage) -> None:
        options = ServerOptions(head_timeout=0.2, idle_timeout=60)
        raw = await stage.connect(await stage.serve(echo, options))
        started = stage.loop.time()

        async def dribble() -> None:
            for byte in request(extra=b"x: " + b"a" * 10_000 + b"\r\n"):
                await raw.send(bytes([byte]))
                await asyncio.sleep(0.01)

        dribbling = asyncio.ensure_future(dribble())
        received = await raw.rest()
        dribbling.cancel()
        assert received.startswith(b"HTTP/1.1 408 ")
        assert stage.loop.time() - started < 20

    play(scenario)


def test_call_under_way_has_no_limit() -> None:
    """The application may take longer than any limit of the client."""

    async def scenario(stage: Stage) -> None:
        calls: list[Call] = []
        options = ServerOptions(head_timeout=0.5, body_timeout=0.5, idle_timeout=0.5)
        raw = await stage.connect(await stage.serve(calls.append, options))
        await raw.send(request(extra=CLOSE))
        await eventually(lambda: bool(calls))
        await asyncio.sleep(0.8)
        calls[0].respond(200, (), b"late")
        assert (await raw.rest()).endswith(b"late")

    play(scenario)


def test_linger_ends() -> None:
    """A refused client that neither reads nor closes is cut off."""

    async def scenario(stage: Stage) -> None:
        server = await stage.serve(echo, ServerOptions(linger=0.05))
        raw = await stage.connect(server)
        await raw.send(b"nonsense\r\n\r\n")
        assert (await raw.rest()).startswith(b"HTTP/1.1 400 ")
        await eventually(lambda: server.connections == 0)

    play(scenario)


def test_refusal_survives_an_upload() -> None:
    """A client in the middle of an upload still gets to read why it was refused."""

    async def scenario(stage: Stage) -> None:
        raw = await stage.connect(await stage.serve(echo, ServerOptions(max_body=10)))
        raw.writer.write(request(body=bytes(3_000_000)))
        assert (await raw.rest()).startswith(b"HTTP/1.1 413 ")

    play(scenario)


def test_too_many_connections() -> None:
    """One connection too many is told so; a place that becomes free is used."""

    async def scenario(stage: Stage) -> None:
        server = await stage.serve(echo, ServerOptions(max_connections=1))
        first = await stage.connect(server)
        await first.send(request())
        await first.until(b"\r\n\r\n")
        second = await stage.connect(server)
        assert (await second.rest()).startswith(b"HTTP/1.1 503 ")
        second.close()
        first.close()
        await eventually(lambda: server.connections == 0)
        third = await stage.connect(server)
        await third.send(request(extra=CLOSE))
        assert (await third.rest()).startswith(b"HTTP/1.1 200 ")

    play(scenario)


def test_several_servers_on_one_port() -> None:
    """With `reuse_port` a second process could listen beside the first; without it, it could not."""
    first = bind("127.0.0.1", 0, reuse_port=True)
    host, port = first.getsockname()
    second = bind(host, port, reuse_port=True)
    first.listen()
    second.listen()
    with pytest.raises(OSError, match="in use"):
        bind(host, port)
    first.close()
    second.close()


def test_ipv6() -> None:
    """The server listens on IPv6 addresses as well, and writes a peer as it is usual there."""
    try:
        bind("::1", 0).close()
    except OSError:
        pytest.skip("this machine has no IPv6")

    async def scenario(stage: Stage) -> None:
        peers: list[str] = []

        def application(call: Call) -> None:
            peers.append(call.peer)
            call.respond(200, (), b"")

        server = await stage.serve(application, ServerOptions(host="::1"))
        assert server.addresses[0][0] == "::1"
        raw = await stage.connect(server)
        await raw.send(request(extra=CLOSE))
        await raw.rest()
        assert peers[0].startswith("[::1]:")

    play(scenario)


def test_given_listener() -> None:
    """A supervisor may hand over a bound socket."""
    listener = bind("127.0.0.1", 0)
    assert listener.family == socket.AF_INET

    async def scenario(stage: Stage) -> None:
        from comity.http import serve  # noqa: PLC0415  # the stage's own way binds for itself

        server = await serve(echo, ServerOptions(), listener)
        assert server.addresses == (listener.getsockname(),)
        raw = await stage.connect(server)
        await raw.send(request(extra=CLOSE))
        assert (await raw.rest()).startswith(b"HTTP/1.1 200 ")
        await server.close()

    play(scenario)


def test_ten_thousand_requests_on_one_connection() -> None:
    """Keep-alive goes on and on, and nothing is left behind."""

    async def scenario(stage: Stage) -> None:
        server = await stage.serve(echo)
        raw = await stage.connect(server)
        batch = request(body=b"x") * 100
        for _ in range(100):
            raw.writer.write(batch)
            answers = 0
            while answers < 100:
                answers += (await raw.until(b"\r\n\r\nx")).count(b"HTTP/1.1 200 ")
        (connection,) = server._connections
        assert not connection._queue
        assert not connection._reader.holding

    play(scenario)
