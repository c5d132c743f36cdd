"""Every trap of the list has its tests, and those of translation run on every pair that they touch.

Names say the number: `test_t12_...`. Pairs are counted from what pytest would run, not from a list by hand.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from bench.traps.case import CASES
from tests.dialects import test_traps_in_answers, test_traps_in_requests
from tests.dialects.pairs_said import PAIRS, between
from tests.dialects.trapped import TRAPS

from comity.dialects import DIALECTS

NUMBERS = range(1, 46)
MODULES = (test_traps_in_answers, test_traps_in_requests)
_NAMED = re.compile(r"^def test_((?:[tT]\d+_)+)", re.MULTILINE)


def numbers_in(name: str) -> list[int]:
    """The traps that the name of a test says."""
    return [int(one) for one in re.findall(r"[tT](\d+)_", name)]


def functions(module: ModuleType) -> Iterator[Any]:
    """The tests of a module."""
    yield from (value for name, value in vars(module).items() if name.startswith("test_"))


def test_every_trap_has_a_test_that_bears_its_number() -> None:
    """Somewhere in the suite, or as a black-box case of the scoreboard."""
    named = {
        number
        for path in Path(__file__).parent.rglob("test_*.py")
        for found in _NAMED.findall(path.read_text(encoding="utf-8"))
        for number in numbers_in(found)
    }
    played = {int(case.trap[1:]) for case in CASES}
    assert set(NUMBERS) - (named | played) == set()
    assert named <= set(NUMBERS)


@pytest.mark.parametrize("number", TRAPS)
def test_a_trap_of_translation_is_tested_on_every_pair_it_touches(number: int) -> None:
    """What its tests are parametrised with is what the registry gives."""
    touched = set(between(TRAPS[number]))
    assert touched
    tests = [one for module in MODULES for one in functions(module) if number in numbers_in(one.__name__)]
    assert tests
    for test in tests:
        marks = [mark for mark in test.pytestmark if mark.args[0] == ("client", "target")]
        assert [set(mark.args[1]) for mark in marks] == [touched]


def test_every_pair_and_every_dialect_is_touched_on_both_sides() -> None:
    """A dialect that is registered is a client and a target of every trap that touches all pairs."""
    assert {client for client, _ in PAIRS} == {target for _, target in PAIRS} == set(DIALECTS)
    everywhere = [number for number, touches in TRAPS.items() if len(between(touches)) == len(PAIRS)]
    assert len(everywhere) >= 10
