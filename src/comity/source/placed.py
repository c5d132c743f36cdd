"""YAML that remembers where it stands: every node and key knows its file, line and column.

libyaml says where everything begins, and nothing about what a scalar means: here `no` is a word, not a
boolean, and scalars come out as `str`, `bool`, `int`, `Decimal` or None, never as float or date: money stays
exact and dates are read by `period`. Anchors, aliases and tags are refused: a lawyer reads this file.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Iterator
from decimal import Decimal, InvalidOperation
from typing import Any, NoReturn, TypeAlias

import msgspec
import yaml
from yaml.events import (
    AliasEvent,
    Event,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
)

from comity.errors import Place, Problem, SourceError

Scalar: TypeAlias = str | bool | int | Decimal | None
"""What a YAML scalar means here."""

_INTEGER = re.compile(r"[-+]?\d+")
_DEPTH = 32
_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""libyaml itself, which is forty times as fast as its translation into Python; every wheel has it."""


class Node(msgspec.Struct, frozen=True):
    """One YAML value with its place."""

    place: Place
    """Where the value begins."""
    value: Scalar | tuple[Node, ...] | dict[str, Entry]
    """A scalar, a sequence of nodes, or a mapping from key to `Entry` in the order written."""
    quoted: bool = False
    """Whether a scalar was written in quotes or as a block."""

    def plain(self) -> object:
        """The value without places: scalars, lists and dicts."""
        if isinstance(self.value, tuple):
            return [item.plain() for item in self.value]
        if isinstance(self.value, dict):
            return {key: entry.node.plain() for key, entry in self.value.items()}
        return self.value


class Entry(msgspec.Struct, frozen=True):
    """One key of a mapping with its value."""

    key_place: Place
    """Where the key begins."""
    node: Node
    """The value."""


def parse_yaml(text: str, file: str, first_line: int = 1) -> Node:
    """The root node of one YAML document; `first_line` is the line of `file` on which `text` begins.

    Raises SourceError with the place when the text is no YAML, or uses anchors, tags, duplicate or odd keys.
    """
    try:
        return _Reader(text, file, first_line).document()
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        place = Place(file, first_line, 1) if mark is None else _within(text, mark, file, first_line)
        refuse(
            place,
            f"this is not YAML: {error.problem or 'it cannot be parsed'}",
            "check indentation and quotes",
        )
    except (yaml.YAMLError, UnicodeError) as error:
        first = str(error).splitlines()[0] if str(error) else "it cannot be parsed"
        refuse(
            Place(file, first_line, 1),
            f"this is not YAML: {first}",
            "check for control characters and unclosed brackets",
        )


def refuse(place: Place, message: str, suggestion: str = "") -> NoReturn:
    """Raises the SourceError for one problem."""
    raise SourceError([Problem(place, message, suggestion)])


def closest(word: str, known: Iterable[str]) -> str:
    """A suggestion for a misspelt `word`: the nearest known word, else all of them."""
    words = sorted(known)
    near = difflib.get_close_matches(word, words, n=1, cutoff=0.6)
    if near:
        return f"did you mean `{near[0]}`?"
    return "known are " + ", ".join(f"`{name}`" for name in words) if words else "none is known here"


def _place(mark: yaml.Mark, file: str, first_line: int) -> Place:
    return Place(file, first_line + mark.line, mark.column + 1)


def _within(text: str, mark: yaml.Mark, file: str, first_line: int) -> Place:
    lines = text.split("\n")
    if mark.line < len(lines):
        return _place(mark, file, first_line)
    return Place(file, first_line + len(lines) - 1, len(lines[-1]) + 1)  # the end, for what never ends


class _Reader:
    """Reads one document from the events of the parser, no deeper than a page can be understood."""

    def __init__(self, text: str, file: str, first_line: int) -> None:
        self._events: Iterator[Event] = yaml.parse(text, Loader=_LOADER)
        self._file = file
        self._first_line = first_line

    def document(self) -> Node:
        """Its root; an empty text is None."""
        next(self._events)  # the stream begins
        begun = next(self._events)
        if isinstance(begun, yaml.StreamEndEvent):
            return Node(Place(self._file, self._first_line, 1), None)
        root = self._node(next(self._events), _DEPTH)
        next(self._events)  # the document ends
        more = next(self._events)
        if not isinstance(more, yaml.StreamEndEvent):
            refuse(self._begin(more), "this is not YAML: another document begins here", "keep one of them")
        return root

    def _begin(self, event: Event) -> Place:
        return _place(event.start_mark, self._file, self._first_line)

    def _node(self, event: Event, depth: int) -> Node:
        place = self._begin(event)
        if depth == 0:
            refuse(place, f"this nests deeper than {_DEPTH} levels", "flatten it")
        if isinstance(event, AliasEvent) or event.anchor is not None:
            refuse(place, "anchors and aliases are not allowed", "write the value out where it is used")
        if event.tag is not None:
            refuse(place, f"the tag `{event.tag}` is not allowed", "leave the tag out")
        if isinstance(event, ScalarEvent):
            return Node(place, event.value if event.style else _scalar(event.value), quoted=bool(event.style))
        if isinstance(event, SequenceStartEvent):
            until = iter(self._next_item, None)
            return Node(place, tuple(self._node(item, depth - 1) for item in until))
        assert isinstance(event, MappingStartEvent), "YAML has scalars, sequences and mappings"
        return Node(place, self._entries(depth - 1))

    def _next_item(self) -> Event | None:
        event = next(self._events)
        return None if isinstance(event, SequenceEndEvent | MappingEndEvent) else event

    def _entries(self, depth: int) -> dict[str, Entry]:
        entries: dict[str, Entry] = {}
        for key in iter(self._next_item, None):
            place = self._begin(key)
            if not isinstance(key, ScalarEvent) or key.anchor is not None or key.tag is not None:
                refuse(place, "a key must be a plain word", "write `key: value`")
            if key.value in entries:
                refuse(place, f"the key `{key.value}` stands here twice", "keep one of them")
            entries[key.value] = Entry(place, self._node(next(self._events), depth))
        return entries


def _scalar(text: str) -> Scalar:
    if text in {"", "~", "null"}:
        return None
    if text in {"true", "false"}:
        return text == "true"
    if _INTEGER.fullmatch(text):
        return int(text) if len(text) < 40 else text
    return _decimal(text)


def _decimal(text: str) -> Decimal | str:
    if text[0] in "+-.0123456789":
        try:
            number = Decimal(text)
        except InvalidOperation:
            return text
        return number if number.is_finite() and "_" not in text else text
    return text
