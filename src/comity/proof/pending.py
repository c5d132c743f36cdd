"""What was settled and is not in the log yet: an outbox in the ledger's store, filled by triggers.

The trigger writes in the transaction of the fold, so nothing is missed whatever dies when. It costs the fold
only where a log is kept. A store that was folded anew gets its outbox with everything in it; what the log
holds already is passed over by whoever reads.
"""

from __future__ import annotations

from collections.abc import Sequence

from comity.database import Table, prepare
from comity.ledger import Store

PENDING = Table("proof_pending", {"subject": "bytes", "kind": "text"}, ("subject",))
"""Entries that are settled and corrections that were made."""
NAME = "proof outbox"
VERSION = 1

_SOURCES = (
    ("entries", "entry", "INSERT", "NEW.outcome IS NOT NULL"),
    ("entries", "entry", "UPDATE OF outcome", "OLD.outcome IS NULL AND NEW.outcome IS NOT NULL"),
    ("corrections", "correction", "INSERT", "NEW.id IS NOT NULL"),
)
_BACKFILL = (
    "INSERT INTO proof_pending SELECT id, 'entry' FROM entries WHERE outcome IS NOT NULL",
    "INSERT INTO proof_pending SELECT id, 'correction' FROM corrections",
)
_NOTE = "INSERT OR IGNORE INTO proof_pending VALUES (NEW.id, '{}');"
_LAST = f"proof_note_{len(_SOURCES) - 1}"
_TRIGGER = {
    "sqlite": "SELECT 1 FROM sqlite_schema WHERE type = 'trigger' AND name = ?",
    "postgresql": "SELECT 1 FROM pg_trigger WHERE tgname = ? AND tgrelid = to_regclass('corrections')",
}
_FUNCTION = (
    "CREATE OR REPLACE FUNCTION proof_note() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
    " INSERT INTO proof_pending VALUES (NEW.id, TG_ARGV[0]) ON CONFLICT DO NOTHING; RETURN NULL; END $$"
)


def watch(store: Store) -> None:
    """Sees to it that whatever is settled from now on, and was before, comes to the outbox."""
    if _watched(store):
        return
    prepare(store, NAME, VERSION, (PENDING,), create=True)
    with store.transaction():
        if not _watched(store):  # another process may have begun while we waited
            store.execute("DELETE FROM proof_pending")
            for statement in (*_BACKFILL, *_triggers(store.dialect.name)):
                store.execute(statement)


def pending(store: Store, limit: int) -> list[tuple[bytes, str]]:
    """Some of what waits, oldest first: ids, and whether it is an `entry` or a `correction`."""
    statement = "SELECT subject, kind FROM proof_pending ORDER BY subject LIMIT ?"
    return [
        (bytes(subject), str(kind))
        for subject, kind in store.rows(statement, (limit,))
        if isinstance(subject, bytes)
    ]


def settled(store: Store, subjects: Sequence[bytes]) -> None:
    """Takes out what is in the log now."""
    with store.transaction():
        store.execute_many("DELETE FROM proof_pending WHERE subject = ?", [(one,) for one in subjects])


def _triggers(database: str) -> list[str]:
    made = [] if database == "sqlite" else [_FUNCTION]
    for number, (table, kind, event, when) in enumerate(_SOURCES):
        head = f"CREATE TRIGGER proof_note_{number} AFTER {event} ON {table} FOR EACH ROW WHEN"
        if database == "sqlite":
            made.append(f"{head} {when} BEGIN {_NOTE.format(kind)} END")
        else:
            made.append(f"{head} ({when}) EXECUTE FUNCTION proof_note('{kind}')")
    return made


def _watched(store: Store) -> bool:
    return bool(list(store.rows(_TRIGGER[store.dialect.name], (_LAST,))))
