"""What each target cannot express, in one table; a book that needs it is refused when it is compiled.

`LIMITS` is the table that `docs/reference/targets.md` shows. A construct that is not in it means the same on
every target.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from decimal import Decimal
from typing import Literal, TypeAlias

import msgspec

from comity.contracts.book import Book
from comity.contracts.clauses import Clause, Effect
from comity.contracts.terms import TRUE, Exactly, OneOf, Term, Within, tests
from comity.errors import BookError, Place, Problem

Target: TypeAlias = Literal["scalar", "columnar", "linear", "solver"]
"""Where a form can run."""

PLACES = 9
"""Digits behind the point that a number may have on the columnar target."""

DIGITS = 29
"""Digits before the point."""

EXACT = 30
"""Digits on each side of the point that a number may have on the solver target, which names exact numbers."""

KINDS = 60
"""Kinds of members of a set that all tests together may tell apart: one bit each, in one number."""


class Limit(msgspec.Struct, frozen=True):
    """Something that a target cannot express."""

    construct: str
    """What a book may say, as a phrase."""
    targets: tuple[Target, ...]
    """The targets that cannot express it."""
    instead: str
    """What to write, or what to use."""
    found: Callable[[Book], Iterator[tuple[Place, str]]]
    """Where a book says it, and its name in a message."""


def _predicates(book: Book) -> Iterator[tuple[Place, str, Term]]:
    for clause in book.clauses:
        for term in (clause.scope, clause.goal, clause.unless or TRUE):
            yield clause.place, clause.id, term
    for definition in book.definitions.values():
        for reading in definition.readings:
            yield definition.place, definition.name, reading.means


def _numbers(term: Term) -> Iterator[Decimal]:
    for leaf in tests(term):
        if isinstance(leaf, Exactly):
            yield from leaf.values
        elif isinstance(leaf, Within):
            yield from (end for end in (leaf.over, leaf.at_most) if end is not None)


def _beyond(digits: int, places: int) -> Callable[[Book], Iterator[tuple[Place, str]]]:
    """Finds numbers with more than so many digits before and behind the point."""

    def found(book: Book) -> Iterator[tuple[Place, str]]:
        for place, name, term in _predicates(book):
            for number in _numbers(term):
                if number.adjusted() >= digits or _places(number) > places:
                    yield place, f"`{name}` tests a number against {number}"

    return found


def _places(number: Decimal) -> int:
    _, written, exponent = number.as_tuple()
    assert isinstance(exponent, int), "numbers in a book are finite"
    digits = "".join(map(str, written))
    return -exponent - (len(digits) - len(digits.rstrip("0"))) if number else 0


def _wide_sets(book: Book) -> Iterator[tuple[Place, str]]:
    tested: dict[str, tuple[Place, list[frozenset[str]]]] = {}
    for place, _, term in _predicates(book):
        for leaf in tests(term):
            if isinstance(leaf, OneOf) and book.vocabulary.attributes[leaf.attribute].set:
                tested.setdefault(leaf.attribute, (place, []))[1].append(leaf.values)
    for name, (place, values) in tested.items():
        attribute = book.vocabulary.attributes[name]
        words = book.words.known(attribute).union(*values)
        looks = [(attribute.touching(value), attribute.inside(value)) for value in dict.fromkeys(values)]
        kinds = {tuple((word in near, word in within) for near, within in looks) for word in words}
        if len(kinds) > KINDS:
            yield place, f"the tests of `{name}` tell {len(kinds)} kinds of members apart"


def _deeds(book: Book) -> Iterator[tuple[Place, str]]:
    for clause in book.clauses:
        if clause.effect is Effect.OWE and not measurable(clause):
            yield clause.place, f"`{clause.id}` owes a deed without an amount or a rate"


def measurable(clause: Clause) -> bool:
    """Whether what a clause owes can be counted: an amount, milestones, or a rate."""
    owe = clause.owe
    return owe is not None and (owe.amount is not None or bool(owe.milestones) or owe.rate is not None)


LIMITS = (
    Limit(
        f"a number with more than {PLACES} decimals, or more than {DIGITS} digits before the point",
        ("columnar",),
        "round it, or decide with `decide`",
        _beyond(DIGITS, PLACES),
    ),
    Limit(
        f"tests of a set attribute that tell more than {KINDS} kinds of members apart",
        ("columnar",),
        "test wider words, or decide with `decide`",
        _wide_sets,
    ),
    Limit(
        "`owe` of a deed that has no amount and no rate",
        ("linear",),
        "leave the clause out by name; its state is text for people",
        _deeds,
    ),
    Limit(
        f"a number with more than {EXACT} decimals, or more than {EXACT} digits before the point",
        ("solver",),
        "round it; a proof shows workloads with exact numbers on both sides of it",
        _beyond(EXACT, EXACT),
    ),
)
"""The table."""


def refuse(book: Book, target: Target, without: Collection[str] = ()) -> None:
    """Raises BookError when `book` needs what `target` cannot express; `without` names clauses left aside."""
    left = {book.clause(name).place for name in without}
    problems = [
        Problem(place, f"{what}, which the {target} target cannot express", limit.instead)
        for limit in LIMITS
        if target in limit.targets
        for place, what in limit.found(book)
        if place not in left
    ]
    if problems:
        raise BookError(problems)
