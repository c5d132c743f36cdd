"""A loop with servers, pools and raw sockets on it; all is closed at the end, and no fault goes unseen."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Awaitable, Callable
from typing import Any

import h11
import uvloop

from comity.http import (
    Application,
    Call,
    ClientOptions,
    Headers,
    Origin,
    Pool,
    Server,
    ServerOptions,
    TransportFailure,
    serve,
)

PATIENCE = 15.0
"""Seconds after which a scenario hangs."""

Handler = Callable[["Raw"], Awaitable[None]]
"""What a raw peer does with a connection."""


class Raw:
    """One end of a plain socket."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer

    async def send(self, data: bytes) -> None:
        """Write and wait until the kernel has it."""
        self.writer.write(data)
        await self.writer.drain()

    async def until(self, mark: bytes) -> bytes:
        """Everything up to a mark."""
        return await self.reader.readuntil(mark)

    async def exactly(self, size: int) -> bytes:
        """So many bytes."""
        return await self.reader.readexactly(size)

    async def rest(self) -> bytes:
        """Everything until the other side closes."""
        return await self.reader.read()

    def close(self) -> None:
        """Close in order."""
        self.writer.close()

    def reset(self) -> None:
        """Close abruptly."""
        self.writer.transport.abort()


class Collector:
    """A receiver that remembers."""

    def __init__(self) -> None:
        self.status = 0
        self.headers = Headers.of(())
        self.pieces: list[bytes] = []
        self.failure: TransportFailure | None = None
        self.responded = asyncio.Event()
        self.arrived = asyncio.Event()
        self._end: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    @property
    def body(self) -> bytes:
        """Everything that has come."""
        return b"".join(self.pieces)

    def on_response(self, status: int, headers: Headers) -> None:
        """The head has come."""
        assert not self._end.done()
        assert not self.status
        self.status, self.headers = status, headers
        self.responded.set()

    def on_data(self, data: bytes) -> None:
        """A piece has come."""
        assert not self._end.done()
        assert self.status
        assert data
        self.pieces.append(data)
        self.arrived.set()

    def on_end(self) -> None:
        """The response is complete."""
        self._end.set_result(None)

    def on_failure(self, failure: TransportFailure) -> None:
        """The response will never be complete."""
        self.failure = failure
        self._end.set_result(None)

    async def end(self) -> None:
        """Wait for the end or the failure."""
        await asyncio.shield(self._end)

    async def failed(self) -> TransportFailure:
        """Wait for the failure."""
        await self.end()
        assert self.failure is not None, f"no failure but {self.status} {self.body!r}"
        return self.failure


