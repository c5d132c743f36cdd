"""Secrets by reference."""

from __future__ import annotations

from pathlib import Path

import pytest

from comity.clouds import Secrets


def test_an_environment_variable_is_resolved() -> None:
    """`env:NAME` gives the variable's value, and prints as its reference."""
    secret = Secrets({"AZURE_KEY": "k-1"}).resolve("env:AZURE_KEY")
    assert secret.reveal() == "k-1"
    assert repr(secret) == str(secret) == "Secret(env:AZURE_KEY)"


def test_a_file_is_resolved_without_its_last_line_end(tmp_path: Path) -> None:
    """`file:PATH` gives the file's one line."""
    path = tmp_path / "key"
    path.write_text("k-2\n")
    assert Secrets({}).resolve(f"file:{path}").reveal() == "k-2"


def test_the_process_environment_is_the_default(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a mapping the environment of the process is asked."""
    monkeypatch.setenv("COMITY_TEST_SECRET", "k-3")
    assert Secrets().resolve("env:COMITY_TEST_SECRET").reveal() == "k-3"


@pytest.mark.parametrize("reference", ["sk-live-abc", "env:", "file:", "vault:x", "", "AZURE_KEY"])
def test_t42_a_literal_secret_is_refused_and_not_repeated(reference: str) -> None:
    """T42: a value in place of a reference is refused, and the message does not hold it."""
    with pytest.raises(ValueError, match="never as its value") as caught:
        Secrets({}).resolve(reference)
    assert reference in {"", "env:", "file:"} or reference not in str(caught.value)


def test_t35_a_missing_secret_is_an_error_that_names_the_reference(tmp_path: Path) -> None:
    """T35: a missing key is an error; no other account stands in."""
    with pytest.raises(ValueError, match="`env:AZURE_KEY` is not set"):
        Secrets({}).resolve("env:AZURE_KEY")
    with pytest.raises(ValueError, match="cannot be read"):
        Secrets({}).resolve(f"file:{tmp_path / 'nothing'}")


@pytest.mark.parametrize("value", ["", "a b", "a\r\nx-evil: 1", "ä", "a\tb"])
def test_t42_a_secret_that_could_break_a_header_is_refused(value: str) -> None:
    """T42: a value with line ends or blanks never reaches a request head, nor the message."""
    with pytest.raises(ValueError, match="one line of printable ASCII") as caught:
        Secrets({"K": value}).resolve("env:K")
    assert not value or value not in str(caught.value)


def test_a_file_that_is_no_secret_is_refused(tmp_path: Path) -> None:
    """A reference to a large file is a mistake."""
    path = tmp_path / "large"
    path.write_bytes(b"x" * 20_000)
    with pytest.raises(ValueError, match="it is no secret"):
        Secrets({}).resolve(f"file:{path}")
