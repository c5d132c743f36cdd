"""Ledgers with a log, for tests."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from tests.ledger.samples import NOW, make_entry, make_refused, write_segment

from comity.ledger import Record, Store, fold, open_store
from comity.proof import LogPlace, Register, Signer, extend, new_key, opened_log, place_of
from comity.proof.verify import Head

SIGNER = Signer(new_key("acme.example/ledger", bytes(32)))
"""The operator of the log."""
OTHER = Signer(new_key("acme.example/ledger", bytes(31) + b"\x01"))
"""Somebody else, under the same name."""


class Ledger(NamedTuple):
    """A ledger's folder, its store and its log, both open."""

    folder: Path
    store: Store
    place: LogPlace
    register: Register

    def add(self, *records: Record) -> None:
        """Records something and folds it."""
        write_segment(self.folder, list(records))
        fold(self.folder, self.store)

    def fill(self, entries: int) -> None:
        """Records so many entries, every third a refusal."""
        records: list[Record] = []
        for number in range(entries):
            records += [make_refused()] if number % 3 == 2 else make_entry()
        self.add(*records)

    def extend(self, *, every: float = 0.0) -> tuple[int, Head | None]:
        """Takes in and signs what was recorded."""
        return extend(self.store, self.place, SIGNER, every=every)


@contextmanager
def ledger(folder: Path, entries: int = 0) -> Iterator[Ledger]:
    """A ledger with so many entries in its signed log; with none, the log is empty and signed."""
    folder.mkdir(exist_ok=True)
    with open_store(folder / "ledger.db") as store:
        place = place_of(folder / "ledger.db")
        with opened_log(place, create=True) as register:
            made = Ledger(folder, store, place, register)
            if entries:
                made.fill(entries)
            made.extend()
            yield made


def subjects(made: Ledger) -> list[bytes]:
    """The ids of a log's lines, in order."""
    return [bytes(row[0]) for row in made.register.rows("SELECT subject FROM proof_lines ORDER BY position")]  # type: ignore[call-overload]  # ids are bytes


__all__ = ["NOW", "OTHER", "SIGNER", "Ledger", "ledger", "subjects"]
