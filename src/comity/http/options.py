"""Limits of the two edges: sizes in bytes, times in seconds, with defaults that suit a gateway of models."""

from __future__ import annotations

import ssl

import msgspec

_KIB = 1024
_MIB = 1024 * _KIB


class ServerOptions(msgspec.Struct, frozen=True):
    """What a server accepts, and how long it waits."""

    host: str = "127.0.0.1"
    """Address to listen on."""
    port: int = 0
    """TCP port; 0 lets the system choose."""
    reuse_port: bool = False
    """Whether several processes may listen on the same port (SO_REUSEPORT)."""
    backlog: int = 2048
    """Connections that the kernel may hold before they are accepted."""
    tls: ssl.SSLContext | None = None
    """Server-side TLS; None for plain HTTP."""
    max_connections: int = 10_000
    """Open connections, inclusive; one more is answered 503 and closed."""
    max_head: int = 32 * _KIB
    """Bytes of a request line with its headers, inclusive; above it 431."""
    max_headers: int = 100
    """Header lines of a request, inclusive; above it 431."""
    max_target: int = 8 * _KIB
    """Bytes of a request target, inclusive; above it 414."""
    max_body: int = 32 * _MIB
    """Bytes of a request body, inclusive; above it 413."""
    max_pipelined: int = 16
    """Requests of one connection that wait behind the one being answered, inclusive; then reading pauses."""
    head_timeout: float = 15.0
    """Seconds from the first byte of a head (or from the accept) to its end."""
    body_timeout: float = 300.0
    """Seconds from the end of a head to the end of its body."""
    idle_timeout: float = 75.0
    """Seconds that a kept-alive connection may rest between two requests."""
    write_timeout: float = 60.0
    """Seconds in which a client must take what was written, once the buffer is full."""
    linger: float = 2.0
    """Seconds to wait for the client's end of the connection after ours was closed."""
    write_buffer: int = 64 * _KIB
    """Bytes written but not yet taken by the client, above which `Call.writable` is false."""

    def shortest(self) -> float:
        """The shortest time limit, which decides how often the limits are looked at."""
        return min(self.head_timeout, self.body_timeout, self.idle_timeout, self.write_timeout, self.linger)


class ClientOptions(msgspec.Struct, frozen=True):
    """How many connections a pool holds, and how long it waits."""

    max_connections: int = 512
    """Connections to the origin, inclusive, those being opened counted."""
    max_waiting: int = 2048
    """Requests that may wait for a connection, inclusive; one more fails with `pool_full`."""
    wait_timeout: float = 10.0
    """Seconds that a request may wait for a connection; then `pool_full`."""
    connect_timeout: float = 5.0
    """Seconds to resolve, connect and complete the TLS handshake; then `timeout_connect`."""
    response_timeout: float = 600.0
    """Seconds from the request to the end of the response's head; then `timeout_response`."""
    idle_timeout: float = 120.0
    """Seconds between two pieces of a response's body; then `timeout_idle`. Does not run while paused."""
    keep_alive: float = 50.0
    """Seconds that an unused connection is kept; less where the origin announces less."""
    probation: float = 0.02
    """Seconds that a connection rests after an answer, until the origin has shown that it keeps such open."""
    max_head: int = 64 * _KIB
    """Bytes of a response's status line with its headers, inclusive."""

    def shortest(self) -> float:
        """The shortest time limit, which decides how often the limits are looked at."""
        return min(
            self.wait_timeout, self.connect_timeout, self.response_timeout, self.idle_timeout, self.keep_alive
        )
