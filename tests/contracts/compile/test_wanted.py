"""The columnar target finds the missing facts that the interpreter finds, row by row."""

from __future__ import annotations

from pathlib import Path
from random import Random

import ibis
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.contracts.compile.tables import arrow, engine, plainly, random_rows
from tests.contracts.random_books import Written, load, written_books
from tests.contracts.small import small_book

from comity.contracts import Book, load_book
from comity.contracts.compile import lower, stretches_of
from comity.contracts.compile.classes import classes_of
from comity.contracts.compile.columnar import DATED, keys_of, pack, setting_of
from comity.contracts.compile.relational import Relational
from comity.contracts.compile.wanted import Wanted, bits

BOOKS = Path(__file__).parents[3] / "books"


def wanted(book: Book, count: int, seed: int, party: str | None = None) -> None:
    """Every row lacks what the interpreter says that it lacks."""
    rows = random_rows(book, count, Random(seed))
    table = ibis.memtable(arrow(book, rows))
    stretches = stretches_of(book)
    form = lower(book, stretches.norms)
    classes = classes_of(book, form)
    digits = pack(
        {**{name: one.bits for name, one in classes.items()}, DATED: len(stretches.norms).bit_length()}
    )
    columns = {name: table[name] for name in classes} | {DATED: table["at"]}
    keys = table.mutate(**keys_of(columns, digits, classes, stretches.bounds, quick=True))
    relational = Relational(setting_of(book, form, classes, stretches, party), keys, digits, silent=())
    relational.masks()
    needs = Wanted(relational).columns()
    found = relational.table.mutate(needs=bits(needs)).select("row", "needs")
    for row in engine().to_pyarrow(found).to_pylist():
        named = tuple(name for place, name in enumerate(needs) if row["needs"] >> place & 1)
        assert named == plainly(book, rows[row["row"]], None, party).needs, rows[row["row"]]


@pytest.mark.no_cover
@settings(max_examples=2, deadline=None)
@given(written_books(), st.integers(0, 2**32), st.sampled_from([None, "msft"]))
def test_random_books(files: tuple[Written, ...], seed: int, party: str | None) -> None:
    """In the readings of all, and of one party."""
    wanted(load(files), 60, seed, party)


@pytest.mark.no_cover
@pytest.mark.parametrize("name", ["openai", "acme"])
def test_the_shipped_books(name: str) -> None:
    """At all their dates."""
    wanted(load_book(BOOKS / name), 60, 5)


def test_a_fact_that_must_be_stated() -> None:
    """It is needed wherever it is missing, whatever else is clear."""
    required = "attribute: owner\nkind: name\nmissing: reject\nwhy: every call has one"
    wanted(small_book(required, "a.x\nforbid: {cloud: aws, data: personal}"), 60, 1)
