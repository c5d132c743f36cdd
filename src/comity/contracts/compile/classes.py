"""Facts as classes: all that a form can tell apart about one attribute, as a small number.

Two facts are of one class when every test of the form gives both the same answer, and it is `interpret.holds`
that answers, once per class, when the form is prepared. Class 0 is a fact that was not stated, class 1 one
that cannot be read: a word that the vocabulary does not know, an empty set. Nothing is concluded from those:
every test of class 1 stays open. The class of a set is the union of one bit per kind of member.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from decimal import Decimal
from typing import TypeAlias

import msgspec

from comity.contracts.book import Book
from comity.contracts.compile.form import Ask, Form
from comity.contracts.interpret import holds
from comity.contracts.terms import Exactly, OneOf, Within
from comity.contracts.vocabulary import Attribute, Kind, Value

MISSING = 0
"""The class of a fact that was not stated."""

UNREADABLE = 1
"""The class of a fact that cannot be read."""

_FIRST = 2

Answer: TypeAlias = bool | None
"""What a test says: yes, no, or open."""


class Words(msgspec.Struct, frozen=True):
    """Classes of an attribute that holds one word."""

    words: dict[int, tuple[str, ...]]
    """Class to its words, sorted."""
    other: int
    """The class of every further word: `UNREADABLE` when the attribute is closed."""
    answers: dict[Ask, dict[int, Answer]]
    """Test to class to answer."""
    bits: int
    """How many bits a class takes."""


class Members(msgspec.Struct, frozen=True):
    """Kinds of members of an attribute that holds a set; bit 0 of a class is a member that cannot be read."""

    words: dict[int, tuple[str, ...]]
    """Kind (a bit position from 1) to its words, sorted."""
    other: int
    """The kind of every further word: 0 when the attribute is closed."""
    passing: dict[Ask, int]
    """Test to the kinds that pass it, as bits."""
    absent: dict[Ask, Answer]
    """Test to what absence of the fact answers."""
    bits: int
    """How many bits a class takes; the class 0 is a fact that was not stated."""


class Points(msgspec.Struct, frozen=True):
    """Classes of a number: below, at and between the numbers that tests name."""

    points: tuple[Decimal, ...]
    """The numbers, ascending; number i has class 3 + 2i, the gap below it 2 + 2i."""
    answers: dict[Ask, dict[int, Answer]]
    """Test to class to answer."""
    bits: int
    """How many bits a class takes."""


class Flags(msgspec.Struct, frozen=True):
    """Classes of a flag: 2 is false, 3 is true."""

    answers: dict[Ask, dict[int, Answer]]
    """Test to class to answer."""
    bits: int = 2
    """How many bits a class takes."""


Classes: TypeAlias = Words | Members | Points | Flags
"""The classes of one attribute."""


def classes_of(book: Book, form: Form, more: Iterable[str] = ()) -> dict[str, Classes]:
    """The classes of every attribute that `form` tests or that the book requires, by name, sorted.

    Of the attributes in `more` it is told at least whether a fact was stated, and whether it can be read.
    """
    asked: dict[str, list[Ask]] = {name: [] for name in (*book.vocabulary.required(), *more)}
    for ask in form.asks():
        asked.setdefault(ask.test.attribute, []).append(ask)
    return {name: _classes(book, book.vocabulary.attributes[name], asked[name]) for name in sorted(asked)}


def _classes(book: Book, attribute: Attribute, asks: list[Ask]) -> Classes:
    if attribute.set:
        return _members(book, attribute, asks)
    if attribute.kind is Kind.FLAG:
        return Flags(_answers(attribute, asks, {2: False, 3: True}))
    if attribute.kind is Kind.NUMBER:
        return _points(attribute, asks)
    return _words(book, attribute, asks)


def _answer(ask: Ask, fact: Value | None, attribute: Attribute) -> Answer:
    known = attribute.default if fact is None else fact
    return None if known is None else holds(ask.test, known, attribute, every=ask.every)


def _answers(attribute: Attribute, asks: list[Ask], facts: dict[int, Value]) -> dict[Ask, dict[int, Answer]]:
    """The answers of all classes, each shown by one of its facts."""
    return {
        ask: {MISSING: _answer(ask, None, attribute), UNREADABLE: None}
        | {number: _answer(ask, fact, attribute) for number, fact in facts.items()}
        for ask in asks
    }


def _known(book: Book, attribute: Attribute, asks: list[Ask]) -> tuple[list[str], str | None]:
    """The words to tell apart, and one that stands for every other; None when no other is accepted."""
    tested = {word for ask in asks if isinstance(ask.test, OneOf) for word in ask.test.values}
    known = sorted(book.words.known(attribute) | tested)
    if not (attribute.open or attribute.kind is Kind.NAME):
        return known, None
    return known, "".join(known) + "_"


def _words(book: Book, attribute: Attribute, asks: list[Ask]) -> Words:
    known, other = _known(book, attribute, asks)
    groups = _group(known, lambda word: tuple(_answer(ask, word, attribute) for ask in asks))
    facts: dict[int, Value] = {_FIRST + index: group[0] for index, group in enumerate(groups)}
    words = {number: tuple(group) for number, group in zip(facts, groups, strict=True)}
    last = UNREADABLE
    if other is not None:
        last = _FIRST + len(groups)
        facts[last] = other
    return Words(words, last, _answers(attribute, asks, facts), _bits(_FIRST + len(facts)))


def _members(book: Book, attribute: Attribute, asks: list[Ask]) -> Members:
    known, other = _known(book, attribute, asks)
    groups = _group(known, lambda word: tuple(_answer(ask, frozenset({word}), attribute) for ask in asks))
    facts = {1 + index: group[0] for index, group in enumerate(groups)}
    words = {kind: tuple(group) for kind, group in zip(facts, groups, strict=True)}
    last = 0
    if other is not None:
        last = 1 + len(groups)
        facts[last] = other
    passing = {
        ask: sum(1 << kind for kind, word in facts.items() if _answer(ask, frozenset({word}), attribute))
        for ask in asks
    }
    absent = {ask: _answer(ask, None, attribute) for ask in asks}
    return Members(words, last, passing, absent, 1 + len(facts))


def _points(attribute: Attribute, asks: list[Ask]) -> Points:
    found: set[Decimal] = set()
    for ask in asks:
        if isinstance(ask.test, Exactly):
            found |= ask.test.values
        elif isinstance(ask.test, Within):
            found |= {end for end in (ask.test.over, ask.test.at_most) if end is not None}
    points = sorted(found)
    facts: dict[int, Value] = {_FIRST: points[0] - 1 if points else Decimal(0)}
    for index, point in enumerate(points):
        facts[3 + 2 * index] = point
        above = points[index + 1] if index + 1 < len(points) else point + 2
        facts[4 + 2 * index] = (point + above) / 2
    return Points(tuple(points), _answers(attribute, asks, facts), _bits(_FIRST + len(facts)))


def _group(words: Iterable[str], look: Callable[[str], tuple[Answer, ...]]) -> list[list[str]]:
    groups: dict[tuple[Answer, ...], list[str]] = {}
    for word in words:
        groups.setdefault(look(word), []).append(word)
    return list(groups.values())


def _bits(classes: int) -> int:
    return max(1, (classes - 1).bit_length())
