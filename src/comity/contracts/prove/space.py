"""The facts of a workload as finitely many classes: two facts of one class answer every test alike.

What a fact answers is asked of `interpret.holds`, never worked out again, so that this form cannot drift from
the meaning. Several books may share a space (a comparison); each answers with its own vocabulary.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from decimal import Decimal, localcontext
from itertools import pairwise

import msgspec

from comity.contracts.book import Book
from comity.contracts.compile.limits import EXACT
from comity.contracts.interpret import holds
from comity.contracts.prove.acts import ACTOR, bound_actors, performance
from comity.contracts.terms import TRUE, Exactly, Is, OneOf, Term, Test, Within, tests
from comity.contracts.vocabulary import Attribute, Kind, Value, Workload

_NOBODY = "none"
_PRECISION = 2 * EXACT + 2
"""Digits with which a number between two others is exact."""
_OTHERS = ("something_else", "something_else_still", "something_else_again")

Signature = tuple[bool | None, ...]
"""What a fact answers to every test of its attribute, asked of every member and of some; None is unknown."""


class Option(msgspec.Struct, frozen=True):
    """One class of facts; of an attribute that is a set, one class of members."""

    value: str | bool | Decimal | int | None
    """A fact of the class that stands for all; None is absence."""
    answers: Signature
    """What every fact of the class answers."""

    def answer(self, place: int, *, every: bool) -> bool | None:
        """What it answers to the test at `place` of its dimension."""
        return self.answers[2 * place + (not every)]


class Dimension(msgspec.Struct, frozen=True):
    """One attribute as classes."""

    name: str
    """The attribute."""
    set: bool
    """Whether a fact is a set, so that several classes hold at once."""
    options: tuple[Option, ...]
    """The classes, the one that stands for absence first; of a set, the classes of members."""
    asked: dict[tuple[int, Test], int]
    """(book, test) to its place in a signature."""
    absent: Signature
    """What absence answers."""
    optional: bool
    """Whether absence means a fact, so that a complete workload may leave it out."""


class Space:
    """Every attribute that the clauses of some books look at, as classes."""

    def __init__(self, books: tuple[Book, ...]) -> None:
        self.books = books
        found: dict[str, dict[tuple[int, Test], None]] = {}
        for index, book in enumerate(books):
            for name in book.vocabulary.required():
                found.setdefault(name, {})
            for test in _tests(book):
                found.setdefault(test.attribute, {})[index, test] = None
        self.dimensions = {
            name: _dimension(name, tuple(asked), books) for name, asked in sorted(found.items())
        }

    def classes(self, workload: Workload) -> dict[str, tuple[int, ...]]:
        """Dimension to the numbers of the classes that `workload` has there; of an absent set, none."""
        found: dict[str, tuple[int, ...]] = {}
        for name, dimension in self.dimensions.items():
            fact = workload.get(name)
            members: list[Value | None] = [fact]
            if dimension.set:
                members = [frozenset({word}) for word in fact] if isinstance(fact, frozenset) else []
            places = [option.answers for option in dimension.options]
            asked = tuple(dimension.asked)
            answers = {_answers(name, asked, self.books, member) for member in members}
            found[name] = tuple(sorted(places.index(one) for one in answers))
        return found


def _tests(book: Book) -> Iterator[Test]:
    terms: list[Term] = [contract.covers for contract in book.contracts.values()]
    terms += [bound_actors(contract) for contract in book.contracts.values()]
    for clause in book.clauses:
        terms += [clause.scope, clause.goal, clause.unless or TRUE, performance(clause) or TRUE]
    terms += [reading.means for definition in book.definitions.values() for reading in definition.readings]
    for term in terms:
        yield from (leaf for leaf in tests(term) if not isinstance(leaf, Is))


def _dimension(name: str, asked: tuple[tuple[int, Test], ...], books: tuple[Book, ...]) -> Dimension:
    known = [book.vocabulary.attributes[name] for book in books if name in book.vocabulary.attributes]
    several = known[0].set
    absent = _answers(name, asked, books, None)
    classes: dict[Signature, str | bool | Decimal | int | None] = {} if several else {absent: None}
    for value in _candidates(known, asked, books):
        classes.setdefault(_answers(name, asked, books, frozenset({str(value)}) if several else value), value)
    return Dimension(
        name=name,
        set=several,
        options=tuple(Option(value, answers) for answers, value in classes.items()),
        asked={key: place for place, key in enumerate(asked)},
        absent=absent,
        optional=all(attribute.default is not None for attribute in known),
    )


def _answers(
    name: str, asked: tuple[tuple[int, Test], ...], books: tuple[Book, ...], value: Value | None
) -> Signature:
    """What `value` answers to each test, for every member and then for some; equal for what is no set."""
    found: list[bool | None] = []
    for index, test in asked:
        attribute = books[index].vocabulary.attributes[name]
        fact = attribute.default if value is None else value
        found += [
            None if fact is None else holds(test, fact, attribute, every=every) for every in (True, False)
        ]
    return tuple(found)


def _candidates(
    known: list[Attribute], asked: tuple[tuple[int, Test], ...], books: tuple[Book, ...]
) -> Iterable[str | bool | Decimal]:
    """Facts of every class, the ones that read best first."""
    if known[0].kind is Kind.FLAG:
        return (True, False)
    if known[0].kind is Kind.NUMBER:
        return _numbers([test for _, test in asked])
    named = {word for _, test in asked if isinstance(test, OneOf) for word in test.values}
    words = dict.fromkeys(word for attribute in known for word in attribute.parents if word in named)
    words |= dict.fromkeys(sorted(named))
    words |= dict.fromkeys(word for attribute in known for word in attribute.parents)
    for book in books:
        if (attribute := book.vocabulary.attributes.get(known[0].name)) is not None:
            words |= dict.fromkeys(sorted(book.words.known(attribute)))
    if any(attribute.open or attribute.kind is Kind.NAME for attribute in known):
        words |= dict.fromkeys(name for name in _OTHERS if name not in words)
    if _NOBODY in words:  # reads worst, and nobody does nothing
        del words[_NOBODY]
        words |= {} if known[0].name == ACTOR else {_NOBODY: None}
    return words


def _numbers(asked: list[Test]) -> list[Decimal]:
    """Every cut, and a number in every gap between cuts."""
    cuts: set[Decimal] = set()
    for test in asked:
        if isinstance(test, Within):
            cuts |= {end for end in (test.over, test.at_most) if end is not None}
        elif isinstance(test, Exactly):
            cuts |= test.values
    ordered = sorted(cuts)
    if not ordered:
        return [Decimal(0)]
    with localcontext(prec=_PRECISION):
        between = [min(low + 1, (low + high) / 2) for low, high in pairwise(ordered)]
        return [*ordered, *between, ordered[0] - 1, ordered[-1] + 1]
