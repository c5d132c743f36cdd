"""What the operator says about the store of conversations: its place, its keys, what contracts see of it."""

from __future__ import annotations

from pathlib import Path

import msgspec

from comity.contracts import Posture, Workload

STORE = "sessions"
"""The name under which the store stands among the targets of a decision; no deployment may have it."""
DAYS = 30
"""How long a response is kept, as OpenAI documents it."""


class SessionSettings(msgspec.Struct, frozen=True):
    """Where conversations are kept."""

    store: Path
    """SQLite file."""
    keys: tuple[str, ...]
    """References to its keys (`env:NAME`, `file:PATH`): the first one encrypts, all of them decrypt."""
    facts: Workload
    """What contracts see of the store: `store_region`, `host`, and that something is stored there."""
    posture: Posture
    """How a verdict about storing is read."""
    days: int = DAYS
    """Days that a response is kept after its last use, inclusive."""
