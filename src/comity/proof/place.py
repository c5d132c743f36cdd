"""Where a log is: its register, and the folder that may be published."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec

from comity.database import is_server
from comity.errors import StoreError
from comity.ledger import Store
from comity.proof.keys import Signer
from comity.proof.log import publish
from comity.proof.register import REGISTER_NAME, Register, open_register
from comity.proof.sequence import sequence
from comity.proof.verify import Head

LOG_FOLDER = "proof"
"""Name of the log's folder inside a ledger folder."""
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


@contextmanager
def opened_log(place: LogPlace, *, create: bool = False) -> Iterator[Register]:
    """The register of a log; raises StoreError when there is none and it is not to be made."""
    if not is_server(str(place.register)):
        if not create and not Path(place.register).exists():
            raise StoreError(f"there is no log in `{place.folder}`: `comity ledger log` begins one")
        try:
            place.folder.mkdir(mode=0o750, parents=True, exist_ok=True)
        except OSError as error:
            raise StoreError(f"the folder `{place.folder}` cannot be made: {error.strerror}") from error
    with open_register(place.register) as register:
        yield register


def extend(
    store: Store, place: LogPlace, signer: Signer | None, *, every: float = 0.0
) -> tuple[int, Head | None]:
    """Takes in what was settled and signs it, at most every so many seconds; how many lines, and the new head.

    Raises StoreError. It may be called at any time, by several processes at once.
    """
    with opened_log(place, create=True) as register:
        added = sequence(store, register)
        return added, None if signer is None else publish(place.public, register, signer, every=every)
