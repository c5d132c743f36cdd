"""Sends a reply in time on one call: one timer per answer, and never faster than the client reads."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from comity.http import Call
from comity.simulator.reply import Reply, Step
from comity.simulator.served import Ending

_TICK = 0.004
"""Shortest pause between two writes: pieces due within it go out together."""
_BATCH = 64
"""Most pieces in one write, so that a slow client is noticed."""


class Performance:
    """One reply being sent."""

    def __init__(self, call: Call, reply: Reply, done: Callable[[Ending, int], None]) -> None:
        self._call = call
        self._reply = reply
        self._done = done
        self._loop = asyncio.get_running_loop()
        self._began = self._loop.time()
        self._next = 0
        self._sent = 0
        self._timer: asyncio.TimerHandle | None = None
        self._over = False

    def begin(self) -> None:
        """Starts sending; `done` is called once, with how it ended and the output tokens that left."""
        self._call.on_disconnect = self._gone
        self._call.on_drain = self._advance
        self._advance()

    def _advance(self) -> None:
        if self._over:
            return
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        elapsed = self._loop.time() - self._began
        steps = self._reply.steps
        while self._call.writable and (due := self._due(elapsed)):
            self._write(due)
            if self._call.closed:
                return
        if not self._call.writable:
            return
        if self._next == len(steps):
            self._close()
        else:
            wait = max(steps[self._next].at - elapsed, _TICK)
            self._timer = self._loop.call_later(wait, self._advance)

    def _due(self, elapsed: float) -> tuple[Step, ...]:
        """The steps that are due and not yet written, a batch at most."""
        due = self._reply.steps[self._next : self._next + _BATCH]
        return tuple(step for step in due if step.at <= elapsed)

    def _write(self, due: tuple[Step, ...]) -> None:
        self._next += len(due)
        self._sent = due[-1].tokens
        data = b"".join(step.data for step in due)
        if not self._reply.stream:
            self._finish("complete" if self._reply.composition is not None else "refused")
            self._call.respond(self._reply.status, self._reply.headers, data)
            return
        if not self._call.started:
            self._call.start(self._reply.status, self._reply.headers)
        self._call.write(data)

    def _close(self) -> None:
        close = self._reply.close
        if close == "hang":
            return
        self._finish("failed" if self._reply.faulty else "complete")
        if close == "abort":
            self._call.abort()
            return
        if not self._call.started:
            self._call.start(self._reply.status, self._reply.headers)
        self._call.end()

    def _gone(self) -> None:
        if not self._over:
            self._finish("failed" if self._reply.close == "hang" else "abandoned")

    def _finish(self, ending: Ending) -> None:
        self._over = True
        if self._timer is not None:
            self._timer.cancel()
        self._done(ending, self._sent)
