"""From classes back to facts: one fact for each class, to ask the plain engine about.

A column can have a class in each of several books; the fact found is of all of them.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import Decimal
from itertools import pairwise
from typing import TypeAlias

from comity.contracts.compile.classes import MISSING, UNREADABLE, Classes, Flags, Members, Points, Words
from comity.contracts.vocabulary import Value

Seen: TypeAlias = tuple[Classes, int]
"""The classes of an attribute in one book, and the one that was seen."""


def fact_of(seen: Sequence[Seen]) -> Value | None:
    """A fact of these classes, seen together in a row that could be read; None when it was not stated."""
    if all(number == MISSING for _, number in seen):
        return None
    found = next((fact for fact in _candidates(seen) if _fits(fact, seen)), None)
    assert found is not None, "a class was seen in a row, so some fact is of it"
    return found


def class_number(classes: Classes, fact: Value) -> int:
    """The class of a fact that can be read."""
    if isinstance(classes, Flags):
        return 3 if fact else 2
    if isinstance(classes, Points):
        assert isinstance(fact, Decimal), "only numbers have points"
        below = sum(point < fact for point in classes.points)
        return (3 if fact in classes.points else 2) + 2 * below
    if isinstance(classes, Members):
        assert isinstance(fact, frozenset), "only sets have members"
        return sum({1 << _place(classes, word) for word in fact})
    assert isinstance(fact, str), "what is neither flag nor number is a word"
    return _place(classes, fact)


def _place(classes: Words | Members, word: str) -> int:
    """The class of a word, or its kind."""
    return next((number for number, words in classes.words.items() if word in words), classes.other)


def _fits(fact: Value, seen: Iterable[Seen]) -> bool:
    return all(class_number(classes, fact) == number for classes, number in seen)


def _candidates(seen: Sequence[Seen]) -> Iterable[Value]:
    kinds = [classes for classes, _ in seen]
    points = sorted({point for one in kinds if isinstance(one, Points) for point in one.points})
    words = {
        word
        for one in kinds
        if isinstance(one, Words | Members)
        for group in one.words.values()
        for word in group
    }
    listed = [*sorted(words), "".join(sorted(words)) + "_"]
    if isinstance(kinds[0], Flags):
        return (False, True)
    if isinstance(kinds[0], Points):
        return _numbers(points)
    if isinstance(kinds[0], Words):
        return listed
    # All members that every book has seen: those in the row are among them, so no kind is left out.
    return [frozenset(word for word in listed if _is_among(word, seen))]


def _is_among(word: str, seen: Iterable[Seen]) -> bool:
    return all(
        isinstance(classes, Members) and 1 << _place(classes, word) & number & ~UNREADABLE
        for classes, number in seen
    )


def _numbers(points: Sequence[Decimal]) -> list[Value]:
    """The points, and one number below, between and above them."""
    if not points:
        return [Decimal(0)]
    between = [(low + high) / 2 for low, high in pairwise(points)]
    return [points[0] - 1, *points, *between, points[-1] + 1]
