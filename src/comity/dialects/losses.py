"""What a translation leaves out, gathered while a request is written.

Two kinds: a hint (a cache mark, foreign reasoning) changes no meaning and is always left out visibly; a loss
changes what the client asked for and makes the request inexpressible unless the route allows drops. Writers
say the hub's names; what is told bears the client's own.
"""

from __future__ import annotations

from typing import Any

import msgspec

from comity.dialects.client_names import kept_name, own_name
from comity.exchange import (
    AnswerKey,
    Dropped,
    Inexpressible,
    Media,
    Opaque,
    Request,
    Sampling,
    Turn,
    WireRequest,
)

FOREIGN_REASON = "only the model that made this reasoning may read it again"
"""Why a target does not get the reasoning of another model."""


class Losses:
    """The hints and losses of one translation; without a request of what is not told to any client."""

    def __init__(self, request: Request | None = None) -> None:
        self._asked = Request("", ()) if request is None else request
        self._hints: list[Dropped] = []
        self._losses: list[Dropped] = []
        self._impossible: list[Dropped] = []

    def own_name(self, name: str) -> str:
        """The client's name for what a writer calls `name`."""
        return own_name(self._asked, name)

    def hint(self, parameter: str, reason: str) -> None:
        """Leaves out something that changes no meaning."""
        self._hints.append(Dropped(self.own_name(parameter), reason))

    def loss(self, parameter: str, reason: str) -> None:
        """Leaves out something that the client asked for."""
        self._losses.append(Dropped(self.own_name(parameter), reason))

    def impossible(self, parameter: str, reason: str) -> None:
        """Marks what no drop can repair: the request makes no sense to the target."""
        self._impossible.append(Dropped(self.own_name(parameter), reason))

    def unplaced(self, turn: Turn, index: int, reason: str) -> None:
        """Leaves out the members of a turn that the hub has no place for, but those that say nothing."""
        for name, value in turn.extra.items():
            if value not in ([], {}, ""):
                self.unplaced_member(index, name, reason)

    def unplaced_member(self, index: int, name: str, reason: str) -> None:
        """Leaves out one member of a turn that the hub has no place for."""
        self._losses.append(Dropped(kept_name(self._asked, index, name), reason))

    def unplaced_hint(self, index: int, name: str, reason: str) -> None:
        """Leaves out one member of a turn that changes no meaning."""
        self._hints.append(Dropped(kept_name(self._asked, index, name), reason))

    def foreign_block(self, part: Opaque, path: str, *, by_model: bool) -> None:
        """Leaves out a block that only its origin understands.

        What the model made is a hint, its text remains; what was said to the model is missed by the target.
        """
        tell = self.hint if by_model else self.loss
        tell(path, f"only `{part.origin}` understands a `{part.kind}`")

    def undrawn(self, sampling: Sampling, reason: str) -> None:
        """Leaves out the parameters of drawing that neither Messages nor Converse have."""
        asked = {
            "seed": sampling.seed,
            "frequency_penalty": sampling.frequency_penalty or None,
            "presence_penalty": sampling.presence_penalty or None,
            "n": None if sampling.candidates == 1 else sampling.candidates,
            "logprobs": sampling.logprobs or None,
            "top_logprobs": sampling.top_logprobs or None,
        }
        for name, value in asked.items():
            if value is not None:
                self.loss(name, reason)

    def unread_document(self, part: Media, path: str) -> None:
        """Leaves out what the client says about a document beside the document itself."""
        for name, value in (("context", part.context), ("cited", part.cited)):
            if value:
                self.loss(f"{path}.{name}", "the target has no such member of a document")

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
