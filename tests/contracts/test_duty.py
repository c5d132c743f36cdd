"""`owe` and `power` become typed values; what they cannot mean is refused."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from tests.contracts.small import FRONT, document, outcome, problems_of, small_book

from comity.contracts import Outcome
from comity.contracts.duties import Amount, Measure, Milestone, Owe, Power, Recurring, Trigger
from comity.contracts.terms import All, Flag, Within

EVENTS = FRONT + "\nevents: {ipo_filed: the company files}"


def owe(text: str) -> Owe:
    """The duty that the block `owe: text` states."""
    clause = small_book(f"a.x\nowe: {text}", front=EVENTS).clause("a.x")
    assert clause.owe is not None
    return clause.owe


def test_a_commitment_is_typed_completely() -> None:
    """Who owes whom what, what counts, how much, by when, and what happens on a shortfall."""
    found = owe(
        "{from: oai, to: [msft, amzn], buy: azure, counts: {eligible: true, marketplace: {at_most: 0.25}}, "
        "amount: 15e6 USD, by: 2026-12-31, per: year, shortfall: forfeit, notes: said so}"
    )
    assert found == Owe(
        debtor=("oai",),
        creditor=("msft", "amzn"),
        verb="buy",
        what="azure",
        counts=All((Flag("eligible", value=True), Within("marketplace", None, Decimal("0.25")))),
        amount=Amount(Decimal(15_000_000), Decimal(15_000_000), "USD"),
        by=date(2026, 12, 31),
        per="year",
        shortfall="forfeit",
        notes="said so",
    )
    assert str(found.amount) == "15000000 USD"


def test_a_share_has_a_rate_a_cap_and_a_trigger() -> None:
    """The cap carries its own grade; the trigger is the first of an event and a day."""
    found = owe(
        "{from: oai, to: msft, rate: 0.20, of: revenue, cap: 38e9 USD, cap_sure: reported, "
        "trigger: {first_of: [ipo_filed, 2028-12-31]}}"
    )
    assert (found.verb, found.what, found.rate, found.of) == ("pay", "revenue", Decimal("0.20"), "revenue")
    assert found.cap == Amount(Decimal(38_000_000_000), Decimal(38_000_000_000), "USD", "reported")
    assert found.trigger == Trigger(("ipo_filed",), date(2028, 12, 31))


def test_amounts_may_be_intervals_and_milestones_are_sorted() -> None:
    """An undisclosed amount is an interval with a grade."""
    found = owe(
        "{from: oai, to: msft, use: compute, milestones: ["
        "{by: 2027-01-01, amount: {at_least: 8e6 USD, sure: R}}, {by: 2026-01-01, amount: {at_most: 2 GW}}]}"
    )
    assert found.milestones == (
        Milestone(date(2026, 1, 1), Amount(Decimal(0), Decimal(2), "GW")),
        Milestone(date(2027, 1, 1), Amount(Decimal(8_000_000), None, "USD", "R")),
    )
    assert [str(step.amount) for step in found.milestones] == ["0 to 2 GW", "8000000 or more USD"]


def test_a_reservation_says_how_it_is_measured_and_paid() -> None:
    """Weights of token classes, how many make a unit, the fee, and what becomes of the rest."""
    found = owe(
        "{from: oai, to: msft, use: ptu, amount: 15 PTU, per: hour, shortfall: forfeit, overage: spill, "
        "measure: {each: 285000, input: 1, output: 8}, fee: {amount: 15 USD, per: hour}}"
    )
    assert found.measure == Measure("", Decimal(285_000), {"input": Decimal(1), "output": Decimal(8)})
    assert found.fee == Recurring(Amount(Decimal(15), Decimal(15), "USD"), "hour")
    assert found.overage == "spill"


def test_a_power_says_who_may_do_what() -> None:
    """Over clauses, with notice; or bringing an event about."""
    book = small_book(
        "a.x\nforbid: {cloud: aws}",
        "a.exit\npower: {holder: msft, may: terminate, of: [a.x], notice_days: 90, notes: in writing}",
        "a.file\npower: {holder: [oai, msft], may: verify, event: ipo_filed}",
        front=EVENTS,
    )
    assert book.clause("a.exit").power == Power(("msft",), "terminate", ("a.x",), "", 90, "in writing")
    assert book.clause("a.file").power == Power(("oai", "msft"), "verify", (), "ipo_filed")


def test_duties_and_powers_decide_no_single_request() -> None:
    """Owing something makes nothing permitted or prohibited."""
    book = small_book("a.x\nowe: {from: oai, to: msft, do: build it}")
    assert outcome(book, action="pay") is Outcome.SILENT


@pytest.mark.parametrize(
    ("block", "message"),
    [
        ("owe: {from: oai, to: msft}", "`owe` says one of `buy`"),
        ("owe: {from: oai, to: msft, buy: a, use: b}", "`owe` says one of `buy`"),
        ("owe: {to: msft, buy: a}", "`owe` does not say `from`"),
        ("owe: {from: who, to: msft, buy: a}", "`who` is not known as `from`"),
        ("owe: {from: oai, to: msft, rate: 0.2}", "`rate` and `of` belong together"),
        ("owe: {from: oai, to: msft, pay: a, rate: much, of: b}", "`rate` must be a number"),
        ("owe: {from: oai, to: msft, buy: a, amount: a lot}", "an amount is a number and a unit"),
        ("owe: {from: oai, to: msft, buy: a, amount: 15}", "an amount is a number and a unit"),
        ("owe: {from: oai, to: msft, buy: a, amount: 1e99 USD}", "an amount is a number and a unit"),
        ("owe: {from: oai, to: msft, buy: a, amount: 1e+ USD}", "an amount is a number and a unit"),
        ("owe: {from: oai, to: msft, buy: a, amount: {sure: R}}", "an interval needs `at_least`"),
        (
            "owe: {from: oai, to: msft, buy: a, amount: {at_least: 2 GW, at_most: 1 GW}}",
            "this interval is empty",
        ),
        ("owe: {from: oai, to: msft, buy: a, amount: {at_least: 2 GW, at_most: 3 USD}}", "or mixes units"),
        ("owe: {from: oai, to: msft, buy: a, milestones: 5}", "`milestones` is a list"),
        ("owe: {from: oai, to: msft, buy: a, milestones: [{by: 2026-01-01}]}", "a milestone needs"),
        ("owe: {from: oai, to: msft, buy: a, per: fortnight}", "`fortnight` is not known as `per`"),
        ("owe: {from: oai, to: msft, buy: a, amount: 1 USD, per: minute}", "a minute is used or lost"),
        ("owe: {from: oai, to: msft, buy: a, amount: 1 USD, carry: surplus}", "has none that is long enough"),
        (
            "owe: {from: oai, to: msft, buy: a, per: year, carry: shortfall, shortfall: forfeit}",
            "what is lost cannot go over",
        ),
        ("owe: {from: oai, to: msft, buy: a, per: year, carry_at_most: 0.1}", "and nothing does"),
        ("owe: {from: oai, to: msft, buy: a, recovers: 0.8}", "only a shortfall that becomes a prepayment"),
        ("owe: {from: oai, to: msft, buy: a, recovers: 1.8}", "`recovers` is a share between 0 and 1"),
        ("owe: {from: oai, to: msft, buy: a, fee: {per: hour}}", "`fee` needs an `amount`"),
        (
            "owe: {from: oai, to: msft, buy: a, per: day, amount: 9 GW, least: {amount: 1 GW, per: year}}",
            "a part of one `amount`",
        ),
        (
            "owe: {from: oai, to: msft, buy: a, amount: 9 USD, least: {amount: 1 USD}}",
            "a part of one `amount`",
        ),
        (
            "owe: {from: oai, to: msft, buy: a, amount: 9 USD, least: {amount: 1 EUR, per: month}}",
            "`least` is in EUR, the amount in USD",
        ),
        ("owe: {from: oai, to: msft, use: a, measure: {}}", "`measure` counts at a price, or by tokens"),
        (
            "owe: {from: oai, to: msft, use: a, measure: {price: list, input: 1}}",
            "`measure` counts at a price, or by tokens",
        ),
        ("owe: {from: oai, to: msft, use: a, measure: {each: 0, input: 1}}", "`each` is above zero"),
        ("owe: {from: oai, to: msft, use: a, measure: {input: -1}}", "no weight is below it"),
        ("owe: {from: oai, to: msft, buy: a, trigger: soon}", "`soon` is not known as a declared event"),
        ("owe: {from: oai, to: msft, buy: a, counts: {clod: x}}", "there is no attribute `clod`"),
        ("owe: {from: oai, to: msft, buy: a, by: 1026-01-01}", "is not between 1800 and 2999"),
        ("owe: [a]", "`owe` must be a mapping"),
        ("power: {holder: msft}", "does not say what its holder may do"),
        ("power: {holder: msft, may: dance}", "`dance` is not known as `may`"),
        ("power: {holder: msft, may: waive, of: [a.q]}", "is a power over `a.q`, which is no clause"),
        ("power: {holder: msft, may: waive, notice_days: -1}", "`notice_days` must be a whole number"),
    ],
)
def test_duties_that_mean_nothing_are_refused(block: str, message: str) -> None:
    """Each with what was expected."""
    problems = problems_of(document(f"a.x\n{block}", front=EVENTS))
    assert any(message in problem.message for problem in problems), problems
