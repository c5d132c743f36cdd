"""Which version of whose tables a database holds: kept in a table of its own, made together with them."""

from __future__ import annotations

from collections.abc import Sequence

from comity.database.connection import Database
from comity.database.table import Table
from comity.errors import StoreError

_VERSIONS = Table("comity_versions", {"tables": "text", "version": "integer"}, ("tables",))
_HAS_TABLE = {
    "sqlite": "SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = ?",
    "postgresql": "SELECT 1 FROM pg_tables WHERE schemaname = current_schema() AND tablename = ?",
}


def prepare(database: Database, name: str, version: int, tables: Sequence[Table], *, create: bool) -> None:
    """Sees to it that the database holds these tables in this version; makes missing ones only with `create`.

    Raises StoreError when they are missing or of another version.
    """
    found = _version(database, name)
    if found is None:
        if not create:
            raise StoreError(f"`{database.name}` is a database, but holds no {name}")
        with database.transaction():
            found = _version(database, name)  # another process may have made them while we waited
            if found is None:
                _make(database, name, version, tables)
                found = version
    if found != version:
        raise StoreError(
            f"the {name} in `{database.name}` has version {found} of the tables, expected {version}: "
            "make it again in a new place"
        )


def has_table(database: Database, name: str) -> bool:
    """Whether there is a table of that name."""
    return bool(list(database.rows(_HAS_TABLE[database.dialect.name], (name,))))


def _make(database: Database, name: str, version: int, tables: Sequence[Table]) -> None:
    made = () if has_table(database, _VERSIONS.name) else (_VERSIONS,)
    for table in (*made, *tables):
        for statement in table.create(database.dialect):
            database.execute(statement)
    database.add(_VERSIONS, [(name, version)])


def _version(database: Database, name: str) -> int | None:
    if not has_table(database, _VERSIONS.name):
        return None
    for (version,) in database.rows("SELECT version FROM comity_versions WHERE tables = ?", (name,)):
        assert isinstance(version, int), "a version is an integer"
        return version
    return None
