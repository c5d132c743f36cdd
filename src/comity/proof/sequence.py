"""Putting settled entries and corrections into the log: each exactly once, in an order that then stands.

A batch goes into the register in one synced transaction, which is also the lock among sequencers, and only
then leaves the outbox: who dies in between finds the batch in both and passes it over.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Mapping

from comity.ledger import Store
from comity.proof.erasing import erase
from comity.proof.leaf import SECRET_BYTES, digest_fields
from comity.proof.pending import pending, settled, watch
from comity.proof.reading import Fields, read_lines
from comity.proof.register import LINES, Register, earliest_time, lines_of, size_of
from comity.proof.verify import leaf_data

_BATCH = 1000
"""Lines that are taken in by one transaction."""


def sequence(store: Store, register: Register, now: int | None = None) -> int:
    """Takes in what was settled since the last time; how many lines. Raises StoreError.

    `now` is the moment in unix nanoseconds, by default the clock's; lines never go back in time.
    """
    watch(store)
    added = 0
    while True:
        with register.transaction():
            batch = pending(store, _BATCH)
            known = {line.subject: line for line in lines_of(register, [subject for subject, _ in batch])}
            fresh = [(subject, kind) for subject, kind in batch if subject not in known]
            said = read_lines(store, register, fresh)
            lines = {subject: said[subject] for subject, _ in fresh if subject in said}
            append(register, lines, time.time_ns() if now is None else now)
        if not batch:
            return added
        # A store that was folded anew holds again what was erased.
        erase(store, [subject for subject, line in known.items() if line.secret is None])
        settled(store, [subject for subject, _ in batch])
        added += len(lines)


def append(register: Register, lines: Mapping[bytes, Fields], now: int) -> None:
    """Adds lines at the end; the caller holds the register's lock."""
    position, at = size_of(register), max(now, earliest_time(register))
    random = secrets.token_bytes(SECRET_BYTES * len(lines))
    rows: list[tuple[object, ...]] = []
    for number, (subject, (kind, costs, fields)) in enumerate(lines.items()):
        secret = random[SECRET_BYTES * number : SECRET_BYTES * (number + 1)]
        data = leaf_data(kind, digest_fields(fields, secret))
        rows.append((position + number, kind, subject, at, costs, secret, None, data))
    register.add(LINES, rows)
