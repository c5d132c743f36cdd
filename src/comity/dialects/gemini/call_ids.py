"""Ids of calls where Google gives none: Vertex never does, and AI Studio need not.

An id is made from the call's place, so the same conversation gives the same ids on every turn.
"""

from __future__ import annotations

from comity.errors import RequestError


class CallIds:
    """Names the calls of one conversation or answer, and finds the call that a result answers."""

    def __init__(self, prefix: str = "call_") -> None:
        self._prefix = prefix
        self._made = 0
        self._open: list[tuple[str, str]] = []

    def begin_turn(self) -> None:
        """The model speaks again: results that come now answer what it calls from here on."""
        self._open = []

    def of_call(self, name: str, given: str | None) -> str:
        """The id of a call: its own, or one made for it."""
        self._made += 1
        identity = given or f"{self._prefix}{self._made}"
        self._open.append((identity, name))
        return identity

    def of_result(self, name: str, given: str | None, path: str) -> str:
        """The id of the call that a result answers: by id, else the next one of its name."""
        for place, (identity, called) in enumerate(self._open):
            if identity == given or (not given and called == name):
                del self._open[place]
                return identity
        if given:
            return given
        raise RequestError(f"this answers no call of `{name}` in the turn before", path)
