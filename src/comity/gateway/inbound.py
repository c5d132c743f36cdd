"""A request that was let in: who asks, for which route, with which facts."""

from __future__ import annotations

import msgspec

from comity.contracts import Workload
from comity.dialects import Dialect, Peek
from comity.intake import Caller, Operation
from comity.routing import Route
from comity.sessions import Turn


class Inbound(msgspec.Struct, frozen=True):
    """What intake found out about one request."""

    entry: bytes
    """Ledger entry id, 16 bytes."""
    arrived: int
    """Unix nanoseconds at which the whole request had come."""
    caller: Caller
    """Whose key it carries."""
    route: Route
    """What stands behind the model name it asks for."""
    operation: Operation
    """What it does."""
    spoken: Dialect
    """The client's dialect."""
    peek: Peek
    """What routing needs of the body."""
    stated: Workload
    """Facts that the caller stated about this request."""
    body: bytes
    """The body as it came; every attempt starts from it."""
    flags: tuple[str, ...] = ()
    """Beta flags that came in a header."""
    turn: Turn | None = None
    """The turn of a conversation that is kept; None where nothing is."""
    request_hash: bytes | None = None
    """SHA-256 of the body as the client sent it; None where no hashes are kept."""
