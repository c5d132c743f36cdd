"""The state of a standing duty at a moment, from its text, the events on record and the amounts given.

Missing facts, undisclosed amounts and open readings make it an interval: `state` is what is sure (only what
surely counts, against the most that may be asked), `at_best` the debtor's best case. Nothing is stored and no
money is converted here; the amounts come from a ledger, a file or an example as plain `Progress`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from decimal import Context, Decimal, Inexact, InvalidOperation, localcontext
from math import inf

import msgspec

from comity.contracts.book import Book
from comity.contracts.clauses import Clause, Effect
from comity.contracts.days import day_of, midnight
from comity.contracts.duties import Amount, Owe, Progress
from comity.contracts.duty_count import Counter, Uncounted
from comity.contracts.duty_course import TICK, Course, Runner, amounts_of, unit_of
from comity.contracts.duty_run import Standing, State, overall
from comity.contracts.duty_steps import Step, last_moment
from comity.contracts.fields import GRADES
from comity.contracts.lives import Life, end_phrase
from comity.contracts.norms import timeline_of

__all__ = ["DutyState", "Part", "State", "duty_state", "duty_states"]

# Python's default of 28 digits rounds in silence; here what does not fit is an error.
_EXACT = Context(prec=100, traps=[Inexact, InvalidOperation])
_NOTHING = Decimal(0)


class Part(msgspec.Struct, frozen=True):
    """One step of a duty: a milestone, a period, or all of it."""

    start: date | None
    """The day on which its turn comes; None when it has always run."""
    by: date | None
    """Its last day; None when it has none."""
    asked: Amount
    """How much is asked, with what came over; of a milestone or a share, in all so far."""
    reached: Amount
    """How much counts toward it, surely and at most."""
    missing: Amount
    """How much is or was missing, at least and at most."""
    state: State
    """How it surely stands."""
    at_best: State
    """How it stands in the debtor's best case."""


class DutyState(msgspec.Struct, frozen=True):
    """How a duty stands at a moment."""

    duty: str
    """Id of the clause."""
    at: datetime
    """The moment."""
    state: State
    """How it stands when only what surely counts is counted, against the most that may be asked."""
    at_best: State
    """How it stands when everything that may count does, against the least that may be asked."""
    owes: Amount
    """What can be asked for at this moment, at least and at most; `sure` is the grade of that statement."""
    parts: tuple[Part, ...]
    """Its steps, in order; periods that have not begun are left out."""
    why: str
    """The reason, as a sentence."""
    needs: tuple[str, ...] = ()
    """Missing attributes on which it hangs, sorted."""
    disputed: tuple[str, ...] = ()
    """Open definitions on which it hangs, sorted."""
    uncounted: tuple[Uncounted, ...] = ()
    """The amounts given that do not count, or not surely."""


def duty_state(
    book: Book,
    duty: str,
    progress: Iterable[Progress],
    at: datetime,
    *,
    as_of: datetime | None = None,
    party: str | None = None,
) -> DutyState:
    """How `duty` stands at `at` when `progress` is everything that was bought, paid, used, done and earned.

    Amounts after `at` are ignored. `as_of` limits the book to what it knew then; `party` counts only the
    worlds of that party's readings. KeyError when there is no clause `duty`.
    """
    with localcontext(_EXACT):
        return DutyAt(book, book.clause(duty), at, as_of, party).state(progress)


def duty_states(
    book: Book,
    progress: Iterable[Progress],
    at: datetime,
    *,
    as_of: datetime | None = None,
    party: str | None = None,
) -> tuple[DutyState, ...]:
    """How every duty of the book stands, in the order of the book; see `duty_state`."""
    given = list(progress)
    duties = [clause.id for clause in book.clauses if clause.effect is Effect.OWE]
    return tuple(duty_state(book, duty, given, at, as_of=as_of, party=party) for duty in duties)


