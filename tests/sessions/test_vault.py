"""What is kept opens with its key, at its place, and nowhere else."""

from __future__ import annotations

import base64

import pytest

from comity.errors import StoreError
from comity.sessions import Vault

ONE, TWO = "11" * 32, base64.b64encode(b"2" * 32).decode()


def test_what_is_sealed_opens_at_its_place() -> None:
    """Each time under a fresh nonce, and never in the clear."""
    vault = Vault([ONE])
    sealed = vault.seal(b"heliotrope", "a")
    assert vault.open(sealed, "a") == b"heliotrope"
    assert sealed != vault.seal(b"heliotrope", "a")
    assert b"heliotrope" not in sealed


def test_keys_rotate() -> None:
    """The first one seals; former ones still open, until they leave the ring."""
    old, both, new = Vault([ONE]), Vault([TWO, ONE]), Vault([TWO])
    assert both.open(old.seal(b"x", "a"), "a") == b"x"
    assert new.open(both.seal(b"x", "a"), "a") == b"x"
    with pytest.raises(StoreError, match="not in"):
        new.open(old.seal(b"x", "a"), "a")


@pytest.mark.parametrize(
    "spoil", [lambda b: b[:-1] + bytes([b[-1] ^ 1]), lambda b: b[:20], lambda b: b + b"x"]
)
def test_what_was_changed_does_not_open(spoil: object) -> None:
    """A flipped bit, a cut, an addition, another place."""
    assert callable(spoil)
    vault = Vault([ONE])
    sealed = vault.seal(b"heliotrope", "a")
    with pytest.raises(StoreError, match="changed"):
        vault.open(spoil(sealed), "a")
    with pytest.raises(StoreError, match="moved"):
        vault.open(sealed, "b")


@pytest.mark.parametrize("key", ["", "short", "zz" * 32, "1" * 63, base64.b64encode(b"3" * 31).decode()])
def test_a_key_of_another_form_is_refused(key: str) -> None:
    """Without repeating it."""
    with pytest.raises(ValueError, match="32 bytes") as caught:
        Vault([key])
    assert not key or key not in str(caught.value)


def test_no_key_is_no_vault() -> None:
    """Nothing is kept in the clear."""
    with pytest.raises(ValueError, match="needs a key"):
        Vault([])
