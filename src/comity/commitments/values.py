"""What commitments look like from outside: their terms, how they stand, and what one charge retires of them.

Amounts are exact; what hangs on a missing fact or an open reading is an interval. Nothing is computed here.
"""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any

import msgspec

from comity.contracts import State
from comity.contracts.duties import Amount


class Shape(StrEnum):
    """How a commitment resets, and what becomes of what is not used."""

    SPEND = "spend"
    """Money per period or until a milestone; what is missing is billed."""
    HOURLY = "hourly"
    """Money in every hour or minute at the ordinary price; what is not used is lost with it."""
    CAPACITY = "capacity"
    """Units of capacity in every hour or minute; what is not used is lost with it."""
    THROUGHPUT = "throughput"
    """Tokens in every minute; what is not used is lost with it."""
    PREPAID = "prepaid"
    """A block bought in advance; what is not used by its last day expires."""
    SHARE = "share"
    """A share of what is earned, up to a cap."""

    @property
    def continuous(self) -> bool:
        """Whether it resets by the hour or minute."""
        return self in (Shape.HOURLY, Shape.CAPACITY, Shape.THROUGHPUT)

    @property
    def covers(self) -> bool:
        """Whether what it takes is settled by it, and no longer invoiced on its own."""
        return self.continuous or self is Shape.PREPAID


class Applied(msgspec.Struct, frozen=True):
    """What one charge retires of one commitment."""

    contract: str
    """Id of the contract."""
    commitment: str
    """Id of the clause."""
    amount: Decimal
    """How much of the commitment; negative where an earlier charge is corrected."""
    unit: str
    """ISO 4217 code, or a unit such as `PTU` or `tokens`."""
    fraction: Decimal
    """The part of the charge that it was taken from, 1 for all of it."""

    @property
    def money(self) -> bool:
        """Whether `amount` is money."""
        return is_currency(self.unit)


class CommitmentTerms(msgspec.Struct, frozen=True):
    """What a commitment says of itself, in the words of FOCUS 1.4 (dataset Contract Commitment)."""

    contract: str
    """ContractId."""
    commitment: str
    """ContractCommitmentId: the id of the clause."""
    description: str
    """ContractCommitmentDescription."""
    kind: str
    """ContractCommitmentType: the shape, as a phrase."""
    category: str
    """ContractCommitmentCategory: `Spend` or `Usage`."""
    model: str
    """ContractCommitmentModel: `Continuous` or `Discontinuous`."""
    interval: str
    """ContractCommitmentFulfillmentInterval."""
    benefit: str
    """ContractCommitmentBenefitCategory."""
    lifecycle: str
    """ContractCommitmentLifecycleStatus at the moment asked for."""
    cost: Decimal | None
    """ContractCommitmentCost, in `unit`: of one interval when continuous, else of all; None for usage."""
    quantity: Decimal | None
    """ContractCommitmentQuantity of one interval; None for spend."""
    unit: str
    """BillingCurrency, or ContractCommitmentUnit."""
    start: datetime | None
    """ContractCommitmentPeriodStart; None when it has always run."""
    end: datetime | None
    """ContractCommitmentPeriodEnd, exclusive; None when none is known."""
    contract_start: datetime | None
    """ContractPeriodStart."""
    contract_end: datetime | None
    """ContractPeriodEnd, exclusive."""
    duration: str
    """ContractCommitmentDurationType, such as `3 Years`; empty when it has no end."""
    payment: str
    """ContractCommitmentPaymentModel: `No Upfront` or `All Upfront`."""
    debtor: str
    """Who committed, by name."""
    creditor: str
    """To whom, by name: ServiceProviderName."""
    applicability: dict[str, Any]
    """ContractCommitmentApplicability as a JSON object."""


