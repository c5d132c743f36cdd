"""Erasing what an entry says of a person or a customer, while the log stays what it was.

The salts go, so the digests in the log mean nothing any more, and so do the values in the store; how much was
used and owed stays, since accounts must be kept. The redaction is a line of its own. The journal is not
rewritten: its segments hold the values until they are deleted, and whoever erases is told which ones.
"""
# ruff: noqa: S608 - statements are put together from our own column names and from places for values

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from itertools import islice

import msgspec

from comity.errors import StoreError
from comity.ledger import Store, format_entry_id, new_entry_id
from comity.proof.erasing import erase, wipe
from comity.proof.leaf import digest_fields
from comity.proof.reading import read_entries, read_redactions
from comity.proof.register import CHUNK, LINES, REDACTIONS, Line, Register, lines_of
from comity.proof.sequence import append
from comity.proof.verify import leaf_data


class Redacted(msgspec.Struct, frozen=True):
    """What a redaction did, and what it could not."""

    entries: int
    """Entries whose values were erased."""
    lines: int
    """Of these, entries that had not been redacted before; each is a line of the log now."""
    segments: tuple[str, ...]
    """Segments of the journal that still hold the values, as far as the store knows."""


def redact(
    store: Store,
    register: Register,
    entries: Sequence[bytes],
    *,
    by: str,
    reason: str,
    now: int | None = None,
) -> Redacted:
    """Erases the values and salts of entries of the log; raises StoreError, or ValueError without a reason.

    Doing it again erases again what came back with a store that was folded anew.
    """
    if not reason.strip():
        raise ValueError("expected a reason: a redaction without one cannot be explained to anybody")
    at = time.time_ns() if now is None else now
    with register.transaction():
        lines = {line.subject: line for line in lines_of(register, entries)}
        for entry in entries:
            if entry not in lines or lines[entry].kind not in {"entry", "refusal"}:
                raise StoreError(
                    f"`{format_entry_id(entry)}` is no entry of the log; only those are redacted"
                )
        fresh = [line for line in lines.values() if line.secret is not None]
        _forget_salts(store, register, fresh)
        ids = [new_entry_id(at) for _ in fresh]
        rows = [
            (one, line.subject, line.position, at, by, reason) for one, line in zip(ids, fresh, strict=True)
        ]
        register.add(REDACTIONS, rows)
        append(register, read_redactions(register, ids), at)
    erase(store, entries)
    wipe(register, LINES.name)
    wipe(store, "entries", "attempts", "drops", "decisions", "kinds")
    return Redacted(len(entries), len(fresh), tuple(_segments(store, entries)))


def entries_of(store: Store, customer: str) -> list[bytes]:
    """The settled entries of which the caller or the request has this fact `customer`, not redacted ones."""
    kinds = [
        digest
        for digest, facts, workload in store.rows("SELECT digest, facts, workload FROM kinds")
        if customer in {msgspec.json.decode(str(text)).get("customer") for text in (facts, workload)}
    ]
    statement = "SELECT id FROM entries WHERE kind = ? AND outcome IS NOT NULL AND decision IS NOT NULL"
    rows = (row for kind in kinds for row in store.rows(statement, (kind,)))
    return [entry for (entry,) in rows if isinstance(entry, bytes)]


def _forget_salts(store: Store, register: Register, lines: Sequence[Line]) -> None:
    said = read_entries(store, [line.subject for line in lines])
    kept: list[tuple[object, ...]] = []
    for line in lines:
        assert line.secret is not None, "only lines that have their salts are given"
        fields = said[line.subject].fields if line.subject in said else []
        digests = digest_fields(fields, line.secret)
        if leaf_data(line.kind, digests) != line.data:
            raise StoreError(f"`{format_entry_id(line.subject)}` was changed after it was put into the log")
        kept.append((b"".join(sorted(digests)), line.position))
    register.execute_many("UPDATE proof_lines SET secret = NULL, digests = ? WHERE position = ?", kept)


def _segments(store: Store, entries: Sequence[bytes]) -> Iterator[str]:
    """The segments of the writers of some entries."""
    writers: set[str] = set()
    rest = iter(entries)
    while part := list(islice(rest, CHUNK)):
        places = ", ".join("?" * len(part))
        found = store.rows(f"SELECT DISTINCT writer FROM entries WHERE id IN ({places})", part)
        writers |= {str(row[0]) for row in found}
    for name, writer in store.rows("SELECT name, writer FROM segments ORDER BY name"):
        if writer in writers:
            yield str(name)
