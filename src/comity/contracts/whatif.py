"""What other facts would give: values of what is missing, and the cheapest change that every world allows.

Every answer is the plain decision on changed facts; there is no second way to decide.
"""

from __future__ import annotations

from decimal import Decimal
from itertools import combinations, product

import msgspec

from comity.contracts.book import Book
from comity.contracts.decide import interpret
from comity.contracts.norms import Norms
from comity.contracts.phrases import fact_phrase
from comity.contracts.terms import Exactly, Is, OneOf, Within, tests
from comity.contracts.verdict import Outcome
from comity.contracts.vocabulary import Attribute, Kind, Value, Workload

_OTHER = "anything else"
_ALLOWED = (Outcome.PERMITTED, Outcome.SILENT)
_MOST = 12


class Given(msgspec.Struct, frozen=True):
    """What one value of a missing attribute would give."""

    attribute: str
    """The missing attribute."""
    value: str
    """The value, as it is written; `anything else` for all that no clause mentions."""
    outcome: Outcome
    """What the book would say."""


class Change(msgspec.Struct, frozen=True):
    """Facts that would make the workload allowed in every world."""

    facts: dict[str, Value]
    """What to change."""
    text: str
    """The change in words."""
    outcome: Outcome
    """What the book would say then: permitted or silent."""


def given(
    book: Book, norms: Norms, facts: Workload, needs: tuple[str, ...], party: str | None
) -> tuple[Given, ...]:
    """What each value of each attribute in `needs` would give."""
    found: list[Given] = []
    for name in needs:
        attribute = book.vocabulary.attributes[name]
        for value in _mentioned(book, norms, attribute):
            verdict = interpret(book, {**facts, name: value}, norms, party)
            found.append(Given(name, fact_phrase(value), verdict.outcome))
        other = _unmentioned(book, norms, attribute)
        if other is not None:
            verdict = interpret(book, {**facts, name: other}, norms, party)
            found.append(Given(name, _OTHER, verdict.outcome))
    return tuple(found)


def cheapest_change(book: Book, norms: Norms, facts: Workload, party: str | None) -> Change | None:
    """The change of one fact, else of two, that every world allows; an express permission is preferred."""
    options = {
        name: [value for value in _changes(book, norms, attribute) if value != facts.get(name)][:_MOST]
        for name, attribute in book.vocabulary.attributes.items()
        if attribute.change
    }
    for width in (1, 2):
        silent: Change | None = None
        for names in combinations((name for name in options if options[name]), width):
            for values in product(*(options[name] for name in names)):
                changed = dict(zip(names, values, strict=True))
                outcome = interpret(book, {**facts, **changed}, norms, party).outcome
                if outcome is Outcome.PERMITTED:
                    return Change(changed, _text(book, changed), outcome)
                if outcome in _ALLOWED and silent is None:
                    silent = Change(changed, _text(book, changed), outcome)
        if silent is not None:
            return silent
    return None


def _text(book: Book, changed: dict[str, Value]) -> str:
    return " and ".join(
        book.vocabulary.attributes[name].change.replace(
            "{value}", book.parties.get(str(value), fact_phrase(value))
        )
        for name, value in changed.items()
    )


def _changes(book: Book, norms: Norms, attribute: Attribute) -> list[Value]:
    mentioned = _mentioned(book, norms, attribute)
    if attribute.kind is Kind.FLAG:
        return [value for value in mentioned if value is True]
    if attribute.set:
        return [frozenset({str(value)}) if isinstance(value, str) else value for value in mentioned]
    return mentioned


def _mentioned(book: Book, norms: Norms, attribute: Attribute) -> list[Value]:
    """The values of `attribute` that some live clause looks at, or that lie next to one."""
    if attribute.kind is Kind.FLAG:
        return [True, False] if _leaves(book, norms, attribute.name) else []
    found: set[Value] = set()
    for leaf in _leaves(book, norms, attribute.name):
        if isinstance(leaf, OneOf | Exactly):
            found |= set(leaf.values)
        elif isinstance(leaf, Within):
            ends = [end for end in (leaf.over, leaf.at_most) if end is not None]
            found |= {value for end in ends for value in (end, end + Decimal(1))}
    values: list[Value] = sorted(found, key=str)
    return [frozenset({value}) if attribute.set and isinstance(value, str) else value for value in values]


def _unmentioned(book: Book, norms: Norms, attribute: Attribute) -> Value | None:
    if attribute.kind in (Kind.FLAG, Kind.NUMBER) or attribute.set:
        return None
    known = book.words.known(attribute)
    mentioned = {str(value) for value in _mentioned(book, norms, attribute)}
    if attribute.open or attribute.kind is Kind.NAME:
        return next(name for name in ("something_else", "something_else_still") if name not in known)
    spared = [
        word
        for word in sorted(known)
        if word != "none" and not attribute.above(word) & mentioned and word not in mentioned
    ]
    return spared[0] if spared else None


def _leaves(book: Book, norms: Norms, name: str) -> list[object]:
    found: list[object] = []
    for norm in norms.norms.values():
        for term in (norm.scope, norm.goal, norm.unless):
            for leaf in tests(term):
                if isinstance(leaf, Is):
                    found += [
                        inner
                        for reading in book.definitions[leaf.definition].readings
                        for inner in tests(reading.means)
                        if not isinstance(inner, Is) and inner.attribute == name
                    ]
                elif leaf.attribute == name:
                    found.append(leaf)
    return found
