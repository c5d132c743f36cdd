"""A bounded pool of kept-alive connections to one origin.

The last connection used is used next, so that the others can end. A connection whose end has been seen is
never handed out; which of the others can be used, and when, is the shelf's part. The pool never sends a
request twice: a failure says whether anything was sent, and the caller decides.
"""

from __future__ import annotations

import asyncio
import ssl
from collections import deque
from math import inf
from typing import Literal

from comity.http.link import Link
from comity.http.options import ClientOptions
from comity.http.origin import Origin
from comity.http.sending import Sending
from comity.http.shelf import Shelf
from comity.http.timing import Sweep
from comity.http.transfer import Receiver, TransportFailure


class Pool:
    """Connections to one origin."""

    def __init__(self, origin: Origin, options: ClientOptions, loop: asyncio.AbstractEventLoop) -> None:
        self.origin = origin
        self.options = options
        self._loop = loop
        self._tls = origin.context()
        self.sweep = Sweep(loop, options.shortest())
        """Watches the time limits of connections and waiting requests."""
        self._links: set[Link] = set()
        self.shelf = Shelf(options.probation)
        """Connections without a request."""
        self._waiting: deque[Sending] = deque()
        self._opening: dict[Sending, asyncio.Task[None]] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._probation: asyncio.TimerHandle | None = None
        self._closed = False

    @property
    def connections(self) -> int:
        """Open connections, those being opened counted."""
        return len(self._links) + len(self._tasks)

    @property
    def idle(self) -> int:
        """Open connections without a request."""
        return len(self.shelf)

    @property
    def waiting(self) -> int:
        """Requests without a connection."""
        return len(self._waiting)

    def send(self, head: bytes, body: bytes, receiver: Receiver) -> Sending:
        """Send a request; `head` is complete, with its content-length and the empty line.

        The receiver is never called before this returns.
        """
        sending = Sending(self, head, body, receiver)
        link = None if self._waiting else self.shelf.take()
        if link is not None:
            sending.run_on(link)
        elif self._closed:
            self._refuse(sending, "the pool is closed")
        elif self._has_room():
            self._open(sending)
        elif len(self._waiting) < self.options.max_waiting:
            self._wait(sending)
        else:
            self._refuse(sending, "too many requests wait for a connection")
        return sending

    async def close(self) -> None:
        """Close every connection; requests under way fail as `cancelled`."""
        self._closed = True
        for sending in (*self._waiting, *self._opening):
            sending.cancel()
        for link in tuple(self._links):
            link.cancel()
        for task in tuple(self._tasks):
            task.cancel()
        if self._tasks:
            await asyncio.wait(self._tasks)
        # Transports close in the next turn of the loop.
        await asyncio.sleep(0)

    # --- for its links and sendings -------------------------------------------------------------------------

    def adopt(self, link: Link) -> None:
        """A connection stands."""
        self._links.add(link)
        self.sweep.add(link)

    def release(self, link: Link) -> None:
        """A connection is free again."""
        link.rest()
        if self._waiting and link.habit.proven:
            self._give(link)
            return
        self.shelf.put(link)
        if self._waiting:
            self._serve_waiting()

    def forget(self, link: Link) -> None:
        """A connection has ended."""
        if link not in self._links:
            return
        self._links.discard(link)
        self.sweep.discard(link)
        self.shelf.discard(link)
        self._open_next()

    def withdraw(self, sending: Sending) -> None:
        """A request no longer wants a connection."""
        self.sweep.discard(sending)
        if sending in self._waiting:
            self._waiting.remove(sending)
        self._opening.pop(sending, None)

    def report(self, error: Exception) -> None:
        """Tell the loop's exception handler of a receiver's fault."""
        self._loop.call_exception_handler({"message": "a receiver failed on a response", "exception": error})

    # --- steps ----------------------------------------------------------------------------------------------

    def _has_room(self) -> bool:
        full = self.options.max_connections
        if self.connections >= full and (spare := self.shelf.spare()) is not None:
            # Those who wait are served first.
            spare.close()
        return self.connections < full

    def _give(self, link: Link) -> None:
        sending = self._waiting.popleft()
        self.sweep.discard(sending)
        sending.run_on(link)

    def _serve_waiting(self) -> None:
        """Give what has rested enough to those who wait; what will not be used again makes room for them."""
        if self._probation is not None:
            self._probation.cancel()
            self._probation = None
        while self._waiting and (link := self.shelf.take()) is not None:
            self._give(link)
        while self._waiting and (link := self.shelf.spare()) is not None:
            link.close()
        delay = self.shelf.wait()
        if self._waiting and delay < inf:
            # Timers count in milliseconds: one more, or it may come just too early.
            self._probation = self._loop.call_later(delay + 0.001, self._serve_waiting)

    def _wait(self, sending: Sending) -> None:
        self._waiting.append(sending)
        self.sweep.add(sending)
        sending.deadline = self.sweep.time() + self.options.wait_timeout
        if self._probation is None and len(self.shelf):
            self._serve_waiting()

    def _refuse(self, sending: Sending, why: str) -> None:
        failure = TransportFailure("pool_full", sent=False, answered=False, detail=why)
        self._loop.call_soon(sending.take_failure, failure)

    def _open_next(self) -> None:
        if self._waiting and self.connections < self.options.max_connections and not self._closed:
            sending = self._waiting.popleft()
            self.sweep.discard(sending)
            self._open(sending)

    def _open(self, sending: Sending) -> None:
        task = self._loop.create_task(self._connect(sending))
        self._opening[sending] = task
        self._tasks.add(task)
        task.add_done_callback(self._opened)

    def _opened(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        self._open_next()

    async def _connect(self, sending: Sending) -> None:
        try:
            async with asyncio.timeout(self.options.connect_timeout):
                link = await self._connect_link()
        except TimeoutError:
            self._miss(sending, "timeout_connect", "no connection within the limit")
        except ssl.SSLError as error:
            self._miss(sending, "tls", str(error))
        except (OSError, ValueError) as error:
            # ValueError: a host that cannot even be a name.
            self._miss(sending, "connect", str(error))
        else:
            if link.lost:
                self._miss(sending, "connect", "the peer closed the connection before it was used")
            elif self._opening.pop(sending, None) is not None:
                sending.run_on(link)
            else:
                self.release(link)

    async def _connect_link(self) -> Link:
        origin = self.origin
        name = (origin.server_name or origin.host) if self._tls is not None else None
        _, link = await self._loop.create_connection(
            lambda: Link(self), origin.host, origin.port, ssl=self._tls, server_hostname=name
        )
        return link

    def _miss(
        self, sending: Sending, kind: Literal["connect", "tls", "timeout_connect"], detail: str
    ) -> None:
        if self._opening.pop(sending, None) is not None:
            sending.take_failure(TransportFailure(kind, sent=False, answered=False, detail=detail))
