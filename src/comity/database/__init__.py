"""One small SQL connection over SQLite and PostgreSQL: rows in, rows out, errors with a next step.

What differs between the two stands in a `Dialect`, which is data; statements use `?` for values on both.
There is no object mapping, no query builder and no pool here: one connection, one thread.
"""

from __future__ import annotations

from comity.database.address import Address, is_server, parse_address, redact
from comity.database.connection import Database, Row
from comity.database.dialect import POSTGRESQL, SQLITE, Dialect
from comity.database.opening import open_database
from comity.database.table import Kind, Merge, Table
from comity.database.versions import prepare

__all__ = [
    "POSTGRESQL",
    "SQLITE",
    "Address",
    "Database",
    "Dialect",
    "Kind",
    "Merge",
    "Row",
    "Table",
    "is_server",
    "open_database",
    "parse_address",
    "prepare",
    "redact",
]
