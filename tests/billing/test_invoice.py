"""Invoices: exact sums, one rounding, corrections as lines, and no price is never zero."""

from __future__ import annotations

from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.billing.samples import AGREED, LISTED, OCTOBER, TARIFFS, at, charge, usd

from comity.billing import Bill, Invoice, make_invoices, meter_of, note_terms, page, parse_billing_period
from comity.exchange import Usage
from comity.ledger import Charge
from comity.money import Money

METER = meter_of(TARIFFS, {})
BILL = Bill("Acme", "globex", OCTOBER, at("2026-11-02T00:00:00"))


def one(*charges: Charge, bill: Bill = BILL) -> Invoice:
    """The single invoice for charges."""
    (invoice,) = make_invoices(charges, METER, bill)
    return invoice


def test_tokens_of_one_price_are_one_line() -> None:
    """Requests at the same terms are summed by token class, at the price that was agreed."""
    invoice = one(charge(1), charge(2, usage=Usage(input=500, cached_read=2000)))
    lines = {line.kind.meter: line for line in invoice.lines}
    assert {name: line.quantity for name, line in lines.items()} == {
        "input": 1500,
        "output": 500,
        "cached_read": 2000,
    }
    assert lines["input"].kind.unit_price == Decimal("1.1")
    assert lines["input"].amount == Decimal("0.00165")
    assert lines["input"].requests == 2
    assert lines["output"].kind.terms == AGREED.id
    assert invoice.subtotal == Decimal("0.00165") + Decimal("0.0045") + Decimal("0.0002")
    assert invoice.total == Decimal("0.01")
    assert invoice.rounding == invoice.total - invoice.subtotal
    assert invoice.open == ()


def test_a_period_holds_its_first_moment_and_not_its_last() -> None:
    """Midnight belongs to the day that begins."""
    invoice = one(
        charge(1, "2026-09-30T23:59:59.999999"),
        charge(2, "2026-10-01T00:00:00"),
        charge(3, "2026-11-01T00:00:00"),
    )
    assert sum(line.requests for line in invoice.lines) == 2, "one request: one line of input, one of output"


def test_what_has_no_price_is_listed_and_keeps_the_invoice_open() -> None:
    """Unknown is not zero: it is not in the total, and said."""
    invoice = one(
        charge(1), charge(2, unrated="unpriced: reasoning"), charge(3, unrated="unknown_usage", usage=None)
    )
    assert [(item.reason, item.requests, item.tokens) for item in invoice.unpriced] == [
        ("unknown_usage", 1, None),
        ("unpriced: reasoning", 1, 1500),
    ]
    assert invoice.open == ("2 requests without a price are not in the total",)
    assert invoice.subtotal == one(charge(1)).subtotal


def test_a_correction_is_a_line_of_its_own() -> None:
    """It is dated when it was made; what it corrects stays as it was."""
    correction = charge(1, "2026-10-20T08:00:00", correction="double charge", cost=usd("-0.0056"))
    invoice = one(charge(1), correction)
    (line,) = invoice.corrections
    assert (line.reason, line.amount) == ("double charge", Decimal("-0.0056"))
    assert invoice.subtotal == Decimal(0)
    assert invoice.lines == one(charge(1)).lines


def test_charges_whose_terms_are_gone_stay_whole() -> None:
    """The ledger's amount stands when no price book can take it apart any more."""
    known = charge(1)
    (invoice,) = make_invoices([known], meter_of({}, {}), BILL)
    (line,) = invoice.lines
    assert (line.kind.meter, line.kind.unit_price, line.amount) == (
        "",
        None,
        known.cost and known.cost.amount,
    )


def test_terms_that_give_another_amount_are_not_told() -> None:
    """What is on record goes before what a price book says today."""
    other = charge(1, cost=usd("0.5"), price=AGREED.id)
    (line,) = one(other).lines
    assert (line.kind.unit_price, line.amount) == (None, Decimal("0.5"))


