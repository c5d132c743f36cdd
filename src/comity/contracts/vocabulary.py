"""The closed vocabulary of a book: attributes, their values, what lies inside what, and what silence means.

A value may lie inside several others (`uk` is `adequate` and in the `world`). Values are compared by name and
by this order only; nothing here knows clouds, contracts or dates.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from enum import StrEnum
from typing import TypeAlias

import msgspec

Value: TypeAlias = str | bool | int | Decimal | frozenset[str]
"""One fact; an attribute that is a set always holds a frozenset."""

Workload: TypeAlias = Mapping[str, Value]
"""Attribute name to fact; an absent name was not stated."""


class Kind(StrEnum):
    """What sort of fact an attribute holds."""

    WORDS = "words"
    NAME = "name"
    PARTY = "party"
    FLAG = "flag"
    NUMBER = "number"


class Missing(StrEnum):
    """What the absence of a fact means, when it does not mean a value."""

    UNKNOWN = "unknown"
    REJECT = "reject"


class Attribute(msgspec.Struct, frozen=True, dict=True):
    """One attribute of a workload.

    What lies inside the words of a test is worked out once and kept; only the tests of a book ask for it.
    """

    name: str
    """Its name in clauses and workloads."""
    title: str
    """What it says, as a phrase for people."""
    kind: Kind = Kind.WORDS
    """What sort of fact it holds."""
    set: bool = False
    """Whether a fact is a set of words (everything that may happen) instead of one."""
    open: bool = False
    """Whether words outside `parents` are accepted."""
    exact: bool = False
    """Whether a stated word is the whole truth: nothing narrower is meant by it."""
    parents: dict[str, frozenset[str]] = {}
    """Every known word to the words it lies directly inside."""
    missing: Missing | Value = Missing.UNKNOWN
    """What absence means: unknown, a rejection, or this fact."""
    why: str = ""
    """Why absence means that."""
    known_at: str = "request"
    """`onboarding`, `request` or `target`: when the fact is known."""
    change: str = ""
    """How an explanation words a change of the fact, with `{value}`."""

    @property
    def default(self) -> Value | None:
        """The fact that absence means; None when it means none."""
        return None if isinstance(self.missing, Missing) else self.missing

    def above(self, word: str) -> frozenset[str]:
        """`word` and everything that it lies inside."""
        found = {word}
        todo = [word]
        while todo:
            for parent in self.parents.get(todo.pop(), ()):
                if parent not in found:
                    found.add(parent)
                    todo.append(parent)
        return frozenset(found)

    def below(self, word: str) -> frozenset[str]:
        """`word` and every known word that lies inside it."""
        return frozenset(other for other in (*self.parents, word) if word in self.above(other))

    def inside(self, words: frozenset[str]) -> frozenset[str]:
        """Every known word that lies inside one of `words`, and these."""
        known: dict[frozenset[str], frozenset[str]] = self.__dict__.setdefault("_inside", {})
        found = known.get(words)
        if found is None:
            found = known[words] = frozenset().union(*(self.below(word) for word in words))
        return found

    def touching(self, words: frozenset[str]) -> frozenset[str]:
        """Every known word that has something inside it in common with one of `words`."""
        known: dict[frozenset[str], frozenset[str]] = self.__dict__.setdefault("_touching", {})
        found = known.get(words)
        if found is None:
            within = self.inside(words)
            found = known[words] = within.union(*(self.above(word) for word in within))
        return found


class Vocabulary(msgspec.Struct, frozen=True):
    """All attributes of a book, by name."""

    attributes: dict[str, Attribute]
    """Every attribute that a clause or a workload may name."""

    def defaults(self) -> dict[str, Value]:
        """The facts that silence means, by attribute."""
        return {
            name: attribute.default
            for name, attribute in self.attributes.items()
            if attribute.default is not None
        }

    def required(self) -> tuple[str, ...]:
        """The attributes that every workload must state."""
        return tuple(
            name for name, attribute in self.attributes.items() if attribute.missing is Missing.REJECT
        )
