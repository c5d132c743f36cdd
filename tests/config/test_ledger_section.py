"""Where the ledger's store is: a file beside the configuration, or a server whose password is only named."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.config.test_load import GOOD

from comity.config import load_settings
from comity.errors import ConfigError


def load(folder: Path, section: str) -> Path | str:
    """The store of a file with that section."""
    (folder / "comity.yaml").write_text(f"{GOOD}ledger: {{{section}}}\n")
    return load_settings(folder / "comity.yaml").ledger.store


def test_a_store_is_a_file_or_a_server(tmp_path: Path) -> None:
    """Paths are relative to the configuration; addresses stay as they are."""
    assert load(tmp_path, "journal: j") == tmp_path / "j" / "ledger.db"
    assert load(tmp_path, "store: own.db") == tmp_path / "own.db"
    server = "postgresql://comity@db.example/ledger?password=env:PG"
    assert load(tmp_path, f"store: '{server}'") == server


@pytest.mark.parametrize(
    ("store", "said"),
    [
        ("postgresql://comity:hunter2@db/ledger", "a store's password is named, not written"),
        ("mysql://db/ledger", "`mysql://` is no store"),
    ],
)
def test_a_store_that_cannot_be_one_has_its_place(tmp_path: Path, store: str, said: str) -> None:
    """Line and column, and nothing of a password."""
    with pytest.raises(ConfigError) as refused:
        load(tmp_path, f"store: '{store}'")
    (problem,) = refused.value.problems
    assert said in problem.message
    assert str(problem.place).endswith(f"comity.yaml:{GOOD.count(chr(10)) + 1}:17")
    assert "hunter2" not in str(refused.value)
