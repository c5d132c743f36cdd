"""Where a database is, and that its password is named and never written."""

from __future__ import annotations

from pathlib import Path

import pytest

from comity.database import is_server, parse_address, redact
from comity.database.address import read_password
from comity.errors import StoreError


@pytest.mark.parametrize(
    ("where", "path"),
    [
        (Path("var/ledger.db"), Path("var/ledger.db")),
        ("var/ledger.db", Path("var/ledger.db")),
        ("sqlite:///var/lib/comity/ledger.db", Path("/var/lib/comity/ledger.db")),
        ("sqlite:///with%20space.db", Path("/with space.db")),
        (None, None),
    ],
)
def test_files(where: Path | str | None, path: Path | None) -> None:
    """A path, an address of one, or memory."""
    address = parse_address(where)
    assert (address.path, address.conninfo) == (path, "")


@pytest.mark.parametrize(
    ("where", "name", "conninfo", "password"),
    [
        (
            "postgresql://comity@db.example:6432/ledger?sslmode=verify-full&password=env:PG",
            "postgresql://comity@db.example:6432/ledger",
            "postgresql://comity@db.example:6432/ledger?sslmode=verify-full",
            "env:PG",
        ),
        (
            "postgres:///ledger?host=%2Frun%2Fpg&password=file:/run/secrets/pg",
            "postgresql:///run/pg/ledger",
            "postgresql:///ledger?host=%2Frun%2Fpg",
            "file:/run/secrets/pg",
        ),
    ],
)
def test_servers(where: str, name: str, conninfo: str, password: str) -> None:
    """Everything but the password goes to libpq as it is."""
    assert is_server(where)
    address = parse_address(where)
    assert (address.name, address.conninfo, address.password) == (name, conninfo, password)


@pytest.mark.parametrize(
    "where", ["postgresql://comity:hunter2@db/ledger", "postgresql://comity@db/ledger?password=hunter2"]
)
def test_a_written_password_is_refused_and_not_repeated(where: str) -> None:
    """It would end in shells' histories and in version control."""
    with pytest.raises(StoreError, match="named, not written") as refused:
        parse_address(where)
    assert "hunter2" not in str(refused.value)


def test_other_addresses_are_refused() -> None:
    """With what was expected."""
    with pytest.raises(StoreError, match=r"`mysql://` is no store: expected a path"):
        parse_address("mysql://db/ledger")
    with pytest.raises(StoreError, match="cannot be read"):
        parse_address("postgresql://db:port/ledger")


def test_passwords_are_read_where_they_are(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """From the environment or a file; a missing one is named."""
    monkeypatch.setenv("COMITY_TEST_PG", "hunter2")
    assert read_password("env:COMITY_TEST_PG") == "hunter2"
    monkeypatch.delenv("COMITY_TEST_PG")
    with pytest.raises(StoreError, match="`COMITY_TEST_PG` that holds the store's password is not set"):
        read_password("env:COMITY_TEST_PG")
    (tmp_path / "secret").write_text("hunter2\n")
    assert read_password(f"file:{tmp_path / 'secret'}") == "hunter2"
    with pytest.raises(StoreError, match=r"missing. that holds the store's password cannot be read"):
        read_password(f"file:{tmp_path / 'missing'}")


def test_passwords_are_taken_out_of_texts() -> None:
    """Also as they stand in an address."""
    assert redact("no p@ss or p%40ss here", "p@ss") == "no *** or *** here"
    assert redact("nothing") == "nothing"
