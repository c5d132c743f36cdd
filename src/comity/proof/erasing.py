"""Erasing values from the ledger's store: who, and what was said; not how much.

The rows stay, with times, tokens, amounts and places, so that sums and invoices stay what they were.
"""
# ruff: noqa: S608 - statements are put together from our own column names

from __future__ import annotations

from collections.abc import Sequence

from comity.database import Database
from comity.ledger import Store

_ENTRY = (
    "caller = '', facts = '{}', workload = '{}', request_hash = NULL, answer_hash = NULL, decision = NULL"
)
_ERASE = (
    f"UPDATE entries SET {_ENTRY}, message = CASE WHEN message IS NULL THEN NULL ELSE '' END WHERE id = ?",
    "UPDATE attempts SET message = '', provider_request = '', provider_account = '' WHERE entry = ?",
    "UPDATE drops SET why = '' WHERE owner = ?",
)
_ORPHANS = (
    ("SELECT digest FROM decisions", "decision", "UPDATE drops SET why = '' WHERE owner = ?"),
    ("SELECT digest FROM decisions", "decision", "DELETE FROM decisions WHERE digest = ?"),
    (
        "SELECT digest FROM kinds",
        "kind",
        "UPDATE kinds SET caller = '', facts = '{}', workload = '{}' WHERE digest = ?",
    ),
)


def wipe(database: Database, *tables: str) -> None:
    """Takes what was erased out of the database's files as well, as far as it lets us."""
    if database.dialect.name == "sqlite":
        list(database.rows("PRAGMA wal_checkpoint(TRUNCATE)"))
    else:
        for table in tables:
            database.execute(f"VACUUM {table}")


def erase(store: Store, entries: Sequence[bytes]) -> None:
    """Erases the values of redacted entries in the store, and what no other entry shares with them."""
    if not entries:
        return
    if store.dialect.name == "sqlite":
        list(store.rows("PRAGMA secure_delete=ON"))  # else free pages of the file keep what was erased
    ids: list[tuple[object, ...]] = [(entry,) for entry in entries]
    with store.transaction():
        for statement in _ERASE:
            store.execute_many(statement, ids)
        for known, column, forget in _ORPHANS:
            kept = f"SELECT DISTINCT {column} FROM entries WHERE decision IS NOT NULL"
            used = {row[0] for row in store.rows(kept)}
            unused = [(row[0],) for row in store.rows(known) if row[0] not in used]
            store.execute_many(forget, unused)
