"""How commitments stand over their lives: beginnings, ends, waivers, corrections, facts and zones."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from tests.commitments.books import FRONT, book_of, charge, moment, one, plain, spent
from tests.contracts.small import small_book

from comity.commitments import CommitmentState, commitments_at, draw_down
from comity.contracts import Book, State

YEAR = "buy: azure, amount: 120 USD, by: 2026-12-31, shortfall: pay"


def lived(*blocks: str, events: str = "") -> Book:
    """A book with the commitment `deal.a` for 2026, and what else happens."""
    owe = f"deal.a\nowe: {{from: acme, to: msft, {YEAR}}}\nin_force: 2026-01-01 .. 2027-01-01\nuntil: closed"
    return small_book(owe, *blocks, front=f"{FRONT}\nevents: {{closed: the office is closed}}{events}")


def state_of(book: Book, at: str, **asked: Any) -> CommitmentState:
    """How `deal.a` stands."""
    found = commitments_at(book, (), moment(at), **asked)
    return next(state for state in found if state.terms.commitment == "deal.a")


@pytest.mark.parametrize(
    ("blocks", "at", "word"),
    [
        ((), "2025-12-31", "Pending"),
        ((), "2026-06-01", "Active"),
        ((), "2027-01-01", "Expired"),
        (("deal.end\nend: [deal.a]\nin_force: 2026-05-01 ..",), "2026-06-01", "Superseded"),
        (("event: closed\non: 2026-05-01",), "2026-06-01", "Canceled"),
        (
            (
                "deal.exit\npower: {holder: acme, may: terminate, of: [deal.a], notice_days: 10}",
                "exercise: deal.exit\non: 2026-04-01",
            ),
            "2026-06-01",
            "Canceled",
        ),
    ],
)
def test_a_life_in_the_words_of_focus(blocks: tuple[str, ...], at: str, word: str) -> None:
    """Pending, active, and how it ended."""
    assert state_of(lived(*blocks), at).terms.lifecycle == word


def test_what_nobody_knew_is_proposed() -> None:
    """As of a day before the book learned of it, there is nothing but a plan."""
    book = small_book(f"deal.a\nowe: {{from: acme, to: msft, {YEAR}}}\nknown: 2026-03-01", front=FRONT)
    found = state_of(book, "2026-06-01", as_of=moment("2026-02-01"))
    assert (found.terms.lifecycle, found.state) == ("Proposed", State.PENDING)
    assert state_of(book, "2026-06-01", as_of=moment("2026-03-02")).terms.lifecycle == "Active"


def test_what_was_never_set_off_is_over() -> None:
    """An event that did not happen in time asks for nothing, before and after."""
    book = small_book(
        "deal.a\nowe: {from: acme, to: msft, buy: azure, amount: 9 USD, by: 2026-06-30, trigger: built}",
        front=f"{FRONT}\nevents: {{built: the plant is built}}",
    )
    waiting, over = state_of(book, "2026-06-01"), state_of(book, "2026-07-01")
    assert (waiting.terms.lifecycle, waiting.why) == ("Pending", "What sets it off has not happened.")
    assert (over.terms.lifecycle, over.state) == ("Expired", State.DISCHARGED)


WAIVER = (
    "deal.mercy\npower: {holder: msft, may: waive, of: [deal.a]}",
    "exercise: deal.mercy\non: 2026-03-15\nuntil: 2026-04-15",
)


def test_a_waived_period_is_no_shortfall() -> None:
    """What a quarter lacked whose last day fell into a waiver is neither owed nor part of the commitment."""
    owe = "{from: acme, to: msft, buy: azure, amount: 30 USD, per: quarter, shortfall: pay}"
    book = small_book(f"deal.a\nowe: {owe}", *WAIVER, front=FRONT)
    found = one(book, "2027-01-01", given=[spent("2026-02-01", "10"), spent("2026-05-01", "30")])
    assert plain((found.committed.low, found.drawn.low, found.shortfall.low)) == (90, 30, 60)
    assert found.utilisation == Decimal(1) / 3


def test_waived_hours_are_no_part_of_a_reservation() -> None:
    """Hours that ended while the clause was suspended cover nothing and cost nothing."""
    owe = "{from: acme, to: msft, buy: azure, amount: 10 USD, per: hour, shortfall: forfeit}"
    book = small_book(f"deal.a\nowe: {owe}", *WAIVER, front=FRONT)
    before, within = spent("2026-03-14T10:30:00", "7"), spent("2026-03-20T10:30:00", "7")
    found = one(book, "2026-05-01", given=[before, within])
    assert found.committed.low == (120 - 31) * 24 * 10 + 10
    assert plain((found.drawn.low, found.beyond)) == (7, 7)


@pytest.mark.parametrize(
    ("period", "by", "duration", "interval"),
    [
        ("2026-01-01 .. 2027-01-01", "per: year", "1 Year", "Annual"),
        ("2026-01-01 .. 2029-01-01", "per: quarter", "3 Years", "Quarterly"),
        ("2026-01-15 .. 2026-04-15", "per: month", "3 Months", "Monthly"),
        ("2026-01-01 .. 2026-01-11", "per: day", "10 Days", "Daily"),
        ("2026-01-01 ..", "per: day", "", "Daily"),
        ("..", "by: 2026-12-31", "", "Full Commitment Period"),
    ],
)
def test_terms_in_the_words_of_focus(period: str, by: str, duration: str, interval: str) -> None:
    """How long it was bought for, and how often it is measured."""
    owe = f"{{from: acme, to: msft, buy: azure, amount: 9 USD, {by}, shortfall: pay}}"
    book = small_book(
        f"deal.a\nowe: {owe}\nin_force: {period}", front="contract: deal\nparties: {acme: A, msft: M}"
    )
    found = state_of(book, "2026-01-05")
    assert (found.terms.duration, found.terms.interval) == (duration, interval)
    assert (found.terms.category, found.terms.unit, found.terms.payment) == ("Spend", "USD", "No Upfront")


def test_an_undisclosed_amount_has_no_cost_and_no_forecast() -> None:
    """Nobody knows how much it is, so nobody says how much of it will be missing."""
    found = one(
        book_of("buy: azure, amount: {at_least: 9 USD}, by: 2026-12-31"),
        "2026-06-01",
        [charge("2026-05-01", "4")],
    )
    assert (found.terms.cost, found.committed.high, found.remaining.high, found.forecast) == (
        None,
        None,
        None,
        None,
    )
    assert plain((found.drawn.low, found.committed.low)) == (4, 9)


def test_periods_without_a_first_day_are_those_of_the_calendar() -> None:
    """They begin with the period of the first charge; hours likewise."""
    front = "contract: deal\nparties: {acme: A, msft: M}"
    book = book_of("buy: azure, amount: 9 USD, per: month, shortfall: pay", front=front)
    found = one(book, "2026-06-10", given=[spent("2026-05-05", "4")])
    assert plain([(row.start, row.missing.low) for row in found.rows]) == [
        (date(2026, 5, 1), 5),
        (date(2026, 6, 1), 9),
    ]
    hourly = book_of("buy: azure, amount: 9 USD, per: hour, shortfall: forfeit", front=front)
    assert one(hourly, "2026-06-10T10:30:00", given=[spent("2026-06-10T08:30:00", "4")]).committed.low == 27
    assert one(hourly, "2026-06-10T10:30:00").remaining.low == 9


def test_corrections_give_back() -> None:
    """A correction is a charge of its own, dated when it was made, and takes back what it corrects."""
    book = book_of("buy: azure, amount: 10 USD, per: month, shortfall: pay")
    lines = [charge("2026-03-01", "8"), charge("2026-03-05", "-3", correction="wrong tier", usage=None)]
    applied = [found for _, found in draw_down(book, lines, moment("2026-03-31"))]
    assert plain([item.amount for (item,) in applied]) == [8, -3]
    assert one(book, "2026-03-31", lines).drawn.low == 5


def test_what_is_drawn_is_exact_charge_by_charge() -> None:
    """Little beside much is not lost, also where nobody asks how the commitments stand."""
    book = book_of(f"buy: azure, amount: {10**25} USD, by: 2026-12-31, shortfall: pay")
    amounts = ["100000000000000000000", "0.000000000001"]
    applied = draw_down(book, [charge("2026-03-01", one) for one in amounts], moment("2026-03-31"))
    assert [item.amount for _, (item,) in applied] == [Decimal(one) for one in amounts]


def test_facts_of_target_request_and_caller_count() -> None:
    """The deployment's own facts come first, then the request's and the caller's; odd words say nothing."""
    book = book_of("buy: azure, counts: {eligible: true, product: support}, amount: 10 USD, by: 2026-12-31")
    product = {"facts": {"product": "support", "mood": "fine"}}
    lines = [
        charge("2026-03-01", "1", target={"eligible": True}, **product),
        charge("2026-03-02", "1", target={"eligible": False}, workload={"eligible": True}, **product),
        charge("2026-03-03", "1", workload={"eligible": True}, **product),
        charge("2026-03-04", "1", workload={"eligible": "maybe"}, **product),
        charge("2026-03-05", "1", cloud="aws", target={"eligible": True}, **product),
        charge("2026-03-06", None, target={"eligible": True}, **product),
        charge("2026-03-07", "1", target={"eligible": True}, caller="", **product),
    ]
    found = one(book, "2026-03-31", lines)
    assert plain((found.drawn.low, found.drawn.high)) == (3, 4)
    assert found.needs == ("eligible",)
    assert {left.why: left.charges for left in found.left} == {
        "it does not count toward this commitment": 1,
        "it has no price in USD": 1,
        "whether it counts is open": 1,
    }


