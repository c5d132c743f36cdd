"""The `proof` section of `comity.yaml`: where the log is, and a key that is named and never written."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.config.test_load import GOOD

from comity.config import load_settings
from comity.errors import ConfigError
from comity.gateway.settings import Settings


def load(folder: Path, text: str) -> Settings:
    """The settings of a file with that section."""
    path = folder / "comity.yaml"
    path.write_text(f"{GOOD}{text}\n")
    return load_settings(path)


def test_a_log_lies_in_the_journals_folder(tmp_path: Path) -> None:
    """Unless another folder is named; without the section there is none."""
    assert load(tmp_path, "").proof is None
    proof = load(tmp_path, "proof: {key: 'file:log.skey'}").proof
    assert proof is not None
    assert proof.place.public == tmp_path / "var/ledger/proof/public"
    assert proof.place.register == tmp_path / "var/ledger/proof/register.db"
    assert (proof.hashes, proof.sign_every) == (True, 60.0)
    proof = load(tmp_path, "proof: {key: 'env:KEY', folder: log, hashes: false, sign_every: 5}").proof
    assert proof is not None
    assert (proof.place.folder, proof.hashes, proof.sign_every) == (tmp_path / "log", False, 5.0)


def test_a_register_is_where_a_shared_store_is(tmp_path: Path) -> None:
    """Several gateways with one store on a server have one log."""
    section = "ledger: {store: 'postgresql://comity@db/ledger'}\nproof: {key: 'env:KEY'}"
    proof = load(tmp_path, section).proof
    assert proof is not None
    assert proof.place.register == "postgresql://comity@db/ledger"
    assert proof.place.folder == tmp_path / "var/ledger/proof"


def test_what_is_wrong_has_its_place(tmp_path: Path) -> None:
    """A key that is written out is not repeated."""
    with pytest.raises(ConfigError) as caught:
        load(tmp_path, "proof: {key: 'PRIVATE+KEY+x+00000000+AAAA', sign_every: -1}")
    said = str(caught.value)
    assert "`key` holds something that is no reference to a secret" in said
    assert "`sign_every` is negative" in said
    assert "AAAA" not in said
