"""How commitments stand: their duties as `contracts` computes them, with what the drawdown took and left.

Of what resets by the minute or hour only sums are kept; everything else is the state of its duty, fed with
the same amounts. Drawn, missing and left always add up to what is committed.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from decimal import Decimal

from comity.commitments.drawdown import Drawdown, in_order
from comity.commitments.members import Member
from comity.commitments.shapes import lifecycle_of, terms_of
from comity.commitments.standing_duty import duty_sums
from comity.commitments.standing_hours import hour_sums
from comity.commitments.sums import Standing
from comity.commitments.values import CommitmentState, Shape
from comity.contracts import Book, Progress, clause_sentence, duty_state
from comity.contracts.duties import Amount
from comity.ledger import Charge

_NOTHING = Decimal(0)


def commitments_at(
    book: Book,
    charges: Iterable[Charge],
    at: datetime,
    party: str | None = None,
    *,
    given: Sequence[Progress] = (),
    as_of: datetime | None = None,
) -> tuple[CommitmentState, ...]:
    """How every commitment of `book` stands at `at`, in the order of the book.

    `charges` are all lines of the ledger by time since the commitments began, `given` what it does not know:
    other bills of the same clouds, payments, earnings. `party` counts only that party's readings.
    """
    drawdown = Drawdown(book, at, as_of=as_of, party=party)
    for spent in in_order(charges, given):
        drawdown.draw(spent)
    return states_of(drawdown)


def states_of(drawdown: Drawdown) -> tuple[CommitmentState, ...]:
    """How the commitments stand after what was drawn, in the order of the book."""
    order = {clause.id: place for place, clause in enumerate(drawdown.asked.book.clauses)}
    members = sorted(drawdown.members, key=lambda member: order[member.clause.id])
    return tuple(_state(member, drawdown.paid) for member in members)


def _state(member: Member, paid: Sequence[Progress]) -> CommitmentState:
    found = _standing(member, paid)
    asked = member.asked
    exhausted = not member.shape.continuous and bool(found.committed.high) and found.remaining.high == 0
    lifecycle = lifecycle_of(member.life, member.span, member.now, exhausted=exhausted)
    sentence = clause_sentence(asked.book, member.clause)
    over = member.pool.over.sums if member.pool is not None else {}
    days = member.pool.days.sums if member.pool is not None else {}
    return CommitmentState(
        terms=terms_of(asked.book, member.clause, member.span, lifecycle, sentence),
        shape=member.shape,
        at=asked.at,
        state=found.state,
        at_best=found.at_best,
        committed=found.committed,
        drawn=found.drawn,
        remaining=found.remaining,
        shortfall=found.shortfall,
        owes=found.owes,
        beyond=sum(over.values(), _NOTHING) / member.scale,
        utilisation=found.utilisation,
        prepayment=_recovered(member, found.shortfall),
        rows=found.rows,
        daily=tuple((day, amount / member.scale) for day, amount in days.items()),
        forecast=found.forecast,
        sunk=found.sunk,
        why=found.why,
        needs=tuple(sorted({*found.needs, *member.counter.needs})),
        disputed=tuple(sorted({*found.disputed, *member.counter.open})),
        left=member.left(),
    )


def _standing(member: Member, paid: Sequence[Progress]) -> Standing:
    if member.life is None or member.now < member.span.start:
        return _idle(member)
    return hour_sums(member) if member.shape.continuous else duty_sums(member, paid)


def _idle(member: Member) -> Standing:
    """How it stands when it has not begun, or never will."""
    asked, nothing = member.asked, Amount(_NOTHING, _NOTHING, member.unit)
    found = duty_state(asked.book, member.clause.id, (), asked.at, as_of=asked.as_of, party=asked.party)
    return Standing(found.state, found.at_best, nothing, nothing, nothing, nothing, nothing, why=found.why)


def _recovered(member: Member, shortfall: Amount) -> Decimal:
    return shortfall.low * member.kept if member.shape is not Shape.SHARE else _NOTHING
