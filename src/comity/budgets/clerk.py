"""Who speaks to the store for a worker, in a thread of its own: it opens it, asks, and settles for the dead.

A store that fails is opened anew at the next question. Nothing here knows an event loop.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path

import msgspec

from comity.budgets.leases import dead_leases, home_of, lease_of, read_committed
from comity.budgets.limits import BudgetSettings
from comity.budgets.store import Ask, BudgetStore, Lent, prepare_store
from comity.database import open_database
from comity.errors import StoreError

KEEP_SECONDS = 40 * 86_400
"""How long windows that are over stay on record."""

_RECOVERY_PAUSE = 1.0


class Clerk:
    """One worker's way to the store; used in one thread."""

    def __init__(self, settings: BudgetSettings, worker: str) -> None:
        self._settings = settings
        self._worker = worker
        self._home = home_of(settings.leases)
        self._store: BudgetStore | None = None
        self._recovered = 0.0

    def exchange(self, asks: Sequence[Ask]) -> list[Lent]:
        """Takes captures to the store, and brings slices."""
        store = self._opened()
        try:
            lent = store.exchange(self._worker, self._home, asks)
            for place, one in enumerate(lent):
                if one.denied and one.others:
                    contested = one.contested or self._has_slack(store, asks[place])
                    lent[place] = msgspec.structs.replace(one, contested=contested)
                    self._recover(store)
        except StoreError:
            self.close()
            raise
        return lent

    def wanted(self, since: int) -> tuple[int, list[tuple[str, int]]]:
        """The accounts, with windows, of which somebody found nothing left since a number; the last one."""
        store = self._opened()
        try:
            return store.wanted(since)
        except StoreError:
            self.close()
            raise

    def close(self) -> None:
        """Lets go of the store."""
        if self._store is not None:
            self._store.database.close()
            self._store = None

    def _opened(self) -> BudgetStore:
        if self._store is None:
            self._store = open_budgets(self._settings)
            recover(self._store, self._settings.leases)
            self._store.forget(int(time.time()) - KEEP_SECONDS)
        return self._store

    def _has_slack(self, store: BudgetStore, ask: Ask) -> bool:
        """Whether another worker of this folder was lent more than it holds, as its file has it now."""
        for worker, slot, granted in store.others(self._worker, self._home, ask):
            committed = read_committed(self._settings.leases, worker, slot)
            if committed is None or granted > committed:
                return True
        return False

    def _recover(self, store: BudgetStore) -> None:
        """Looks for the dead, but not at every denial."""
        now = time.monotonic()
        if now - self._recovered >= _RECOVERY_PAUSE:
            self._recovered = now
            recover(store, self._settings.leases)


def open_budgets(settings: BudgetSettings) -> BudgetStore:
    """The store of a configuration, made where it is not there; raises StoreError."""
    if isinstance(settings.store, Path):
        try:
            settings.store.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise StoreError(f"the folder of `{settings.store}` cannot be made: {error.strerror}") from error
    return prepare_store(open_database(settings.store, "budgets"))


def settle_lost(store: BudgetStore, home: str) -> int:
    """Counts as spent what the workers of a folder were lent that will never come back; how many leases.

    INVARIANT: none of its workers is alive; whoever calls this knows.
    """
    return sum(store.settle_dead(worker, lambda _: None) for worker in store.workers(home))


def recover(store: BudgetStore, folder: Path) -> int:
    """Captures what the dead workers of this folder had committed; how many leases that ended.

    Each is ended in one transaction, so whoever else recovers at the same time finds nothing. Raises
    StoreError.
    """
    try:
        home = home_of(folder)
        # INVARIANT: a living worker's file is there before its first lease and goes after its last, and the
        # dead take no new ones: files are listed before the store is asked whose leases there are.
        files = list(dead_leases(folder))
        workers = store.workers(home)
        ended = 0
        for worker in workers:
            lease = lease_of(folder, worker)
            if lease != "alive":
                ended += store.settle_dead(worker, lease.committed)
                lease.forget()
        for dead in files:
            if dead.worker not in workers:
                dead.forget()
    except OSError as error:
        raise StoreError(f"the leases in `{folder}` cannot be read: {error.strerror}") from error
    return ended
