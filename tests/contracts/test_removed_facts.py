"""Every fact of every shipped example, taken away in turn, on every evaluator: nothing fails open."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import TypeAlias

import ibis
import msgspec
import pytest
from tests.contracts.compile import tables

from comity.contracts import Book, Decider, Value, decide, load_book
from comity.contracts.compile import decide_table
from comity.contracts.prove.stretches import outlines

BOOKS = Path(__file__).parents[2] / "books"
Masks: TypeAlias = tuple[int, int, int, int, int]
"""The worlds that count, and those that must and may prohibit and ask."""


class Case(msgspec.Struct, frozen=True):
    """One workload at one moment."""

    facts: dict[str, Value]
    """What is stated."""
    at: datetime
    """When it happens."""


class Removal(msgspec.Struct, frozen=True):
    """A workload with one fact less."""

    name: str
    """The attribute that is no longer stated."""
    whole: int
    """Place of the whole workload among the cases."""
    less: int
    """Place of what is left of it."""


@cache
def cases(name: str) -> tuple[Book, list[Case], list[Removal]]:
    """A shipped book, the workloads of its examples whole and with each fact removed, and which is which."""
    book = load_book(BOOKS / name)
    found: list[Case] = []
    removals: list[Removal] = []
    for example in book.examples:
        whole = len(found)
        found.append(Case(example.workload, example.at))
        for gone in sorted(example.workload):
            rest = {key: fact for key, fact in example.workload.items() if key != gone}
            removals.append(Removal(gone, whole, len(found)))
            found.append(Case(rest, example.at))
    return book, found, removals


def plain(book: Book, asked: list[Case]) -> Iterator[Masks]:
    """The interpreter."""
    for case in asked:
        said = decide(book, case.facts, case.at)
        yield said.all, said.f_must, said.f_may, said.c_must, said.c_may


def scalar(book: Book, asked: list[Case]) -> Iterator[Masks]:
    """The hot path, bound to what is known of the target and who acts."""
    decider = Decider(book)
    for case in asked:
        known = {
            name
            for name in case.facts
            if book.vocabulary.attributes[name].known_at == "target" or name == "actor"
        }
        binding = decider.bind({name: case.facts[name] for name in known})
        rest = {name: fact for name, fact in case.facts.items() if name not in known}
        said = binding.decide(rest, case.at.timestamp())
        yield said.all, said.f_must, said.f_may, said.c_must, said.c_may


def columnar(book: Book, asked: list[Case]) -> Iterator[Masks]:
    """One expression over all of them, in DuckDB."""
    names = tables.tested(book)
    rows = [
        {
            **{
                name: sorted(fact) if isinstance(fact, frozenset) else fact
                for name, fact in case.facts.items()
                if name in names
            },
            "at": case.at,
        }
        for case in asked
    ]
    full = (1 << 64) - 1
    for row in tables.decided(decide_table(book, ibis.memtable(tables.arrow(book, rows)))):
        worlds, f_must, f_may = (row[name] & full for name in ("worlds", "f_must", "f_may"))
        yield worlds, f_must, f_may, row["c_must"] & full, row["c_may"] & full


def solver(book: Book, asked: list[Case]) -> Iterator[Masks]:
    """The formulas, evaluated in every world that counts."""
    (outline,) = outlines((book,))
    for case in asked:
        stretch = outline.stretch(case.at.timestamp())
        said = stretch.form.worlds
        formulas = [part for one in said.values() for pair in (one.forbids, one.asks) for part in pair]
        held = outline.logic.evaluate(outline.logic.space.classes(case.facts), formulas)
        masks = [
            sum(held[4 * place + spot] << world for place, world in enumerate(said)) for spot in range(4)
        ]
        yield sum(1 << world for world in said), masks[0], masks[1], masks[2], masks[3]


@pytest.mark.no_cover
@pytest.mark.parametrize("name", ["acme", "openai"])
@pytest.mark.parametrize("evaluate", [plain, scalar, columnar, solver])
def test_a_removed_fact_opens_nothing(
    name: str, evaluate: Callable[[Book, list[Case]], Iterator[Masks]]
) -> None:
    """The masks are the interpreter's; without a fact, must shrinks, may grows, nothing is freed."""
    book, asked, removals = cases(name)
    found = list(evaluate(book, asked))
    assert found == list(plain(book, asked))
    defaults = book.vocabulary.defaults()
    silent = [removal for removal in removals if removal.name not in defaults]
    assert len(silent) > 50
    for removal in silent:
        worlds, f_must, f_may, _, c_may = found[removal.whole]
        same, less_must, less_may, _, less_asks = found[removal.less]
        assert same == worlds
        assert less_must & ~f_must == 0
        assert f_may & ~less_may == 0
        assert c_may & ~less_asks & ~less_may == 0
