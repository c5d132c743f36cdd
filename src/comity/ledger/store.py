"""The ledger store: a SQLite file that the journal is folded into, and that everything else reads.

The journal is the truth and the store can be made again from it, so the store favours speed over fsync
(WAL, `synchronous=NORMAL`): after a power cut it may be behind, never wrong. SQLite's own errors become
StoreError here.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path
from typing import Self

from comity.errors import StoreError
from comity.ledger.rows import costs_text
from comity.ledger.schema import CREATE, VERSION
from comity.money import Money

STORE_NAME = "ledger.db"
"""Name of the store inside a ledger folder."""
_BUSY_SECONDS = 60.0


class MoneySum:
    """SQLite's `money_sum(amount, currency)`: exact sums by currency as JSON, `{"USD":"0.0012"}`."""

    def __init__(self) -> None:
        self._sums: dict[str, Money] = {}

    def step(self, amount: str | None, currency: str | None) -> None:
        """Adds one amount in plain notation; NULL adds nothing."""
        if amount is not None and currency is not None:
            part = Money(Decimal(amount), currency)
            known = self._sums.get(currency)
            self._sums[currency] = part if known is None else known + part

    def finalize(self) -> str:
        """The sums, by currency."""
        return costs_text(tuple(self._sums[currency] for currency in sorted(self._sums)))


class Store:
    """An open store; use it in one thread."""

    def __init__(self, name: str, connection: sqlite3.Connection) -> None:
        self.name = name
        self._connection = connection

    def rows(self, statement: str, values: tuple[object, ...] = ()) -> Iterator[tuple[object, ...]]:
        """The rows of a query, one by one."""
        with _translated(self.name):
            yield from self._connection.execute(statement, values)

    def execute(self, statement: str, values: tuple[object, ...] = ()) -> None:
        """Runs a statement that answers nothing."""
        with _translated(self.name):
            self._connection.execute(statement, values)

    def execute_many(self, statement: str, rows: list[tuple[object, ...]]) -> None:
        """Runs a statement once per row."""
        with _translated(self.name):
            self._connection.executemany(statement, rows)

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All or nothing, with the write lock held from the beginning."""
        with _translated(self.name):
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield
            except BaseException:
                self._connection.execute("ROLLBACK")
                raise
            self._connection.execute("COMMIT")

    def close(self) -> None:
        """Closes the file."""
        self._connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def open_store(path: Path | None, *, create: bool = True) -> Store:
    """The store in a file; None keeps it in memory. Makes missing tables only with `create`.

    Raises StoreError when the file cannot be used or is no store of this version.
    """
    name = "memory" if path is None else str(path)
    with _translated(name):
        connection = sqlite3.connect(path or ":memory:", timeout=_BUSY_SECONDS, isolation_level=None)
    store = Store(name, connection)
    try:
        _prepare(store, create=create)
    except StoreError:
        store.close()
        raise
    with _translated(name):
        connection.create_aggregate(
            "money_sum",
            2,
            MoneySum,  # type: ignore[arg-type]  # the stub knows aggregates of one number only
        )
    return store


def _prepare(store: Store, *, create: bool) -> None:
    if _version(store) == 0 and not create:
        raise StoreError(f"`{store.name}` is a database, but no ledger store")
    for pragma in ("journal_mode=WAL", "synchronous=NORMAL", "cache_size=-32768", "temp_store=MEMORY"):
        list(store.rows(f"PRAGMA {pragma}"))
    if _version(store) == 0:
        with store.transaction():
            if _version(store) == 0:  # another process may have made the tables while we waited
                for statement in CREATE:
                    store.execute(statement)
                store.execute(f"PRAGMA user_version={VERSION}")
    if _version(store) != VERSION:
        raise StoreError(
            f"the store `{store.name}` has version {_version(store)} of the tables, expected {VERSION}: "
            "fold its journal into a new file"
        )


def _version(store: Store) -> int:
    (row,) = store.rows("PRAGMA user_version")
    version = row[0]
    assert isinstance(version, int), "SQLite keeps its user version as an integer"
    return version


@contextmanager
def _translated(name: str) -> Iterator[None]:
    try:
        yield
    except sqlite3.Error as error:
        raise StoreError(f"the store `{name}` cannot be used: {error}") from error
