"""The server: listens, admits connections, drains.

Requests go to one plain function. Supervision of several processes on one port is not done here; `bind` with
`reuse_port` is what it needs.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import Callable
from typing import TypeAlias

from comity.http.answer import DateLine
from comity.http.call import Call
from comity.http.connection import Connection
from comity.http.options import ServerOptions
from comity.http.timing import Sweep

Application: TypeAlias = Callable[[Call], None]
"""What answers the calls; it must not block, and may answer later."""


class Server:
    """A listening server; made by `serve`."""

    def __init__(
        self, application: Application, options: ServerOptions, loop: asyncio.AbstractEventLoop
    ) -> None:
        self.application = application
        self.options = options
        self.draining = False
        """Whether the server takes no new connection and closes those it has when their call is done."""
        self.date = DateLine().line
        self._loop = loop
        self.sweep = Sweep(loop, options.shortest())
        """Watches the time limits of the connections."""
        self._connections: set[Connection] = set()
        self._listener: asyncio.Server | None = None
        self._empty: asyncio.Future[None] | None = None
        self.addresses: tuple[tuple[str, int], ...] = ()
        """Host and port of every listening socket."""

    @property
    def connections(self) -> int:
        """How many clients are connected."""
        return len(self._connections)

    async def listen(self, listener: socket.socket) -> None:
        """Accept connections on a bound socket."""
        options = self.options
        self._listener = await self._loop.create_server(
            lambda: Connection(self),
            sock=listener,
            backlog=options.backlog,
            ssl=options.tls,
            ssl_handshake_timeout=None if options.tls is None else options.head_timeout,
            ssl_shutdown_timeout=None if options.tls is None else options.linger,
        )
        self.addresses = tuple(one.getsockname()[:2] for one in self._listener.sockets)

    async def drain(self, grace: float) -> None:
        """Stop accepting, let the calls under way end, and close; after `grace` seconds cut what is left."""
        self.draining = True
        self._stop_listening()
        for connection in tuple(self._connections):
            connection.drain()
        if self._connections:
            self._empty = self._loop.create_future()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._empty, grace)
        await self.close()

    async def close(self) -> None:
        """Close everything at once."""
        self.draining = True
        self._stop_listening()
        for connection in tuple(self._connections):
            connection.abort()
        if self._connections:
            self._empty = self._loop.create_future()
            await self._empty

    def _stop_listening(self) -> None:
        if self._listener is not None:
            self._listener.close()
            self._listener = None

    # --- for its connections --------------------------------------------------------------------------------

    def admit(self, connection: Connection) -> bool:
        """Count a connection in; False when there are too many or the server is closing."""
        self._connections.add(connection)
        self.sweep.add(connection)
        return len(self._connections) <= self.options.max_connections and not self.draining

    def forget(self, connection: Connection) -> None:
        """Count a connection out."""
        self._connections.discard(connection)
        self.sweep.discard(connection)
        if not self._connections and self._empty is not None and not self._empty.done():
            self._empty.set_result(None)

    def report(self, error: Exception) -> None:
        """Tell the loop's exception handler of an application's fault."""
        self._loop.call_exception_handler({"message": "the application failed on a call", "exception": error})


def bind(host: str, port: int, *, reuse_port: bool = False) -> socket.socket:
    """A bound socket, not yet listening; port 0 lets the system choose."""
    family, _, _, _, address = socket.getaddrinfo(
        host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
    )[0]
    listener = socket.socket(family, socket.SOCK_STREAM)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if reuse_port:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        listener.setblocking(False)
        listener.bind(address)
    except OSError:
        listener.close()
        raise
    return listener


async def serve(
    application: Application, options: ServerOptions, listener: socket.socket | None = None
) -> Server:
    """A server that accepts connections; on `listener` where given, which then replaces host and port."""
    server = Server(application, options, asyncio.get_running_loop())
    if listener is None:
        listener = bind(options.host, options.port, reuse_port=options.reuse_port)
    await server.listen(listener)
    return server
