"""A SQLite file: WAL, so that readers and one writer do not wait for each other, and exact sums of amounts.

`synchronous=NORMAL`: after a power cut the last transactions may be missing, and nothing is torn.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path

from comity.database.connection import Database, Row
from comity.database.dialect import SQLITE
from comity.database.table import Table
from comity.errors import StoreError
from comity.money import add_exactly, plain

_BUSY_SECONDS = 60.0
_BUSY_PAUSE = 0.01
_PRAGMAS = ("synchronous=NORMAL", "cache_size=-32768", "temp_store=MEMORY")
_ADVICE = {
    sqlite3.SQLITE_BUSY: "another process is writing to it; try again when it is done",
    sqlite3.SQLITE_FULL: "free some space; nothing of the journal is lost",
    sqlite3.SQLITE_READONLY: "let this user write to the file and its folder, or read the journal's folder",
    sqlite3.SQLITE_CANTOPEN: "look whether the folder is there and this user may write to it",
    sqlite3.SQLITE_NOTADB: "name the file that a ledger was folded into, or a new one",
    sqlite3.SQLITE_CORRUPT: "move the file away and fold the journal into a new one",
    sqlite3.SQLITE_IOERR: "look at the disk; then fold the journal into a new file",
}


class _DecimalSum:
    """SQLite's `decimal_sum(amount)`: the exact sum of amounts in plain notation, 0 of none."""

    def __init__(self) -> None:
        self._sum = Decimal(0)

    def step(self, amount: str | None) -> None:
        """Adds one amount; NULL adds nothing."""
        if amount is not None:
            self._sum = add_exactly(self._sum, Decimal(amount))

    def finalize(self) -> str:
        """The sum."""
        return plain(self._sum)


def _decimal_add(first: str, second: str) -> str:
    return plain(add_exactly(Decimal(first), Decimal(second)))


class SqliteDatabase(Database):
    """An open file, or a database in memory; made by `open_database`."""

    dialect = SQLITE

    def __init__(self, name: str, path: Path | None) -> None:
        self.name = name
        with self._translated():
            self._connection = sqlite3.connect(
                path or ":memory:", timeout=_BUSY_SECONDS, isolation_level=None, cached_statements=256
            )
        try:
            for pragma in _PRAGMAS:
                self.execute(f"PRAGMA {pragma}")
            with self._translated():
                self._write_ahead()
                self._connection.create_aggregate(
                    "decimal_sum",
                    1,
                    _DecimalSum,  # type: ignore[arg-type]  # typeshed knows aggregates of numbers only
                )
                self._connection.create_function("decimal_add", 2, _decimal_add, deterministic=True)
        except StoreError:
            self.close()
            raise

    def _write_ahead(self) -> None:
        """SQLite does not wait by itself while another process is about to do the same to a new file."""
        deadline = time.monotonic() + _BUSY_SECONDS
        while True:
            try:
                self._connection.execute("PRAGMA journal_mode=WAL")
            except sqlite3.OperationalError as error:
                if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or time.monotonic() > deadline:
                    raise
                time.sleep(_BUSY_PAUSE)
            else:
                return

    def rows(self, statement: str, values: Sequence[object] = ()) -> Iterator[Row]:
        """As in `Database`."""
        with self._translated():
            yield from self._connection.execute(statement, values)

    stream = rows

    def execute(self, statement: str, values: Sequence[object] = ()) -> None:
        """As in `Database`."""
        with self._translated():
            self._connection.execute(statement, values)

    def execute_many(self, statement: str, rows: Sequence[Row]) -> None:
        """As in `Database`."""
        with self._translated():
            self._connection.executemany(statement, rows)

    def add(self, table: Table, rows: Sequence[Row]) -> None:
        """As in `Database`."""
        if rows:
            self.execute_many(_insert(table), rows)

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """As in `Database`."""
        with self._between("BEGIN IMMEDIATE"):
            yield

    @contextmanager
    def snapshot(self) -> Iterator[None]:
        """As in `Database`."""
        if self._connection.in_transaction:
            yield
            return
        with self._between("BEGIN"):
            yield

    def close(self) -> None:
        """As in `Database`."""
        self._connection.close()

    @contextmanager
    def _between(self, begin: str) -> Iterator[None]:
        with self._translated():
            self._connection.execute(begin)
            try:
                yield
                self._connection.execute("COMMIT")
            except BaseException:  # whatever ended it, nothing of it stays
                if self._connection.in_transaction:  # a full disk may have ended it already
                    self._connection.execute("ROLLBACK")
                raise

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as error:
            code = getattr(error, "sqlite_errorcode", 0) & 0xFF
            advice = _ADVICE.get(code)
            ending = f"; {advice}" if advice else ""
            raise StoreError(f"the store `{self.name}` cannot be used: {error}{ending}") from error


def _insert(table: Table) -> str:
    places = ", ".join("?" * len(table.columns))
    into = f"{table.name} ({', '.join(table.columns)})"
    return f"INSERT INTO {into} VALUES ({places}) {table.on_conflict(SQLITE)}"  # noqa: S608 - names are ours
