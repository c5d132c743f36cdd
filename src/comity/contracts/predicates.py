"""Predicates from YAML: `S`, `V` and `E` of a clause become terms, every word checked against the vocabulary.

Anything outside the fragment (value, list, `not`, `over` and `at_most`, `is`, one level of `any`) is refused
with what to write instead.
"""

from __future__ import annotations

from collections.abc import Collection
from decimal import Decimal

import msgspec

from comity.contracts.fields import Problems, as_number, suggest
from comity.contracts.terms import TRUE, All, Exactly, Flag, Is, Not, OneOf, Some, Term, Within
from comity.contracts.vocabulary import Attribute, Kind, Missing, Vocabulary
from comity.errors import Place
from comity.source import Entry, Node

_NOBODY = "none"


class Words(msgspec.Struct, frozen=True):
    """What the words of a predicate or a workload may be."""

    vocabulary: Vocabulary
    """The attributes."""
    parties: Collection[str]
    """The parties of the book."""
    definitions: Collection[str]
    """The definitions of the book."""

    def known(self, attribute: Attribute) -> set[str]:
        """The words that `attribute` knows."""
        if attribute.kind is Kind.PARTY:
            return {*self.parties, *attribute.parents, _NOBODY}
        absent = {attribute.missing} if isinstance(attribute.missing, str) else set()
        return {*attribute.parents, *absent} - set(Missing)

    def accepts(self, attribute: Attribute, word: str) -> bool:
        """Whether `word` may be a fact of `attribute`."""
        return attribute.open or attribute.kind is Kind.NAME or word in self.known(attribute)


def parse_predicate(node: Node, words: Words, problems: Problems, *, nested: bool = False) -> Term:
    """The term that the mapping `node` says; `nested` inside `any`, where `any` is refused."""
    if not isinstance(node.value, dict):
        problems.add(
            node.place,
            "a predicate is a mapping of attributes to tests",
            "write `{cloud: azure, state: stateless}`",
        )
        return TRUE
    terms: list[Term] = []
    for key, entry in node.value.items():
        if key == "is":
            terms.append(_is(entry.node, words, problems))
        elif key == "any":
            terms.append(_any(entry, words, problems, nested=nested))
        elif (attribute := words.vocabulary.attributes.get(key)) is not None:
            terms.append(_test(entry.node, attribute, words, problems))
        else:
            known = {*words.vocabulary.attributes, "is", "any"}
            problems.add(entry.key_place, f"there is no attribute `{key}`", _hint(key, known))
    return terms[0] if len(terms) == 1 else All(tuple(terms))


def _hint(key: str, known: set[str]) -> str:
    wrong = {
        "or": "write `any: [{…}, {…}]`",
        "and": "write the tests side by side",
        "not": "write `not` under an attribute: `cloud: {not: azure}`",
        "all": "write the tests side by side",
        "if": "write the test itself: `attribute: value`",
        "when": "write the test itself: `attribute: value`",
    }
    return wrong.get(key) or suggest(key, known)


def _any(entry: Entry, words: Words, problems: Problems, *, nested: bool) -> Term:
    if nested:
        problems.add(
            entry.key_place, "`any` does not nest", "give the inner alternatives a name with `define`"
        )
        return TRUE
    node = entry.node
    if not isinstance(node.value, tuple) or not node.value:
        problems.add(
            node.place, "`any` takes a list of predicates", "write `any: [{cloud: aws}, {host: aws}]`"
        )
        return TRUE
    return Some(tuple(parse_predicate(item, words, problems, nested=True) for item in node.value))


def _is(node: Node, words: Words, problems: Problems) -> Term:
    if isinstance(node.value, dict):
        inner = _only(node, "not", problems, "write `is: name`, `is: [a, b]` or `is: {not: name}`")
        return TRUE if inner is None else Not(_is(inner, words, problems))
    items = node.value if isinstance(node.value, tuple) else (node,)
    found: list[Term] = []
    for item in items:
        if not isinstance(item.value, str):
            problems.add(item.place, "`is` takes the name of a definition", "write `is: stateless_api`")
        elif item.value not in words.definitions:
            problems.add(
                item.place, f"there is no definition `{item.value}`", suggest(item.value, words.definitions)
            )
        else:
            found.append(Is(item.value))
    return found[0] if len(found) == 1 else Some(tuple(found))


