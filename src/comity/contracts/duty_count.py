"""What counts toward a duty: every amount given is counted surely, perhaps, or not, and why not is kept.

An amount counts surely when `counts` holds in every world, and perhaps when it may hold in some. Sums are
exact; different units are never added, and nothing is converted.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable
from decimal import Decimal
from itertools import accumulate

import msgspec

from comity.contracts.book import Book
from comity.contracts.duties import Limit, Moved, Progress
from comity.contracts.interpret import Interpreter
from comity.contracts.norms import Timeline
from comity.contracts.terms import Is, Term, tests


class Uncounted(msgspec.Struct, frozen=True):
    """An amount given that does not count, or not surely."""

    progress: Progress
    """The amount."""
    why: str
    """Why, as a phrase."""


class Item(msgspec.Struct, frozen=True):
    """One amount that counts, surely or perhaps."""

    at: float
    """Unix seconds."""
    amount: Decimal
    """How much."""
    surely: bool
    """Whether it counts whatever is missing and whoever is right."""
    limits: tuple[tuple[bool, bool], ...] = ()
    """For every limit of the duty, whether it surely, and whether it perhaps applies."""


class Counter:
    """Sorts the amounts given to one duty."""

    def __init__(self, book: Book, timeline: Timeline, party: str | None) -> None:
        self.book = book
        self.timeline = timeline
        self.party = party
        self.needs: set[str] = set()
        self.open: set[str] = set()
        self.uncounted: list[Uncounted] = []

    def counted(
        self, progress: Iterable[Progress], unit: str, counts: Term, limits: tuple[Limit, ...] = ()
    ) -> list[Item]:
        """What of `progress` counts, in order of time; an empty `unit` takes the first one met."""
        found: list[Item] = []
        for one in sorted(progress, key=lambda one: one.at):
            unit = unit or one.unit
            if one.unit != unit:
                self.uncounted.append(Uncounted(one, f"it is in {one.unit or 'deeds'}, not in {unit}"))
                continue
            surely, perhaps = self.truth(counts, one)
            if not perhaps:
                self.uncounted.append(Uncounted(one, "it does not count toward this duty"))
                continue
            if not surely:
                self.uncounted.append(Uncounted(one, "whether it counts is open"))
            narrowed = tuple(self.truth(limit.counts, one) for limit in limits)
            found.append(Item(one.at.timestamp(), one.amount, surely, narrowed))
        return found

    def truth(self, term: Term, one: Progress) -> tuple[bool, bool]:
        """Whether `term` surely, and whether it perhaps holds for an amount; notes why it is open."""
        norms = self.timeline.norms(one.at.timestamp())
        worlds = norms.at.frame.restricted(self.party).all
        interpreter = Interpreter(self.book, norms, one.facts)
        truth = interpreter.truth(term, every=True)
        surely, perhaps = not worlds & ~truth.must, bool(truth.may & worlds)
        if perhaps and not surely:
            self._explain(term, interpreter, frozenset())
        return surely, perhaps

    def _explain(self, term: Term, interpreter: Interpreter, seen: frozenset[str]) -> None:
        """Notes the attributes and open definitions on which `term` hangs."""
        for leaf in tests(term):
            truth = interpreter.truth(leaf, every=True)
            if truth.must == truth.may and not isinstance(leaf, Is):
                continue
            if not isinstance(leaf, Is):
                self.needs.add(leaf.attribute)
            elif leaf.definition not in seen and truth.must != interpreter.full:
                if truth.must == truth.may:
                    self.open.add(leaf.definition)
                for reading in self.book.definitions[leaf.definition].readings:
                    self._explain(reading.means, interpreter, seen | {leaf.definition})


def of_kind(progress: Iterable[Progress], moved: Moved, what: str) -> list[Progress]:
    """The amounts that moved this way, for this thing."""
    return [one for one in progress if one.moved == moved and one.what in ("", what)]


class Tally:
    """Sums of what counts, as the debtor would have it (`best`) or as little as surely counts."""

    def __init__(self, items: Iterable[Item], shares: tuple[Decimal, ...], *, best: bool) -> None:
        self.shares = shares
        kept = [item for item in items if item.surely or (item.amount > 0) == best]
        self.times = [item.at for item in kept]
        groups = [self._group(item, best=best) for item in kept]
        self.sums = [
            [
                Decimal(0),
                *accumulate(
                    item.amount if group == wanted else Decimal(0)
                    for item, group in zip(kept, groups, strict=True)
                ),
            ]
            for wanted in range(len(shares) + 1)
        ]

    def _group(self, item: Item, *, best: bool) -> int:
        """0 for what counts whole, else the first limit that applies, counted from one."""
        applies = (surely if best else perhaps for surely, perhaps in item.limits)
        return next((place for place, limited in enumerate(applies, start=1) if limited), 0)

    def between(self, start: float, end: float, asked: Decimal = Decimal(0)) -> Decimal:
        """The sum from `start` to `end`, half-open, where `asked` is what the limits are shares of."""
        low, high = bisect_left(self.times, start), bisect_left(self.times, end)
        parts = [sums[high] - sums[low] for sums in self.sums]
        if asked.is_infinite():
            return sum(parts, Decimal(0))
        limited = (min(part, share * asked) for part, share in zip(parts[1:], self.shares, strict=True))
        return sum(limited, parts[0])