class Stage:
    """What one scenario has opened."""

    def __init__(self) -> None:
        self.loop = asyncio.get_running_loop()
        self.faults: list[dict[str, Any]] = []
        self._closing: list[Callable[[], Awaitable[None]]] = []
        self.loop.set_exception_handler(lambda _, context: self.faults.append(context))

    async def serve(self, application: Application, options: ServerOptions | None = None) -> Server:
        """A running server."""
        server = await serve(application, options or ServerOptions())
        self._closing.append(server.close)
        return server

    async def connect(self, server: Server, tls: ssl.SSLContext | None = None) -> Raw:
        """A raw client of a server."""
        host, port = server.addresses[0]
        name = "localhost" if tls is not None else None
        raw = Raw(*await asyncio.open_connection(host, port, ssl=tls, server_hostname=name))
        self._closing.append(lambda: _close(raw))
        return raw

    async def listen(self, handler: Handler, tls: ssl.SSLContext | None = None) -> Origin:
        """A raw peer for pools; `handler` is run for every connection, which it must close itself."""
        raws: list[Raw] = []

        async def run(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            raw = Raw(reader, writer)
            raws.append(raw)
            await handler(raw)

        peer = await asyncio.start_server(run, "127.0.0.1", 0, ssl=tls)

        async def close() -> None:
            peer.close()
            for raw in raws:
                await _close(raw)

        self._closing.append(close)
        return Origin("127.0.0.1", peer.sockets[0].getsockname()[1])

    def pool(self, origin: Origin | Server, options: ClientOptions | None = None) -> Pool:
        """A pool of an origin or of a server of this stage."""
        if isinstance(origin, Server):
            origin = Origin(*origin.addresses[0])
        pool = Pool(origin, options or ClientOptions(), self.loop)
        self._closing.append(pool.close)
        return pool

    async def close(self) -> None:
        """Close everything, last opened first."""
        for close in reversed(self._closing):
            await close()


async def _close(raw: Raw) -> None:
    raw.reset()


def play(scenario: Callable[[Stage], Awaitable[None]], *, faults: int = 0) -> None:
    """Run a scenario on uvloop; it must leave exactly so many faults at the loop's exception handler."""

    async def run() -> None:
        stage = Stage()
        try:
            async with asyncio.timeout(PATIENCE):
                await scenario(stage)
        finally:
            await stage.close()
        assert len(stage.faults) == faults, stage.faults

    uvloop.run(run())


async def eventually(condition: Callable[[], bool]) -> None:
    """Wait until a condition holds; the stage's patience is the limit."""
    while not condition():  # noqa: ASYNC110  # the condition is somebody else's state, not ours to signal
        await asyncio.sleep(0.002)


def request(path: str = "/", body: bytes = b"", *, method: str = "POST", extra: bytes = b"") -> bytes:
    """The bytes of a plain request."""
    head = f"{method} {path} HTTP/1.1\r\nhost: test\r\ncontent-length: {len(body)}\r\n".encode()
    return head + extra + b"\r\n" + body


def head_of(path: str = "/", size: int = 0, *, method: str = "POST") -> bytes:
    """The head of a request for a pool."""
    return f"{method} {path} HTTP/1.1\r\nhost: test\r\ncontent-length: {size}\r\n\r\n".encode()


def echo(call: Call) -> None:
    """An application that answers with what it was asked."""
    call.respond(200, [(b"x-path", call.path), (b"x-method", call.method)], call.body)


class Parsed:
    """A response as h11 reads it."""

    def __init__(self, status: int, headers: dict[bytes, bytes], body: bytes, *, whole: bool) -> None:
        self.status = status
        self.headers = headers
        self.body = body
        self.whole = whole


def parse_responses(data: bytes, methods: list[bytes]) -> list[Parsed]:
    """What h11 makes of the bytes that a server sent in answer to requests of these methods, then closed."""
    parsed: list[Parsed] = []
    for method in methods:
        client = h11.Connection(h11.CLIENT)
        headers = [(b"host", b"test")]
        client.send(h11.Request(method=method, target=b"/", headers=headers))
        client.send(h11.EndOfMessage())
        client.receive_data(data)
        client.receive_data(b"")
        response, data = _parse_one(client)
        parsed.append(response)
    assert not data, f"bytes after the last response: {data!r}"
    return parsed


def _parse_one(client: h11.Connection) -> tuple[Parsed, bytes]:
    status, headers, body = 0, dict[bytes, bytes](), b""
    while True:
        try:
            event = client.next_event()
        except h11.RemoteProtocolError:
            return Parsed(status, headers, body, whole=False), b""
        if isinstance(event, h11.Response):
            status, headers = event.status_code, dict(event.headers)
        elif isinstance(event, h11.Data):
            body += bytes(event.data)
        elif isinstance(event, h11.EndOfMessage):
            rest = client.trailing_data[0] if not _must_close(headers) else b""
            return Parsed(status, headers, body, whole=True), rest
        elif not isinstance(event, h11.InformationalResponse):
            return Parsed(status, headers, body, whole=False), b""


def _must_close(headers: dict[bytes, bytes]) -> bool:
    return headers.get(b"connection", b"").lower() == b"close"
