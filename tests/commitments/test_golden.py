"""Published examples and rules of real commitments, with their numbers."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from tests.commitments.books import book_of, charge, moment, one, plain, spent

from comity.commitments import Shape, commitments_at, draw_down
from comity.contracts import Book, Progress
from comity.exchange import Usage
from comity.money import Money

YEAR = [spent("2026-01-20", "48"), spent("2026-02-20", "120"), spent("2026-03-20", "60")]
"""The usage of FOCUS's spend agreements: 48, 120 and 60 in the first three months."""


def test_a_yearly_spend_agreement_bills_what_is_unused() -> None:
    """FOCUS, spend agreement a1: of 1,200 a year 228 were used, so 972 are billed."""
    state = one(
        book_of("buy: azure, amount: 1200 USD, by: 2026-12-31, shortfall: pay"), "2027-01-01", given=YEAR
    )
    assert plain((state.drawn.low, state.shortfall.low, state.owes.low)) == (228, 972, 972)
    assert (state.shape, state.terms.model, state.terms.interval) == (
        Shape.SPEND,
        "Discontinuous",
        "Full Commitment Period",
    )


def test_monthly_minimums_count_toward_the_year() -> None:
    """FOCUS, spend agreement a2: 12 in the first month, eight times 60, and the final 480: 1,200 in all."""
    book = book_of(
        "buy: azure, amount: 1200 USD, by: 2026-12-31, least: {amount: 60 USD, per: month}, shortfall: pay"
    )
    state = one(book, "2027-01-01", given=YEAR)
    assert [row.missing.low for row in state.rows] == [12, 0, 0, *[60] * 8, 480]
    assert state.drawn.low + state.shortfall.low == state.committed.low == 1200
    assert one(book, "2026-02-01", given=YEAR).owes.low == 12 + 60


@pytest.mark.parametrize("shortfall", ["pay", "forfeit"])
def test_a_prepaid_balance_is_drawn_until_it_expires(shortfall: str) -> None:
    """FOCUS, spend agreements b: bought in advance, 228 of 1,200 are drawn and the rest expires."""
    fee = ", fee: {amount: 1200 USD}" if shortfall == "pay" else ""
    book = book_of(f"buy: azure, amount: 1200 USD, by: 2026-12-31, shortfall: {shortfall}{fee}")
    state = one(book, "2027-01-01", given=YEAR)
    assert plain((state.drawn.low, state.shortfall.low)) == (228, 972)
    assert state.sunk is not None
    assert plain((state.sunk.paid, state.sunk.used, state.sunk.unused)) == (1200, 228, 972)
    assert state.terms.payment == "All Upfront"
    assert (state.shape is Shape.PREPAID) is (shortfall == "forfeit")


@pytest.mark.parametrize(("percent", "used"), [(0, 0), (75, 18), (100, 24), (150, 36)])
def test_an_hourly_plan_at_every_utilisation(percent: int, used: int) -> None:
    """FOCUS, commitment discounts over 24 hours: unused hours are lost, what is beyond is charged apart."""
    book = book_of(
        "buy: azure, amount: 24.20 USD, per: hour, shortfall: forfeit",
        front="contract: deal\nparties: {acme: Acme, msft: Microsoft}\nin_force: 2026-02-01 .. 2026-02-02",
    )
    hours = min(used, 24)
    bought = [
        Progress(moment("2026-02-01T00:10:00") + timedelta(hours=hour), "bought", Decimal("24.20"), "USD")
        for hour in range(hours)
    ]
    bought += [
        Progress(moment("2026-02-01T00:40:00") + timedelta(hours=hour), "bought", Decimal("24.20"), "USD")
        for hour in range(used - hours)
    ]
    state = one(book, "2026-02-02", given=bought)
    plan = Decimal("24.20")
    assert (state.drawn.low, state.shortfall.low) == (hours * plan, (24 - hours) * plan)
    assert state.beyond == (used - hours) * plan
    assert state.utilisation == Decimal(min(percent, 100)) / 100
    assert state.sunk is not None
    assert (state.sunk.paid, state.sunk.used) == (24 * plan, hours * plan)
    assert (state.terms.model, state.terms.interval, state.terms.cost) == ("Continuous", "Hourly", plan)