def test_another_currency_is_not_converted() -> None:
    """A charge in euros has no price in dollars, and an amount in other units is no money."""
    book = book_of("buy: azure, amount: 10 USD, by: 2026-12-31")
    euros = charge("2026-03-01", "1", currency="EUR")
    found = one(book, "2026-03-31", [euros], [spent("2026-03-02", "5", "GW", of="azure")])
    assert found.drawn.low == 0
    assert [(left.why, left.charges) for left in found.left] == [("it has no price in USD", 2)]


def test_a_maker_and_a_word_without_counts() -> None:
    """A duty to buy from a maker is about its models; a word of a file takes nothing else."""
    book = book_of(
        "buy: oai, amount: 10 USD, by: 2026-12-31",
        "buy: furniture, amount: 10 USD, by: 2026-12-31",
    )
    bills = [spent("2026-03-01", "2", of="furniture")]
    lines = [charge("2026-03-02", "3"), charge("2026-03-03", "4", provider="anthropic")]
    maker, furniture = commitments_at(book, lines, moment("2026-03-31"), given=bills)
    assert plain((maker.drawn.low, furniture.drawn.low)) == (3, 2)


def test_days_are_those_of_the_contract() -> None:
    """A charge shortly before midnight in Los Angeles belongs to that day, and to the year it ends."""
    front = FRONT.replace("in_force: 2026", "clock: America/Los_Angeles\nin_force: 2025")
    book = book_of("buy: azure, amount: 10 USD, per: year, shortfall: pay", front=front)
    found = one(book, "2026-01-02", [charge("2026-01-01T07:59:59", "4"), charge("2026-01-01T08:00:00", "5")])
    assert [row.drawn.low for row in found.rows] == [4, 5]
    assert [day for day, _ in found.daily] == [date(2025, 12, 31), date(2026, 1, 1)]


def test_the_pace_is_of_thirty_days() -> None:
    """What came earlier does not count; what came beyond the period does, and what is needed is said."""
    book = book_of("buy: azure, amount: 100 USD, per: quarter, shortfall: pay")
    given = [spent("2026-02-01", "50"), spent("2026-03-20", "80"), spent("2026-04-05", "10")]
    found = one(book, "2026-04-11", given=given).forecast
    assert found is not None
    assert found.pace == Decimal("3.103448"), "90 in 29 days: the 30th is today, of which nothing has passed"
    assert plain((found.days, found.by)) == (81, date(2026, 6, 30))
    assert found.needed == Decimal("1.111111")
    assert plain((found.expected, found.at_risk)) == (100, 0)
