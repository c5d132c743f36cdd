"""One request at the server, and the ways to answer it.

A call is answered by `respond`, or by `start`, any number of `write` and `end`, or given up by `abort`. What
comes after the end, or after the client has gone, is dropped without complaint: an upstream may well speak a
little longer.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from comity.http.answer import Pairs
from comity.http.framing import RequestHead
from comity.http.headers import Headers


class Wire(Protocol):
    """The connection, as a call sees it."""

    peer: str
    """Address and port of the client."""

    def answer(self, call: Call, status: int, headers: Pairs, body: bytes) -> None:
        """A whole answer."""

    def begin(self, call: Call, status: int, headers: Pairs) -> None:
        """The head of a streamed answer."""

    def more(self, call: Call, data: bytes) -> None:
        """A piece of a streamed answer."""

    def finish(self, call: Call) -> None:
        """The proper end of a streamed answer."""

    def cut(self, call: Call) -> None:
        """The improper end of a call."""


class Call:
    """A request whose body has come completely."""

    __slots__ = (
        "_wire",
        "body",
        "closed",
        "headers",
        "keep_alive",
        "method",
        "minor",
        "on_disconnect",
        "on_drain",
        "on_pause",
        "path",
        "query",
        "started",
        "writable",
    )

    def __init__(self, wire: Wire, head: RequestHead, body: bytes, *, keep_alive: bool) -> None:
        self._wire = wire
        self.method: bytes = head.method
        """Upper-case method."""
        path, _, query = head.target.partition(b"?")
        self.path: bytes = path
        """Path as it came, percent-encoding kept."""
        self.query: bytes = query
        """What follows the first question mark; empty when there is none."""
        self.minor: int = head.minor
        """1 for HTTP/1.1, 0 for HTTP/1.0."""
        self.headers: Headers = head.headers
        """Every header."""
        self.body: bytes = body
        """The whole body, chunks taken apart."""
        self.keep_alive: bool = keep_alive
        """Whether the client would use the connection again."""
        self.started: bool = False
        """Whether the head of an answer has been written."""
        self.closed: bool = False
        """Whether the answer is complete, was cut, or the client has gone."""
        self.writable: bool = True
        """Whether the client keeps up; writing on is allowed and fills memory."""
        self.on_pause: Callable[[], None] | None = None
        """Called when the client stops keeping up."""
        self.on_drain: Callable[[], None] | None = None
        """Called when the client has caught up."""
        self.on_disconnect: Callable[[], None] | None = None
        """Called once when the client goes before the answer is complete; never after `abort`."""

    @property
    def peer(self) -> str:
        """Address and port of the client."""
        return self._wire.peer

    def respond(self, status: int, headers: Pairs, body: bytes) -> None:
        """Answer completely, in one write. Raises ValueError when a header would break the framing."""
        assert not self.started, "an answer is started once"
        if not self.closed:
            self._wire.answer(self, status, headers, body)

    def start(self, status: int, headers: Pairs) -> None:
        """Begin a streamed answer. Raises ValueError when a header would break the framing."""
        assert not self.started, "an answer is started once"
        if not self.closed:
            self._wire.begin(self, status, headers)

    def write(self, data: bytes) -> None:
        """Send a piece of a streamed answer; an empty piece is nothing."""
        assert self.started or self.closed, "a streamed answer begins with `start`"
        if data and not self.closed:
            self._wire.more(self, data)

    def end(self) -> None:
        """Send the proper end of a streamed answer."""
        assert self.started or self.closed, "a streamed answer begins with `start`"
        if not self.closed:
            self._wire.finish(self)

    def abort(self) -> None:
        """End the connection so that the client cannot take what it got for a whole answer."""
        if not self.closed:
            self._wire.cut(self)
