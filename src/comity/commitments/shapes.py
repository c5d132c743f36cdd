"""Which shape a duty has, and what it says in the words of FOCUS.

Deeds, payments without a rate and duties of which no amount is known are no commitments that charges draw
down: they are left to `comity duties`.
"""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from math import inf
from zoneinfo import ZoneInfo

from comity.commitments.eligibility import applicability_of
from comity.commitments.values import CommitmentTerms, Shape, is_currency
from comity.contracts import Book, Clause
from comity.contracts.days import Span, span_of
from comity.contracts.duties import Amount, Owe
from comity.contracts.duty_course import unit_of
from comity.contracts.duty_steps import windows
from comity.contracts.lives import Life

_TOKENS = frozenset({"tokens", "token", "TPM"})
_MANY = 10_000
_KINDS = {
    Shape.SPEND: "Spend agreement",
    Shape.HOURLY: "Hourly spend commitment",
    Shape.CAPACITY: "Reserved capacity",
    Shape.THROUGHPUT: "Reserved throughput",
    Shape.PREPAID: "Prepaid balance",
    Shape.SHARE: "Revenue share",
}
_BENEFITS = {
    Shape.SPEND: "Discount",
    Shape.HOURLY: "Discount",
    Shape.CAPACITY: "Availability",
    Shape.THROUGHPUT: "Availability",
    Shape.PREPAID: "Monetary Pool",
    Shape.SHARE: "Other",
}
_INTERVALS = {
    "minute": "Custom",
    "hour": "Hourly",
    "day": "Daily",
    "month": "Monthly",
    "quarter": "Quarterly",
    "year": "Annual",
}
_ENDINGS = {"superseded": "Superseded", "terminated": "Canceled", "event": "Canceled"}


def shape_of(owe: Owe) -> Shape | None:
    """The shape of the duty; None when charges do not draw it down."""
    if owe.rate is not None:
        return Shape.SHARE
    if owe.verb not in ("buy", "use") or (owe.amount is None and not owe.milestones):
        return None
    if owe.shortfall != "forfeit" or owe.milestones:
        return Shape.SPEND
    if owe.per not in ("minute", "hour"):
        return Shape.PREPAID
    unit = unit_of(owe)
    if unit in _TOKENS or (is_currency(unit) and owe.per == "minute"):
        return Shape.THROUGHPUT
    return Shape.HOURLY if is_currency(unit) else Shape.CAPACITY


def terms_of(book: Book, clause: Clause, span: Span, lifecycle: str, sentence: str) -> CommitmentTerms:
    """What `clause` says, when it runs for `span`."""
    owe, shape = clause.owe, None if clause.owe is None else shape_of(clause.owe)
    assert owe is not None, "a commitment is a duty"
    assert shape is not None, "a commitment has a shape"
    zone = book.zone(clause.contract)
    money = is_currency(unit_of(owe))
    value = _value(owe, shape, span, zone)
    contract = book.contracts[clause.contract]
    whole = span_of(contract.in_force, zone)
    upfront = shape is Shape.PREPAID or (owe.fee is not None and not owe.fee.per)
    return CommitmentTerms(
        contract=clause.contract,
        commitment=clause.id,
        description=clause.title or sentence,
        kind=_KINDS[shape],
        category="Spend" if money else "Usage",
        model="Continuous" if shape.continuous else "Discontinuous",
        interval=_interval(owe),
        benefit=_BENEFITS[shape],
        lifecycle=lifecycle,
        cost=value if money else None,
        quantity=None if money else value,
        unit=unit_of(owe),
        start=moment_of(span.start, zone),
        end=moment_of(span.end, zone),
        contract_start=moment_of(whole.start, zone),
        contract_end=moment_of(whole.end, zone),
        duration=_duration(span, zone),
        payment="All Upfront" if upfront else "No Upfront",
        debtor=_names(book, owe.debtor),
        creditor=_names(book, owe.creditor),
        applicability=applicability_of(book, clause).to_json(),
    )


def lifecycle_of(life: Life | None, span: Span, now: float, *, exhausted: bool) -> str:
    """The word of FOCUS for where a commitment is in its life."""
    if life is None:
        return "Proposed"
    if now >= min(span.end, life.span.end):
        cause = life.ends[0].cause if life.ends and life.span.end <= span.end else "period"
        return _ENDINGS.get(cause, "Expired")
    if now < span.start:
        return "Pending"
    return "Exhausted" if exhausted else "Active"


def moment_of(at: float, zone: ZoneInfo) -> datetime | None:
    """The moment; None when it is infinite."""
    return None if abs(at) == inf else datetime.fromtimestamp(at, zone)


def _interval(owe: Owe) -> str:
    if owe.per:
        return _INTERVALS[owe.per]
    return "Custom" if owe.milestones else "Full Commitment Period"


def _value(owe: Owe, shape: Shape, span: Span, zone: ZoneInfo) -> Decimal | None:
    """What is committed: in one interval when it is continuous, in all periods when their end is known."""
    amount: Amount | None = owe.cap if shape is Shape.SHARE else owe.amount
    if owe.milestones:
        amount = owe.milestones[-1].amount
    if amount is None or amount.high is None:
        return None
    if not owe.per or shape.continuous or shape is Shape.SHARE or abs(span.start) == inf or span.end == inf:
        return amount.high
    count = sum(1 for _ in windows(owe.per, span.start, span.end, zone))
    return amount.high * min(count, _MANY)


def _duration(span: Span, zone: ZoneInfo) -> str:
    start, end = moment_of(span.start, zone), moment_of(span.end, zone)
    if start is None or end is None:
        return ""
    months = _months(start.date(), end.date())
    if months is None:
        count, unit = (end.date() - start.date()).days, "Day"
    elif months % 12 == 0:
        count, unit = months // 12, "Year"
    else:
        count, unit = months, "Month"
    return f"{count} {unit}{'' if count == 1 else 's'}"


def _months(start: date, end: date) -> int | None:
    """Whole months from `start` to `end`; None when they do not end on the same day of the month."""
    if start.day != end.day:
        return None
    return (end.year - start.year) * 12 + end.month - start.month


def _names(book: Book, parties: tuple[str, ...]) -> str:
    return ", ".join(book.parties.get(party, party) for party in parties)