def test_a_reserved_tier_by_the_minute() -> None:
    """OpenAI's example: 2 USD a minute reserved, 2.75 used at list price: 0.75 is pay-as-you-go."""
    book = book_of(
        "use: tier, counts: {provider: oai, tier: [standard, priority]}, amount: 2 USD, per: minute, "
        "measure: {price: list}, overage: standard, shortfall: forfeit",
        "buy: openai, counts: {provider: oai}, amount: 100 USD, by: 2026-12-31",
    )
    lines = [
        charge("2026-01-05T00:00:10", "2.75", cloud="openai", list_cost=Money(Decimal("2.75"), "USD")),
        charge("2026-01-05T00:01:10", "5.00", cloud="openai", tier="batch"),
    ]
    ((_, first), (_, second)) = draw_down(book, lines, moment("2026-01-06"))
    assert [(item.commitment, item.amount, item.fraction) for item in first] == [
        ("deal.a", 2, Decimal(200) / Decimal(275)),
        ("deal.b", Decimal("0.75"), Decimal(75) / Decimal(275)),
    ]
    assert plain([(item.commitment, item.amount) for item in second]) == [("deal.b", 5)]
    state = commitments_at(book, lines, moment("2026-01-06"))[0]
    assert (state.shape, state.beyond) == (Shape.THROUGHPUT, Decimal("0.75"))


def test_buying_a_prepayment_decrements_and_using_it_does_not() -> None:
    """Azure: the purchase of a prepayment counts toward the commitment, spend covered by it does not."""
    book = book_of(
        "buy: azure, counts: {eligible: true}, amount: 1000 USD, by: 2026-12-31, "
        "shortfall: prepay, recovers: 0.8",
        "use: prepayment, counts: {cloud: azure}, amount: 100 USD, by: 2026-06-30, shortfall: forfeit",
    )
    purchase = spent("2026-01-02", "100", of="azure", eligible=True, settled_by="invoice")
    bills = [
        purchase,
        spent("2026-02-02", "70", of="azure", eligible=True),
        spent("2026-03-02", "50", of="azure", eligible=True),
        spent("2026-04-02", "9", of="azure", eligible=True, settled_by="credit"),
    ]
    macc, prepaid = commitments_at(book, [], moment("2026-05-01"), given=bills)
    assert plain((prepaid.shape, prepaid.drawn.low, prepaid.remaining.low)) == (Shape.PREPAID, 100, 0)
    assert prepaid.terms.lifecycle == "Exhausted"
    assert macc.drawn.low == 100 + 20
    assert {left.why: left.amount for left in macc.left} == {
        "it does not count toward this commitment": 9,
        "it is settled by another commitment": 100,
    }
    over = commitments_at(book, [], moment("2027-01-01"), given=bills)[0]
    assert plain((over.shortfall.low, over.prepayment, over.owes.low)) == (880, 704, 880)


def test_a_contract_may_count_what_a_prepayment_covers() -> None:
    """Where the text itself tests how a charge is settled, the covered part counts."""
    book = book_of(
        "buy: azure, counts: {settled_by: [invoice, prepayment]}, amount: 1000 USD, by: 2026-12-31",
        "use: prepayment, counts: {cloud: azure}, amount: 60 USD, by: 2026-06-30, shortfall: forfeit",
    )
    ((_, applied),) = draw_down(book, [charge("2026-02-02", "70")], moment("2026-05-01"))
    assert plain([(item.commitment, item.amount) for item in applied]) == [
        ("deal.b", 60),
        ("deal.a", 10),
        ("deal.a", 60),
    ]


def test_a_missed_milestone_is_billed_once() -> None:
    """Azure: a milestone's shortfall is billed and counts toward the next one."""
    milestones = "[{by: 2026-06-30, amount: 400 USD}, {by: 2026-12-31, amount: 1000 USD}]"
    book = book_of(f"buy: azure, counts: {{eligible: true}}, milestones: {milestones}, shortfall: prepay")
    bills = [spent("2026-03-01", "250", eligible=True), spent("2026-09-01", "500", eligible=True)]
    state = one(book, "2027-01-01", given=bills)
    assert [row.missing.low for row in state.rows] == [150, 100]
    assert plain((state.drawn.low, state.shortfall.low, state.committed.low)) == (750, 250, 1000)
    assert state.terms.interval == "Custom"