class DutyAt:
    """One duty at one moment."""

    def __init__(
        self, book: Book, clause: Clause, at: datetime, as_of: datetime | None, party: str | None
    ) -> None:
        assert clause.owe is not None, f"`{clause.id}` is a duty"
        self.clause = clause
        self.owe: Owe = clause.owe
        self.at = at
        self.now = at.timestamp()
        self.zone = book.zone(clause.contract)
        timeline = timeline_of(book, as_of)
        self.lives = timeline.calendar.lives
        self.counter = Counter(book, timeline, party)

    def state(self, progress: Iterable[Progress]) -> DutyState:
        """How it stands."""
        life = self.lives.of.get(self.clause.id)
        if life is None:
            return self._idle(State.PENDING, "The book does not say it, as far as it was known.")
        if life.span.start >= life.span.end:
            return self._idle(State.DISCHARGED, "It ended before it began.")
        begin, last = self.begin(life), min(last_moment(self.clause, self.zone), life.span.end)
        if begin >= last and last <= self.now:
            return self._idle(State.DISCHARGED, "What would have set it off did not happen in time.")
        if begin == inf:
            return self._idle(State.PENDING, "What sets it off has not happened.")
        if begin > self.now:
            return self._idle(State.PENDING, f"It begins on {day_of(begin, self.zone)}.")
        given = [one for one in progress if begin <= one.at.timestamp() <= self.now]
        course = Runner(self.clause, life, self.now, self.zone, self.counter).run(begin, given)
        return self._result(life, course)

    def begin(self, life: Life) -> float:
        """When the duty was set off; infinity when that has not happened."""
        trigger = self.owe.trigger
        if trigger is None:
            return life.span.start
        records = [self.lives.happened(event) for event in trigger.events]
        days = [record.on for record in records if record is not None]
        days += [] if trigger.day is None else [trigger.day]
        return max(life.span.start, min((midnight(day, self.zone) for day in days), default=inf))

    def _idle(self, state: State, why: str) -> DutyState:
        """The state of a duty of which nothing can be asked."""
        nothing = Amount(_NOTHING, _NOTHING, unit_of(self.owe), self._sure())
        return DutyState(self.clause.id, self.at, state, state, nothing, (), why)

    def _sure(self) -> str:
        """The grade of the weakest statement that the amounts rest on."""
        stated = [GRADES[amount.sure] for amount in amounts_of(self.owe) if amount.sure]
        return min([self.clause.grade, *stated]).word

    def _result(self, life: Life, course: Course) -> DutyState:
        state, at_best = self._closed(life, course.surely), self._closed(life, course.best)
        least, most = (sum((one.owes for one in run), _NOTHING) for run in (course.best, course.surely))
        owes = msgspec.structs.replace(_interval(least, most, course.unit), sure=self._sure())
        parts = tuple(
            self._part(step, surely, best, course.unit)
            for step, surely, best in zip(course.steps, course.surely, course.best, strict=True)
        )
        return DutyState(
            duty=self.clause.id,
            at=self.at,
            state=state,
            at_best=at_best,
            owes=owes,
            parts=parts,
            why=self._why(state, owes, parts, life),
            needs=tuple(sorted(self.counter.needs)),
            disputed=tuple(sorted(self.counter.open)),
            uncounted=tuple(self.counter.uncounted),
        )

    def _closed(self, life: Life, standings: Sequence[Standing]) -> State:
        """The state as a whole; a share is over when its cap is paid, or when it has ended and is paid."""
        state = overall(standings)
        if state is not State.MET or self.owe.rate is None:
            return state
        cap = None if self.owe.cap is None else self.owe.cap.high
        paid = sum((one.reached for one in standings), _NOTHING)
        return State.DISCHARGED if life.span.end <= self.now or (cap is not None and paid >= cap) else state

    def _part(self, step: Step, surely: Standing, best: Standing, unit: str) -> Part:
        return Part(
            start=day_of(step.start, self.zone),
            by=None if step.due == inf else day_of(step.due - TICK, self.zone),
            asked=self._asked(step, surely, best, unit),
            reached=_interval(surely.reached, best.reached, unit),
            missing=_interval(best.missing, surely.missing, unit),
            state=surely.state,
            at_best=best.state,
        )

    def _asked(self, step: Step, surely: Standing, best: Standing, unit: str) -> Amount:
        """What the step asks, with what came over and without what the whole no longer lacks."""
        if self.owe.carry or self.owe.least is not None:
            return msgspec.structs.replace(_interval(best.asked, surely.asked, unit), sure=step.amount.sure)
        return msgspec.structs.replace(step.amount, unit=unit)

    def _why(self, state: State, owes: Amount, parts: tuple[Part, ...], life: Life) -> str:
        by = next((part.by for part in parts if part.state is state), None)
        if state is State.DUE:
            return "It is outstanding, and no last day is stated." if by is None else f"Its last day is {by}."
        if state is State.SHORT:
            return (
                f"It was missing when {by} was over."
                if owes.high != 0
                else f"What was missing on {by} is lost."
            )
        if state is State.PENDING:
            pause = next((pause for pause in life.pauses if pause.span.holds(self.now)), None)
            return "Its turn has not come." if pause is None else f"It is suspended under {pause.by}."
        if state is State.MET:
            return "Everything that could be asked so far is there."
        if self.owe.rate is None and life.ends and life.span.end <= self.now:
            return f"It ended on {day_of(life.span.end, self.zone)}: {end_phrase(life.ends[0])}."
        if self.owe.rate is not None:
            return "Nothing is outstanding, and nothing more can be."
        return "What was missing has been made good, or was waived."


def _interval(one: Decimal, other: Decimal, unit: str) -> Amount:
    low, high = sorted((one.normalize(), other.normalize()))
    return Amount(low, None if high.is_infinite() else high, unit)
