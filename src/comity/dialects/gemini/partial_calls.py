"""Calls whose arguments Google streams: values at paths, put together into one object.

Vertex sends them so only to clients that ask for it (`streamFunctionCallArguments`).
"""

from __future__ import annotations

import re
from itertools import pairwise
from typing import Any

import msgspec

from comity.dialects.gemini.shapes import WireCall

_STEP = re.compile(r"\.(?P<name>[^.\[\]]+)|\[(?P<index>\d{1,5})\]|\['(?P<quoted>[^']*)'\]")


class PartialCall:
    """One call on its way."""

    def __init__(self, index: int) -> None:
        self.index = index
        """Position among the calls of the answer."""
        self._arguments: dict[str, Any] = {}

    def feed(self, wire: WireCall) -> bool:
        """Takes a piece into account; whether it was the last one."""
        for piece in wire.partial_args or []:
            _put(self._arguments, str(piece.get("jsonPath", "")), _value(piece))
        return not wire.will_continue

    def arguments(self) -> str:
        """The arguments as JSON text."""
        return msgspec.json.encode(self._arguments).decode()


def _value(piece: dict[str, Any]) -> Any:
    for name in ("stringValue", "numberValue", "boolValue"):
        if name in piece:
            return piece[name]
    return None


def _put(root: dict[str, Any], path: str, value: Any) -> None:
    steps = [_step(match) for match in _STEP.finditer(path.removeprefix("$"))]
    if not steps or not isinstance(steps[0], str):
        return
    place: Any = root
    for step, following in pairwise(steps):
        place = _enter(place, step, [] if isinstance(following, int) else {})
    last = steps[-1]
    before = _enter(place, last, None)
    if isinstance(before, str) and isinstance(value, str):
        value = before + value
    _set(place, last, value)


def _step(match: re.Match[str]) -> str | int:
    if match["index"] is not None:
        return int(match["index"])
    return match["name"] if match["name"] is not None else match["quoted"]


def _enter(place: Any, step: str | int, empty: Any) -> Any:
    """What stands at `step`, made where nothing does."""
    if isinstance(place, list) and isinstance(step, int):
        while len(place) <= step:
            place.append(None)
        if place[step] is None:
            place[step] = empty
        return place[step]
    if isinstance(place, dict) and isinstance(step, str):
        if place.get(step) is None:
            place[step] = empty
        return place[step]
    return None


def _set(place: Any, step: str | int, value: Any) -> None:
    match place, step:
        case list(), int():
            place[step] = value
        case dict(), str():
            place[step] = value
        case _:
            pass
