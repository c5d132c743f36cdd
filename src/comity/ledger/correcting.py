"""Corrections of what was charged: records of their own in the journal, never edits of what was recorded."""

from __future__ import annotations

import time
from collections.abc import Iterable
from pathlib import Path

import msgspec

from comity.errors import StoreError
from comity.ledger.appending import append_records
from comity.ledger.entry import Corrected, shorten
from comity.ledger.identity import format_entry_id, new_entry_id
from comity.ledger.store import Store
from comity.money import Money


class Change(msgspec.Struct, frozen=True):
    """What is added to the charge of one attempt, or of an entry as a whole."""

    entry: bytes
    """Entry id."""
    delta: Money
    """What is added; negative for a credit."""
    number: int = 0
    """The attempt, from 1; 0 for the entry as a whole."""


def check_change(store: Store, change: Change) -> None:
    """Raises ValueError where there is nothing to correct, or another currency was charged."""
    attempts = list(store.rows("SELECT number, currency FROM attempts WHERE entry = ?", (change.entry,)))
    if not attempts and not list(store.rows("SELECT 1 FROM entries WHERE id = ?", (change.entry,))):
        raise ValueError(f"the ledger has no entry `{format_entry_id(change.entry)}`")
    meant = [(number, currency) for number, currency in attempts if change.number in {0, number}]
    if change.number and not meant:
        tried = ", ".join(sorted(str(number) for number, _ in attempts)) or "none"
        raise ValueError(f"the entry has no attempt {change.number}; it has {tried}")
    known = sorted({str(currency) for _, currency in meant if currency})
    if known and change.delta.currency not in known:
        raise ValueError(f"it was charged in {' and '.join(known)}, not in {change.delta.currency}")


def write_correction(
    folder: Path, entry: bytes, delta: Money, *, by: str, reason: str, number: int = 0
) -> Corrected:
    """Appends a correction to the journal in `folder`, on the disk when this returns; the next fold reads it.

    Raises ValueError for a correction without a reason, and StoreError when the folder cannot be written.
    """
    (correction,) = write_corrections(folder, [Change(entry, delta, number)], by=by, reason=reason)
    return correction


def write_corrections(folder: Path, changes: Iterable[Change], *, by: str, reason: str) -> list[Corrected]:
    """The same for many, which are on the disk together when this returns."""
    if not reason.strip():
        raise ValueError("expected a reason: a correction without one cannot be explained to anybody")
    now = time.time_ns()
    corrections = [
        Corrected(new_entry_id(now), one.entry, one.number, now, by, shorten(reason), one.delta)
        for one in changes
    ]
    if not corrections:
        return []
    try:
        append_records(folder, corrections)
    except OSError as error:
        raise StoreError(f"the correction cannot be written to `{folder}`: {error.strerror}") from error
    return corrections
