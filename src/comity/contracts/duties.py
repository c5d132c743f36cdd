"""Standing duties and powers as values: what is owed, by when, and who may change norms.

Nothing here is computed: the state of a duty at a date is `duty_state`. An undisclosed amount is an interval
with a grade, never a bare number.
"""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Literal, TypeAlias

import msgspec

from comity.contracts.terms import TRUE, Term
from comity.contracts.vocabulary import Workload


class Amount(msgspec.Struct, frozen=True):
    """A quantity of money or of something else, exact or an interval."""

    low: Decimal
    """Inclusive lower end."""
    high: Decimal | None
    """Inclusive upper end; equal to `low` when exact, None when open."""
    unit: str
    """ISO 4217 code, or a unit such as `GW`."""
    sure: str = ""
    """Grade of the amount itself, as a word; empty when it is its clause's."""

    def __str__(self) -> str:
        if self.high == self.low:
            return f"{self.low:f} {self.unit}"
        upper = "or more" if self.high is None else f"to {self.high:f}"
        return f"{self.low:f} {upper} {self.unit}"


class Milestone(msgspec.Struct, frozen=True):
    """A part of a duty with its own date."""

    by: date
    """Last day on which it can be met."""
    amount: Amount
    """How much must have been reached by then, counted from the start."""


class Trigger(msgspec.Struct, frozen=True):
    """What sets a duty off: whichever comes first."""

    events: tuple[str, ...]
    """Declared events."""
    day: date | None = None
    """A day on which it is due anyway; None when only events set it off."""


class Limit(msgspec.Struct, frozen=True):
    """Some charges count only up to a share of what is owed."""

    counts: Term
    """Which charges."""
    at_most: Decimal
    """The share of the amount of the same period or milestone; 0.25 is a quarter."""


class Measure(msgspec.Struct, frozen=True):
    """How a charge is counted in the unit of the amount, where it is not its price."""

    price: str = ""
    """`list` to count it at its list price, `cost` at what is owed for it; empty to count tokens."""
    each: Decimal = Decimal(1)
    """How many weighted tokens one unit serves in one period."""
    tokens: dict[str, Decimal] = {}
    """Token class to the weight of one token; a class that is not named weighs nothing."""


class Recurring(msgspec.Struct, frozen=True):
    """An amount that recurs, or stands once."""

    amount: Amount
    """How much, each time."""
    per: str = ""
    """`hour`, `day`, `month`, `quarter` or `year`; empty when it stands once."""


class Owe(msgspec.Struct, frozen=True):
    """A standing duty."""

    debtor: tuple[str, ...]
    """Parties that owe it."""
    creditor: tuple[str, ...]
    """Parties to whom it is owed."""
    verb: str
    """`buy`, `pay`, `use` or `do`."""
    what: str
    """What is bought, paid, used or done."""
    counts: Term = TRUE
    """Which charges count toward it; for a rate, which earnings it is taken from."""
    limits: tuple[Limit, ...] = ()
    """Which of them count only in part."""
    amount: Amount | None = None
    """How much; None for a duty without an amount."""
    by: date | None = None
    """Last day on which it can be met."""
    per: str = ""
    """`minute`, `hour`, `day`, `month`, `quarter` or `year` when the amount recurs; else empty."""
    milestones: tuple[Milestone, ...] = ()
    """Parts with their own dates, in order of date."""
    shortfall: str = ""
    """`pay`, `forfeit` or `prepay`; empty when the text does not say."""
    recovers: Decimal | None = None
    """The share of a shortfall that comes back as a prepayment; None when the text does not say."""
    carry: str = ""
    """`surplus` or `shortfall` when that goes over into the next period; empty when neither does."""
    carry_at_most: Decimal | None = None
    """The share of a period's amount that goes over at most; None when all of it does."""
    least: Recurring | None = None
    """What every period asks while the whole is not there; what is billed for it counts toward the whole."""
    measure: Measure | None = None
    """How a charge counts; None when it counts at what is owed for it."""
    overage: str = ""
    """`standard`, `spill` or `refuse`: what becomes of use beyond the amount; empty when it is not said."""
    fee: Recurring | None = None
    """What is paid for a reservation whether it is used or not; None when the amount itself is paid."""
    rate: Decimal | None = None
    """Share of `of` that is owed; 0.20 is twenty per cent."""
    of: str = ""
    """What the rate is taken from."""
    cap: Amount | None = None
    """The most that is ever owed in total."""
    trigger: Trigger | None = None
    """What sets it off; None when it runs from the start."""
    notes: str = ""
    """What the language cannot say, in words."""


class Power(msgspec.Struct, frozen=True):
    """Who may change norms."""

    holder: tuple[str, ...]
    """Parties that hold it."""
    may: str
    """`terminate`, `waive`, `consent`, `verify` or `exercise`."""
    of: tuple[str, ...] = ()
    """Clauses that it can change."""
    event: str = ""
    """The declared event that its use brings about; empty when there is none."""
    notice_days: int | None = None
    """Days of notice; None when the text does not say."""
    notes: str = ""
    """What the language cannot say, in words."""


Moved: TypeAlias = Literal["bought", "used", "paid", "done", "earned"]
"""What an amount did."""


class Progress(msgspec.Struct, frozen=True):
    """One dated amount: something was bought, used, paid, done or earned."""

    at: datetime
    """When, with an offset."""
    moved: Moved
    """What happened with it; `earned` is what a rate is taken from."""
    amount: Decimal
    """How much; negative for what was given back. What is `done` counts as one."""
    unit: str
    """ISO 4217 code, or a unit such as `GW`; empty for what is done."""
    what: str = ""
    """The thing, as the duty calls it (`azure`, `oai_revenue`); empty when only one can be meant."""
    facts: Workload = {}
    """What `counts` tests; an absent fact was not stated."""