def ptu(region: str = "swedencentral", kind: str = "global") -> Book:
    """Fifteen PTU of one type in one region, at a dollar an hour each."""
    return book_of(
        f"use: ptu, counts: {{cloud: azure, region: {region}, tier: reserved, sku: ptu_{kind}}}, "
        "amount: 15 PTU, per: hour, measure: {each: 285000, input: 1, output: 8, reasoning: 8}, "
        "fee: {amount: 15 USD, per: hour}, overage: spill, shortfall: forfeit",
        front="contract: deal\nparties: {acme: Acme, msft: Microsoft}\nin_force: 2026-02-01 .. 2026-02-02",
    )


def test_provisioned_throughput_is_sunk_and_spillover_is_not() -> None:
    """Azure: a reservation is for one region and type; what the response says spilled over costs standard."""
    usage = Usage(input=400_000, cached_read=900_000, output=21_250)
    served = {"workload": {"sku": "ptu_global"}, "usage": usage}
    lines = [
        charge("2026-02-01T00:10:00", None, tier="reserved", caller="alice", **served),
        charge("2026-02-01T00:20:00", "0.60", tier="standard", caller="bob", **served),
        charge("2026-02-01T00:30:00", None, tier="reserved", region=("francecentral",), **served),
        charge("2026-02-01T00:40:00", None, tier="reserved", workload={"sku": "ptu_zone"}, usage=usage),
        charge("2026-02-01T01:05:00", None, tier="reserved", caller="bob", **served),
    ]
    book = ptu()
    found = list(draw_down(book, lines, moment("2026-02-01T02:00:00")))
    assert [[item.amount for item in applied] for _, applied in found] == [[2], [], [], [], [2]]
    (state,) = commitments_at(book, lines, moment("2026-02-01T01:59:59"))
    assert plain((state.shape, state.drawn.low, state.committed.low, state.beyond)) == (
        Shape.CAPACITY,
        4,
        30,
        0,
    )
    assert state.sunk is not None
    assert plain((state.sunk.paid, state.sunk.used, state.sunk.unused)) == (30, 4, 26)
    assert state.sunk.by == {"alice": 2, "bob": 2}
    assert plain((state.terms.category, state.terms.quantity, state.terms.cost)) == ("Usage", 15, None)
    assert state.terms.benefit == "Availability"


def test_marketplace_purchases_retire_a_quarter() -> None:
    """AWS: of three million in the marketplace two count toward eight, and the charge says which part."""
    book = book_of(
        "buy: aws, counts: {eligible: true}, limits: {counts: {marketplace: {over: 0}}, at_most: 0.25}, "
        "amount: 8e6 USD, by: 2026-12-31, shortfall: pay"
    )
    bills = [
        spent("2026-01-31", "5e6", of="aws", eligible=True, marketplace=Decimal(0)),
        spent("2026-02-28", "3e6", of="aws", eligible=True, marketplace=Decimal(1)),
    ]
    (_, (_, applied)) = draw_down(book, [], moment("2026-03-01"), given=bills)
    assert plain([(item.amount, item.fraction) for item in applied]) == [(2_000_000, Decimal(2) / 3)]
    state = one(book, "2026-03-01", given=bills)
    assert plain((state.drawn.low, state.remaining.low, state.beyond)) == (7_000_000, 1_000_000, 1_000_000)
    assert state.terms.applicability["x_Limits"] == [
        {"Rules": [{"Dimension": "x_Marketplace", "Operator": "x_Over", "Values": ["0"]}], "AtMost": 0.25}
    ]


def test_tokens_a_minute_are_bought_by_class() -> None:
    """Bedrock: input and output are reserved apart; cache writes count, and a full minute overflows."""
    book = book_of(
        "use: input, counts: {cloud: aws}, amount: 100000 tokens, per: minute, "
        "measure: {input: 1, cache_write: 1}, overage: standard, shortfall: forfeit",
        "use: output, counts: {cloud: aws}, amount: 10000 tokens, per: minute, "
        "measure: {output: 1, reasoning: 1}, overage: standard, shortfall: forfeit",
    )
    usage = Usage(input=90_000, cache_write=30_000, cached_read=500_000, output=4_000)
    into, out = commitments_at(
        book, [charge("2026-02-01T00:00:10", "1", cloud="aws", usage=usage)], moment("2026-02-01T00:00:30")
    )
    assert plain((into.shape, into.drawn.low, into.beyond)) == (Shape.THROUGHPUT, 100_000, 20_000)
    assert plain((out.drawn.low, out.remaining.low)) == (4_000, 6_000)
