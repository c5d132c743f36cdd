"""One connection of a pool: at most one request at a time, and an honest account of how it went."""

from __future__ import annotations

import asyncio
import select
from math import inf
from time import monotonic
from typing import TYPE_CHECKING, Literal, cast

from comity.http.framing import CHUNKED, ResponseHead, read_keep_alive
from comity.http.response import ProtocolFailureError, ResponseReader
from comity.http.transfer import TransportFailure

if TYPE_CHECKING:
    from comity.http.pool import Pool
    from comity.http.sending import Sending

_JOIN = 256 * 1024


class Link(asyncio.Protocol):
    """The client's side of a connection."""

    __slots__ = (
        "_answered",
        "_ended",
        "_idle_limit",
        "_keep_limit",
        "_pool",
        "_reader",
        "_response_limit",
        "_sending",
        "_time",
        "_transport",
        "_used",
        "_write",
        "deadline",
        "habit",
        "lost",
        "since",
    )

    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self._time = pool.sweep.time
        options = pool.options
        self._response_limit = options.response_timeout
        self._idle_limit = options.idle_timeout
        self._keep_limit = options.keep_alive
        self._sending: Sending | None = None
        self._reader: ResponseReader | None = None
        self._answered = False
        self._ended = False
        self._used = 0
        self.lost = False
        """Whether the connection is gone or being closed."""
        self.since = 0.0
        """Time (`monotonic`) since which the link rests, or rested before its request; 0 before the first."""
        self.habit = pool.shelf.unused
        """What the peer does with connections after answers like the last one."""
        self.deadline = inf

    # --- what the transport says ----------------------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """The connection stands."""
        self._transport = cast(asyncio.Transport, transport)
        self._write = self._transport.write
        self._pool.adopt(self)

    def data_received(self, data: bytes) -> None:
        """Bytes from the peer."""
        sending, reader = self._sending, self._reader
        if sending is None or reader is None:
            # Nothing was asked: whatever this is, no later request may take it for its answer.
            self.close()
            return
        self._answered = True
        headless = reader.head is None
        try:
            piece = reader.feed(data)
        except ProtocolFailureError as error:
            self._fail("protocol", str(error))
            return
        head = reader.head
        if head is None:
            return
        self.deadline = self._time() + self._idle_limit
        receiver = sending.receiver
        try:
            if headless:
                receiver.on_response(head.status, head.headers)
            if piece and self._sending is sending:
                receiver.on_data(piece)
        except Exception as error:  # noqa: BLE001  # the receiver's fault must not end the pool
            self._pool.report(error)
            sending.cancel()
        if reader.done and self._sending is sending:
            self._complete(sending, reader, head)

    def eof_received(self) -> None:
        """The peer has closed its side properly (over TLS: with `close_notify`)."""
        self._ended = True
        if self._sending is None:
            self._pool.shelf.distrust(self)
            self.close()

    def connection_lost(self, exc: Exception | None) -> None:
        """The connection is no more."""
        sending, reader = self._sending, self._reader
        if not self.lost and not self._answered:
            self._pool.shelf.distrust(self)
        self.lost = True
        if sending is not None and reader is not None:
            if reader.close(clean=self._ended and exc is None) and reader.head is not None:
                self._complete(sending, reader, reader.head)
            else:
                self._fail("closed", str(exc) if exc else "the peer closed the connection too early")
        self._pool.forget(self)

    # --- what the pool says ---------------------------------------------------------------------------------

    def send(self, sending: Sending) -> None:
        """Send a request over a resting connection."""
        assert self._sending is None, "a connection has one request at a time"
        head, body = sending.head, sending.body
        # A long stream must not keep its question in memory.
        sending.head = sending.body = b""
        self._sending = sending
        self._answered = False
        self._reader = ResponseReader(bodiless=head[:5] == b"HEAD ", max_head=self._pool.options.max_head)
        self.deadline = self._time() + self._response_limit
        self._used += 1
        if len(body) < _JOIN:
            self._write(head + body)
        else:
            self._transport.writelines([head, body])

    def rest(self) -> None:
        """Wait for the next request."""
        # Not the loop's time: that stands still while the loop works, and a rest would seem too long.
        self.since = monotonic()
        self.deadline = self._time() + self._keep_limit
        self._answered = False

    def overdue(self) -> bool:
        """Whether it has rested for so long that the peer may be about to close it."""
        return self.deadline <= self._time()

    def stale(self) -> bool:
        """Whether a resting connection has bytes or an end waiting, and so cannot be used."""
        raw = self._transport.get_extra_info("socket")
        poll = select.poll()
        poll.register(raw.fileno(), select.POLLIN | select.POLLRDHUP)
        return bool(poll.poll(0))

    def pause(self) -> None:
        """Stop reading; the limit between two pieces stops with it."""
        if not self.lost:
            self._transport.pause_reading()
            self.deadline = inf

    def resume(self) -> None:
        """Read on."""
        if not self.lost:
            self._transport.resume_reading()
            limit = self._idle_limit if self._answered else self._response_limit
            self.deadline = self._time() + limit

    def cancel(self) -> None:
        """Give the request up, and the connection with it."""
        self._fail("cancelled", "given up by the caller")

    def close(self) -> None:
        """Close at once."""
        self.lost = True
        self.deadline = inf
        self._transport.abort()
        self._pool.forget(self)

    def on_deadline(self) -> None:
        """Time is up."""
        if self._sending is None:
            self.close()
        elif self._reader is not None and self._reader.head is None:
            self._fail("timeout_response", "no response within the limit")
        else:
            self._fail("timeout_idle", "the response stalled")

    # --- steps ----------------------------------------------------------------------------------------------

    def _complete(self, sending: Sending, reader: ResponseReader, head: ResponseHead) -> None:
        self._sending = self._reader = None
        shelf = self._pool.shelf
        self.habit = shelf.chunked if head.length == CHUNKED else shelf.sized
        if self._used == 1:
            self._keep_limit = min(self._keep_limit, read_keep_alive(head.headers))
        if self._usable(reader, head):
            if sending.paused:
                self._transport.resume_reading()
            self._pool.release(self)
        elif not self.lost:
            self.close()
        sending.take_end()

    def _usable(self, reader: ResponseReader, head: ResponseHead) -> bool:
        """Whether the connection may carry another request."""
        if self.lost or self._ended or not head.keep_alive or not reader.clean:
            return False
        # A response before the request was out leaves bytes behind that belong to nobody.
        return self._transport.get_write_buffer_size() == 0

    def _fail(
        self,
        kind: Literal["closed", "protocol", "cancelled", "timeout_response", "timeout_idle"],
        detail: str,
    ) -> None:
        sending, self._sending, self._reader = self._sending, None, None
        failure = TransportFailure(
            kind, sent=True, answered=self._answered, detail=detail, reused=self._used > 1
        )
        if not self.lost:
            self.close()
        if sending is not None:
            sending.take_failure(failure)
