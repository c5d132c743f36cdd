"""Which commitments a charge belongs to: what of it decides that, read once for every kind of charge.

A kind is what the commitments look at: thing, cloud, maker and the facts that their predicates test. A charge
from the ledger states the caller's facts and the target's; an amount given in a file states its own.
"""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import TypeAlias

import msgspec

from comity.contracts import Book, Progress, Value
from comity.contracts.duties import Owe
from comity.contracts.facts import parse_fact
from comity.contracts.terms import Term, attributes, definitions
from comity.ledger import Charge

SETTLED = "settled_by"
"""The attribute that says what covers a charge."""
INVOICE = "invoice"
"""What covers a charge until something else does."""

_TARGET = ("cloud", "region", "provider", "model", "tier")
"""What a line of the ledger says of its deployment in fields of its own."""

Key: TypeAlias = tuple[object, ...]
"""What makes two charges of one kind."""


class Seen(msgspec.Struct, frozen=True):
    """What commitments see of a charge."""

    facts: dict[str, Value]
    """Its facts, checked against the vocabulary of the book; what the book does not know is left out."""
    what: str
    """The thing, as a file calls it; empty when it does not say, and for a charge from the ledger."""
    given: bool
    """Whether a file gave it."""
    settled: bool
    """Whether it says itself what it is settled by, so that nothing else covers it."""


class Reader:
    """Reads charges for the commitments of one book."""

    def __init__(self, book: Book, duties: Iterable[Owe]) -> None:
        self.book = book
        self.names = tuple(sorted({*_tested(book, duties), SETTLED}))
        """The attributes that some commitment tests."""
        self._own = tuple(name for name in self.names if name not in _TARGET)

    def key(self, charge: Charge | Progress) -> Key:
        """What decides about the charge."""
        if isinstance(charge, Progress):
            return (
                None,
                charge.what,
                *(charge.facts.get(name) for name in self.names),
                charge.facts.get("cloud"),
            )
        target, stated, caller = charge.target, charge.workload, charge.facts
        return (
            charge.cloud,
            charge.region,
            charge.provider,
            charge.model,
            charge.tier,
            *[target.get(name, stated.get(name, caller.get(name))) for name in self._own],
        )

    def seen(self, charge: Charge | Progress) -> Seen:
        """What commitments see of it."""
        if isinstance(charge, Progress):
            facts = dict(charge.facts)
            if charge.what in self.book.vocabulary.attributes["cloud"].parents:
                facts.setdefault("cloud", charge.what)
            return Seen(facts, charge.what, given=True, settled=SETTLED in charge.facts)
        raw = dict(zip((*_TARGET, *self._own), self.key(charge), strict=True))
        facts = {}
        for name, fact in raw.items():
            value = self._fact(name, fact)
            if value is not None:
                facts[name] = value
        return Seen(facts, "", given=False, settled=SETTLED in facts)

    def _fact(self, name: str, fact: object) -> Value | None:
        """A recorded fact in the words of the book; None when it was not stated, or means nothing there."""
        if fact is None or fact in ("", ()):
            return None
        assert isinstance(fact, str | bool | int | Decimal | tuple | frozenset), "records hold facts"
        try:
            return parse_fact(name, fact, self.book.words)
        except ValueError:
            return None


def concerns(book: Book, owe: Owe, seen: Seen) -> bool:
    """Whether a duty is about such charges at all, before `counts` is asked.

    A duty about a cloud or a maker is about its charges. Any other word is the word of a file, or leaves it
    to `counts`; without `counts` nothing from the ledger belongs to it.
    """
    if seen.what == owe.what:
        return True
    if owe.what in book.vocabulary.attributes["cloud"].parents:
        return (seen.given and not seen.what) or seen.facts.get("cloud") == owe.what
    if owe.what in book.parties:
        return (seen.given and not seen.what) or seen.facts.get("provider") == owe.what
    return bool(attributes(owe.counts) or definitions(owe.counts)) or (seen.given and not seen.what)


def _tested(book: Book, duties: Iterable[Owe]) -> set[str]:
    found: set[str] = set()
    todo: list[Term] = [term for owe in duties for term in (owe.counts, *(one.counts for one in owe.limits))]
    known: set[str] = set()
    while todo:
        term = todo.pop()
        found |= attributes(term)
        for name in definitions(term) - known:
            known.add(name)
            todo += [reading.means for reading in book.definitions[name].readings]
    return found


def mentions(book: Book, owe: Owe, attribute: str) -> bool:
    """Whether the duty tests the attribute itself."""
    return attribute in _tested(book, [owe])