def _only(node: Node, key: str, problems: Problems, suggestion: str) -> Node | None:
    assert isinstance(node.value, dict), "the caller has looked"
    if set(node.value) != {key}:
        problems.add(node.place, f"only `{key}` can stand here", suggestion)
        return None
    return node.value[key].node


def _test(node: Node, attribute: Attribute, words: Words, problems: Problems) -> Term:
    if not isinstance(node.value, dict):
        return _values(node, attribute, words, problems)
    if set(node.value) & {"over", "at_most"}:
        return _interval(node, attribute, problems)
    inner = _only(
        node,
        "not",
        problems,
        f"write `{attribute.name}: value`, a list, `{{not: value}}`, for numbers `{{over: 1, at_most: 9}}`",
    )
    if inner is None:
        return TRUE
    if isinstance(inner.value, dict):
        problems.add(inner.place, "`not` takes a value or a list", "for numbers swap `over` and `at_most`")
        return TRUE
    return Not(_values(inner, attribute, words, problems))


def _interval(node: Node, attribute: Attribute, problems: Problems) -> Term:
    assert isinstance(node.value, dict), "the caller has looked"
    if attribute.kind is not Kind.NUMBER:
        problems.add(node.place, f"`{attribute.name}` is not a number", "test it with a value or a list")
        return TRUE
    ends: dict[str, Decimal] = {}
    for key, entry in node.value.items():
        number = as_number(entry.node)
        if key not in {"over", "at_most"}:
            problems.add(
                entry.key_place, f"an interval has no key `{key}`", "use `over` (exclusive) and `at_most`"
            )
        elif number is None:
            problems.add(entry.node.place, f"`{key}` takes a number", "write for example `{over: 30}`")
        else:
            ends[key] = number
    over, at_most = ends.get("over"), ends.get("at_most")
    if over is not None and at_most is not None and over >= at_most:
        problems.add(node.place, "this interval is empty", "`over` must be less than `at_most`")
    return Within(attribute.name, over, at_most)


def _values(node: Node, attribute: Attribute, words: Words, problems: Problems) -> Term:
    items = node.value if isinstance(node.value, tuple) else (node,)
    if not items:
        problems.add(
            node.place, f"`{attribute.name}` is tested against an empty list", "name at least one value"
        )
        return TRUE
    if attribute.kind is Kind.FLAG:
        return _flag(items, attribute, problems)
    if attribute.kind is Kind.NUMBER:
        return _numbers(items, attribute, problems)
    found = {word for item in items if (word := read_word(item, attribute, words, problems)) is not None}
    return OneOf(attribute.name, frozenset(found))


def _flag(items: tuple[Node, ...], attribute: Attribute, problems: Problems) -> Term:
    if len(items) == 1 and isinstance(items[0].value, bool):
        return Flag(attribute.name, items[0].value)
    problems.add(
        items[0].place, f"`{attribute.name}` is `true` or `false`", "write one of the two, without quotes"
    )
    return TRUE


def _numbers(items: tuple[Node, ...], attribute: Attribute, problems: Problems) -> Term:
    found: set[Decimal] = set()
    for item in items:
        number = as_number(item)
        if number is None:
            place = item.place
            problems.add(place, f"`{attribute.name}` is a number", "write a number, or `{over: 30}`")
        else:
            found.add(number)
    return Exactly(attribute.name, frozenset(found))


def read_word(node: Node, attribute: Attribute, words: Words, problems: Problems) -> str | None:
    """The word of `attribute` that `node` is, or None with the problem noted."""
    place: Place = node.place
    if not isinstance(node.value, str) or not node.value:
        known = words.known(attribute)
        problems.add(
            place,
            f"`{attribute.name}` takes words",
            "write it in quotes" if not known else suggest("", known),
        )
        return None
    if not words.accepts(attribute, node.value):
        what = "party" if attribute.kind is Kind.PARTY else f"value of `{attribute.name}`"
        problems.add(place, f"`{node.value}` is no {what}", suggest(node.value, words.known(attribute)))
        return None
    return node.value
