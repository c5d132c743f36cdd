"""A PostgreSQL server, through psycopg 3: many rows go in by COPY, and a lost connection is opened again.

One writer at a time holds an advisory lock of the schema, so that several gateways may write at once without
deadlocks, and what a writer has read before it writes is still so.
"""
# ruff: noqa: S608 - statements are put together from the names of our own tables

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import lru_cache
from itertools import count
from typing import Any

import psycopg
from psycopg import conninfo, errors
from psycopg.types.string import TextLoader

from comity.database.address import Address, read_password, redact
from comity.database.connection import Database, Row
from comity.database.dialect import POSTGRESQL
from comity.database.table import Table
from comity.errors import StoreError

_DEFAULTS: dict[str, Any] = {
    "connect_timeout": 10,
    "application_name": "comity",
    "keepalives_idle": 30,
    "tcp_user_timeout": 60_000,
}
"""What libpq is told where the address says nothing else, in seconds and milliseconds."""
_SESSION = "SET lock_timeout = '60s'; SET standard_conforming_strings = on; SET client_encoding = 'UTF8'"
_READING = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"
_LOCK = "SELECT pg_advisory_xact_lock(hashtextextended(current_schema() || '.' || %s, 0))"
_FEW = 16
_FETCHED = 4000
_ADVICE: tuple[tuple[type[psycopg.Error], str], ...] = (
    (errors.LockNotAvailable, "another process is writing to it; try again when it is done"),
    (errors.DiskFull, "free some space on the server; nothing of the journal is lost"),
    (errors.InsufficientPrivilege, "grant this user CREATE and USAGE on its schema"),
    (errors.ReadOnlySqlTransaction, "name the primary server, not a read-only copy of it"),
    (
        errors.OperationalError,
        "look whether the server runs and lets this user in; it is asked again next time",
    ),
)


class PostgresDatabase(Database):
    """A connection that opens itself when it is needed and opens again when it was lost."""

    dialect = POSTGRESQL

    def __init__(self, address: Address, writer: str) -> None:
        self.name = address.name
        self._address = address
        self._writer = writer
        self._password = read_password(address.password) if address.password else ""
        self._open: psycopg.Connection[Row] | None = None
        self._users = 0
        self._cursors = count(1)
        self._connected()

    def rows(self, statement: str, values: Sequence[object] = ()) -> Iterator[Row]:
        """As in `Database`."""
        with self._translated():
            if self._users == 0 and self._open is not None:
                # A connection that was lost meanwhile shows only now; a question may be put again.
                with suppress(psycopg.OperationalError):
                    return iter(self._open.execute(_translate(statement), values).fetchall())
            return iter(self._connected().execute(_translate(statement), values).fetchall())

    def stream(self, statement: str, values: Sequence[object] = ()) -> Iterator[Row]:
        """As in `Database`."""
        with (
            self.snapshot(),
            self._translated(),
            self._connected().cursor(f"stream_{next(self._cursors)}") as cursor,
        ):
            cursor.itersize = _FETCHED
            cursor.execute(_translate(statement), values)
            yield from cursor

    def execute(self, statement: str, values: Sequence[object] = ()) -> None:
        """As in `Database`."""
        with self._translated():
            self._connected().execute(_translate(statement), values)

    def execute_many(self, statement: str, rows: Sequence[Row]) -> None:
        """As in `Database`."""
        with self._translated(), self._connected().cursor() as cursor:
            cursor.executemany(_translate(statement), rows)

    def add(self, table: Table, rows: Sequence[Row]) -> None:
        """As in `Database`."""
        columns, ending = ", ".join(table.columns), table.on_conflict(POSTGRESQL)
        if len(rows) <= _FEW:
            places = ", ".join("?" * len(table.columns))
            if rows:
                self.execute_many(f"INSERT INTO {table.name} ({columns}) VALUES ({places}) {ending}", rows)
            return
        assert self._users, "many rows are added inside a transaction"
        staged = f"staged_{table.name}"
        self.execute(
            f"CREATE TEMP TABLE IF NOT EXISTS {staged} (LIKE {table.name} INCLUDING DEFAULTS)"
            " ON COMMIT DELETE ROWS"
        )
        for part in _apart(table, rows):
            with self._translated(), self._connected().cursor() as cursor:
                with cursor.copy(f"COPY {staged} ({columns}) FROM STDIN") as copy:
                    for row in part:
                        copy.write_row(row)
                cursor.execute(
                    f"INSERT INTO {table.name} ({columns}) SELECT {columns} FROM {staged} {ending}"
                )
                cursor.execute(f"TRUNCATE {staged}")

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """As in `Database`."""
        assert self._users == 0, "a transaction does not begin inside another, or while rows are streamed"
        self._begin("BEGIN")
        self._users = 1
        try:
            with self._translated():
                self._connected().execute(_LOCK, (self._writer,))
            yield
            with self._translated():
                self._connected().execute("COMMIT")
        except BaseException:  # whatever ended it, nothing of it stays
            self._roll_back()
            raise
        finally:
            self._users = 0

    @contextmanager
    def snapshot(self) -> Iterator[None]:
        """As in `Database`; whoever leaves last ends it, since streams end in any order."""
        if self._users == 0:
            self._begin(_READING)
        self._users += 1
        try:
            yield
        finally:
            self._users -= 1
            if self._users == 0:
                self._roll_back()

    def close(self) -> None:
        """As in `Database`."""
        if self._open is not None:
            self._open.close()

    # --- the connection -------------------------------------------------------------------------------------

    def _connected(self) -> psycopg.Connection[Row]:
        if self._open is not None and not self._open.closed:
            return self._open
        if self._users:
            raise StoreError(
                f"the connection to the store `{self.name}` was lost; it is opened again next time"
            )
        with self._translated():
            said = conninfo.conninfo_to_dict(self._address.conninfo)
            secret = {"password": self._password} if self._password else {}
            opened: psycopg.Connection[Row] = psycopg.connect(
                self._address.conninfo, autocommit=True, **({**_DEFAULTS, **said} | secret)
            )
            opened.adapters.register_loader("numeric", TextLoader)
            opened.execute(_SESSION)
        self._open = opened
        return opened

    def _begin(self, statement: str) -> None:
        with self._translated():
            if self._open is not None:
                with suppress(psycopg.OperationalError):  # lost meanwhile
                    self._open.execute(statement)
                    return
            self._connected().execute(statement)

    def _roll_back(self) -> None:
        if self._open is not None and not self._open.closed:
            with suppress(psycopg.OperationalError):  # lost: the server has rolled it back already
                self._open.execute("ROLLBACK")

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except psycopg.Error as error:
            advice = next((words for kind, words in _ADVICE if isinstance(error, kind)), "")
            said = " ".join((error.diag.message_primary or str(error)).split())
            message = redact(said, self._password)
            raise StoreError(
                f"the store `{self.name}` cannot be used: {message}{f'; {advice}' if advice else ''}"
            ) from error


@lru_cache(512)
def _translate(statement: str) -> str:
    return statement.replace("%", "%%").replace("?", "%s")


def _apart(table: Table, rows: Sequence[Row]) -> list[list[Row]]:
    """The rows in parts in which no key comes twice, which one INSERT would refuse; usually one part."""
    places = [list(table.columns).index(name) for name in table.key]
    parts: list[list[Row]] = []
    seen: dict[tuple[object, ...], int] = {}
    for row in rows:
        key = tuple(row[place] for place in places)
        number = seen[key] = seen.get(key, -1) + 1
        if number == len(parts):
            parts.append([])
        parts[number].append(row)
    return parts
