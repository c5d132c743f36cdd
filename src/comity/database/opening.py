"""Opening a database by its address."""

from __future__ import annotations

from pathlib import Path

from comity.database.address import parse_address
from comity.database.connection import Database
from comity.database.sqlite import SqliteDatabase
from comity.errors import MissingExtraError


def open_database(where: Path | str | None, writer: str = "comity") -> Database:
    """The database at a path, at `sqlite:///path` or at `postgresql://...`; None keeps one in memory.

    `writer` names the tables that have one writer at a time, where the database can tell them apart. Raises
    StoreError when it cannot be opened.
    """
    address = parse_address(where)
    if not address.conninfo:
        return SqliteDatabase(address.name, address.path)
    try:
        from comity.database.postgres import PostgresDatabase  # noqa: PLC0415 - psycopg is an extra
    except ImportError as error:
        raise MissingExtraError("postgres", f"the store `{address.name}` needs psycopg") from error
    return PostgresDatabase(address, writer)
