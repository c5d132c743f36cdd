"""Draws commitments down, charge by charge in order of time.

The order, the same for every charge: reserved capacity and throughput, hourly commitments, prepaid balances,
then spend agreements, each in the order of the book. What one of the first three takes is settled by it and
not invoiced, so nothing after it counts that part, unless its own text tests `settled_by`. Spend agreements
do not compete: one charge may retire several.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from decimal import Context, Decimal, Inexact, localcontext
from fractions import Fraction
from heapq import merge
from math import inf
from typing import NamedTuple, TypeAlias

from comity.commitments.kinds import INVOICE, SETTLED, Key, Reader, Seen, concerns
from comity.commitments.members import COVERED, Member, Moment, members_of
from comity.commitments.values import Applied, Shape
from comity.contracts import Book, Progress, Value
from comity.contracts.days import Span
from comity.contracts.norms import timeline_of
from comity.ledger import Charge

Spent: TypeAlias = Charge | Progress
"""A line of the ledger, or an amount from a file."""
Share: TypeAlias = Fraction | int
"""A part of a charge: nearly always 0 or 1, which need no fractions."""

# What is split ends after 28 digits; its sums are exact. Python's default rounds them in silence; here what
# does not fit is an error.
_SPLIT = Context(prec=28)
_SUMS = Context(prec=100, traps=[Inexact])
_ONE = Decimal(1)
_NONE: Share = 0
_WHOLE: Share = 1
_NO_SPAN = Span(inf, inf)
_OPEN = "whether it counts is open"
_NO = "it does not count toward this commitment"
_COVERED = "it is settled by another commitment"


class Offer(NamedTuple):
    """A commitment to which charges of one kind are offered."""

    member: Member
    """The commitment."""
    surely: bool
    """Whether it counts them whatever is missing and whoever is right; else it may."""
    group: int | None
    """The limit that may apply to them; None when none does."""


class Kind:
    """Charges that commitments do not tell apart, while the same clauses and settlements are in force."""

    def __init__(self, seen: Seen, number: int, since: float) -> None:
        self.seen = seen
        self.number = number
        """Tells it from every other kind."""
        self.since = since
        """Unix seconds since which these clauses and settlements are in force."""
        self.covering: list[Offer] = []
        self.spending: list[Offer] = []
        self.refused: list[Member] = []
        """Commitments that are about such charges and do not count these."""
        self.settled: dict[str, Kind] = {}
        """The same charges when something covers them."""


class Drawdown:
    """The commitments of one book, drawn down up to one moment."""

    def __init__(
        self, book: Book, until: datetime, *, as_of: datetime | None = None, party: str | None = None
    ) -> None:
        self.asked = Moment(book, until, as_of, party)
        self.members = members_of(self.asked)
        self.paid: list[Progress] = []
        """What was paid and earned, as a file says."""
        self._until = until.timestamp()
        self._timeline = timeline_of(book, as_of)
        self._drawn = tuple(member for member in self.members if member.shape is not Shape.SHARE)
        self._reader = Reader(book, [member.owe for member in self._drawn])
        self._span = _NO_SPAN
        self._kinds: dict[Key, Kind] = {}
        self._count = 0

    def draw(self, spent: Spent) -> tuple[Applied, ...]:
        """What the charge retires of which commitment; charges come in order of time."""
        with localcontext(_SUMS):
            return self._draw(spent)

    def _draw(self, spent: Spent) -> tuple[Applied, ...]:
        at = spent.at.timestamp() if isinstance(spent, Progress) else spent.at / 1e9
        if at > self._until:
            return ()
        if isinstance(spent, Progress) and spent.moved not in ("bought", "used"):
            self.paid.append(spent)
            return ()
        if not self._span.start <= at < self._span.end:
            self._span = self._timeline.norms(at).at.span
            self._kinds.clear()
        key = self._reader.key(spent)
        kind = self._kinds.get(key)
        if kind is None:
            kind = self._kinds[key] = self._kind(self._reader.seen(spent), at)
        return _Line(spent, at, self, kind).draw()

    def _kind(self, seen: Seen, at: float) -> Kind:
        self._count += 1
        kind = Kind(seen, self._count, self._span.start)
        book = self.asked.book
        settled = seen.facts.get(SETTLED, INVOICE)
        for member in self._drawn:
            if not concerns(book, member.owe, seen):
                continue
            covers = member.shape.covers
            if covers and seen.settled:
                continue
            if not member.explicit and settled != INVOICE:
                kind.refused.append(member)
                continue
            surely, perhaps, limits = member.truths(seen.facts, at)
            group = next((place for place, (_, may) in enumerate(limits) if may), None)
            if perhaps:
                (kind.covering if covers else kind.spending).append(Offer(member, surely, group))
            elif member.named:
                kind.refused.append(member)
        return kind

    def settled(self, kind: Kind, word: str, at: float) -> Kind:
        """The charges of `kind`, when they are settled by `word`."""
        found = kind.settled.get(word)
        if found is None:
            facts: dict[str, Value] = {**kind.seen.facts, SETTLED: word}
            seen = Seen(facts, kind.seen.what, given=kind.seen.given, settled=True)
            found = kind.settled[word] = self._kind(seen, at)
        return found


class _Line:
    """One charge on its way through the commitments."""

    def __init__(self, spent: Spent, at: float, drawdown: Drawdown, kind: Kind) -> None:
        self.spent, self.at, self.drawdown, self.kind = spent, at, drawdown, kind
        self.caller = "" if isinstance(spent, Progress) else spent.caller
        self.found: list[Applied] = []

    def draw(self) -> tuple[Applied, ...]:
        """What it retires."""
        rest = _WHOLE
        covered: dict[str, Share] = {}
        if self.kind.covering:
            covered = self._cover()
            rest = _WHOLE - sum(covered.values()) if covered else _WHOLE
        for offer in self.kind.spending:
            if rest:
                self._offer(offer, self.kind, rest)
        for member in self.kind.refused:
            self._leave(member, _NO, _WHOLE)
        for word, part in covered.items():
            self._settled(word, part)
        return tuple(self.found)

    def _cover(self) -> dict[str, Share]:
        """The parts of the charge that something covers, by what settles them.

        Reservations of different token classes do not compete: the charge is covered as far as the best of
        them covers its class.
        """
        classes: dict[str, Share] = {}
        covered: dict[str, Share] = {}
        for offer in self.kind.covering:
            member = offer.member
            part = _WHOLE
            if covered or classes:
                counted = member.classes or classes.keys()
                part -= max((classes.get(name, _NONE) for name in counted), default=_NONE)
                part -= sum(covered.values())
            taken = self._offer(offer, self.kind, part) if part > 0 else _NONE
            if taken and member.classes:
                classes |= {name: classes.get(name, _NONE) + taken for name in member.classes}
            elif taken:
                word = COVERED[member.shape]
                covered[word] = covered.get(word, _NONE) + taken
        best = max(classes.values(), default=_NONE)
        if best:
            covered["capacity"] = covered.get("capacity", _NONE) + best
        return covered

    def _settled(self, word: str, part: Share) -> None:
        """A part that something covers: counted only where a text says so."""
        kind = self.drawdown.settled(self.kind, word, self.at)
        for offer in kind.spending:
            self._offer(offer, kind, part)
        for member in kind.refused:
            self._leave(member, _COVERED, part)

    def _offer(self, offer: Offer, kind: Kind, part: Share) -> Share:
        """Offers a part of the charge to a commitment; the part that it takes."""
        member = offer.member
        if not member.runs(self.at):
            return _NONE
        measured = self._measured(member)
        if measured is None:
            member.leave(member.gap, None)
            return _NONE
        amount = _part(measured, part)
        member.record(kind.number, kind.seen.facts, self.at, kind.since, amount)
        if not offer.surely:
            member.leave(_OPEN, amount)
            return _NONE
        taken = member.take(self.at, amount, offer.group, self.caller)
        if not taken:
            return _NONE
        whole = part if taken == amount else Fraction(taken) / Fraction(measured)
        fraction = _ONE if whole == 1 else _part(_ONE, whole)
        value = taken if member.scale == 1 else _SPLIT.divide(taken, member.scale)
        self.found.append(Applied(member.clause.contract, member.clause.id, value, member.unit, fraction))
        return whole

    def _leave(self, member: Member, why: str, part: Share) -> None:
        if member.runs(self.at):
            measured = self._measured(member)
            if measured is not None:
                member.leave(why, _part(measured, part))

    def _measured(self, member: Member) -> Decimal | None:
        """How much the charge is in the scale of the commitment; None when that is not known."""
        spent = self.spent
        if isinstance(spent, Progress):
            return spent.amount * member.scale if spent.unit == member.unit else None
        return member.meter(spent)


def draw_down(
    book: Book,
    charges: Iterable[Charge],
    until: datetime,
    *,
    given: Sequence[Progress] = (),
    as_of: datetime | None = None,
    party: str | None = None,
) -> Iterator[tuple[Spent, tuple[Applied, ...]]]:
    """Every charge with what it retires, in order of time, amounts from a file among them.

    Balances and periods depend on what came before: give all charges since the commitments began.
    """
    drawdown = Drawdown(book, until, as_of=as_of, party=party)
    for spent in in_order(charges, given):
        yield spent, drawdown.draw(spent)


def in_order(charges: Iterable[Charge], given: Sequence[Progress]) -> Iterator[Spent]:
    """Lines of the ledger, which come by time, and amounts from a file, as one series."""
    ordered = sorted(given, key=lambda one: one.at)
    return merge(charges, ordered, key=_time)


def _time(spent: Spent) -> float:
    return spent.at.timestamp() if isinstance(spent, Progress) else spent.at / 1e9


def _part(amount: Decimal, part: Share) -> Decimal:
    if part == 1:
        return amount
    found = Fraction(amount) * part
    return _SPLIT.divide(Decimal(found.numerator), Decimal(found.denominator))
