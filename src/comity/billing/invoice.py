"""An invoice: what one customer used in one period, line by line, with the price terms behind each line.

It is made from the ledger's charges alone, so whoever has them makes the same one. Amounts stay exact until
the total, which is rounded once; what has no price is listed apart and keeps the invoice from being final.
Corrections are lines of the period in which they were made, never edits.
"""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import NamedTuple

import msgspec

from comity.billing.applied import add_money
from comity.billing.billing_period import BillingPeriod
from comity.billing.metering import Meter, Metered
from comity.ledger import Charge, format_entry_id
from comity.money import Money

_PLACES = 2
"""Decimals of the amount to pay."""


class Kind(NamedTuple):
    """What the charges of one line have in common."""

    model: str
    """The model, by its public name."""
    deployment: str
    """Where it ran."""
    cloud: str
    """On whose cloud."""
    region: tuple[str, ...]
    """Where it may have been processed."""
    tier: str
    """Tier of service; empty when the answers did not say."""
    meter: str
    """Token class; empty for whole charges."""
    terms: str
    """Id of the price terms."""
    unit_price: Decimal | None
    """Per million tokens; None for whole charges."""


class Line(msgspec.Struct, frozen=True):
    """Tokens of one kind at one price, or whole charges whose price terms are not known any more."""

    kind: Kind
    """What they have in common."""
    quantity: int
    """Tokens."""
    requests: int
    """Requests that have some of them."""
    estimated: int
    """Of these, requests whose tokens were estimated, not counted by the provider."""
    amount: Decimal
    """Exact."""


class CorrectionLine(msgspec.Struct, frozen=True):
    """One later event that changed what was owed."""

    entry: str
    """Entry id of the request that it corrects."""
    at: int
    """When the correction was made, unix nanoseconds."""
    model: str
    """The model that was used."""
    reason: str
    """Why."""
    amount: Decimal
    """What it adds; negative for a credit. Exact."""


class Unpriced(msgspec.Struct, frozen=True):
    """Requests for which something may be owed and nobody can say how much."""

    model: str
    """The model."""
    deployment: str
    """Where it ran."""
    reason: str
    """Why there is no amount."""
    requests: int
    """How many."""
    tokens: int | None
    """Tokens as far as they are known; None when for none of them."""


class Invoice(msgspec.Struct, frozen=True):
    """What one customer owes for one period in one currency."""

    number: str
    """Customer, period and currency: the same for whoever makes it."""
    issuer: str
    """Who asks for the money."""
    customer: str
    """Who owes it."""
    since: str
    """First day, as a date."""
    until: str
    """Day after the last, as a date."""
    zone: str
    """Time zone of these days."""
    currency: str
    """ISO 4217 code."""
    lines: tuple[Line, ...]
    """What was used."""
    corrections: tuple[CorrectionLine, ...]
    """What changed."""
    unpriced: tuple[Unpriced, ...]
    """What is not in the total because nobody knows its price."""
    subtotal: Decimal
    """Exact sum of lines and corrections."""
    total: Decimal
    """Amount to pay: the subtotal rounded once, half to even, to two decimals."""
    open: tuple[str, ...]
    """Why it is not final; empty when it is."""

    @property
    def rounding(self) -> Decimal:
        """What rounding added to the subtotal."""
        return self.total - self.subtotal


class Bill(msgspec.Struct, frozen=True):
    """What an invoice is asked for."""

    issuer: str
    """Who asks for the money."""
    customer: str
    """Who owes it."""
    period: BillingPeriod
    """For which days."""
    now: int
    """The moment it is made, unix nanoseconds: a period that is not over has no final invoice."""


def invoice_number(customer: str, period: BillingPeriod, currency: str) -> str:
    """The number of an invoice: the same for whoever makes it."""
    return f"{customer}-{period.name}-{currency}"


def round_total(subtotal: Money) -> Decimal:
    """The amount to pay: the exact sum rounded once."""
    return subtotal.rounded(_PLACES).amount


def make_invoices(charges: Iterable[Charge], meter: Meter, bill: Bill) -> tuple[Invoice, ...]:
    """The invoices for a customer's charges, one per currency; one without lines when there are none.

    `charges` are those of the customer; what lies outside the period is left out.
    """
    books: dict[str, _Ledger] = {}
    unpriced: dict[tuple[str, str, str], list[int | None]] = {}
    for charge in charges:
        if not bill.period.holds(charge.at):
            continue
        if charge.cost is None:
            key = (charge.model or charge.route, charge.answered_by, charge.unrated)
            unpriced.setdefault(key, []).append(None if charge.usage is None else charge.usage.total)
        else:
            books.setdefault(charge.cost.currency, _Ledger()).add(charge, charge.cost, meter(charge))
    missing = tuple(
        Unpriced(*key, len(tokens), sum(filter(None, tokens)) if any(n is not None for n in tokens) else None)
        for key, tokens in sorted(unpriced.items())
    )
    return tuple(_invoice(bill, currency, books[currency], missing) for currency in sorted(books)) or (
        _invoice(bill, "USD", _Ledger(), missing),
    )


class _Sums(msgspec.Struct):
    """What is added up in one line."""

    quantity: int = 0
    requests: int = 0
    estimated: int = 0
    amount: Decimal = Decimal(0)


class _Ledger:
    """The lines of one currency while they grow."""

    def __init__(self) -> None:
        self.lines: dict[Kind, _Sums] = {}
        self.corrections: list[CorrectionLine] = []

    def add(self, charge: Charge, cost: Money, parts: tuple[Metered, ...]) -> None:
        if charge.correction:
            self.corrections.append(
                CorrectionLine(
                    format_entry_id(charge.entry),
                    charge.at,
                    charge.model or charge.route,
                    charge.correction,
                    cost.amount,
                )
            )
            return
        for part in parts:
            kind = Kind(
                charge.model or charge.route,
                charge.answered_by,
                charge.cloud,
                charge.region,
                charge.tier,
                part.token_class,
                charge.price,
                part.unit_price,
            )
            sums = self.lines.setdefault(kind, _Sums())
            sums.quantity += int(part.quantity)
            sums.requests += 1
            sums.estimated += charge.estimated
            sums.amount = add_money(sums.amount, part.cost)


def _invoice(bill: Bill, currency: str, book: _Ledger, unpriced: tuple[Unpriced, ...]) -> Invoice:
    lines = tuple(
        Line(kind, sums.quantity, sums.requests, sums.estimated, sums.amount)
        for kind, sums in sorted(book.lines.items(), key=lambda item: tuple(map(str, item[0])))
    )
    total = Money(Decimal(0), currency)
    for amount in (*(line.amount for line in lines), *(one.amount for one in book.corrections)):
        total += Money(amount, currency)
    period = bill.period
    return Invoice(
        number=invoice_number(bill.customer, period, currency),
        issuer=bill.issuer,
        customer=bill.customer,
        since=str(period.start),
        until=str(period.end),
        zone=str(period.zone),
        currency=currency,
        lines=lines,
        corrections=tuple(book.corrections),
        unpriced=unpriced,
        subtotal=total.amount,
        total=round_total(total),
        open=tuple(_reasons(bill, unpriced)),
    )


def _reasons(bill: Bill, unpriced: tuple[Unpriced, ...]) -> Iterable[str]:
    if bill.now < bill.period.until:
        yield f"the period is not over before {bill.period.end}"
    if unpriced:
        requests = sum(one.requests for one in unpriced)
        yield f"{requests} request{'' if requests == 1 else 's'} without a price are not in the total"
