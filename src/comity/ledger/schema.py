"""The tables of the ledger store, as data: columns, keys, indexes, and the statements made from them.

Money is TEXT in plain decimal notation and summed as Decimal, never as REAL. Times are unix nanoseconds.
Lists and facts are JSON. An entry's row is filled by its records in any order: the first known value stands,
and a second record that says something else is counted in `conflicts`.
"""

from __future__ import annotations

from comity.exchange import Usage

VERSION = 5
"""Version of the tables, kept in SQLite's `user_version`."""

TOKEN_COLUMNS = tuple(f"{name}_tokens" for name in Usage.__struct_fields__)
"""Token columns in the order of `Usage`."""

_TOKENS = dict.fromkeys(TOKEN_COLUMNS, "INTEGER")

RESERVED_COLUMNS = {
    "at": "INTEGER",
    "caller": "TEXT",
    "route": "TEXT",
    "dialect": "TEXT",
    "stream": "INTEGER",
    "facts": "TEXT",
    "workload": "TEXT",
    "input_estimate": "INTEGER",
    "output_limit": "INTEGER",
    "book": "TEXT",
    "decided_at": "INTEGER",
    "request_hash": "BLOB",
    "planned": "TEXT",
    "verdicts": "TEXT",
    "held_amount": "TEXT",
    "held_currency": "TEXT",
    "decision": "BLOB",
    "writer": "TEXT",
    "reserved_check": "INTEGER",
}
"""What a reservation or a refusal fills: `decision` is the key of a row in `decisions`, `reserved_check` the
checksum of the record."""

SETTLED_COLUMNS = {
    "settled_at": "INTEGER",
    "outcome": "TEXT",
    "status": "INTEGER",
    "attempts": "INTEGER",
    **_TOKENS,
    "unknown_usage": "INTEGER",
    "costs": "TEXT",
    "unrated": "INTEGER",
    "estimated": "INTEGER",
    "answer_hash": "BLOB",
    "cause": "TEXT",
    "clauses": "TEXT",
    "message": "TEXT",
    "settled_check": "INTEGER",
}
"""What a settlement or a refusal fills; NULL in `outcome` means unsettled."""

ENTRY_COLUMNS = {"id": "BLOB", **RESERVED_COLUMNS, **SETTLED_COLUMNS}
"""Columns of `entries`, but for `conflicts`."""

ATTEMPT_COLUMNS = {
    "entry": "BLOB",
    "number": "INTEGER",
    "deployment": "TEXT",
    "answered_by": "TEXT",
    "cloud": "TEXT",
    "region": "TEXT",
    "started": "INTEGER",
    "first_byte": "INTEGER",
    "ended": "INTEGER",
    "outcome": "TEXT",
    "status": "INTEGER",
    "failure": "TEXT",
    "message": "TEXT",
    **_TOKENS,
    "estimated": "INTEGER",
    "amount": "TEXT",
    "currency": "TEXT",
    "unrated": "TEXT",
    "dropped_parameters": "TEXT",
    "provider_request": "TEXT",
    "provider_account": "TEXT",
    "tier": "TEXT",
    "model": "TEXT",
    "price": "TEXT",
    "list_amount": "TEXT",
    "list_currency": "TEXT",
    "attempt_check": "INTEGER",
}
"""Columns of `attempts`, but for `conflicts`."""

CORRECTION_COLUMNS = {
    "id": "BLOB",
    "entry": "BLOB",
    "number": "INTEGER",
    "at": "INTEGER",
    "author": "TEXT",
    "reason": "TEXT",
    "amount": "TEXT",
    "currency": "TEXT",
    "correction_check": "INTEGER",
}
"""Columns of `corrections`, but for `conflicts`: what was added to a charge later, and why."""

DROP_COLUMNS = {
    "entry": "BLOB",
    "position": "INTEGER",
    "deployment": "TEXT",
    "cause": "TEXT",
    "clauses": "TEXT",
    "outcome": "TEXT",
    "why": "TEXT",
}
"""Columns of `drops`: the candidates that were not planned."""

