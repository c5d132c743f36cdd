"""YAML that remembers where it stands: every node and key knows its file, line and column.

Parsing is ruamel.yaml's, in its YAML 1.2 reading (`no` is a word, not a boolean). Scalars come out as `str`,
`bool`, `int`, `Decimal` or None, never as float or date: money stays exact and dates are read by `period`.
Anchors, aliases and custom tags are refused: a lawyer reads this file.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable
from decimal import Decimal, InvalidOperation
from typing import NoReturn, TypeAlias

import msgspec
from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.nodes import MappingNode, ScalarNode, SequenceNode
from ruamel.yaml.nodes import Node as RuamelNode

from comity.errors import Place, Problem, SourceError

Scalar: TypeAlias = str | bool | int | Decimal | None
"""What a YAML scalar means here."""

_INTEGER = re.compile(r"[-+]?\d+")
_DEPTH = 32


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
    parser = YAML(typ="rt", pure=True)
    origin = Place(file, first_line, 1)
    try:
        root = parser.compose(text)
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        place = origin if mark is None else Place(file, first_line + mark.line, mark.column + 1)
        refuse(
            place,
            f"this is not YAML: {error.problem or 'it cannot be parsed'}",
            "check indentation and quotes",
        )
    except (YAMLError, ValueError, RecursionError) as error:
        first = str(error).splitlines()[0] if str(error) else "it cannot be parsed"
        refuse(origin, f"this is not YAML: {first}", "check for control characters and unclosed brackets")
    if root is None:
        return Node(origin, None)
    return _convert(root, file, first_line, _DEPTH)


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


def _convert(node: RuamelNode, file: str, first_line: int, depth: int) -> Node:
    place = Place(file, first_line + node.start_mark.line, node.start_mark.column + 1)
    if depth == 0:
        refuse(place, f"this nests deeper than {_DEPTH} levels", "flatten it")
    if node.anchor is not None:
        refuse(place, "anchors and aliases are not allowed", "write the value out where it is used")
    if isinstance(node, ScalarNode):
        return Node(place, _scalar(node, place), quoted=node.style is not None)
    if isinstance(node, SequenceNode):
        return Node(place, tuple(_convert(item, file, first_line, depth - 1) for item in node.value))
    assert isinstance(node, MappingNode), "YAML has scalars, sequences and mappings"
    entries: dict[str, Entry] = {}
    for key_node, value_node in node.value:
        key_place = Place(file, first_line + key_node.start_mark.line, key_node.start_mark.column + 1)
        if not isinstance(key_node, ScalarNode) or key_node.anchor is not None:
            refuse(key_place, "a key must be a plain word", "write `key: value`")
        if key_node.value in entries:
            refuse(key_place, f"the key `{key_node.value}` stands here twice", "keep one of them")
        entries[key_node.value] = Entry(key_place, _convert(value_node, file, first_line, depth - 1))
    return Node(place, entries)


def _scalar(node: ScalarNode, place: Place) -> Scalar:
    text: str = node.value
    if node.style is not None:
        return text
    if not str(node.ctag).startswith("tag:yaml.org,2002:"):
        refuse(place, f"the tag `{node.ctag}` is not allowed", "leave the tag out")
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
