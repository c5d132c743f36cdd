"""The intermediate form: what is folded and shared, and that running it is interpreting."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.contracts.compile.tables import random_rows, workload
from tests.contracts.random_books import MOMENTS, Written, load, written_books
from tests.contracts.small import NOON, small_book

from comity.contracts import Book, decide, load_book
from comity.contracts.compile import AsOf, Form, lower, run, stretches_of
from comity.contracts.compile.form import Ask, Both, Builder, Either, Moment, Negation, operands
from comity.contracts.interpret import Interpreter
from comity.contracts.norms import Hush, timeline_of
from comity.contracts.terms import Flag

BOOKS = Path(__file__).parents[3] / "books"


def spoken(
    form: Form, book: Book, facts: dict[str, object], at: datetime, as_of: AsOf = None
) -> set[tuple[str, str, int, int]]:
    """What speaks by the form: names, roles and masks, where anything may hold."""
    stretches = stretches_of(book, as_of)
    stretch = stretches.index(at.timestamp())
    truths = run(form, book.vocabulary, facts, stretch)  # type: ignore[arg-type] # rows are plain JSON
    alive = stretches.norms[stretch].at.frame.all
    found = {(entry.name, str(entry.role), *truths[entry.truth]) for entry in form.speaks}
    return {entry for entry in found if entry[3] & alive}


def interpreted(
    book: Book, facts: dict[str, object], at: datetime, as_of: AsOf = None
) -> set[tuple[str, str, int, int]]:
    """The same by the interpreter."""
    norms = timeline_of(book, at if as_of == "then" else as_of).norms(at.timestamp())
    holdings = Interpreter(book, norms, facts).holdings()  # type: ignore[arg-type] # rows are plain JSON
    return {
        (
            holding.norm.contract.id if isinstance(holding.norm, Hush) else holding.norm.clause.id,
            str(holding.role),
            holding.must,
            holding.may,
        )
        for holding in holdings
    }


@pytest.mark.no_cover
@settings(max_examples=30, deadline=None)
@given(written_books(), st.integers(0, 2**32), st.sampled_from([None, "then", *MOMENTS]))
def test_running_the_form_is_interpreting_random_books(
    files: tuple[Written, ...], seed: int, as_of: AsOf
) -> None:
    """Every clause says the same in the same worlds, supply risk included, whenever the book is read."""
    book = load(files)
    form = lower(book, stretches_of(book, as_of).norms)
    for row in random_rows(book, 15, Random(seed)):
        facts, at = dict(workload(row)), row["at"]
        assert spoken(form, book, facts, at, as_of) == interpreted(book, facts, at, as_of)  # type: ignore[arg-type] # plain JSON


def test_running_the_form_is_interpreting_the_shipped_books() -> None:
    """One form holds all dates of a book."""
    for name in ("openai", "acme"):
        book = load_book(BOOKS / name)
        form = lower(book, stretches_of(book).norms)
        for row in random_rows(book, 60, Random(3)):
            facts = dict(workload(row))
            assert spoken(form, book, facts, row["at"]) == interpreted(book, facts, row["at"])  # type: ignore[arg-type] # plain JSON


def test_steps_refer_to_earlier_ones_and_are_shared() -> None:
    """Straight-line code in which no two steps are equal."""
    book = load_book(BOOKS / "openai")
    form = lower(book, stretches_of(book).norms)
    assert len(set(form.operations)) == len(form.operations)
    for index, step in enumerate(form.operations):
        assert all(part < index for part in operands(step))


def test_constants_are_folded() -> None:
    """Neutral parts vanish, absorbing ones win, moments join, double negation goes."""
    build = Builder(full=3, stretches=2)
    ask = build.ask(Flag("notified", value=True), every=False)
    other = build.ask(Flag("approved", value=True), every=False)
    early, one = build.moment((3, 0)), build.moment((1, 1))
    assert build.both([]) == build.everywhere
    assert build.either([]) == build.nowhere
    assert build.both([ask, build.everywhere]) == ask
    assert build.both([ask, build.nowhere]) == build.nowhere
    assert build.either([ask, build.everywhere]) == build.everywhere
    assert build.either([ask, build.nowhere, ask]) == ask
    assert build.both([early, one]) == build.moment((1, 0))
    assert build.either([early, one]) == build.moment((3, 1))
    assert build.negation(build.negation(ask)) == ask
    assert build.negation(early) == build.moment((0, 3))
    assert build.both([ask, other]) == build.both([other, ask])
    assert build.uniform[early]
    assert not build.uniform[one]
    assert not build.uniform[build.both([ask, one])]


def test_the_five_operations() -> None:
    """A small book uses each, and nothing else."""
    book = small_book(
        "a.x\nforbid: {cloud: {not: azure}}\nunless: {approved: true}\nin_force: 2026-01-01 ..",
        "a.y\npermit: {any: [{cloud: aws}, {host: aws}]}\noverrides: [a.x]",
    )
    form = lower(book, stretches_of(book).norms)
    assert {type(step) for step in form.operations} == {Ask, Moment, Both, Either, Negation}
    assert [entry.name for entry in form.speaks] == ["a.x", "a.y"] or len(form.speaks) == 2


def test_then_is_what_the_book_knew_at_the_moment_itself() -> None:
    """A rule from January that was learned in June binds acts of July, and of March only in hindsight."""
    book = small_book("a.x\nforbid: {cloud: aws}\nin_force: 2026-01-01 ..\nknown: 2026-06-01")
    then, now = stretches_of(book, "then"), stretches_of(book)
    march, july = NOON.timestamp(), datetime(2026, 7, 1, tzinfo=UTC).timestamp()
    assert [bool(then.norms[then.index(at)].norms) for at in (march, july)] == [False, True]
    assert [bool(now.norms[now.index(at)].norms) for at in (march, july)] == [True, True]
    known = datetime(2026, 6, 1, tzinfo=UTC)
    for at in (known - timedelta(microseconds=1), known):
        norms = then.norms[then.index(at.timestamp())].norms
        assert bool(norms) == bool(decide(book, {"cloud": "aws"}, at, as_of=at).f_must)
