"""The section `sessions`: a store with its key by reference, and what contracts see of it."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.config.test_load import GOOD

from comity.config import load_settings
from comity.errors import ConfigError

SECTION = "sessions: {key: 'env:KEY', region: [germanywestcentral], days: 7, facts: {host: own}}\n"


def load(folder: Path, text: str) -> None:
    """Reads a file with that text."""
    (folder / "comity.yaml").write_text(text)
    load_settings(folder / "comity.yaml")


def test_the_store_is_a_target_of_contracts(tmp_path: Path) -> None:
    """Something is stored, there, for so long; without the section nothing is kept."""
    (tmp_path / "comity.yaml").write_text(GOOD + SECTION)
    settings = load_settings(tmp_path / "comity.yaml")
    assert settings.sessions is not None
    assert settings.targets["sessions"] == settings.sessions.facts
    assert settings.sessions.facts == {
        "action": "store",
        "store_region": frozenset({"germanywestcentral"}),
        "retention_days": 7,
        "host": "own",
    }
    assert (settings.sessions.store, settings.sessions.days) == (tmp_path / "var" / "sessions.db", 7)
    assert settings.sessions.posture.reading == "acme"
    assert settings.routes["gpt-5.5"].moves == "lossless"
    (tmp_path / "comity.yaml").write_text(GOOD)
    plain = load_settings(tmp_path / "comity.yaml")
    assert (plain.sessions, "sessions" in plain.targets) == (None, False)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (SECTION.replace("env:KEY", "11" * 32), "`key` holds something that is no reference"),
        (SECTION.replace("days: 7", "old_keys: [plain]"), "`old_keys` holds something"),
        (SECTION.replace("days: 7", "days: 0"), "`days` must be at least 1"),
        (SECTION.replace("germanywestcentral", "atlantis"), "atlantis"),
        (SECTION.replace("host: own", "hosts: own"), "hosts"),
    ],
)
def test_what_is_wrong_with_it_is_told_with_its_place(tmp_path: Path, text: str, words: str) -> None:
    """And a key written out is never repeated."""
    with pytest.raises(ConfigError, match=words) as caught:
        load(tmp_path, GOOD + text)
    assert "1111" not in str(caught.value)


def test_no_deployment_may_have_its_name(tmp_path: Path) -> None:
    """In decisions and in the ledger they would be one."""
    named = GOOD.replace("id: one", "id: sessions").replace("[one]", "[sessions]")
    with pytest.raises(ConfigError, match="called `sessions`"):
        load(tmp_path, named + SECTION)


def test_each_deployment_is_an_account_of_its_own(tmp_path: Path) -> None:
    """Unless it says which other one it shares its encrypted reasoning with (T31)."""
    (tmp_path / "comity.yaml").write_text(GOOD)
    assert load_settings(tmp_path / "comity.yaml").deployments["one"].traits.reasoning_account == "one"
    shared = GOOD.replace("    limits:", "    traits: {reasoning_account: acme-swe}\n    limits:")
    (tmp_path / "comity.yaml").write_text(shared)
    assert load_settings(tmp_path / "comity.yaml").deployments["one"].traits.reasoning_account == "acme-swe"
