"""A log as a whole: opened where it is, and extended by what was settled."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from comity.database import is_server
from comity.errors import StoreError
from comity.ledger import Store
from comity.proof.keys import Signer
from comity.proof.log import publish
from comity.proof.register import Register, open_register
from comity.proof.sequence import sequence
from comity.proof.settings import LogPlace
from comity.proof.verify import Head


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
    """Takes in what was settled and signs it, at most every so many seconds; how many, and the new head.

    Raises StoreError. It may be called at any time, by several processes at once.
    """
    with opened_log(place, create=True) as register:
        added = sequence(store, register)
        return added, None if signer is None else publish(place.public, register, signer, every=every)
