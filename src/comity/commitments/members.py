"""One commitment while it is drawn down: its pool, its meter, and what of it was open or left over."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from math import inf

import msgspec

from comity.commitments.kinds import SETTLED, mentions
from comity.commitments.metering import gap_of, meter_of, scale_of
from comity.commitments.pools import Balance, Days, Reservation
from comity.commitments.shapes import shape_of
from comity.commitments.values import Left, Shape
from comity.contracts import Book, Clause, Progress, Value
from comity.contracts.days import Span
from comity.contracts.duties import Moved
from comity.contracts.duty_count import Counter
from comity.contracts.duty_course import TICK, Runner, unit_of
from comity.contracts.duty_run import Asked
from comity.contracts.duty_state import DutyAt
from comity.contracts.duty_steps import calendar_start, last_moment, steps_of
from comity.contracts.lives import Life
from comity.contracts.norms import timeline_of

_NOTHING = Decimal(0)
_MOVED: dict[str, Moved] = {"buy": "bought", "use": "used"}
_ORDER = (Shape.CAPACITY, Shape.THROUGHPUT, Shape.HOURLY, Shape.PREPAID, Shape.SPEND, Shape.SHARE)
COVERED = {
    Shape.CAPACITY: "capacity",
    Shape.THROUGHPUT: "capacity",
    Shape.HOURLY: "commitment",
    Shape.PREPAID: "prepayment",
}
"""What a charge is settled by when a commitment of this shape takes it."""


class Moment(msgspec.Struct, frozen=True):
    """Of which book, when, as known when and read by whom."""

    book: Book
    """The book."""
    at: datetime
    """The moment up to which charges count."""
    as_of: datetime | None = None
    """The book as it was known then; None for all it knows."""
    party: str | None = None
    """The party whose readings count; None for all."""


class Member:
    """One commitment of a book."""

    def __init__(self, clause: Clause, asked: Moment) -> None:
        assert clause.owe is not None, "a commitment is a duty"
        shape = shape_of(clause.owe)
        assert shape is not None, "a commitment has a shape"
        self.clause, self.owe, self.shape, self.asked = clause, clause.owe, shape, asked
        book, self.now = asked.book, asked.at.timestamp()
        self.zone = book.zone(clause.contract)
        self.unit, self.scale, self.meter = unit_of(self.owe), scale_of(self.owe), meter_of(self.owe)
        self.gap = gap_of(self.owe)
        self.classes = frozenset(self.owe.measure.tokens if self.owe.measure is not None else ())
        """The token classes that it covers; empty where it counts money."""
        self.explicit = mentions(book, self.owe, SETTLED)
        """Whether its own text says how charges must be settled; else only invoiced ones count."""
        self.named = (
            self.owe.what in book.vocabulary.attributes["cloud"].parents or self.owe.what in book.parties
        )
        """Whether it is about one cloud or maker, so that what it does not count of them is worth a word."""
        self.counter = Counter(book, timeline_of(book, asked.as_of), asked.party)
        self.span, self.life = self._lived()
        self.pool: Balance | Reservation | None = None
        self.users: dict[str, Decimal] = {}
        """What was taken, by caller, in the pool's scale."""
        self._buckets: dict[tuple[int, float, bool], tuple[float, dict[str, Value], list[Decimal]]] = {}
        self._left: dict[str, list[Decimal]] = {}
        self._days = Days(self.zone)
        self._sums_only = shape.continuous

    @property
    def rank(self) -> int:
        """Its place in the order in which commitments are drawn."""
        return _ORDER.index(self.shape)

    def _lived(self) -> tuple[Span, Life | None]:
        """When it runs: from what set it off to its last day or its end; empty when it never does."""
        duty = DutyAt(self.asked.book, self.clause, self.asked.at, self.asked.as_of, self.asked.party)
        life = duty.lives.of.get(self.clause.id)
        if life is None or life.span.start >= life.span.end:
            return Span(inf, inf), life
        return Span(duty.begin(life), min(last_moment(self.clause, self.zone), life.span.end)), life

    @property
    def cumulative(self) -> bool:
        """Whether its later steps count what earlier ones counted."""
        return bool(self.owe.milestones) or self.owe.least is not None or self.shape is Shape.SHARE

    @property
    def bills(self) -> bool:
        """Whether a shortfall is billed, and not lost."""
        return self.owe.shortfall != "forfeit"

    @property
    def kept(self) -> Decimal:
        """The share of a shortfall that comes back as a prepayment."""
        if self.owe.shortfall != "prepay":
            return _NOTHING
        return Decimal(1) if self.owe.recovers is None else self.owe.recovers

    def runs(self, at: float) -> bool:
        """Whether charges at `at` can count toward it."""
        return self.span.start <= at < self.span.end

    def truths(self, facts: dict[str, Value], at: float) -> tuple[bool, bool, tuple[tuple[bool, bool], ...]]:
        """Whether charges with these facts surely and perhaps count, and the same of every limit."""
        sample = self._progress(at, _NOTHING, facts)
        surely, perhaps = self.counter.truth(self.owe.counts, sample)
        limits = (
            tuple(self.counter.truth(limit.counts, sample) for limit in self.owe.limits) if perhaps else ()
        )
        return surely, perhaps, limits

    def take(self, at: float, amount: Decimal, group: int | None, caller: str) -> Decimal:
        """What of `amount`, in the pool's scale, the commitment takes."""
        pool = self.pool or self.open(at)
        taken = pool.take(at, amount, group)
        if taken:
            self.users[caller] = self.users.get(caller, _NOTHING) + taken
        return taken

    def open(self, at: float) -> Balance | Reservation:
        """Its pool; `at` is the time of its first charge, or now when there is none."""
        if self.pool is not None:
            return self.pool
        assert self.life is not None, "charges come only while it runs"
        if self.shape.continuous:
            assert self.owe.amount is not None, "what recurs has an amount"
            amount = self.owe.amount.low * self.scale
            self.pool = Reservation(self.owe.per, amount, self.span, self.life, self.zone, first=at)
            return self.pool
        steps = self.steps(at)
        runner = Runner(self.clause, self.life, self.now, self.zone, self.counter)
        shares = tuple(limit.at_most for limit in self.owe.limits)
        self.pool = Balance([_scaled(step, self.scale) for step in steps], runner.rules(), shares, self.zone)
        return self.pool

    def steps(self, first: float) -> list[Asked]:
        """Its steps up to now, as much as may be asked; `first` is the time of the first charge."""
        assert self.life is not None, "only what lived has steps"
        begin, per = self.span.start, self.owe.per or (self.owe.least.per if self.owe.least else "")
        if begin == -inf and per:
            begin = calendar_start(per, first, self.zone)
        runner = Runner(self.clause, self.life, self.now, self.zone, self.counter)
        until = min(self.now + TICK, self.life.span.end)
        return [runner.asked(step, best=False) for step in steps_of(self.clause, begin, until, self.zone)]

    def record(self, kind: int, facts: dict[str, Value], at: float, floor: float, amount: Decimal) -> None:
        """Keeps an amount that counts, surely or perhaps, for the state of the duty: by kind and day."""
        if self._sums_only:
            return
        days = self._days
        if not days.start <= at < days.end:
            days.turn(at)
        start = max(days.start, floor, self.span.start)
        bucket = (kind, start, amount < 0)
        entry = self._buckets.get(bucket)
        if entry is None:
            self._buckets[bucket] = (start, facts, [amount])
        else:
            entry[2][0] += amount

    def progress(self) -> Iterator[Progress]:
        """What was recorded, as the amounts of a duty."""
        for start, facts, (amount,) in self._buckets.values():
            yield self._progress(start, amount / self.scale, facts)

    def _progress(self, at: float, amount: Decimal, facts: dict[str, Value]) -> Progress:
        moved = _MOVED.get(self.owe.verb, "paid")
        return Progress(datetime.fromtimestamp(at, UTC), moved, amount, self.unit, self.owe.what, facts)

    def leave(self, why: str, amount: Decimal | None) -> None:
        """Notes a charge that does not count, or not surely."""
        found = self._left.get(why)
        if found is None:
            found = self._left[why] = [_NOTHING, _NOTHING]
        found[0] += 1
        found[1] += amount or _NOTHING

    def left(self) -> tuple[Left, ...]:
        """What did not count, by reason."""
        return tuple(
            Left(why, int(count), amount / self.scale, self.unit if amount else "")
            for why, (count, amount) in sorted(self._left.items())
        )


def members_of(asked: Moment) -> tuple[Member, ...]:
    """The commitments of a book in the order in which they are drawn: what covers a charge comes first."""
    duties = [clause for clause in asked.book.clauses if clause.owe is not None and shape_of(clause.owe)]
    return tuple(sorted((Member(clause, asked) for clause in duties), key=lambda member: member.rank))


def _scaled(step: Asked, scale: Decimal) -> Asked:
    if scale == 1:
        return step
    within = None if step.within is None else step.within * scale
    return msgspec.structs.replace(step, amount=step.amount * scale, within=within)
