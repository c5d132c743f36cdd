"""Sends a reply in time on one call: one timer per answer, and never faster than the client reads."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from comity.http import Call
from comity.simulator.reply import Reply
from comity.simulator.served import Ending

_TICK = 0.004
"""Shortest pause between two writes: pieces due within it go out together."""


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
        due = self._next
        while due < len(steps) and steps[due].at <= elapsed:
            due += 1
        if due > self._next and self._write(due):
            return
        if self._next == len(steps):
            self._close()
        elif self._call.writable:
            wait = max(steps[self._next].at - elapsed, _TICK)
            self._timer = self._loop.call_later(wait, self._advance)

    def _write(self, due: int) -> bool:
        """Writes the steps before `due`; true when that was a whole answer and everything is over."""
        steps = self._reply.steps[self._next : due]
        self._next = due
        self._sent = steps[-1].tokens
        data = b"".join(step.data for step in steps)
        if not self._reply.stream:
            self._finish("complete" if self._reply.composition is not None else "refused")
            self._call.respond(self._reply.status, self._reply.headers, data)
            return True
        if not self._call.started:
            self._call.start(self._reply.status, self._reply.headers)
        self._call.write(data)
        return False

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
