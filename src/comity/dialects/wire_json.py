"""JSON at the border: bytes to typed values, and errors that name the field at fault.

Every dialect reads its bodies through these functions, so nonsense of any kind becomes a WireError and
never a TypeError or a RecursionError.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any, TypeVar

import msgspec

from comity.errors import RequestError, ResponseError

T = TypeVar("T")

_MISSING = re.compile(r"missing required field `([^`]+)`")
_PLACE = re.compile(r"^(?P<said>.*?)(?: - at `(?:key in )?\$(?P<path>[^`]*)`)?$", re.DOTALL)


def read_request_object(body: bytes) -> dict[str, Any]:
    """The JSON object in a request body; raises RequestError when it is none."""
    try:
        value = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeError, RecursionError, ValueError) as error:
        raise RequestError(f"the body is not JSON: {_first_line(error)}") from error
    if not isinstance(value, dict):
        raise RequestError("the body must be a JSON object")
    return value


def read_request_part(value: object, kind: type[T], path: str) -> T:
    """`value` as a `kind`; raises RequestError with the path below `path` of what does not fit."""
    try:
        return msgspec.convert(value, kind)
    except msgspec.ValidationError as error:
        said, inner = split_place(error)
        raise RequestError(said, join_path(path, inner)) from error
    except RecursionError as error:
        raise RequestError("this nests too deeply", path) from error


def read_answer(body: bytes | str, decoder: msgspec.json.Decoder[T], what: str) -> T:
    """A provider's JSON through `decoder`; raises ResponseError that calls it `what`."""
    try:
        return decoder.decode(body)
    except (msgspec.DecodeError, UnicodeError, RecursionError, ValueError) as error:
        raise ResponseError(f"{what} cannot be read: {_first_line(error)}") from error


def split_place(error: msgspec.ValidationError) -> tuple[str, str]:
    """What a validation error says, lower case, and the path it says it about."""
    match = _PLACE.match(str(error))
    assert match is not None, "the pattern matches every text"
    said, path = match["said"], (match["path"] or "").lstrip(".")
    missing = _MISSING.search(said)
    if missing is not None:
        path = join_path(path, missing[1]) if path else missing[1]
    return said[:1].lower() + said[1:], path


def join_path(path: str, inner: str) -> str:
    """The JSON path of `inner` inside `path`."""
    if not path or not inner or inner.startswith("["):
        return path + inner
    return f"{path}.{inner}"


def unknown_members(value: Mapping[str, Any], known: Iterable[str]) -> dict[str, Any]:
    """What `value` has beyond the `known` names, without nulls, which say nothing."""
    names = frozenset(known)
    return {name: item for name, item in value.items() if name not in names and item is not None}


def stated(**members: object) -> dict[str, Any]:
    """The members that are not None: what nobody said is never written as null."""
    return {name: value for name, value in members.items() if value is not None}


def _first_line(error: Exception) -> str:
    text = str(error).splitlines()
    return text[0] if text else type(error).__name__
