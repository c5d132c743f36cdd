"""Workloads from outside: every attribute and value checked against the vocabulary, with a suggestion.

Texts from a command line or a configuration become typed facts here; nothing unknown passes, since a misspelt
fact would look like a missing one.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal, InvalidOperation
from typing import TypeAlias

from comity.contracts.book import Book
from comity.contracts.fields import Problems, suggest
from comity.contracts.predicates import Words
from comity.contracts.vocabulary import Attribute, Kind, Value
from comity.source import Node

Raw: TypeAlias = str | bool | int | Decimal | Sequence[str] | frozenset[str]
"""A fact as it comes from outside."""


def read_workload(node: Node, words: Words, problems: Problems) -> dict[str, Value]:
    """The workload that the mapping `node` states, for examples in a book."""
    if not isinstance(node.value, dict):
        problems.add(node.place, "a workload is a mapping of attributes to facts", "write `{cloud: azure}`")
        return {}
    facts: dict[str, Value] = {}
    for key, entry in node.value.items():
        plain = entry.node.plain()
        raw = plain if isinstance(plain, str | bool | int | Decimal | list) else ""
        try:
            facts[key] = parse_fact(key, raw, words)
        except ValueError as error:
            message, _, suggestion = str(error).partition("; ")
            place = entry.key_place if key not in words.vocabulary.attributes else entry.node.place
            problems.add(place, message, suggestion)
    return facts


def parse_facts(book: Book, raw: Mapping[str, Raw]) -> dict[str, Value]:
    """The workload that `raw` states in the words of `book`.

    Raises ValueError about the first fact that is wrong: `what is wrong; what to write instead`.

    >>> book = load_book(Path("books/acme"))
    >>> parse_facts(book, {"cloud": "azure", "region": "swedencentral", "scc_signed": "true"})
    {'cloud': 'azure', 'region': frozenset({'swedencentral'}), 'scc_signed': True}
    >>> parse_facts(book, {"clod": "azure"})
    Traceback (most recent call last):
    ValueError: there is no attribute `clod`; did you mean `cloud`?
    """
    return {name: parse_fact(name, value, book.words) for name, value in raw.items()}


def parse_fact(name: str, raw: Raw, words: Words) -> Value:
    """The fact `raw` of the attribute `name`; raises ValueError `what is wrong; what to write`."""
    attribute = words.vocabulary.attributes.get(name)
    if attribute is None:
        raise ValueError(f"there is no attribute `{name}`; {suggest(name, words.vocabulary.attributes)}")
    if attribute.kind is Kind.FLAG:
        return _flag(attribute, raw)
    if attribute.kind is Kind.NUMBER:
        return _number(attribute, raw)
    if attribute.set:
        return _set(attribute, raw, words)
    return _word(attribute, raw, words)


def _flag(attribute: Attribute, raw: Raw) -> bool:
    if isinstance(raw, bool):
        return raw
    if raw in ("true", "false"):
        return raw == "true"
    raise ValueError(f"`{attribute.name}` is a flag; write `true` or `false`")


def _number(attribute: Attribute, raw: Raw) -> Decimal:
    if isinstance(raw, str | int | Decimal) and not isinstance(raw, bool):
        try:
            number = Decimal(raw)
        except InvalidOperation:
            number = Decimal("NaN")
        if number.is_finite():
            return number
    raise ValueError(f"`{attribute.name}` is a number; write for example `30`")


def _set(attribute: Attribute, raw: Raw, words: Words) -> frozenset[str]:
    items: Iterable[object]
    if isinstance(raw, str):
        items = [part.strip() for part in raw.split(",")]
    elif isinstance(raw, Sequence | frozenset):
        items = raw
    else:
        items = [raw]
    found = frozenset(_word(attribute, item, words) for item in items)
    if not found:
        raise ValueError(f"`{attribute.name}` is empty; leave it out when it is not known")
    return found


def _word(attribute: Attribute, raw: object, words: Words) -> str:
    if not isinstance(raw, str) or not raw:
        raise ValueError(f"`{attribute.name}` is one word; write for example `{_sample(attribute, words)}`")
    if not words.accepts(attribute, raw):
        what = "party" if attribute.kind is Kind.PARTY else f"value of `{attribute.name}`"
        raise ValueError(f"`{raw}` is no {what}; {suggest(raw, words.known(attribute))}")
    return raw


def _sample(attribute: Attribute, words: Words) -> str:
    return min(words.known(attribute), default="a-name")
