"""One connection of a pool: at most one request at a time, and an honest account of how it went."""

from __future__ import annotations

import asyncio
import select
from math import inf
from typing import TYPE_CHECKING, Literal, cast

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
        "_pool",
        "_reader",
        "_sending",
        "_transport",
        "_used",
        "deadline",
        "lost",
        "since",
    )

    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self._sending: Sending | None = None
        self._reader: ResponseReader | None = None
        self._answered = False
        self._ended = False
        self._used = 0
        self.lost = False
        """Whether the connection is gone or being closed."""
        self.since = 0.0
        """Loop time since which the link rests."""
        self.deadline = inf

    # --- what the transport says ----------------------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """The connection stands."""
        self._transport = cast(asyncio.Transport, transport)
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
        self.deadline = (
            self._pool.after(self._pool.options.idle_timeout) if reader.head is not None else self.deadline
        )
        if headless and reader.head is not None:
            sending.take_response(reader.head)
        if piece and self._sending is sending:
            sending.take_data(piece)
        if reader.done and self._sending is sending:
            self._complete()

    def eof_received(self) -> None:
        """The peer has closed its side properly (over TLS: with `close_notify`)."""
        self._ended = True
        if self._sending is None:
            self.close()

    def connection_lost(self, exc: Exception | None) -> None:
        """The connection is no more."""
        self.lost = True
        reader = self._reader
        if self._sending is not None and reader is not None:
            if reader.close(clean=self._ended and exc is None):
                self._complete()
            else:
                self._fail("closed", str(exc) if exc else "the peer closed the connection too early")
        self._pool.forget(self)

    # --- what the pool says ---------------------------------------------------------------------------------

    def send(self, sending: Sending, head: bytes, body: bytes) -> None:
        """Send a request over a resting connection."""
        assert self._sending is None, "a connection has one request at a time"
        options = self._pool.options
        self._sending = sending
        self._answered = False
        self._reader = ResponseReader(bodiless=head.startswith(b"HEAD "), max_head=options.max_head)
        self.deadline = self._pool.after(options.response_timeout)
        self._used += 1
        if len(body) < _JOIN:
            self._transport.write(head + body)
        else:
            self._transport.writelines([head, body])

    def rest(self) -> None:
        """Wait for the next request."""
        self.since = self._pool.after(0)
        self.deadline = self.since + self._pool.options.keep_alive

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
            options = self._pool.options
            waited = options.idle_timeout if self._answered else options.response_timeout
            self.deadline = self._pool.after(waited)

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

    def _complete(self) -> None:
        sending, reader = self._sending, self._reader
        assert sending is not None, "a response belongs to a request"
        assert reader is not None, "a response has been read"
        assert reader.head is not None, "a complete response has a head"
        self._sending = self._reader = None
        # A response before the request was out leaves bytes behind that belong to nobody.
        unsent = 0 if self.lost else self._transport.get_write_buffer_size()
        if self.lost or self._ended or unsent or not reader.clean or not reader.head.keep_alive:
            if not self.lost:
                self.close()
        else:
            if sending.paused:
                self._transport.resume_reading()
            self._pool.release(self)
        sending.take_end()

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
