"""A loaded book: contracts, definitions, clauses and examples, linked and checked.

A book is a value without behaviour of its own beyond lookups; what it says about a workload is `decide`.
"""

from __future__ import annotations

from pathlib import Path
from zoneinfo import ZoneInfo

import msgspec

from comity.contracts.clauses import (
    Clause,
    Contract,
    Definition,
    DutyExample,
    Example,
    Exercise,
    Occurrence,
)
from comity.contracts.predicates import Words
from comity.contracts.terms import TRUE, OneOf, tests
from comity.contracts.vocabulary import Kind, Vocabulary
from comity.contracts.worlds import Worlds
from comity.errors import Place


class Finding(msgspec.Struct, frozen=True):
    """Something that a reader of the book should know; it does not stop anything."""

    kind: str
    """`contradiction`, `specificity`, `worlds`, `never in force` …."""
    place: Place
    """Where to look."""
    message: str
    """What was found, lower case, with names in backticks."""
    suggestion: str
    """What to do about it."""


class Book(msgspec.Struct, frozen=True, dict=True):
    """A folder of contracts, with the vocabulary and parties that they share."""

    paths: tuple[Path, ...]
    """The folders and files it was loaded from."""
    title: str
    """Its title."""
    contracts: dict[str, Contract]
    """Its contracts and vocabulary files, by id."""
    parties: dict[str, str]
    """Party id to name."""
    events: dict[str, str]
    """Declared event to what it means."""
    vocabulary: Vocabulary
    """Its attributes."""
    definitions: dict[str, Definition]
    """Its defined terms, by name."""
    clauses: tuple[Clause, ...]
    """Its clauses, in file order."""
    examples: tuple[Example, ...]
    """Its examples about workloads, in file order."""
    duty_examples: tuple[DutyExample, ...]
    """Its examples about duties, in file order."""
    occurrences: tuple[Occurrence, ...]
    """What is recorded to have happened."""
    exercises: tuple[Exercise, ...]
    """The powers that are recorded to have been used."""
    cutters: dict[str, tuple[str, ...]]
    """Clause to the clauses that override it, by name, by `*` or by the order of parts; sorted."""
    worlds: Worlds
    """The choices of reading."""
    clock: ZoneInfo
    """The zone in which a bare date is read."""
    fingerprint: str
    """SHA-256 of its files, hexadecimal: which text decided."""
    findings: tuple[Finding, ...] = ()
    """What a reader should know."""

    def clause(self, identity: str) -> Clause:
        """The clause with this id; KeyError when there is none."""
        return self.by_id[identity]

    @property
    def by_id(self) -> dict[str, Clause]:
        """Every clause by its id."""
        known: dict[str, Clause] | None = self.__dict__.get("_by_id")
        if known is None:
            known = {clause.id: clause for clause in self.clauses}
            self.__dict__["_by_id"] = known
        return known

    @property
    def words(self) -> Words:
        """What the words of a workload may be."""
        return Words(self.vocabulary, self.parties, self.definitions)

    def zone(self, contract: str) -> ZoneInfo:
        """The zone in which the days of a contract begin."""
        return ZoneInfo(self.contracts[contract].clock)


def mentioned_values(book: Book, name: str) -> tuple[str, ...]:
    """The values of an attribute that the clauses and examples of `book` mention, else all that it knows."""
    attribute = book.vocabulary.attributes[name]
    if attribute.kind is Kind.FLAG:
        return ("true", "false")
    found: set[str] = set()
    terms = [term for clause in book.clauses for term in (clause.scope, clause.goal, clause.unless or TRUE)]
    terms += [reading.means for definition in book.definitions.values() for reading in definition.readings]
    for term in terms:
        for leaf in tests(term):
            if isinstance(leaf, OneOf) and leaf.attribute == name:
                found |= leaf.values
    for example in book.examples:
        fact = example.workload.get(name)
        found |= fact if isinstance(fact, frozenset) else {str(fact)} if isinstance(fact, str) else set()
    order = [*attribute.parents, *sorted(found - set(attribute.parents))]
    return tuple(word for word in order if word in found) or tuple(attribute.parents)
