"""What one target gets of a request, and what its answer becomes for the client."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

import msgspec

from comity.dialects import Tap
from comity.exchange import Dropped, Usage
from comity.intake import Refusal


class Answer(msgspec.Struct, frozen=True):
    """A whole answer in the client's dialect."""

    body: bytes
    """What the client gets."""
    usage: Usage | None
    """The provider's count; None when it gave none."""
    model: str = ""
    """The model that served, as the provider names it; empty when it does not."""
    tier: str = ""
    """The tier that served, in the provider's word; empty when it does not say."""
    dropped: tuple[str, ...] = ()
    """Parts of the answer that the client's dialect cannot show, by name."""
    place: str = ""
    """Where it was served, as the provider says in the answer; empty when it does not."""


class Keeping(Protocol):
    """An answer that is kept before the client has it whole."""

    @property
    def session(self) -> str:
        """How the conversation came to this target; empty for its first turn."""

    def keep(self, deliver: Callable[[], None], withdraw: Callable[[Refusal], None]) -> None:
        """Keeps the answer and delivers it, or withdraws it: what cannot be kept is not told as kept."""
        ...


class Translation(Protocol):
    """What one target gets, and how its answer comes back."""

    @property
    def body(self) -> bytes:
        """The request body for the target."""

    @property
    def headers(self) -> tuple[tuple[str, str], ...]:
        """Headers that belong to the request, for the target."""

    @property
    def dropped(self) -> tuple[Dropped, ...]:
        """Parameters that the target does not get."""

    @property
    def keeping(self) -> Keeping | None:
        """What keeps the answer before it is delivered; None where nothing is kept."""

    def relay(self) -> Tap:
        """The way of the target's streamed answer to the client."""
        ...

    def answer(self, body: bytes, counted: Usage | None) -> Answer:
        """The client's form of a whole answer; `counted` stands in for its count. Raises ResponseError."""
        ...