DECISION_COLUMNS = {"digest": "BLOB PRIMARY KEY", "packed": "BLOB NOT NULL"}
"""Columns of `decisions`: what the entries of one kind share, as it stands in the journal."""

SEGMENT_COLUMNS = {
    "name": "TEXT PRIMARY KEY",
    "writer": "TEXT NOT NULL",
    "read": "INTEGER NOT NULL",
    "alive": "INTEGER NOT NULL",
}
"""Columns of `segments`: bytes read so far, and whether the writer was alive before they were read."""

FINDING_COLUMNS = {
    "segment": "TEXT",
    "start": "INTEGER",
    "stop": "INTEGER",
    "kind": "TEXT NOT NULL",
    "detail": "TEXT NOT NULL",
}
"""Columns of `findings`: places in the journal that could not be read."""


def _table(name: str, columns: dict[str, str], *more: str) -> str:
    parts = [*(f"{column} {kind}" for column, kind in columns.items()), *more]
    return f"CREATE TABLE {name} ({', '.join(parts)}) STRICT"


_CONFLICTS = "conflicts INTEGER NOT NULL DEFAULT 0"

CREATE = (
    _table("entries", ENTRY_COLUMNS, _CONFLICTS),
    "CREATE UNIQUE INDEX entries_by_id ON entries (id)",
    "CREATE INDEX entries_by_time ON entries (at)",
    "CREATE INDEX entries_unsettled ON entries (id) WHERE outcome IS NULL",
    _table("attempts", ATTEMPT_COLUMNS, _CONFLICTS, "PRIMARY KEY (entry, number)") + ", WITHOUT ROWID",
    "CREATE INDEX attempts_by_time ON attempts (started)",
    _table("corrections", CORRECTION_COLUMNS, _CONFLICTS, "PRIMARY KEY (id)") + ", WITHOUT ROWID",
    "CREATE INDEX corrections_by_time ON corrections (at)",
    "CREATE INDEX corrections_by_entry ON corrections (entry)",
    _table("drops", DROP_COLUMNS, "PRIMARY KEY (entry, position)") + ", WITHOUT ROWID",
    _table("decisions", DECISION_COLUMNS) + ", WITHOUT ROWID",
    _table("segments", SEGMENT_COLUMNS) + ", WITHOUT ROWID",
    _table("findings", FINDING_COLUMNS, "PRIMARY KEY (segment, start)") + ", WITHOUT ROWID",
)
"""The statements that make an empty store."""


def _insert(table: str, columns: dict[str, str], on_conflict: str) -> str:
    places = ", ".join("?" * len(columns))
    return f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({places}) {on_conflict}"  # noqa: S608 - names are ours


def _conflicts(table: str, *checks: str) -> str:
    differs = " + ".join(f"coalesce({table}.{check} <> excluded.{check}, 0)" for check in checks)
    return f"conflicts = {table}.conflicts + {differs}"


INSERT_ENTRY = _insert(
    "entries",
    ENTRY_COLUMNS,
    "ON CONFLICT (id) DO UPDATE SET "
    + ", ".join(f"{name} = coalesce(entries.{name}, excluded.{name})" for name in ENTRY_COLUMNS)
    + ", "
    + _conflicts("entries", "reserved_check", "settled_check"),
)
"""Adds or completes an entry."""

INSERT_ATTEMPT = _insert(
    "attempts",
    ATTEMPT_COLUMNS,
    f"ON CONFLICT (entry, number) DO UPDATE SET {_conflicts('attempts', 'attempt_check')}",
)
"""Adds an attempt."""

INSERT_CORRECTION = _insert(
    "corrections",
    CORRECTION_COLUMNS,
    f"ON CONFLICT (id) DO UPDATE SET {_conflicts('corrections', 'correction_check')}",
)
"""Adds a correction."""

INSERT_DECISION = _insert("decisions", DECISION_COLUMNS, "ON CONFLICT (digest) DO NOTHING")
"""Adds a decision."""

INSERT_DROP = _insert("drops", DROP_COLUMNS, "ON CONFLICT (entry, position) DO NOTHING")
"""Adds a dropped candidate."""
