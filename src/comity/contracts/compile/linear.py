"""The linear target: what a planner needs of a book, as bits and rows of numbers.

Demand classes against targets give one bit per pair and window of time, under one posture; standing duties
give rows: over these pairs and days, at least this much. Nothing is optimised here, and no probability
enters: a dispute becomes a bit by the posture, and a row says what counts surely and what only perhaps.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from datetime import datetime
from decimal import Decimal
from itertools import pairwise

import msgspec

from comity.contracts.book import Book
from comity.contracts.clauses import Clause, Effect
from comity.contracts.compile.limits import refuse
from comity.contracts.days import Span, midnight
from comity.contracts.decide import Binding, Decider
from comity.contracts.duties import Owe
from comity.contracts.duty_steps import Step, steps_of
from comity.contracts.interpret import Interpreter
from comity.contracts.norms import Timeline
from comity.contracts.posture import Posture, judge
from comity.contracts.vocabulary import Workload


class Side(msgspec.Struct, frozen=True):
    """A demand class, or a target that could serve it."""

    name: str
    """Its name."""
    facts: Workload
    """What is known about it; the facts of a target prevail over those of a demand class."""


class Cells(msgspec.Struct, frozen=True):
    """Where one demand class may go; bit i stands for target i."""

    demand: str
    """The demand class."""
    allowed: int
    """The targets that the posture allows."""
    recorded: int
    """Those of them that it allows on the record only."""


class Window(msgspec.Struct, frozen=True):
    """A stretch of time in which no bit changes."""

    span: Span
    """When."""
    cells: tuple[Cells, ...]
    """One per demand class, in the order given."""


class Row(msgspec.Struct, frozen=True):
    """One step of a standing duty: what is asked of the sum of everything that counts."""

    clause: str
    """The duty."""
    debtor: tuple[str, ...]
    """Who owes it."""
    creditor: tuple[str, ...]
    """To whom."""
    what: str
    """What is bought, paid, used or done."""
    unit: str
    """ISO 4217 code, or a unit such as `GW`."""
    span: Span
    """When charges count toward it."""
    low: Decimal
    """At least this much is asked; with a rate, that share of `of`."""
    high: Decimal | None
    """Perhaps as much as this; None when nobody has published a limit."""
    surely: tuple[int, ...]
    """Per demand class, the targets whose charges surely count."""
    perhaps: tuple[int, ...]
    """Per demand class, the targets whose charges may count."""
    shortfall: str
    """`pay`, `forfeit` or `prepay`; empty when the text does not say."""
    rate: Decimal | None
    """The share of `of` that is owed; None when it is an amount."""
    of: str
    """What the rate is taken from; empty without a rate."""
    cap: Decimal | None
    """The most that is ever owed in total; None without a published cap."""
    awaits: tuple[str, ...]
    """Events of which one must happen first; empty when the duty runs."""


class Linear(msgspec.Struct, frozen=True):
    """A book over a horizon, as a planner reads it."""

    demands: tuple[str, ...]
    """The demand classes."""
    targets: tuple[str, ...]
    """The targets; bit i of every mask is the i-th."""
    windows: tuple[Window, ...]
    """The horizon, cut at the dates on which the book changes."""
    rows: tuple[Row, ...]
    """The standing duties that touch the horizon, by clause and date."""


def linear(
    book: Book,
    demands: Sequence[Side],
    targets: Sequence[Side],
    horizon: tuple[datetime, datetime],
    posture: Posture,
    *,
    without: Collection[str] = (),
) -> Linear:
    """`book` for a planner, from the first moment of `horizon` until before the second.

    `without` names duties to leave aside. Raises BookError when another one cannot be counted.
    """
    refuse(book, "linear", without)
    span = Span(horizon[0].timestamp(), horizon[1].timestamp())
    pairing = _Pairing(book, demands, targets, posture)
    duties = [
        clause
        for clause in sorted(book.clauses, key=lambda clause: clause.id)
        if clause.effect is Effect.OWE and clause.id not in without
    ]
    return Linear(
        demands=tuple(demand.name for demand in demands),
        targets=tuple(target.name for target in targets),
        windows=tuple(pairing.window(part) for part in pairing.parts(span)),
        rows=tuple(row for clause in duties for row in pairing.rows(clause, span)),
    )


class _Pairing:
    """Demand classes against targets."""

    def __init__(
        self, book: Book, demands: Sequence[Side], targets: Sequence[Side], posture: Posture
    ) -> None:
        self.book = book
        self.demands = demands
        self.targets = targets
        self.posture = posture
        self.decider = Decider(book)
        self.bindings = [self.decider.bind(target.facts) for target in targets]

    @property
    def timeline(self) -> Timeline:
        return self.decider.timeline

    def parts(self, span: Span) -> list[Span]:
        """`span`, cut where the book changes."""
        inner = [bound for bound in self.timeline.calendar.bounds if span.start < bound < span.end]
        bounds = [span.start, *inner, span.end]
        return [Span(start, end) for start, end in pairwise(bounds)]

    def window(self, span: Span) -> Window:
        return Window(span, tuple(self._cells(demand, span.start) for demand in self.demands))

    def _cells(self, demand: Side, at: float) -> Cells:
        allowed = recorded = 0
        for index, binding in enumerate(self.bindings):
            action = _action(binding, demand.facts, at, self.posture)
            allowed |= (action in ("allow", "record")) << index
            recorded |= (action == "record") << index
        return Cells(demand.name, allowed, recorded)

    def rows(self, clause: Clause, horizon: Span) -> Iterator[Row]:
        """The steps of a duty that touch the horizon."""
        owe, life = clause.owe, self.timeline.calendar.spans.get(clause.id)
        assert owe is not None, "the clause is a duty"
        if life is None:
            return
        begin, awaits = self._begin(clause, owe, life)
        zone = self.book.zone(clause.contract)
        for step in steps_of(clause, begin, min(life.end, horizon.end), zone):
            span = Span(max(step.since, life.start), min(step.due, life.end))
            if span.start < span.end and span.start < horizon.end and horizon.start < span.end:
                yield self._row(clause, owe, step, span, awaits)

    def _begin(self, clause: Clause, owe: Owe, life: Span) -> tuple[float, tuple[str, ...]]:
        """When the duty begins, and the events that it still waits for."""
        if owe.trigger is None:
            return life.start, ()
        zone = self.book.zone(clause.contract)
        found = [] if owe.trigger.day is None else [midnight(owe.trigger.day, zone)]
        found += [
            midnight(record.on, self.book.zone(record.contract))
            for record in self.book.occurrences
            if record.event in owe.trigger.events
        ]
        return (max(life.start, min(found)), ()) if found else (life.start, owe.trigger.events)

    def _row(self, clause: Clause, owe: Owe, step: Step, span: Span, awaits: tuple[str, ...]) -> Row:
        counted = [self._counted(demand, owe, span) for demand in self.demands]
        return Row(
            clause=clause.id,
            debtor=owe.debtor,
            creditor=owe.creditor,
            what=owe.what,
            unit=step.amount.unit,
            span=span,
            low=step.amount.low,
            high=step.amount.high,
            surely=tuple(surely for surely, _ in counted),
            perhaps=tuple(perhaps for _, perhaps in counted),
            shortfall=owe.shortfall,
            rate=owe.rate,
            of=owe.of,
            cap=None if owe.cap is None else owe.cap.high,
            awaits=awaits,
        )

    def _counted(self, demand: Side, owe: Owe, span: Span) -> tuple[int, int]:
        """The targets whose charges count in all parts of `span`, and in some."""
        surely = perhaps = 0
        for index, target in enumerate(self.targets):
            facts = {**demand.facts, **target.facts}
            truths = [self._truth(owe, facts, part.start) for part in self.parts(span)]
            surely |= all(must for must, _ in truths) << index
            perhaps |= any(may for _, may in truths) << index
        return surely, perhaps

    def _truth(self, owe: Owe, facts: Workload, at: float) -> tuple[bool, bool]:
        norms = self.timeline.norms(at)
        worlds = norms.at.frame.restricted(self.posture.reading).all
        truth = Interpreter(self.book, norms, facts).truth(owe.counts, every=True)
        return not worlds & ~truth.must, bool(worlds & truth.may)


def _action(binding: Binding, facts: Workload, at: float, posture: Posture) -> str:
    return judge(binding.decide(facts, at), posture).action
