"""The ledger store: a SQLite file or a PostgreSQL schema that the journal is folded into, and all else reads.

The journal is the truth and the store can be made again from it: after a power cut it may be behind, never
wrong. Several gateways, each with a journal of its own, may share one PostgreSQL store.
"""

from __future__ import annotations

from pathlib import Path
from typing import TypeAlias

from comity.database import Database, open_database, prepare
from comity.errors import StoreError
from comity.ledger.schema import NAME, TABLES, VERSION

STORE_NAME = "ledger.db"
"""Name of the store inside a ledger folder."""

Store: TypeAlias = Database
"""An open store; use it in one thread."""


def open_store(where: Path | str | None, *, create: bool = True) -> Store:
    """The store at a path or an address; None keeps it in memory. Makes missing tables only with `create`.

    Raises StoreError when it cannot be used, or is no store of this version.
    """
    store = open_database(where, NAME)
    try:
        _refuse_older(store)
        prepare(store, NAME, VERSION, TABLES, create=create)
    except StoreError:
        store.close()
        raise
    return store


def _refuse_older(store: Store) -> None:
    """Before version 6 a store kept its version in SQLite's own place for it."""
    if store.dialect.name != "sqlite":
        return
    ((version,),) = store.rows("PRAGMA user_version")
    if version:
        raise StoreError(
            f"the store `{store.name}` has version {version} of the tables, expected {VERSION}: move it "
            "away, and its journal is folded into a new one"
        )
