"""What is kept: responses with what went into them, and conversations with their items."""

from __future__ import annotations

from typing import Any, TypeAlias

import msgspec

Item: TypeAlias = dict[str, Any]
"""One item of input or output, as the client saw it."""


class Kept(msgspec.Struct, frozen=True, omit_defaults=True):
    """A response, with what it takes to continue it."""

    id: str
    """Its id, as the client knows it."""
    response: dict[str, Any]
    """The response object."""
    input: list[Item]
    """The items that this turn added."""
    deployment: str
    """Which deployment answered."""
    previous: str | None = None
    """The response that it continues."""
    conversation: str | None = None
    """The conversation that it belongs to."""


class Conversation(msgspec.Struct, frozen=True):
    """A conversation, without its items."""

    id: str
    """Its id."""
    created: int
    """Unix seconds."""
    metadata: dict[str, Any]
    """The client's own labels."""


class History(msgspec.Struct, frozen=True):
    """What came before a turn."""

    items: list[Item]
    """Input and output of all turns so far, in order."""
    deployment: str | None
    """Which deployment answered last; None when nothing says it."""
    chain: tuple[str, ...] = ()
    """The responses that it is made of, latest first."""
    conversation: str | None = None
    """The conversation that it was read from."""


class Missing(msgspec.Struct, frozen=True):
    """Something is not kept for this caller: never kept, another caller's, deleted or expired."""

    what: str
    """`response`, `conversation` or `item`."""
    id: str
    """The id that was asked for."""
