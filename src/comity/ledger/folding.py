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

from comity.database import Row
from comity.errors import StoreError
from comity.ledger.batch import Batch
from comity.ledger.frames import FRAME_LIMIT, Damage, Frame, scan
from comity.ledger.schema import FINDINGS, SEGMENTS
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
    """Folds the next block of a segment, read before the store is locked; none when there is nothing new."""
    segment, path = str(name), folder / str(name)
    while True:
        offset = _offset(store, segment)
        if _size(path) == offset:
            return Folded(0, 0, 0)
        data = _read(path, offset)
        found = scan(data, final=final and len(data) < _BLOCK)
        batch = Batch(name.writer)
        findings = [
            *_shrunk(segment, offset, _size(path)),
            *(_damaged(segment, offset, damage) for damage in found.damages),
            *(_unreadable(segment, offset, frame) for frame in found.frames if not batch.add(frame)),
        ]
        with store.transaction():
            if _offset(store, segment) != offset:
                continue  # another process has read on meanwhile
            batch.insert(store)
            store.add(FINDINGS, findings)
            store.add(SEGMENTS, [(segment, name.writer, offset + found.consumed, 1)])
        return Folded(len(found.frames), found.consumed, len(findings))


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
