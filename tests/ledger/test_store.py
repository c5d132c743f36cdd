"""The store opens its own files and no others, and sums money exactly."""

from __future__ import annotations

import sqlite3
from decimal import Decimal
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
        assert list(store.rows("PRAGMA user_version")) == [(VERSION,)]


def test_other_files_are_refused(tmp_path: Path) -> None:
    """Neither text, nor a database of something else, nor tables of another version are a ledger."""
    (tmp_path / "text.db").write_text("no database at all, and long enough to tell")
    with pytest.raises(StoreError, match=r"text.db. cannot be used: file is not a database"):
        open_store(tmp_path / "text.db")
    sqlite3.connect(tmp_path / "other.db").close()
    with pytest.raises(StoreError, match="no ledger store"):
        open_store(tmp_path / "other.db", create=False)
    with open_store(tmp_path / "ledger.db") as store:
        store.execute(f"PRAGMA user_version={VERSION + 1}")
    with pytest.raises(StoreError, match=f"version {VERSION + 1} of the tables, expected {VERSION}"):
        open_store(tmp_path / "ledger.db")


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


def test_money_is_summed_exactly_by_currency() -> None:
    """A tenth and two tenths make three tenths; nothing is added for NULL."""
    with open_store(None) as store:
        rows: list[tuple[object, ...]] = [
            ("0.1", "USD"),
            ("0.2", "USD"),
            (None, None),
            ("1e-12", "EUR"),
            (f"{Decimal(10) ** 20:f}", "EUR"),
        ]
        store.execute("CREATE TABLE t (amount TEXT, currency TEXT)")
        store.execute_many("INSERT INTO t VALUES (?, ?)", rows)
        assert list(store.rows("SELECT money_sum(amount, currency) FROM t")) == [
            ('{"EUR":"100000000000000000000.000000000001","USD":"0.3"}',)
        ]
        assert list(store.rows("SELECT money_sum(amount, currency) FROM t WHERE amount = ''")) == [(None,)]
