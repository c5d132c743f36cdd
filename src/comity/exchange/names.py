"""What a client calls the things that it said: told back to it where one of them cannot be passed on."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec


class Names(msgspec.Struct, frozen=True):
    """The words of one client dialect for what the hub has a word for.

    None stands for what the dialect cannot say, so that nothing is forgotten in silence.
    """

    parameters: Mapping[str, str | None] = {}
    """Parameters and their members, by the hub's names: those of chat completions."""
    members: Mapping[str, str | None] = {}
    """Members of blocks and tools. `/` leads to a member of the turn, `//` to one of the request, `+` into
    the block behind."""
    kept: Mapping[str, str] = {}
    """What the reader keeps in `Request.extra` and `Request.hints` by another name than the client's."""


class Place(msgspec.Struct, frozen=True):
    """Where a turn stood in the client's body."""

    path: str
    """The turn itself: `messages[2]`, `system`, or the first of its items."""
    parts: tuple[str, ...] = ()
    """Each of its parts."""
    kept: Mapping[str, str] = {}
    """Members in `Turn.extra` whose path is not `path` and their name."""


class Places(msgspec.Struct, frozen=True):
    """Where things stood in the client's body, beyond what its dialect's `Names` can know."""

    turns: tuple[Place, ...] = ()
    """One for each turn; empty for a request that nobody sent."""
    tools: tuple[str, ...] = ()
    """One for each of `Request.tools`."""
    other: Mapping[str, str] = {}
    """Parameters that this client spelled in another way than its dialect usually does."""
