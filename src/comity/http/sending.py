"""One request on its way through a pool, and the handle on it."""

from __future__ import annotations

from math import inf
from typing import TYPE_CHECKING

from comity.http.headers import Headers
from comity.http.transfer import Receiver, TransportFailure

if TYPE_CHECKING:
    from comity.http.link import Link
    from comity.http.pool import Pool


class Sending:
    """A request that was given to a pool; made by `Pool.send`."""

    __slots__ = ("_done", "_link", "_pool", "body", "deadline", "head", "paused", "receiver")

    def __init__(self, pool: Pool, head: bytes, body: bytes, receiver: Receiver) -> None:
        self._pool = pool
        self.receiver = receiver
        """Who is told."""
        self._link: Link | None = None
        self._done = False
        self.head = head
        self.body = body
        self.paused = False
        """Whether the receiver wants no more data for now."""
        self.deadline = inf

    @property
    def done(self) -> bool:
        """Whether the receiver has been told the end or a failure."""
        return self._done

    def cancel(self) -> None:
        """Give the request up and close its connection; the receiver is told `cancelled` before this returns.

        Nothing happens when the end or a failure has already been told.
        """
        if self._done:
            return
        if self._link is not None:
            self._link.cancel()
        else:
            self._pool.withdraw(self)
            self.take_failure(
                TransportFailure("cancelled", sent=False, answered=False, detail="given up by the caller")
            )

    def pause(self) -> None:
        """Ask for no more data; the peer is slowed down by its full buffers."""
        if not self.paused and not self._done:
            self.paused = True
            if self._link is not None:
                self._link.pause()

    def resume(self) -> None:
        """Ask for data again."""
        if self.paused and not self._done:
            self.paused = False
            if self._link is not None:
                self._link.resume()

    # --- for the pool and its links -------------------------------------------------------------------------

    def run_on(self, link: Link) -> None:
        """Send the request over a connection."""
        self._link = link
        self.deadline = inf
        link.send(self)
        if self.paused:
            link.pause()

    def on_deadline(self) -> None:
        """No connection became free in time."""
        self._pool.withdraw(self)
        self.take_failure(
            TransportFailure(
                "pool_full", sent=False, answered=False, detail="no connection became free in time"
            )
        )

    def take_end(self) -> None:
        """The response is complete."""
        receiver = self._finish()
        try:
            receiver.on_end()
        except Exception as error:  # noqa: BLE001  # the receiver's fault must not end the pool
            self._pool.report(error)

    def take_failure(self, failure: TransportFailure) -> None:
        """The response will never be complete."""
        if self._done:
            return
        receiver = self._finish()
        try:
            receiver.on_failure(failure)
        except Exception as error:  # noqa: BLE001  # the receiver's fault must not end the pool
            self._pool.report(error)

    def _finish(self) -> Receiver:
        """Let go of the receiver: it mostly holds this sending, and a circle would wait for the collector."""
        receiver = self.receiver
        self._done = True
        self._link = None
        self.receiver = _NOBODY
        return receiver


class _Nobody:
    """Hears nothing."""

    def on_response(self, status: int, headers: Headers) -> None: ...

    def on_data(self, data: bytes) -> None: ...

    def on_end(self) -> None: ...

    def on_failure(self, failure: TransportFailure) -> None: ...


_NOBODY = _Nobody()
