"""The reference pages are what the code says, complete and up to date."""

from __future__ import annotations

from importlib import util
from types import ModuleType

import pytest
from tests.docs.examples import ROOT

from comity import contracts, errors
from comity.cli.main import COMMANDS
from comity.contracts import Outcome


@pytest.fixture(scope="module")
def generator() -> ModuleType:
    """The script behind `make docs`."""
    spec = util.spec_from_file_location("generate", ROOT / "docs" / "generate.py")
    assert spec is not None
    assert spec.loader is not None
    module = util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_pages_are_up_to_date(generator: ModuleType) -> None:
    """`make docs` would change nothing."""
    for name, text in generator.pages().items():
        path = ROOT / "docs" / "reference" / name
        assert path.read_text(encoding="utf-8") == text, f"docs/reference/{name} is stale: run `make docs`"


def test_pictures_are_up_to_date(generator: ModuleType) -> None:
    """The worlds drawn on the page about verdicts are those of its contract, one for every outcome."""
    pictures = generator.pictures()
    assert set(pictures) == {f"{outcome}.svg" for outcome in Outcome}
    page = (ROOT / "docs" / "verdicts.md").read_text(encoding="utf-8")
    for name, text in pictures.items():
        assert f"(pictures/{name})" in page
        path = ROOT / "docs" / "pictures" / name
        assert path.read_text(encoding="utf-8") == text, f"docs/pictures/{name} is stale: run `make docs`"


def test_every_public_name_of_contracts_is_there(generator: ModuleType) -> None:
    """The package for other programs is documented name by name."""
    page = generator.pages()["contracts.md"]
    for name in contracts.__all__:
        assert f"`{name}`" in page


def test_every_command_key_word_and_error_is_there(generator: ModuleType) -> None:
    """Nothing that the code has is missing on its page."""
    pages = generator.pages()
    for command in (*COMMANDS, "new contract", "ledger list"):
        assert f"## `comity {command}`" in pages["commands.md"]
    for key in ("after_ambiguous", "may_state", "fold_every", "cached_read", "durability"):
        assert f"| `{key}` |" in pages["configuration.md"]
    for word in ("region", "customer", "swedencentral", "national_security"):
        assert f"`{word}`" in pages["vocabulary.md"]
    for name, value in vars(errors).items():
        if isinstance(value, type) and issubclass(value, errors.ComityError):
            assert f"| `{name}` |" in pages["errors.md"]
    for code in ("contract_prohibits", "invalid_api_key", "no_healthy_deployment"):
        assert f"| `{code}` |" in pages["errors.md"]


def test_stale_page_is_written_anew(generator: ModuleType, capsys: pytest.CaptureFixture[str]) -> None:
    """Running the script on current pages writes nothing and says nothing."""
    before = {path: path.stat().st_mtime_ns for path in (ROOT / "docs" / "reference").glob("*.md")}
    assert generator.main() == 0
    assert {path: path.stat().st_mtime_ns for path in before} == before
    assert capsys.readouterr().out == ""
