"""Folding: journal segments into the store, exactly once.

How far a segment was read is kept in the same transaction as the rows, and rows are keyed by entry and
attempt, so folding again changes nothing, two processes may fold at once, and the journal may be written
meanwhile. Damage is a finding with its place and never stops the rest. Segments are only read here.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import msgspec

from comity.errors import StoreError
from comity.ledger.entry import Attempted, Corrected, Settled
from comity.ledger.frames import FRAME_LIMIT, Damage, Frame, scan
from comity.ledger.packed import Packed, PackedReserved, decode_packed
from comity.ledger.rows import (
    DecisionColumns,
    Row,
    attempt_row,
    correction_row,
    decision_columns,
    drop_rows,
    entry_row,
    refused_row,
    reserved_values,
    settled_values,
)
from comity.ledger.schema import (
    INSERT_ATTEMPT,
    INSERT_CORRECTION,
    INSERT_DECISION,
    INSERT_DROP,
    INSERT_ENTRY,
)
from comity.ledger.segments import SegmentName, is_alive, list_segments
from comity.ledger.store import Store

_BLOCK = 4 * FRAME_LIMIT
"""Bytes folded in one transaction; always holds several frames."""

Progress = Callable[[int, int], None]
"""Told the bytes folded so far and the bytes there are."""


class Folded(msgspec.Struct, frozen=True):
    """What one folding did."""

    records: int
    """Records read."""
    bytes: int
    """Bytes read."""
    findings: int
    """Places that could not be read."""


def fold(folder: Path, store: Store, progress: Progress | None = None) -> Folded:
    """Brings `store` up to date with the journal in `folder`; raises StoreError when one cannot be used."""
    names = list_segments(folder)
    last = {name.writer: name.sequence for name in names}
    # Asked before the sizes are read: what a writer that is dead by now has left cannot grow any more.
    alive = {writer: is_alive(folder, writer) for writer in last}
    total = _unread(folder, store, names)
    records = size = findings = 0
    for name in names:
        final = name.sequence < last[name.writer] or not alive[name.writer]
        while True:
            step = _fold_block(folder, store, name, final=final)
            records += step.records
            size += step.bytes
            findings += step.findings
            if progress is not None:
                progress(size, total)
            if not step.bytes:
                break
    with store.transaction():
        marks: list[Row] = [(int(alive[name.writer]), str(name)) for name in names]
        store.execute_many("UPDATE segments SET alive = ? WHERE name = ?", marks)
    return Folded(records, size, findings)


def _fold_block(folder: Path, store: Store, name: SegmentName, *, final: bool) -> Folded:
    segment, path = str(name), folder / str(name)
    if _size(path) == _offset(store, segment):
        return Folded(0, 0, 0)
    with store.transaction():
        offset = _offset(store, segment)  # another process may have read on meanwhile
        data = _read(path, offset)
        found = scan(data, final=final and len(data) < _BLOCK)
        batch = _Batch(name.writer)
        findings = [
            *_shrunk(segment, offset, _size(path)),
            *(_damaged(segment, offset, damage) for damage in found.damages),
            *(_unreadable(segment, offset, frame) for frame in found.frames if not batch.add(frame)),
        ]
        batch.insert(store)
        store.execute_many("INSERT OR IGNORE INTO findings VALUES (?, ?, ?, ?, ?)", findings)
        store.execute(
            "INSERT INTO segments VALUES (?, ?, ?, 1) ON CONFLICT (name) DO UPDATE SET read = excluded.read",
            (segment, name.writer, offset + found.consumed),
        )
    return Folded(len(found.frames), found.consumed, len(findings))


class _Batch:
    """The rows of one block; the records of one entry usually meet here and become one row."""

    def __init__(self, writer: str) -> None:
        self._writer = writer
        self._decisions: dict[bytes, DecisionColumns] = {}
        self._entries: dict[bytes, list[Row | None]] = {}
        self._rows: list[Row] = []
        self._attempts: list[Row] = []
        self._drops: list[Row] = []
        self._corrections: list[Row] = []

    def add(self, frame: Frame) -> bool:
        """Takes a record in; False when its bytes mean nothing to this version."""
        try:
            self._add(decode_packed(frame.payload), frame.checksum)
        except msgspec.DecodeError:
            return False
        return True

    def _add(self, record: Packed, check: int) -> None:
        if isinstance(record, Attempted):
            self._attempts.append(attempt_row(record, check))
        elif isinstance(record, Settled):
            self._part(record.entry, 1, settled_values(record, check))
        elif isinstance(record, PackedReserved):
            columns = self._columns(record.decision)
            self._part(record.entry, 0, reserved_values(record, columns, self._writer, check))
            self._drops += drop_rows(record.entry, columns, record.skipped)
        elif isinstance(record, Corrected):
            self._corrections.append(correction_row(record, check))
        else:
            columns = self._columns(record.decision)
            self._rows.append(refused_row(record, columns, self._writer, check))
            self._drops += drop_rows(record.entry, columns)

    def _columns(self, decision: msgspec.Raw) -> DecisionColumns:
        """The columns of a decision, made once for the records of a block that share it."""
        packed = bytes(decision)
        columns = self._decisions.get(packed)
        if columns is None:
            columns = self._decisions[packed] = decision_columns(packed)
        return columns

    def _part(self, entry: bytes, side: int, values: Row) -> None:
        parts = self._entries.setdefault(entry, [None, None])
        if parts[side] is None:
            parts[side] = values
        else:  # said twice: the store compares the two
            self._rows.append(entry_row(entry, *((values, None) if side == 0 else (None, values))))

    def insert(self, store: Store) -> None:
        """Adds the rows to the store."""
        merged = [entry_row(entry, *parts) for entry, parts in self._entries.items()]
        decisions: list[Row] = [(columns.digest, packed) for packed, columns in self._decisions.items()]
        store.execute_many(INSERT_DECISION, decisions)
        store.execute_many(INSERT_ENTRY, merged + self._rows)
        store.execute_many(INSERT_ATTEMPT, self._attempts)
        store.execute_many(INSERT_DROP, self._drops)
        store.execute_many(INSERT_CORRECTION, self._corrections)


def _damaged(segment: str, offset: int, damage: Damage) -> Row:
    start, stop = offset + damage.start, offset + damage.stop
    what = "the last record was cut short" if damage.kind == "torn" else "bytes were changed or lost"
    return (segment, start, stop, damage.kind, f"{what}: {stop - start} bytes from {start} are unreadable")


def _unreadable(segment: str, offset: int, frame: Frame) -> Row:
    start = offset + frame.start
    stop = start + len(frame.payload)
    return (segment, start, stop, "unknown", f"the record at {start} is whole but not known to this version")


def _shrunk(segment: str, offset: int, size: int) -> list[Row]:
    if size >= offset:
        return []
    return [(segment, size, offset, "shrunk", f"{offset - size} bytes that were read before are gone")]


def _unread(folder: Path, store: Store, names: list[SegmentName]) -> int:
    return sum(max(_size(folder / str(name)) - _offset(store, str(name)), 0) for name in names)


def _offset(store: Store, segment: str) -> int:
    for row in store.rows("SELECT read FROM segments WHERE name = ?", (segment,)):
        assert isinstance(row[0], int), "an offset is an integer"
        return row[0]
    return 0


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except FileNotFoundError:  # a writer takes back a segment that it could not begin
        return 0
    except OSError as error:
        raise _unreadable_file(path, error) from error


def _read(path: Path, offset: int) -> bytes:
    try:
        with path.open("rb", buffering=0) as file:
            return os.pread(file.fileno(), _BLOCK, offset)
    except OSError as error:
        raise _unreadable_file(path, error) from error


def _unreadable_file(path: Path, error: OSError) -> StoreError:
    return StoreError(f"the journal segment `{path}` cannot be read: {error.strerror}")
