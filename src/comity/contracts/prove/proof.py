"""What a proof gives: one thing found, the days on which it is so, and a workload that shows it."""

from __future__ import annotations

from datetime import timedelta
from enum import StrEnum
from itertools import product

import msgspec

from comity.contracts.book import Book
from comity.contracts.prove.witness import Witness
from comity.contracts.worlds import Frame
from comity.errors import Place
from comity.period import Period


class Kind(StrEnum):
    """What was found."""

    CONTRADICTION = "contradiction"
    DILEMMA = "dilemma"
    DISPUTE = "dispute"
    DEAD = "dead clause"
    SHADOWED = "shadowed clause"
    AMENDED = "amendment"


class Proof(msgspec.Struct, frozen=True):
    """One thing found."""

    kind: Kind
    """What it is."""
    place: Place
    """Where to look."""
    message: str
    """What is so, lower case, with names in backticks."""
    period: Period
    """The days on which it is so, in the zone of the contract in question."""
    clauses: tuple[str, ...] = ()
    """The clauses concerned."""
    readings: dict[str, tuple[str, ...]] = {}
    """Definition to the readings in which it is so; empty when it is so in every reading."""
    free: dict[str, tuple[str, ...]] = {}
    """The same for the readings in which it is not so."""
    witness: Witness | None = None
    """A workload that shows it; None when it says that there is none."""
    before: Witness | None = None
    """The same workload the day before, for an amendment."""

    @property
    def days(self) -> str:
        """The first and the last day."""
        return days_phrase(self.period)


def days_phrase(period: Period) -> str:
    """The first and the last day of a period, in words."""
    last = None if period.end is None else period.end - timedelta(days=1)
    if period.start is None:
        return "always" if last is None else f"until {last}"
    return f"from {period.start} on" if last is None else f"{period.start} to {last}"


def readings_of(book: Book, frame: Frame, worlds: int) -> dict[str, tuple[str, ...]]:
    """The readings that single out `worlds` among those that count; of what does not matter, none."""
    found: dict[str, tuple[str, ...]] = {}
    for name in book.worlds.open:
        names = [reading.name for reading in book.definitions[name].readings]
        alive = [reading for reading in names if book.worlds.mask(name, [reading]) & frame.all]
        chosen = tuple(reading for reading in alive if book.worlds.mask(name, [reading]) & worlds)
        if len(chosen) < len(alive) or _matters(book, frame, name, worlds):
            found[name] = chosen
    return found


def _matters(book: Book, frame: Frame, name: str, worlds: int) -> bool:
    """Whether changing only the reading of `name` leaves `worlds`."""
    place = book.worlds.open.index(name)
    choices = {choice: world for world, choice in enumerate(book.worlds.choices)}
    for choice, reading in product(book.worlds.choices, book.definitions[name].readings):
        other = choices.get((*choice[:place], reading.name, *choice[place + 1 :]))
        if other is None or not frame.all >> other & 1 or not frame.all >> choices[choice] & 1:
            continue
        if (worlds >> other & 1) != (worlds >> choices[choice] & 1):
            return True
    return False


def reading_phrase(book: Book, readings: dict[str, tuple[str, ...]]) -> str:
    """Readings in words, with who asserts them."""
    parts: list[str] = []
    for name, chosen in readings.items():
        by = {reading.name: ", ".join(reading.by) or "nobody" for reading in book.definitions[name].readings}
        parts.append(f"`{name}` as {' or '.join(f'{reading} ({by[reading]})' for reading in chosen)}")
    return " and ".join(parts)
