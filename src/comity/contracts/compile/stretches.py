"""Stretches of time for questions about many moments: what decides in each, and where it begins.

A question can be asked with all that the book knows (the default), with what it knew on one day, or `then`:
with what it knew at the moment of the act itself, which judges the gateway and not the conduct.
"""

from __future__ import annotations

from bisect import bisect_right
from datetime import datetime
from math import inf
from typing import Literal, TypeAlias

import msgspec

from comity.contracts.book import Book
from comity.contracts.calendar import midnight
from comity.contracts.norms import Norms, Timeline, timeline_of

AsOf: TypeAlias = datetime | Literal["then"] | None
"""What the book knew: at one moment, at the moment of each act, or (None) all that it knows."""


class Stretches(msgspec.Struct, frozen=True):
    """A partition of time."""

    bounds: tuple[float, ...]
    """Unix seconds at which all but the first stretch begin, ascending."""
    norms: tuple[Norms, ...]
    """What decides in each: one more than there are bounds."""

    def index(self, at: float) -> int:
        """The stretch that holds `at` (unix seconds)."""
        return bisect_right(self.bounds, at)


def stretches_of(book: Book, as_of: AsOf = None) -> Stretches:
    """Every stretch of the book's time."""
    if as_of != "then":
        timeline = timeline_of(book, as_of)
        bounds = tuple(timeline.calendar.bounds)
        return Stretches(bounds, tuple(timeline.norms(start) for start in (-inf, *bounds)))
    learned = [-inf, *sorted(_learned(book))]
    bounds_found: list[float] = []
    norms: list[Norms] = []
    for start, end in zip(learned, [*learned[1:], inf], strict=True):
        timeline = Timeline(book, start)
        inner = [bound for bound in timeline.calendar.bounds if start < bound < end]
        bounds_found += [start, *inner]
        norms += [timeline.norms(moment) for moment in (start, *inner)]
    return Stretches(tuple(bounds_found[1:]), tuple(norms))


def _learned(book: Book) -> set[float]:
    """The moments at which the book may have learned or taken back something; too many do no harm."""
    days = {clause.known for clause in book.clauses} | {clause.retracted for clause in book.clauses}
    days |= {contract.known for contract in book.contracts.values()}
    days |= {record.known for record in book.occurrences} | {record.known for record in book.exercises}
    days |= {entry.known for definition in book.definitions.values() for entry in definition.settled}
    zones = {book.zone(contract) for contract in book.contracts}
    return {midnight(day, zone) for day in days if day is not None for zone in zones}
