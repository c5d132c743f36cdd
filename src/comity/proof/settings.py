"""Where a log is, and how a gateway keeps it."""

from __future__ import annotations

from pathlib import Path

import msgspec

from comity.database import is_server
from comity.errors import StoreError

LOG_FOLDER = "proof"
"""Name of the log's folder inside a ledger folder."""
REGISTER_NAME = "register.db"
"""Name of the register inside a log's folder."""
_PUBLIC = "public"


class LogPlace(msgspec.Struct, frozen=True):
    """Where one log is."""

    folder: Path
    """Its folder; everything in it is private but for `public`."""
    register: Path | str
    """Its register: a file in the folder, or the PostgreSQL server that the ledger's store is on."""

    @property
    def public(self) -> Path:
        """The static files: tiles, checkpoints, statements and the verifier key."""
        return self.folder / _PUBLIC


class ProofSettings(msgspec.Struct, frozen=True):
    """How a gateway proves what it records."""

    place: LogPlace
    """Where the log is."""
    key: str
    """Reference to the signer key."""
    hashes: bool = True
    """Whether entries hold the SHA-256 of the request and of the answer."""
    sign_every: float = 60.0
    """Least seconds between two checkpoints."""


def place_of(store: Path | str, folder: Path | None = None) -> LogPlace:
    """The log of a ledger whose store is at a path or an address; raises StoreError when nobody can know."""
    if folder is None:
        if is_server(str(store)):
            raise StoreError("a ledger on a server has no folder: say where its log is")
        folder = Path(store).parent / LOG_FOLDER
    return LogPlace(folder, store if is_server(str(store)) else folder / REGISTER_NAME)
