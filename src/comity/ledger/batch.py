"""The rows of one block of the journal, and adding them to a store together with the sums they change.

The records of one entry usually meet in one block and become one row. Adding is idempotent: a row that is
there already is left as it is, and an entry enters the sums once.
"""
# ruff: noqa: S608 - statements are put together from our own column names; values are always bound

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from itertools import islice

import msgspec

from comity.database import Row
from comity.ledger.entry import Attempted, Corrected, Settled
from comity.ledger.frames import Frame
from comity.ledger.packed import Packed, PackedReserved, decode_packed
from comity.ledger.rows import (
    DecisionColumns,
    attempt_row,
    correction_row,
    decision_columns,
    drop_rows,
    entry_row,
    refused_parts,
    reserved_values,
    settled_values,
)
from comity.ledger.schema import ATTEMPTS, CORRECTIONS, DECISIONS, DROPS, ENTRIES, KINDS, SUMS
from comity.ledger.store import Store
from comity.ledger.sums import (
    ATTEMPT_PARTS,
    ENTRY_PARTS,
    OPEN,
    Sums,
    attempt_parts,
    entry_parts,
    summing,
)

_TOGETHER = 500
"""Ids that are looked up by one query."""
_NEWEST = (
    "SELECT id FROM entries ORDER BY id DESC LIMIT 1",
    "SELECT entry FROM attempts ORDER BY entry DESC LIMIT 1",
)


class Batch:
    """What one block of one writer says."""

    def __init__(self, writer: str) -> None:
        self._writer = writer
        self._decisions: dict[bytes, DecisionColumns] = {}
        self._entries: dict[bytes, list[Row | None]] = {}
        self._again: list[Row] = []
        self._attempts: dict[bytes, list[Row]] = {}
        self._drops: list[Row] = []
        self._corrections: list[Row] = []

    def add(self, frame: Frame) -> bool:
        """Takes a record in; False when its bytes mean nothing to this version."""
        try:
            self._add(decode_packed(frame.payload), frame.checksum)
        except (msgspec.DecodeError, OverflowError):
            return False
        return True

    def _add(self, record: Packed, check: int) -> None:
        if isinstance(record, Attempted):
            self._attempts.setdefault(record.entry, []).append(attempt_row(record, check))
        elif isinstance(record, Settled):
            self._part(record.entry, None, settled_values(record, check))
        elif isinstance(record, Corrected):
            self._corrections.append(correction_row(record, check))
        else:
            columns = self._columns(record.decision)
            if isinstance(record, PackedReserved):
                self._part(record.entry, reserved_values(record, columns, self._writer, check), None)
                if record.skipped:
                    self._drops += drop_rows(record.entry, record.skipped, len(columns.drops) + 1)
            else:
                self._part(record.entry, *refused_parts(record, columns, self._writer, check))

    def _columns(self, decision: msgspec.Raw) -> DecisionColumns:
        """The columns of a decision, which many records share."""
        packed = bytes(decision)
        columns = self._decisions.get(packed)
        if columns is None:
            columns = self._decisions[packed] = _remembered(packed)
        return columns

    def _part(self, entry: bytes, reserved: Row | None, settled: Row | None) -> None:
        parts = self._entries.setdefault(entry, [None, None])
        for side, values in enumerate((reserved, settled)):
            if values is not None and parts[side] is not None:  # said twice: the store compares the two
                self._again.append((*entry_row(entry, *_only(side, values)), 0))
            elif values is not None:
                parts[side] = values

    def insert(self, store: Store) -> None:
        """Adds the rows to the store, inside a transaction of it."""
        touched = self._entries.keys() | self._attempts.keys()
        known = _known(store, touched)
        sums = Sums()
        rows: list[Row] = []
        open_: list[bytes] = []
        for entry, parts in self._entries.items():
            row = entry_row(entry, *parts)
            attempts = [attempt_parts(one) for one in self._attempts.get(entry, ())]
            facts = entry_parts(row)
            how = OPEN if entry in known else summing(facts, attempts)
            if how == OPEN:
                open_.append(entry)
            else:
                sums.add(facts, attempts)
            rows.append((*row, how))
        kinds = {columns.kind: None for columns in self._decisions.values()}
        store.add(DECISIONS, [(columns.digest, packed) for packed, columns in self._decisions.items()])
        store.add(KINDS, list(kinds))
        store.add(ENTRIES, rows + self._again)
        store.add(ATTEMPTS, [row for rows in self._attempts.values() for row in rows])
        store.add(DROPS, [drop for columns in self._decisions.values() for drop in columns.drops])
        store.add(DROPS, self._drops)
        store.add(CORRECTIONS, self._corrections)
        _sum_again(store, sums, [*open_, *(self._attempts.keys() - self._entries.keys())])
        store.add(SUMS, list(sums.rows()))


_remembered = lru_cache(4096)(decision_columns)


def _only(side: int, values: Row) -> tuple[Row | None, Row | None]:
    return (values, None) if side == 0 else (None, values)


def _known(store: Store, entries: Iterable[bytes]) -> set[object]:
    """Those of the entries of which the store knows anything: ids grow, so that most are new at a glance."""
    known: set[object] = set()
    newest = b""
    for statement in _NEWEST:
        for (last,) in store.rows(statement):
            assert isinstance(last, bytes), "ids are kept as bytes"
            newest = max(newest, last)
    for some in _chunks(entry for entry in entries if entry <= newest):
        places = ", ".join("?" * len(some))
        known.update(row[0] for row in store.rows(f"SELECT id FROM entries WHERE id IN ({places})", some))
        known.update(
            row[0] for row in store.rows(f"SELECT entry FROM attempts WHERE entry IN ({places})", some)
        )
    return known


def _sum_again(store: Store, sums: Sums, entries: Sequence[bytes]) -> None:
    """Takes entries into the sums that a further record completed, and out that one made irregular."""
    for some in _chunks(entries):
        places = ", ".join("?" * len(some))
        attempts: dict[object, list[Row]] = {}
        for attempt in store.rows(
            f"SELECT {', '.join(ATTEMPT_PARTS)} FROM attempts WHERE entry IN ({places})"
            " ORDER BY entry, number",
            some,
        ):
            attempts.setdefault(attempt[0], []).append(attempt)
        marks: list[Row] = []
        for *entry, summed in store.rows(
            f"SELECT {', '.join(ENTRY_PARTS)}, summed FROM entries WHERE id IN ({places})", some
        ):
            parts, own = tuple(entry), attempts.get(entry[0], [])
            how = summing(parts, own)
            if how == summed:
                continue
            if summed:  # an attempt came that the settlement does not count
                sums.take_out(parts, [one for one in own if one[1] in range(1, int(str(entry[-1])) + 1)])
            else:
                sums.add(parts, own)
            marks.append((how, entry[0]))
        store.execute_many("UPDATE entries SET summed = ? WHERE id = ?", marks)


def _chunks(entries: Iterable[bytes]) -> Iterator[list[bytes]]:
    remaining = iter(entries)
    while some := list(islice(remaining, _TOGETHER)):
        yield some