class Row(msgspec.Struct, frozen=True):
    """One period, milestone, or, where it resets by the hour or minute, one day of a commitment."""

    start: date | None
    """Its first day; None when it has always run."""
    by: date | None
    """Its last day; None when it has none."""
    asked: Amount
    """How much is asked; of a milestone, in all so far."""
    drawn: Amount
    """How much of that is there, surely and at most; what was billed for earlier milestones included."""
    missing: Amount
    """How much was missing, or still is."""
    state: State
    """How it surely stands."""
    beyond: Decimal = Decimal(0)
    """Eligible beyond what is asked: billed at the ordinary price, and helping no later period by itself."""


class Left(msgspec.Struct, frozen=True):
    """Charges that did not count, or not surely, for one reason."""

    why: str
    """The reason, as a phrase."""
    charges: int
    """How many."""
    amount: Decimal
    """Their sum, in `unit`; zero where they have no amount."""
    unit: str
    """Currency or unit; empty where they have no amount."""


class Forecast(msgspec.Struct, frozen=True):
    """Where the running period will end if it goes on like this: drawn + pace x days left."""

    by: date
    """The last day of the period or milestone."""
    days: Decimal
    """Days left until it is over."""
    pace: Decimal
    """What was drawn per day in the trailing days, or since the start when that is shorter."""
    needed: Decimal
    """What has to be drawn per day to meet it."""
    expected: Decimal
    """What will be drawn by then at that pace."""
    at_risk: Decimal
    """What will be missing by then, before a prepayment gives part of it back."""
    penalty: Decimal
    """What of that is lost for good: all of it, but for what comes back as a prepayment."""


class Sunk(msgspec.Struct, frozen=True):
    """What a reservation costs whether it is used or not, and who used it."""

    currency: str
    """ISO 4217 code."""
    paid: Decimal
    """The fee of every period that has begun; one for longer periods by the time that has passed."""
    used: Decimal
    """The part of it that stands for what was used."""
    unused: Decimal
    """The part of it that nobody used."""
    by: dict[str, Decimal] = {}
    """`used` by caller; what came without one stands under the empty name."""
    billed: tuple[tuple[date, Decimal], ...] = ()
    """When the fee fell due, each purchase once: hours and minutes by month."""


class CommitmentState(msgspec.Struct, frozen=True):
    """How one commitment stands."""

    terms: CommitmentTerms
    """What it says."""
    shape: Shape
    """Its shape."""
    at: datetime
    """The moment asked for."""
    state: State
    """How it surely stands as a duty."""
    at_best: State
    """How it stands in the debtor's best case."""
    committed: Amount
    """What is committed in all periods so far, the running one included; all of it for milestones."""
    drawn: Amount
    """What was drawn of that, surely and at most."""
    remaining: Amount
    """What can still be drawn in time."""
    shortfall: Amount
    """What was missing when its time was over: billed, or lost."""
    owes: Amount
    """What of it can be asked for now."""
    beyond: Decimal
    """Eligible charges beyond it, at the ordinary price."""
    utilisation: Decimal | None
    """Drawn by committed, of the periods that are over; None while there is none."""
    prepayment: Decimal
    """What of the shortfall came back as a prepayment."""
    rows: tuple[Row, ...]
    """Its periods, milestones or days, in order."""
    daily: tuple[tuple[date, Decimal], ...]
    """What was surely drawn on each day on which something was, in order."""
    forecast: Forecast | None = None
    """Where the running period will end; None when it is over, has no end or cannot be drawn."""
    sunk: Sunk | None = None
    """What a reservation costs in any case; None when its clause names no fee."""
    why: str = ""
    """The reason for `state`, as a sentence."""
    needs: tuple[str, ...] = ()
    """Missing attributes on which it hangs, sorted."""
    disputed: tuple[str, ...] = ()
    """Open definitions on which it hangs, sorted."""
    left: tuple[Left, ...] = ()
    """What did not count although it was spent with the same party, by reason."""


def is_currency(unit: str) -> bool:
    """Whether a unit is an ISO 4217 code: three capital letters, and none of the units that look like one."""
    return len(unit) == 3 and unit.isascii() and unit.isalpha() and unit.isupper() and unit not in _UNITS


_UNITS = frozenset({"PTU", "GSU", "GPU", "TPM", "RPM", "TPU"})
