"""Entry ids: 16 bytes in the layout of UUID version 7, time-ordered and unique over processes.

An id is the millisecond, a counter of this process and a random node drawn when the process starts. No
system call and no lock per id. Ids are names, not secrets: they can be guessed by whoever has seen one.
A clock that steps back does not repeat or reorder ids: the last millisecond is kept until time catches up.
"""

from __future__ import annotations

import os
import secrets
import time
import uuid

_COUNTER_BITS = 26
_COUNTER_MASK = (1 << _COUNTER_BITS) - 1
_VERSION = 7 << 76
_VARIANT = 2 << 62


class EntryIds:
    """A source of entry ids for one process."""

    def __init__(self) -> None:
        self._last_ms = 0
        self.reseed()

    def reseed(self) -> None:
        """Draws a new node and counter; a forked child must do this."""
        self._node = _VERSION | _VARIANT | secrets.randbits(48)
        self._fixed = (self._last_ms << 80) | self._node
        self._counter = secrets.randbits(_COUNTER_BITS)

    def next(self, at_ns: int | None = None) -> bytes:
        """The next id, for the moment `at_ns` (unix nanoseconds; None is now)."""
        ms = (time.time_ns() if at_ns is None else at_ns) // 1_000_000
        counter = self._counter + 1
        if counter > _COUNTER_MASK:
            counter = 0
            ms = max(ms, self._last_ms + 1)
        if ms > self._last_ms:
            self._last_ms = ms
            self._fixed = (ms << 80) | self._node
        self._counter = counter
        return (self._fixed | (counter >> 14 << 64) | ((counter & 0x3FFF) << 48)).to_bytes(16, "big")


_IDS = EntryIds()
os.register_at_fork(after_in_child=_IDS.reseed)

new_entry_id = _IDS.next
"""The next entry id of this process; takes unix nanoseconds, or None for now."""


def format_entry_id(entry: bytes) -> str:
    """The id as people and headers write it: a lower-case UUID."""
    text = entry.hex()
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"


def parse_entry_id(text: str) -> bytes:
    """The id behind its written form; raises ValueError with what was expected."""
    try:
        return uuid.UUID(text).bytes
    except ValueError as error:
        raise ValueError(f"expected an entry id like 019a8c1e-…, found `{text}`") from error
