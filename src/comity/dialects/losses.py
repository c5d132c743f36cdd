"""What a translation leaves out, gathered while a request is written.

Two kinds: a hint (a cache mark, foreign reasoning) changes no meaning and is always left out visibly; a loss
changes what the client asked for and makes the request inexpressible unless the route allows drops.
"""

from __future__ import annotations

from typing import Any

import msgspec

from comity.exchange import AnswerKey, Dropped, Inexpressible, WireRequest


class Losses:
    """The hints and losses of one translation."""

    def __init__(self) -> None:
        self._hints: list[Dropped] = []
        self._losses: list[Dropped] = []
        self._impossible: list[Dropped] = []

    def hint(self, parameter: str, reason: str) -> None:
        """Leaves out something that changes no meaning."""
        self._hints.append(Dropped(parameter, reason))

    def loss(self, parameter: str, reason: str) -> None:
        """Leaves out something that the client asked for."""
        self._losses.append(Dropped(parameter, reason))

    def impossible(self, parameter: str, reason: str) -> None:
        """Marks what no drop can repair: the request makes no sense to the target."""
        self._impossible.append(Dropped(parameter, reason))

    def request(
        self,
        body: dict[str, Any],
        answer: AnswerKey,
        *,
        lossy: bool,
        headers: tuple[tuple[str, str], ...] = (),
    ) -> WireRequest | Inexpressible:
        """The written request, or what it would have lost."""
        try:
            written = msgspec.json.encode(body)
        except RecursionError:
            written = b""
            self.impossible("", "the request nests too deeply")
        if self._impossible or (self._losses and not lossy):
            return Inexpressible((*self._impossible, *self._losses))
        return WireRequest(written, (*self._losses, *self._hints), answer, headers)
