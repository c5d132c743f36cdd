"""Records that no gateway writes, such as settlements of the dead and corrections: a journal of their own."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from comity.ledger.entry import Record, encode_record
from comity.ledger.frames import encode_frame
from comity.ledger.segments import SegmentWriter

_BATCH_BYTES = 1 << 20


def append_records(folder: Path, records: Iterable[Record]) -> None:
    """Writes the records as a new writer; they are on the disk when this returns. Raises OSError."""
    writer = SegmentWriter(folder, syncs=True)
    try:
        batch = bytearray()
        for record in records:
            batch += encode_frame(encode_record(record))
            if len(batch) >= _BATCH_BYTES:
                writer.write(batch)
                batch = bytearray()
        writer.write(batch)
        writer.sync_later()()
    finally:
        writer.close()
