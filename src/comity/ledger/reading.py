"""The records of a journal, typed, in the order in which each writer wrote them: for replay and audit.

The store is for questions; this is for reading everything once. Damaged bytes are skipped here: folding
reports them.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from comity.errors import StoreError
from comity.ledger.entry import Record, decode_record
from comity.ledger.frames import scan
from comity.ledger.segments import list_segments


def read_records(folder: Path) -> Iterator[Record]:
    """Every record of the journal in `folder`; raises StoreError when a segment cannot be read."""
    for name in list_segments(folder):
        path = folder / str(name)
        try:
            data = path.read_bytes()
        except OSError as error:
            raise StoreError(f"the journal segment `{path}` cannot be read: {error.strerror}") from error
        for frame in scan(data, final=True).frames:
            yield decode_record(frame.payload)
