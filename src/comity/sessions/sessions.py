"""The store of conversations beside an event loop: its work is done in one thread, in order, and bounded.

A store that hangs holds up only those who ask for state; beyond a bound they are refused at once.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from typing import TypeVar

from comity.errors import ComityError, StoreError
from comity.sessions.settings import SessionSettings
from comity.sessions.store import SessionStore, open_session_store
from comity.sessions.vault import Vault

T = TypeVar("T")

_WAITING = 256


class Sessions:
    """One process's way to the store."""

    def __init__(
        self, settings: SessionSettings, store: SessionStore, loop: asyncio.AbstractEventLoop
    ) -> None:
        self.settings = settings
        self._store = store
        self._loop = loop
        self._thread = ThreadPoolExecutor(1, "sessions")
        self._waiting = 0

    def run(
        self,
        work: Callable[[SessionStore], T],
        then: Callable[[T], None],
        failed: Callable[[Exception], None],
    ) -> None:
        """Does `work` in the store's thread, then calls one of the two in the loop's."""
        if self._waiting >= _WAITING:
            failed(StoreError(f"the store of conversations is {_WAITING} requests behind"))
            return
        self._waiting += 1
        future = self._thread.submit(work, self._store)
        future.add_done_callback(partial(self._hand_over, then, failed))

    async def close(self) -> None:
        """Ends the work that was begun, and closes the store."""
        await self._loop.run_in_executor(self._thread, self._store.close)
        self._thread.shutdown()

    def _hand_over(
        self, then: Callable[[T], None], failed: Callable[[Exception], None], future: Future[T]
    ) -> None:
        self._loop.call_soon_threadsafe(self._finish, then, failed, future)

    def _finish(
        self, then: Callable[[T], None], failed: Callable[[Exception], None], future: Future[T]
    ) -> None:
        self._waiting -= 1
        try:
            then(future.result())
        except Exception as error:  # noqa: BLE001 - whatever happens, whoever waits must hear of it
            if not isinstance(error, ComityError):
                report = {"message": "work on the store of conversations failed", "exception": error}
                self._loop.call_exception_handler(report)
            failed(error)


def open_sessions(
    settings: SessionSettings | None, reveal: Callable[[str], str], loop: asyncio.AbstractEventLoop
) -> Sessions | None:
    """The store that `settings` describe; `reveal` gives the key behind a reference, or raises ValueError.

    Raises ValueError for a key of another form, and StoreError when the store was made with other keys.
    """
    if settings is None:
        return None
    vault = Vault([reveal(reference) for reference in settings.keys])
    return Sessions(settings, open_session_store(settings.store, vault, settings.days), loop)
