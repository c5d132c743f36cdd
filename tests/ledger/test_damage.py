"""Every byte of a journal may be torn off or changed: what is left is right, what is not has its place."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest
from tests.ledger.samples import frames_of, make_entry, make_refused, write_segment

from comity.ledger import Record, fold, open_store, verify, write_correction
from comity.ledger.frames import encode_frame, scan
from comity.ledger.schema import ENTRY_COLUMNS
from comity.money import Money

RECORDS: list[Record] = [*make_entry(), make_refused(), *make_entry(route="another")]
"""A small journal."""
WHOLE = frames_of(RECORDS)
"""Its bytes."""
FRAMES = scan(WHOLE, final=True).frames
"""Its frames."""
STEP = 31
"""Every so many-th byte is also tried with a store: a number that meets every sort of place."""


def starts() -> dict[int, bytes]:
    """Where each record begins, and its bytes."""
    return {frame.start: frame.payload for frame in FRAMES}


def test_a_journal_torn_anywhere_loses_only_its_tail() -> None:
    """Every length: the frames before it are whole, and the rest is one torn place, which ends it."""
    known = starts()
    for length in range(len(WHOLE)):
        found = scan(WHOLE[:length], final=True)
        assert {frame.start: frame.payload for frame in found.frames}.items() <= known.items()
        ends = [frame.start + len(encode_frame(frame.payload)) for frame in found.frames]
        whole = max(ends, default=0)
        torn = [(damage.kind, damage.start, damage.stop) for damage in found.damages]
        assert torn == ([("torn", whole, length)] if whole < length else [])


def test_a_flipped_bit_is_found_wherever_it_is() -> None:
    """Every bit: one record is missing, every other is as it was, and the damage covers the bit."""
    known = starts()
    for place in range(len(WHOLE)):
        for bit in (place % 8, 7 - place % 8):
            data = bytearray(WHOLE)
            data[place] ^= 1 << bit
            found = scan(bytes(data), final=True)
            kept = {frame.start: frame.payload for frame in found.frames}
            assert kept.items() <= known.items()
            assert len(kept) == len(known) - 1
            assert any(damage.start <= place < damage.stop for damage in found.damages), place


@pytest.mark.parametrize("damaged", ["torn", "flipped", "cut out", "overwritten"])
def test_a_damaged_journal_makes_no_wrong_row(tmp_path: Path, damaged: str) -> None:
    """Whatever the damage: rows are those of the whole journal or missing, and `verify` names the place."""
    (tmp_path / "whole").mkdir()
    write_segment(tmp_path / "whole", WHOLE)
    right = _rows(tmp_path / "whole")
    for place in range(1, len(WHOLE) - 5, STEP):
        data = {
            "torn": WHOLE[:place],
            "flipped": WHOLE[:place] + bytes([WHOLE[place] ^ 0x10]) + WHOLE[place + 1 :],
            "cut out": WHOLE[:place] + WHOLE[place + 5 :],
            "overwritten": WHOLE[:place] + b"\x00" * 40 + WHOLE[place + 40 :],
        }[damaged]
        folder = tmp_path / str(place)
        folder.mkdir()
        segment = write_segment(folder, data)
        for table, rows in _rows(folder).items():
            assert rows <= right[table], (place, table)
        with open_store(None) as store:
            assert fold(folder, store).findings or place in {frame.start for frame in FRAMES}
            result = verify(store)
            places = [found.where for found in result.discrepancies if found.kind == "journal"]
            named = places or [note for note in result.notes if segment.name in note]
            assert named or place in {frame.start for frame in FRAMES}


def _rows(folder: Path) -> dict[str, set[tuple[object, ...]]]:
    """Everything that a journal's store says; of entries every value by itself: halves may be missing."""
    with open_store(None) as store:
        fold(folder, store)
        found = {
            table: set(store.rows(f"SELECT * FROM {table}"))
            for table in ("attempts", "corrections", "decisions", "kinds", "drops")
        }
        names = [name for name in ENTRY_COLUMNS if name not in {"writer", "summed"}]
        found["entries"] = {
            (row[0], name, value)
            for row in store.rows(f"SELECT {', '.join(names)} FROM entries")
            for name, value in zip(names, row, strict=True)
            if value is not None
        }
        return found


def test_a_torn_correction_is_no_correction(tmp_path: Path) -> None:
    """It is written again by whoever made it: the same id counts once."""
    records = make_entry()
    write_segment(tmp_path, records)
    made = write_correction(tmp_path, records[0].entry, Money(Decimal(1), "USD"), by="x", reason="y")
    write_segment(tmp_path, frames_of([made])[:-3])
    with open_store(None) as store:
        fold(tmp_path, store)
        result = verify(store)
        assert (result.holds, len(result.notes)) == (True, 1)
        assert [str(one.amount) for one in result.corrections] == ["1"]
