"""Typed sections from placed YAML: msgspec checks the types, this module finds the place of a fault."""

from __future__ import annotations

import re
from typing import TypeVar

import msgspec
from msgspec.inspect import DictType, Field, ListType, LiteralType, StructType, Type, UnionType, type_info

from comity.errors import Place, Problem
from comity.source.placed import Node, closest

T = TypeVar("T")

_PATH = re.compile(r" - at `(?:key in )?\$(.*)`$")
_STEP = re.compile(r"\.([^.\[]+)|\[(\d+)\]")
_UNKNOWN = re.compile(r"Object contains unknown field `(.*)`")
_MISSING = re.compile(r"Object missing required field `(.*)`")


def read_section(node: Node, kind: type[T]) -> T | Problem:
    """The value of type `kind` that `node` holds, or the first problem with the place where it stands."""
    try:
        return msgspec.convert(node.plain(), kind)
    except msgspec.ValidationError as error:
        return _locate(node, kind, str(error))


def _locate(node: Node, kind: type[object], text: str) -> Problem:
    found = _PATH.search(text)
    message = text[: found.start()] if found else text
    type_: Type = type_info(kind)
    for name, index in _STEP.findall(found.group(1) if found else ""):
        node, type_ = _step(node, type_, name, index)
    if (unknown := _UNKNOWN.match(message)) and isinstance(node.value, dict):
        word = unknown.group(1)
        entry = node.value.get(word)
        known = [field.encode_name for field in _fields(type_)]
        place = entry.key_place if entry else node.place
        return Problem(place, f"the key `{word}` is not known here", closest(word, known))
    if missing := _MISSING.match(message):
        word = missing.group(1)
        return Problem(node.place, f"the key `{word}` is missing", f"add `{word}:` to this section")
    return Problem(node.place, _decapitalise(message), _hint(type_))


def _step(node: Node, type_: Type, name: str, index: str) -> tuple[Node, Type]:
    if index and isinstance(node.value, tuple):
        inner = type_.item_type if isinstance(type_, ListType) else type_
        return node.value[int(index)], inner
    if name and isinstance(node.value, dict) and name in node.value:
        inner = next((field.type for field in _fields(type_) if field.encode_name == name), type_)
        return node.value[name].node, inner
    return node, type_


def _fields(type_: Type) -> tuple[Field, ...]:
    if isinstance(type_, UnionType):
        return tuple(field for member in type_.types for field in _fields(member))
    return type_.fields if isinstance(type_, StructType) else ()


def _hint(type_: Type) -> str:
    if isinstance(type_, StructType):
        return "write a section with the keys " + ", ".join(
            f"`{field.encode_name}`" for field in type_.fields
        )
    if isinstance(type_, ListType):
        return "write a list"
    if isinstance(type_, DictType):
        return "write `name: value` pairs"
    members = type_.types if isinstance(type_, UnionType) else (type_,)
    values = [value for member in members if isinstance(member, LiteralType) for value in member.values]
    return "write one of " + ", ".join(f"`{value}`" for value in values) if values else ""


def _decapitalise(text: str) -> str:
    return text[:1].lower() + text[1:]


def unreadable(file: str, why: str) -> Problem:
    """The problem of a file that cannot be opened."""
    return Problem(
        Place(file, 1, 1),
        why,
        "check the path and its permissions; `comity demo` serves a ready-made configuration",
    )
