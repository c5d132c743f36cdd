"""The examples in the docstrings of the room run as they are written, and the public names have some."""

from __future__ import annotations

import doctest
import inspect
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path

import pytest

import comity.contracts as room

ROOT = Path(__file__).parents[2]
SOURCE = ROOT / "src"
MODULES = sorted(
    ".".join(path.relative_to(SOURCE).with_suffix("").parts)
    for path in (SOURCE / "comity" / "contracts").rglob("*.py")
    if ">>> " in path.read_text(encoding="utf-8")
)
NAMES = {name: getattr(room, name) for name in room.__all__} | {
    "Path": Path,
    "datetime": datetime,
    "UTC": UTC,
}


@pytest.mark.parametrize("name", MODULES)
def test_docstrings_are_true(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every example gives what stands below it, with the public names of the room."""
    monkeypatch.chdir(ROOT)
    result = doctest.testmod(import_module(name), extraglobs=NAMES, optionflags=doctest.ELLIPSIS)
    assert result.attempted > 0
    assert result.failed == 0


def test_the_way_in_is_shown() -> None:
    """What a newcomer calls first has an example."""
    for name in ("load_book", "book_from_text", "parse_facts", "decide", "Decider", "judge", "explain"):
        assert ">>> " in (inspect.getdoc(NAMES[name]) or ""), name


def test_public_names_are_documented() -> None:
    """Every function and class has a docstring, and every function says its types."""
    for name in room.__all__:
        value = getattr(room, name)
        if inspect.isfunction(value) or inspect.isclass(value):
            assert inspect.getdoc(value), name
        if inspect.isfunction(value):
            missing = [
                p.name for p in inspect.signature(value).parameters.values() if p.annotation is p.empty
            ]
            assert not missing, (name, missing)
