"""Segments have names with an order, and a lock tells the living from the dead."""

from __future__ import annotations

from pathlib import Path

import pytest

from comity.errors import StoreError
from comity.ledger import holds_segments
from comity.ledger.segments import (
    SegmentName,
    SegmentWriter,
    forget_dead_writers,
    forget_writer,
    is_alive,
    list_segments,
    parse_segment_name,
)


def test_names_are_parsed_as_formatted() -> None:
    """Format and parse are inverse, and other files are no segments."""
    name = SegmentName("019a-77-ab", 12)
    assert str(name) == "019a-77-ab.000012.journal"
    assert parse_segment_name(str(name)) == name
    for other in (
        "ledger.db",
        "a.lock",
        ".000001.journal",
        "a.x.journal",
        "a.journal",
        "a.000001.journal.bak",
    ):
        assert parse_segment_name(other) is None


def test_segments_are_listed_by_writer_and_number(tmp_path: Path) -> None:
    """Ten comes after nine."""
    names = [SegmentName("a", 9), SegmentName("a", 10), SegmentName("b", 1)]
    for name in reversed(names):
        (tmp_path / str(name)).touch()
    (tmp_path / "ledger.db").touch()
    assert list_segments(tmp_path) == names
    assert holds_segments(tmp_path)


def test_a_missing_folder_is_an_error(tmp_path: Path) -> None:
    """The message names it."""
    with pytest.raises(StoreError, match=r"nowhere.* cannot be read: No such file"):
        list_segments(tmp_path / "nowhere")


def test_a_writer_is_alive_until_it_closes(tmp_path: Path) -> None:
    """Two writers of one folder do not share anything, and an unknown writer is dead."""
    first, second = SegmentWriter(tmp_path), SegmentWriter(tmp_path)
    assert (is_alive(tmp_path, first.writer), is_alive(tmp_path, second.writer)) == (True, True)
    first.close()
    first.close()
    assert (is_alive(tmp_path, first.writer), is_alive(tmp_path, second.writer)) == (False, True)
    second.close()
    assert not is_alive(tmp_path, "never-seen")
    assert list(tmp_path.iterdir()) == []


def test_a_lock_nobody_holds_is_dead(tmp_path: Path) -> None:
    """A killed process leaves its lock file, which is forgotten once."""
    (tmp_path / "w.lock").touch()
    assert not is_alive(tmp_path, "w")
    forget_writer(tmp_path, "w")
    forget_writer(tmp_path, "w")
    assert list(tmp_path.iterdir()) == []


def test_only_locks_that_nobody_holds_are_forgotten(tmp_path: Path) -> None:
    """Also those of a process that died before it wrote anything."""
    writer = SegmentWriter(tmp_path)
    (tmp_path / "dead.lock").touch()
    forget_dead_writers(tmp_path)
    assert [path.stem for path in tmp_path.iterdir()] == [writer.writer]
    writer.close()


def test_a_lock_that_cannot_be_read_is_an_error(tmp_path: Path) -> None:
    """Whoever cannot tell the living from the dead must not guess."""
    (tmp_path / "w.lock").symlink_to(tmp_path / "w.lock")
    with pytest.raises(StoreError, match="lock of writer `w` cannot be read"):
        is_alive(tmp_path, "w")


def test_a_segment_is_abandoned_without_reuse(tmp_path: Path) -> None:
    """The next write goes to the next number."""
    writer = SegmentWriter(tmp_path)
    writer.abandon()
    writer.write(b"one")
    writer.abandon()
    writer.write(b"two")
    writer.close()
    assert [name.sequence for name in list_segments(tmp_path)] == [1, 2]
