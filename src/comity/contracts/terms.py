"""Predicates as values: the small closed fragment that every target of the language can express.

A predicate is a tree of these structs; nothing in a contract is ever evaluated as text. How a test treats a
set, a wider fact or a missing one is written once, in `interpret`, and followed by every other target.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import TypeAlias

import msgspec


class OneOf(msgspec.Struct, frozen=True, tag=True):
    """The fact is one of `values`, or lies inside one of them."""

    attribute: str
    """Whose fact is tested."""
    values: frozenset[str]
    """The accepted words, at least one."""


class Flag(msgspec.Struct, frozen=True, tag=True):
    """The fact is exactly `value`."""

    attribute: str
    """Whose fact is tested."""
    value: bool
    """The accepted fact."""


class Within(msgspec.Struct, frozen=True, tag=True):
    """The number lies in an interval, open below and closed above."""

    attribute: str
    """Whose fact is tested."""
    over: Decimal | None = None
    """Exclusive lower end; None when there is none."""
    at_most: Decimal | None = None
    """Inclusive upper end; None when there is none."""


class Exactly(msgspec.Struct, frozen=True, tag=True):
    """The number is one of `values`."""

    attribute: str
    """Whose fact is tested."""
    values: frozenset[Decimal]
    """The accepted numbers, at least one."""


class Is(msgspec.Struct, frozen=True, tag=True):
    """A definition holds, in the reading that the world has chosen."""

    definition: str
    """Its name."""


class Not(msgspec.Struct, frozen=True, tag=True):
    """The term does not hold."""

    term: Term
    """What must not hold."""


class All(msgspec.Struct, frozen=True, tag=True):
    """Every term holds; true when there is none."""

    terms: tuple[Term, ...]
    """The terms, in the order written."""


class Some(msgspec.Struct, frozen=True, tag=True):
    """At least one term holds; false when there is none."""

    terms: tuple[Term, ...]
    """The terms, in the order written."""


Test: TypeAlias = OneOf | Flag | Within | Exactly
"""A term that looks at one attribute."""

Term: TypeAlias = OneOf | Flag | Within | Exactly | Is | Not | All | Some
"""Any predicate."""

TRUE = All(())
"""The predicate that always holds."""

FALSE = Some(())
"""The predicate that never holds."""


def tests(term: Term) -> Iterator[Test | Is]:
    """Every leaf of `term`, in the order written; definitions are not followed."""
    if isinstance(term, All | Some):
        for part in term.terms:
            yield from tests(part)
    elif isinstance(term, Not):
        yield from tests(term.term)
    else:
        yield term


def attributes(term: Term) -> frozenset[str]:
    """The attributes that `term` looks at directly."""
    return frozenset(leaf.attribute for leaf in tests(term) if not isinstance(leaf, Is))


def definitions(term: Term) -> frozenset[str]:
    """The definitions that `term` names directly."""
    return frozenset(leaf.definition for leaf in tests(term) if isinstance(leaf, Is))
