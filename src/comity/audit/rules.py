"""What acts are judged by: a book, as it was known at some moment, in the readings of one party or of all.

The dates on which a verdict can change cut time into stretches; within one stretch equal facts have equal
verdicts, so whoever sums acts may join them there.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import Literal, TypeAlias
from zoneinfo import ZoneInfo

import msgspec

from comity.audit.lot import Facts
from comity.contracts import Binding, Book, Decider, Verdict, Workload, parse_facts

AsOf: TypeAlias = Literal["then", "now"] | datetime
"""`then`: what the book said when the act happened, which judges who decided; `now`: all that it says, which
judges conduct; or what it said at a moment."""

_SECOND = 1.0


class Rules:
    """A book, ready to judge many acts."""

    def __init__(self, book: Book, as_of: AsOf = "now", party: str | None = None) -> None:
        self.book = book
        self.as_of = as_of
        self.party = party
        self._learned = _learned(book) if as_of == "then" else []
        self._bindings = [Decider(book, moment, party).bind({}) for moment in self._moments()]
        bounds = {bound for binding in self._bindings for bound in _bounds(binding)}
        self.bounds = sorted(bounds.union(self._learned))
        """Unix seconds at which a verdict can change, ascending."""

    def stretch(self, at: float) -> int:
        """The number of the stretch of time without change that holds `at`."""
        return bisect_right(self.bounds, at)

    def uses(self) -> frozenset[str]:
        """The attributes that some clause looks at, at some time; all others change no verdict."""
        moments = [self.bounds[0] - _SECOND, *self.bounds] if self.bounds else [0.0]
        found = (binding.program(moment).uses for binding in self._bindings for moment in moments)
        return frozenset().union(*found)

    def read(self, facts: Facts) -> Workload:
        """Recorded facts in the words of the book; as `read_facts`."""
        return read_facts(self.book, facts)

    def decide(self, workload: Workload, at: float) -> Verdict:
        """The verdict about one workload at `at`, in unix seconds."""
        return self._bindings[bisect_right(self._learned, at)].decide(workload, at)

    def _moments(self) -> list[datetime | None]:
        """As of when the book is read, stage by stage."""
        if isinstance(self.as_of, datetime):
            return [self.as_of]
        if not self._learned:
            return [None]
        moments = [self._learned[0] - _SECOND, *self._learned]
        return [datetime.fromtimestamp(moment, UTC) for moment in moments]


def read_facts(book: Book, facts: Facts) -> Workload:
    """Recorded facts in the words of `book`; raises ValueError about a value that it has no word for.

    An attribute that the book does not have cannot be looked at by any clause, so it is left out. A value
    that it has no word for could be anything, so it is never left out.
    """
    attributes = book.vocabulary.attributes
    return parse_facts(book, {name: fact for name, fact in facts.items() if name in attributes})


def _bounds(binding: Binding) -> Iterator[float]:
    """Every date boundary of a book."""
    at = float("-inf")
    while (at := binding.until(at)) < float("inf"):
        yield at


def _learned(book: Book) -> list[float]:
    """The moments at which the book learned or retracted something: midnights in any zone of its contracts.

    A midnight too many cuts a stretch in two and changes no verdict.
    """
    zones = {ZoneInfo(contract.clock) for contract in book.contracts.values()}
    days = set(_days((book.contracts, book.clauses, book.definitions, book.occurrences)))
    exercises = getattr(book, "exercises", ())
    days.update(_days(exercises))
    return sorted(
        datetime(day.year, day.month, day.day, tzinfo=zone).timestamp() for day in days for zone in zones
    )


def _days(value: object) -> Iterator[date]:
    """The days on which something inside `value` became known or was retracted."""
    if isinstance(value, msgspec.Struct):
        for name in value.__struct_fields__:
            part = getattr(value, name)
            if name in {"known", "retracted"} and isinstance(part, date):
                yield part
            else:
                yield from _days(part)
    elif isinstance(value, dict):
        yield from _days(tuple(value.values()))
    elif isinstance(value, tuple):
        for part in value:
            yield from _days(part)
