"""The tables of the ledger store, as data.

Amounts are exact decimals, never REAL. Times are unix nanoseconds. Lists and facts are JSON. An entry's row
is filled by its records in any order: the first known value stands, and a second record that says something
else is counted in `conflicts`. What most questions sum over is kept in `sums`, by day and kind of request.
"""

from __future__ import annotations

from comity.database import Kind, Table
from comity.exchange import Usage

NAME = "ledger"
"""What the tables are called together."""
VERSION = 9
"""Version of the tables."""

TOKEN_COLUMNS = tuple(f"{name}_tokens" for name in Usage.__struct_fields__)
"""Token columns in the order of `Usage`."""

_TOKENS: dict[str, Kind] = dict.fromkeys(TOKEN_COLUMNS, "integer")

RESERVED_COLUMNS: dict[str, Kind] = {
    "at": "integer",
    "caller": "text",
    "route": "text",
    "dialect": "text",
    "stream": "integer",
    "facts": "text",
    "workload": "text",
    "input_estimate": "integer",
    "output_limit": "integer",
    "book": "text",
    "decided_at": "integer",
    "request_hash": "bytes",
    "planned": "text",
    "verdicts": "text",
    "held_amount": "amount",
    "held_currency": "text",
    "decision": "bytes",
    "kind": "bytes",
    "writer": "text",
    "reserved_check": "integer",
}
"""What a reservation or a refusal fills: `decision` and `kind` are keys of rows in `decisions` and `kinds`,
`reserved_check` is the checksum of the record."""

SETTLED_COLUMNS: dict[str, Kind] = {
    "settled_at": "integer",
    "outcome": "text",
    "status": "integer",
    "attempts": "integer",
    **_TOKENS,
    "unknown_usage": "integer",
    "costs": "text",
    "unrated": "integer",
    "estimated": "integer",
    "answer_hash": "bytes",
    "cause": "text",
    "clauses": "text",
    "message": "text",
    "settled_check": "integer",
}
"""What a settlement or a refusal fills; NULL in `outcome` means unsettled."""

ENTRY_COLUMNS: dict[str, Kind] = {"id": "bytes", **RESERVED_COLUMNS, **SETTLED_COLUMNS, "summed": "integer"}
"""Columns of `entries`, but for `conflicts`; `summed` says how it is in `sums`, as `sums.summing` does."""

ATTEMPT_COLUMNS: dict[str, Kind] = {
    "entry": "bytes",
    "number": "integer",
    "deployment": "text",
    "answered_by": "text",
    "cloud": "text",
    "region": "text",
    "started": "integer",
    "first_byte": "integer",
    "ended": "integer",
    "outcome": "text",
    "status": "integer",
    "failure": "text",
    "message": "text",
    **_TOKENS,
    "estimated": "integer",
    "amount": "amount",
    "currency": "text",
    "unrated": "text",
    "dropped_parameters": "text",
    "provider_request": "text",
    "provider_account": "text",
    "tier": "text",
    "model": "text",
    "price": "text",
    "list_amount": "amount",
    "list_currency": "text",
    "attempt_check": "integer",
}
"""Columns of `attempts`, but for `conflicts`."""

SUM_KEY: dict[str, Kind] = {
    "day": "integer",
    "kind": "bytes",
    "outcome": "text",
    "status": "integer",
    "cause": "text",
    "deployment": "text",
    "answered_by": "text",
    "cloud": "text",
    "region": "text",
    "attempt": "text",
    "currency": "text",
}
"""What `sums` are kept by: days since 1970 (UTC), the kind, how the entry and its one attempt ended, and
where; empty where there is no attempt or no amount, `*` where there are several attempts."""
SUM_VALUES: dict[str, Kind] = {
    "entries": "integer",
    "attempts": "integer",
    **_TOKENS,
    "amount": "amount",
    "unrated": "integer",
    "estimated": "integer",
}
"""What is summed, of entries that are reserved and settled."""

ENTRIES = Table(
    "entries",
    ENTRY_COLUMNS,
    ("id",),
    merge=dict.fromkeys([*RESERVED_COLUMNS, *SETTLED_COLUMNS], "first"),
    checks=("reserved_check", "settled_check"),
    indexes=(
        ("entries_by_time", "at, id", ""),
        ("entries_unsettled", "id", "outcome IS NULL"),
        ("entries_apart", "summed, id", "summed <> 1"),
    ),
    clustered=False,
)
"""One row per request."""

ATTEMPTS = Table(
    "attempts",
    ATTEMPT_COLUMNS,
    ("entry", "number"),
    checks=("attempt_check",),
    indexes=(("attempts_by_time", "started", ""),),
)
"""One row per call to a deployment."""

CORRECTIONS = Table(
    "corrections",
    {
        "id": "bytes",
        "entry": "bytes",
        "number": "integer",
        "at": "integer",
        "author": "text",
        "reason": "text",
        "amount": "amount",
        "currency": "text",
        "correction_check": "integer",
    },
    ("id",),
    checks=("correction_check",),
    indexes=(("corrections_by_time", "at", ""), ("corrections_by_entry", "entry", "")),
)
"""What was added to a charge later, and why."""

DROPS = Table(
    "drops",
    {
        "owner": "bytes",
        "position": "integer",
        "deployment": "text",
        "cause": "text",
        "clauses": "text",
        "outcome": "text",
        "why": "text",
    },
    ("owner", "position"),
)
"""The candidates that were not planned: by a decision (its key), or this time by an entry (its id)."""

DECISIONS = Table("decisions", {"digest": "bytes", "packed": "bytes"}, ("digest",))
"""What the entries of one decision share, as it stands in the journal."""

KINDS = Table(
    "kinds",
    {
        "digest": "bytes",
        "caller": "text",
        "route": "text",
        "dialect": "text",
        "facts": "text",
        "workload": "text",
    },
    ("digest",),
)
"""Who asks for what, as sums are kept by it: what decisions of different days share."""

SUMS = Table(
    "sums",
    {**SUM_KEY, **SUM_VALUES},
    tuple(SUM_KEY),
    merge=dict.fromkeys(SUM_VALUES, "add"),
)
"""Sums by day and kind, kept in the same transaction as the rows that they sum."""

SEGMENTS = Table(
    "segments",
    {"name": "text", "writer": "text", "read": "integer", "alive": "integer"},
    ("name",),
    merge={"read": "latest"},
)
"""Bytes read of each segment so far, and whether its writer was alive before they were read."""

FINDINGS = Table(
    "findings",
    {"segment": "text", "start": "integer", "stop": "integer", "kind": "text", "detail": "text"},
    ("segment", "start"),
)
"""Places in the journal that could not be read."""

TABLES = (ENTRIES, ATTEMPTS, CORRECTIONS, DROPS, DECISIONS, KINDS, SUMS, SEGMENTS, FINDINGS)
"""Every table of a store."""
