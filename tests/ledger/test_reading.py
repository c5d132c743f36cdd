"""A journal is read back as the records that were written."""

from __future__ import annotations

from pathlib import Path

import pytest

from comity.errors import StoreError
from comity.ledger import Decision, Record, Refused, encode_record
from comity.ledger.frames import encode_frame
from comity.ledger.reading import read_records


def refusal(entry: int) -> Refused:
    """An entry that is one record."""
    decision = Decision("caller", "model", "openai.chat")
    return Refused(
        entry.to_bytes(16, "big"), 1, decision, status=451, cause="contract_prohibits", clauses=("a.b",)
    )


def write(folder: Path, name: str, records: list[Record], rest: bytes = b"") -> None:
    """One segment with these records and perhaps a torn end."""
    (folder / name).write_bytes(b"".join(encode_frame(encode_record(record)) for record in records) + rest)


def test_records_come_back_in_order(tmp_path: Path) -> None:
    """Segments follow each other by writer and sequence; a torn end and other files are skipped."""
    write(tmp_path, "w1.000002.journal", [refusal(3)])
    write(tmp_path, "w1.000001.journal", [refusal(1), refusal(2)], encode_frame(b"x" * 50)[:20])
    (tmp_path / "ledger.db").write_bytes(b"no journal")
    assert list(read_records(tmp_path)) == [refusal(1), refusal(2), refusal(3)]


def test_unreadable_segment_is_an_error(tmp_path: Path) -> None:
    """A segment that is no file is named."""
    (tmp_path / "w1.000001.journal").mkdir()
    with pytest.raises(StoreError, match=r"w1.000001.journal. cannot be read"):
        list(read_records(tmp_path))