def test_every_currency_has_its_invoice() -> None:
    """Amounts of two currencies are never added."""
    euros = charge(2, cost=Money(Decimal(3), "EUR"))
    found = make_invoices([charge(1), euros], METER, BILL)
    assert [(invoice.currency, invoice.number) for invoice in found] == [
        ("EUR", "globex-2026-10-EUR"),
        ("USD", "globex-2026-10-USD"),
    ]


def test_nothing_used_is_an_invoice_over_nothing() -> None:
    """An empty period has one, too."""
    invoice = one()
    assert (invoice.lines, invoice.total) == ((), Decimal("0.00"))


def test_a_running_period_is_not_final() -> None:
    """An invoice made before its period is over says so."""
    invoice = one(charge(1), bill=Bill("Acme", "globex", OCTOBER, at("2026-10-31T12:00:00")))
    assert invoice.open == ("the period is not over before 2026-11-01",)


@given(st.lists(st.tuples(st.integers(0, 10**7), st.integers(0, 10**6), st.integers(0, 10**5)), max_size=20))
def test_lines_are_exactly_the_charges(tokens: list[tuple[int, int, int]]) -> None:
    """Nothing is lost or made up by grouping: the exact sum is the sum of what was rated."""
    charges = [charge(n, usage=Usage(i, c, 0, o)) for n, (i, c, o) in enumerate(tokens)]
    invoice = one(*charges)
    assert invoice.subtotal == sum((item.cost.amount for item in charges if item.cost), Decimal(0))
    assert abs(invoice.rounding) <= Decimal("0.005")


def test_the_page_tells_everything_and_escapes_it() -> None:
    """Names come from outside and never become markup."""
    evil = charge(1, model="<b>gpt</b>")
    invoice = one(evil, charge(2, unrated="unpriced"), charge(3, correction="a & b", cost=usd("-1")))
    html = page(invoice, note_terms([AGREED.id, "gone", LISTED.id], {AGREED.id: AGREED, LISTED.id: LISTED}))
    assert "&lt;b&gt;gpt&lt;/b&gt;" in html
    assert "<b>gpt" not in html
    for text in (
        "Not final",
        "a &amp; b",
        "contract ms-acme.discount",
        "not in the price book any more",
        "list price",
    ):
        assert text in html


@pytest.mark.parametrize(
    ("text", "start", "end", "name"),
    [
        ("2026-12", "2026-12-01", "2027-01-01", "2026-12"),
        ("2026-12-01..2027-01-01", "2026-12-01", "2027-01-01", "2026-12"),
        ("2026-Q4", "2026-10-01", "2027-01-01", "2026-Q4"),
        ("2026q4", "2026-10-01", "2027-01-01", "2026-Q4"),
        ("2026-11-01 .. 2027-02-01", "2026-11-01", "2027-02-01", "2026-11-01_2027-02-01"),
        ("2026", "2026-01-01", "2027-01-01", "2026"),
        ("2028-02-28", "2028-02-28", "2028-02-29", "2028-02-28"),
        ("2026-10-01  ..  2026-10-15", "2026-10-01", "2026-10-15", "2026-10-01_2026-10-15"),
    ],
)
def test_periods_as_people_write_them(text: str, start: str, end: str, name: str) -> None:
    """Months, quarters, years, days and stretches; the same days have the same name."""
    period = parse_billing_period(text, ZoneInfo("UTC"))
    assert (str(period.start), str(period.end), period.name) == (start, end, name)


@pytest.mark.parametrize(
    "text", ["2026-13", "October", "2026-10-01 ..", "2026-Q5", "", "1492", "2300", "9999-12"]
)
def test_what_is_no_period(text: str) -> None:
    """The message says what to write."""
    with pytest.raises(ValueError, match="expected a month like 2026-10"):
        parse_billing_period(text, ZoneInfo("UTC"))


def test_midnight_is_local() -> None:
    """A period begins at midnight of its own zone, on either side of a clock change."""
    period = parse_billing_period("2026-10", ZoneInfo("Europe/Berlin"))
    assert period.since == at("2026-09-30T22:00:00")
    assert period.until == at("2026-10-31T23:00:00")
