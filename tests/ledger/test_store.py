"""The store opens its own files and no others, and sums money exactly."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from comity.errors import StoreError
from comity.ledger import open_store
from comity.ledger.schema import VERSION


def test_a_store_is_made_once(tmp_path: Path) -> None:
    """Opening again finds what was stored, and its version."""
    with open_store(tmp_path / "ledger.db") as store:
        store.execute("INSERT INTO segments VALUES ('s', 'w', 7, 1)")
    with open_store(tmp_path / "ledger.db", create=False) as store:
        assert list(store.rows("SELECT read FROM segments")) == [(7,)]
        assert list(store.rows("SELECT tables, version FROM comity_versions")) == [("ledger", VERSION)]


def test_other_files_are_refused(tmp_path: Path) -> None:
    """Neither text, nor a database of something else, nor tables of another version are a ledger."""
    (tmp_path / "text.db").write_text("no database at all, and long enough to tell")
    with pytest.raises(StoreError, match=r"text.db. cannot be used: file is not a database"):
        open_store(tmp_path / "text.db")
    sqlite3.connect(tmp_path / "other.db").close()
    with pytest.raises(StoreError, match="but holds no ledger"):
        open_store(tmp_path / "other.db", create=False)
    with open_store(tmp_path / "ledger.db") as store:
        store.execute("UPDATE comity_versions SET version = ?", (VERSION + 1,))
    with pytest.raises(StoreError, match=f"version {VERSION + 1} of the tables, expected {VERSION}"):
        open_store(tmp_path / "ledger.db")
    with sqlite3.connect(tmp_path / "older.db") as older:
        older.execute("PRAGMA user_version=5")
    older.close()
    with pytest.raises(StoreError, match=f"version 5 of the tables, expected {VERSION}: move it away"):
        open_store(tmp_path / "older.db")


def test_a_missing_folder_is_an_error(tmp_path: Path) -> None:
    """SQLite's error becomes ours."""
    with pytest.raises(StoreError, match="unable to open"):
        open_store(tmp_path / "nowhere" / "ledger.db")


def test_a_failed_transaction_leaves_nothing() -> None:
    """All or nothing."""
    with open_store(None) as store:
        rows: list[tuple[object, ...]] = [("s", "w", 1, 1), ("s", "w", 2, 1)]
        with pytest.raises(StoreError, match="UNIQUE"), store.transaction():
            store.execute_many("INSERT INTO segments VALUES (?, ?, ?, ?)", rows)
        assert list(store.rows("SELECT * FROM segments")) == []
