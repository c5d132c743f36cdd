"""One client's connection: requests in order, answers in that order.

At most one call is with the application; what is pipelined behind it waits in a bounded queue, then
reading pauses. A refusal waits its turn like an answer, and is the last thing said. No task, future or timer
belongs to a request.
"""

from __future__ import annotations

import asyncio
import socket
import struct
from collections import deque
from math import inf
from typing import TYPE_CHECKING, cast

from comity.http.answer import Pairs, encode_head
from comity.http.call import Call
from comity.http.chunked import LAST_CHUNK, encode_chunk
from comity.http.framing import Refusal
from comity.http.reader import RequestReader

if TYPE_CHECKING:
    from comity.http.server import Server

_CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"
_CLOSE = b"connection: close\r\n"
_KEEP = b"connection: keep-alive\r\n"
_CHUNKS = b"transfer-encoding: chunked\r\n"
_TEXT = ((b"content-type", b"text/plain; charset=utf-8"),)
_RESET = struct.pack("ii", 1, 0)


class Connection(asyncio.Protocol):
    """The server's side of a connection."""

    __slots__ = (
        "_active",
        "_closing",
        "_paused",
        "_pumping",
        "_queue",
        "_reader",
        "_reading",
        "_refusal",
        "_server",
        "_stage",
        "_time",
        "_transport",
        "_write",
        "deadline",
        "peer",
    )

    def __init__(self, server: Server) -> None:
        self._server = server
        self._time = server.sweep.time
        self._reader = RequestReader(server.options)
        self._queue: deque[Call] = deque()
        self._active: Call | None = None
        self._refusal: Refusal | None = None
        self._pumping = False
        self._stage = 0
        self._paused = False
        self._reading = True
        self._closing = False
        self.deadline = inf
        self.peer = ""

    # --- what the transport says ----------------------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """A client has connected."""
        self._transport = cast(asyncio.Transport, transport)
        high = self._server.options.write_buffer
        self._transport.set_write_buffer_limits(high, high // 4)
        name = transport.get_extra_info("peername")
        host = f"[{name[0]}]" if ":" in name[0] else name[0]
        self.peer = f"{host}:{name[1]}"
        self._write = self._transport.write
        admitted = self._server.admit(self)
        self._limit(self._server.options.head_timeout)
        if not admitted:
            self._refusal = Refusal(503, "too many connections")
            self._turn()

    def data_received(self, data: bytes) -> None:
        """Bytes from the client."""
        if self._closing or self._refusal is not None:
            return
        resting = self._active is None and not self._reader.holding
        self._reader.feed(data)
        self._turn()
        if self._active is None and (resting or self._reader.stage != self._stage):
            self._set_deadline()

    def eof_received(self) -> None:
        """The client has closed its side; it has gone, since half-closed and dead look the same."""
        self._lose()

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002  # the transport's signature
        """The connection is no more."""
        self._lose()
        self._server.forget(self)

    def pause_writing(self) -> None:
        """The client does not keep up."""
        self._paused = True
        if not self._closing:
            self._limit(self._server.options.write_timeout)
        call = self._active
        if call is not None:
            call.writable = False
            self._notify(call, call.on_pause)

    def resume_writing(self) -> None:
        """The client has caught up."""
        self._paused = False
        self._set_deadline()
        call = self._active
        if call is not None:
            call.writable = True
            self._notify(call, call.on_drain)

    # --- what the calls say ---------------------------------------------------------------------------------

    def answer(self, call: Call, status: int, headers: Pairs, body: bytes) -> None:
        """A whole answer."""
        keep = call.keep_alive and not self._server.draining
        framing = _framing(call, keep=keep)
        if status >= 200 and status not in {204, 304}:
            framing += b"content-length: %d\r\n" % len(body)
        else:
            body = b""
        head = encode_head(status, self._server.date(), headers, framing)
        call.keep_alive = keep
        call.started = True
        self._release(call)
        self._write(head if call.method == b"HEAD" else head + body)
        self._proceed(call)

    def begin(self, call: Call, status: int, headers: Pairs) -> None:
        """The head of a streamed answer."""
        if status < 200 or status in {204, 304}:
            raise ValueError(f"an answer {status} has no body to be streamed")
        keep = call.keep_alive and call.minor == 1 and not self._server.draining
        framing = b"" if keep else _CLOSE
        if call.minor == 1:
            framing += _CHUNKS
        head = encode_head(status, self._server.date(), headers, framing)
        call.keep_alive = keep
        call.started = True
        self._write(head)

    def more(self, call: Call, data: bytes) -> None:
        """A piece of a streamed answer."""
        if call.method != b"HEAD":
            self._write(encode_chunk(data) if call.minor else data)

    def finish(self, call: Call) -> None:
        """The proper end of a streamed answer."""
        self._release(call)
        if call.minor and call.method != b"HEAD":
            self._write(LAST_CHUNK)
        self._proceed(call)

    def cut(self, call: Call) -> None:
        """The improper end of a call: what was written still goes out, the terminator never does."""
        self._release(call)
        if call.started and call.minor:
            self._close()
            return
        # Without chunks an orderly close would be a proper end; only a reset is not.
        raw = self._transport.get_extra_info("socket")
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
        self._closing = True
        self._transport.abort()

    # --- what the server says -------------------------------------------------------------------------------

    def on_deadline(self) -> None:
        """Time is up for whatever this connection was doing."""
        if self._closing or self._paused:
            self._transport.abort()
        elif self._active is not None or self._queue:
            self.deadline = inf
        elif self._reader.holding or self._reader.in_body:
            self._refusal = Refusal(408, "the request took too long")
            self._turn()
        else:
            self._close()

    def drain(self) -> None:
        """Close as soon as nothing is under way."""
        if self._active is None and not self._queue and self._reader.resting and not self._closing:
            self._close()

    def abort(self) -> None:
        """Close at once."""
        self._transport.abort()

    # --- steps ----------------------------------------------------------------------------------------------

    def _turn(self) -> None:
        """Do everything that can be done now: read, hand over, refuse. Never enters itself."""
        if self._pumping:
            return
        self._pumping = True
        queue = self._queue
        while not self._closing:
            if self._active is None:
                if queue:
                    self._hand_over(queue.popleft())
                    continue
                if self._refusal is not None:
                    self._refuse(self._refusal)
                    break
            elif self._refusal is not None or not self._reader.holding or not self._has_room():
                break
            message = self._reader.next()
            if message is None:
                self._encourage()
                break
            if isinstance(message, Refusal):
                self._refusal = message
            else:
                queue.append(Call(self, message.head, message.body, keep_alive=message.keep_alive))
        self._pumping = False
        if queue or not self._reading:
            self._balance()

    def _encourage(self) -> None:
        """Ask for the body that the client keeps back, when its turn has come."""
        if self._reader.expecting and self._active is None:
            self._reader.expecting = False
            self._write(_CONTINUE)

    def _balance(self) -> None:
        """Read on while there is room."""
        room = self._has_room()
        if room is not self._reading and not self._closing:
            self._reading = room
            if room:
                self._transport.resume_reading()
            else:
                self._transport.pause_reading()

    def _limit(self, seconds: float) -> None:
        self.deadline = self._time() + seconds

    def _set_deadline(self) -> None:
        """The time limit of what the client does now."""
        options = self._server.options
        self._stage = self._reader.stage
        if self._closing or self._paused:
            return
        if self._active is not None:
            self.deadline = inf
        elif self._reader.in_body:
            self._limit(options.body_timeout)
        else:
            limit = options.head_timeout if self._reader.holding else options.idle_timeout
            self._limit(limit)

    def _has_room(self) -> bool:
        """Whether one more request may wait."""
        if not self._queue:
            return True
        options = self._server.options
        waiting = sum(len(call.body) for call in self._queue)
        return len(self._queue) < options.max_pipelined and waiting < options.max_body

    def _hand_over(self, call: Call) -> None:
        self._active = call
        call.writable = not self._paused
        if not self._paused:
            self.deadline = inf
        try:
            self._server.application(call)
        except Exception as error:  # noqa: BLE001  # the application's fault must not end the server
            self._server.report(error)
            self._fail(call)

    def _fail(self, call: Call) -> None:
        if not call.started and not call.closed:
            call.keep_alive = False
            call.respond(500, _TEXT, b"internal error\n")
        else:
            call.abort()

    def _notify(self, call: Call, callback: object) -> None:
        if callable(callback):
            try:
                callback()
            except Exception as error:  # noqa: BLE001  # the application's fault must not end the server
                self._server.report(error)
                call.abort()

    def _release(self, call: Call) -> None:
        """Nothing more is heard of the call, nor told to it."""
        call.closed = True
        call.on_pause = call.on_drain = call.on_disconnect = None
        self._active = None

    def _proceed(self, call: Call) -> None:
        """Go on after a call."""
        if not call.keep_alive or self._server.draining:
            self._close()
        elif not self._pumping:
            if self._queue or self._refusal is not None or not self._reader.resting:
                self._turn()
            if self._active is None:
                self._set_deadline()

    def _lose(self) -> None:
        """The client has gone."""
        if not self._closing:
            self._closing = True
            self._limit(self._server.options.linger)
        self._queue.clear()
        call = self._active
        if call is not None:
            gone = call.on_disconnect
            self._release(call)
            self._notify(call, gone)

    def _refuse(self, refusal: Refusal) -> None:
        body = f"{refusal.detail}\n".encode()
        framing = _CLOSE + b"content-length: %d\r\n" % len(body)
        self._write(encode_head(refusal.status, self._server.date(), _TEXT, framing) + body)
        if self._transport.can_write_eof():
            # Bytes still on their way would turn an immediate close into a reset that destroys the answer.
            self._closing = True
            self._transport.write_eof()
            self._limit(self._server.options.linger)
        else:
            self._close()

    def _close(self) -> None:
        self._closing = True
        self._queue.clear()
        self._limit(self._server.options.linger)
        self._transport.close()


def _framing(call: Call, *, keep: bool) -> bytes:
    if not keep:
        return _CLOSE
    return b"" if call.minor else _KEEP
