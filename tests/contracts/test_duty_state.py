"""The state of duties: amounts and events over time, at the edges of their days, with gaps and disputes."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from tests.contracts.small import FRONT, book_of, document, small_book

from comity.contracts import Book, DutyState, Progress, State, duty_state, duty_states, parse_facts
from comity.contracts.duties import Amount, Moved
from comity.contracts.facts import Raw

EVENTS = f"{FRONT}\nevents: {{ipo: the company files, agi: verified}}"
YEAR = "in_force: 2026-01-01 .. 2027-01-01"


def duty(text: str, *more: str, front: str = EVENTS) -> Book:
    """A book with the duty `a.x`; `text` is the mapping after `owe:` and may go on with other keys."""
    return small_book(f"a.x\nowe: {text}", *more, front=front)


def moment(text: str) -> datetime:
    """Noon of a day in UTC, or a time of day."""
    return datetime.fromisoformat(text if "T" in text else f"{text}T12:00").replace(tzinfo=UTC)


def gave(book: Book, day: str, moved: Moved, amount: str, **facts: Raw) -> Progress:
    """One amount, as `5 USD`."""
    number, _, unit = amount.partition(" ")
    return Progress(moment(day), moved, Decimal(number), unit, "", parse_facts(book, facts))


def state(book: Book, day: str, *progress: Progress, party: str | None = None) -> DutyState:
    """The state of `a.x`."""
    return duty_state(book, "a.x", progress, moment(day), party=party)


def told(found: DutyState) -> tuple[str, str]:
    """State and amount."""
    return found.state.value, str(found.owes)


BUY = "{from: oai, to: msft, buy: azure, amount: 10 USD, by: 2026-06-30, shortfall: SHORTFALL}"


@pytest.mark.parametrize(
    ("day", "bought", "expected"),
    [
        ("2026-06-30T23:59:59", "9", ("due", "1 USD")),
        ("2026-07-01T00:00:00", "9", ("short", "1 USD")),
        ("2026-06-30", "10", ("met", "0 USD")),
        ("2026-07-01", "10", ("met", "0 USD")),
        ("2026-03-01", "11", ("met", "0 USD")),
    ],
)
def test_the_last_day_belongs_to_the_duty(day: str, bought: str, expected: tuple[str, str]) -> None:
    """Due to its last moment, short from midnight on; what was reached stays reached."""
    book = duty(BUY.replace("SHORTFALL", "pay"))
    assert told(state(book, day, gave(book, "2026-02-01", "bought", f"{bought} USD"))) == expected


def test_days_are_those_of_the_contract() -> None:
    """At seven in the morning UTC the last day is over in California, and not a moment earlier."""
    book = duty(BUY.replace("SHORTFALL", "pay"), front=f"{EVENTS}\nclock: America/Los_Angeles")
    assert state(book, "2026-07-01T06:59:59").state is State.DUE
    assert state(book, "2026-07-01T07:00:00").state is State.SHORT


@pytest.mark.parametrize(
    ("shortfall", "paid", "expected"),
    [
        ("pay", "", ("short", "4 USD")),
        ("pay", "3", ("short", "1 USD")),
        ("pay", "4", ("discharged", "0 USD")),
        ("prepay", "4", ("discharged", "0 USD")),
        ("forfeit", "", ("short", "0 USD")),
    ],
)
def test_a_shortfall_is_billed_or_lost(shortfall: str, paid: str, expected: tuple[str, str]) -> None:
    """Money paid afterwards makes it good; what is forfeited is lost, and nothing more is asked."""
    book = duty(BUY.replace("SHORTFALL", shortfall))
    given = [gave(book, "2026-02-01", "bought", "6 USD"), gave(book, "2026-08-01", "bought", "9 USD")]
    given += [gave(book, "2026-07-15", "paid", f"{paid} USD")] if paid else []
    found = state(book, "2026-09-01", *given)
    assert told(found) == expected
    assert ("lost" in found.why) == (shortfall == "forfeit")


def test_money_paid_before_a_shortfall_does_not_make_it_good() -> None:
    """It was paid for something else."""
    book = duty(BUY.replace("SHORTFALL", "pay"))
    assert told(state(book, "2026-09-01", gave(book, "2026-06-01", "paid", "10 USD"))) == ("short", "10 USD")


STEPS = (
    "{from: oai, to: msft, VERB: azure, milestones: "
    "[{by: 2026-03-31, amount: 4 USD}, {by: 2026-12-31, amount: 10 USD}], shortfall: pay}\n"
    "in_force: 2026-01-01 .. 2027-01-01"
)


@pytest.mark.parametrize(
    ("day", "given", "expected"),
    [
        ("2025-12-31", [], ("pending", "0 USD")),
        ("2026-01-01", [], ("due", "4 USD")),
        ("2026-03-31", [("2026-02-01", "3")], ("due", "1 USD")),
        ("2026-04-01", [("2026-02-01", "3")], ("short", "7 USD")),
        ("2026-04-01", [("2026-02-01", "4")], ("due", "6 USD")),
        ("2026-02-02", [("2026-02-01", "10")], ("met", "0 USD")),
        ("2027-01-01", [("2026-02-01", "10")], ("met", "0 USD")),
        ("2027-01-01", [("2026-02-01", "4"), ("2026-11-01", "5")], ("short", "1 USD")),
    ],
)
def test_milestones_count_from_the_start(
    day: str, given: list[tuple[str, str]], expected: tuple[str, str]
) -> None:
    """Each asks for the total so far, and none asks for an earlier gap twice."""
    book = duty(STEPS.replace("VERB", "buy"))
    progress = [gave(book, at, "bought", f"{amount} USD") for at, amount in given]
    assert told(state(book, day, *progress)) == expected


def test_late_payments_go_to_the_oldest_debt() -> None:
    """A payment after the first milestone makes it good and counts toward the second."""
    book = duty(STEPS.replace("VERB", "pay"))
    late = gave(book, "2026-05-01", "paid", "4 USD")
    assert told(state(book, "2026-04-15")) == ("short", "10 USD")
    found = state(book, "2026-05-02", late)
    assert told(found) == ("due", "6 USD")
    assert [part.state for part in found.parts] == [State.DISCHARGED, State.DUE]
    assert (
        state(book, "2028-01-01", late, gave(book, "2027-06-01", "paid", "6 USD")).state is State.DISCHARGED
    )


def test_periods_count_on_their_own() -> None:
    """What one year has too much does not help the next; the years run from the first day."""
    book = duty(
        "{from: oai, to: msft, buy: azure, amount: 10 USD, per: year, shortfall: pay}\n"
        "in_force: 2026-03-01 .. 2028-03-01"
    )
    first = gave(book, "2026-05-01", "bought", "15 USD")
    assert told(state(book, "2027-02-28", first)) == ("met", "0 USD")
    assert told(state(book, "2027-03-01", first)) == ("due", "10 USD")
    found = state(book, "2029-01-01", first)
    assert told(found) == ("short", "10 USD")
    assert [(part.start, part.by) for part in found.parts] == [
        (date(2026, 3, 1), date(2027, 2, 28)),
        (date(2027, 3, 1), date(2028, 2, 29)),
    ]


def test_payments_per_period_go_to_the_oldest_period() -> None:
    """Two months are owed; what was paid in the second month pays the first."""
    book = duty(
        "{from: oai, to: msft, pay: rent, amount: 5 USD, per: month}\nin_force: 2026-01-31 .. 2026-12-31"
    )
    found = state(book, "2026-03-15", gave(book, "2026-03-10", "paid", "5 USD"))
    assert [part.state for part in found.parts] == [State.DISCHARGED, State.DUE]
    assert [(part.start, part.by) for part in found.parts][1] == (date(2026, 2, 28), date(2026, 3, 30))
    assert told(found) == ("due", "5 USD")


@pytest.mark.parametrize(("per", "count"), [("hour", 25), ("day", 2), ("month", 1), ("quarter", 1)])
def test_periods_without_a_first_day_are_those_of_the_calendar(per: str, count: int) -> None:
    """They begin with the period of the first amount."""
    book = duty(f"{{from: oai, to: msft, buy: azure, amount: 5 USD, per: {per}, shortfall: forfeit}}")
    given = gave(book, "2026-05-01T10:30:00", "bought", "5 USD")
    found = state(book, "2026-05-02T10:30:00", given)
    assert len(found.parts) == count
    assert found.parts[0].state is State.MET


def test_what_counts_is_tested_and_the_rest_is_told() -> None:
    """Not eligible: out. Not stated: open, so that the state is an interval with what it needs."""
    book = duty("{from: oai, to: msft, buy: azure, counts: {eligible: true}, amount: 10 USD, by: 2026-06-30}")
    out = gave(book, "2026-02-01", "bought", "10 USD", eligible=False)
    gap = gave(book, "2026-02-02", "bought", "10 USD")
    euros = gave(book, "2026-02-03", "bought", "10 EUR", eligible=True)
    assert told(state(book, "2026-03-01", out)) == ("due", "10 USD")
    found = state(book, "2026-03-01", out, gap, euros)
    assert (found.state, found.at_best, found.needs) == (State.DUE, State.MET, ("eligible",))
    assert str(found.owes) == "0 to 10 USD"
    assert [(one.progress, one.why) for one in found.uncounted] == [
        (out, "it does not count toward this duty"),
        (gap, "whether it counts is open"),
        (euros, "it is in EUR, not in USD"),
    ]


def test_limits_cap_what_counts() -> None:
    """Of six in the marketplace two and a half count; a gap is taken either way."""
    book = duty(
        "{from: oai, to: msft, buy: aws, limits: {counts: {marketplace: {over: 0}}, at_most: 0.25}, "
        "amount: 10 USD, by: 2026-06-30}"
    )
    plain = gave(book, "2026-02-01", "bought", "6 USD", marketplace=0)
    shop = gave(book, "2026-02-02", "bought", "6 USD", marketplace=1)
    gap = gave(book, "2026-02-02", "bought", "6 USD")
    assert told(state(book, "2026-03-01", plain, shop)) == ("due", "1.5 USD")
    found = state(book, "2026-03-01", plain, gap)
    assert (found.state, found.at_best, str(found.owes)) == (State.DUE, State.MET, "0 to 1.5 USD")


def test_a_dispute_about_what_counts_is_told_by_party() -> None:
    """In one reading the purchase counts, in the other it does not."""
    book = book_of(
        document(
            "define: own\nreadings: {wide: {by: [oai], means: {cloud: [azure, aws]}}, "
            "narrow: {by: [msft], means: {cloud: azure}}}",
            "a.x\nowe: {from: oai, to: msft, buy: azure, counts: {is: own}, amount: 10 USD, by: 2026-06-30}",
        )
    )
    given = gave(book, "2026-02-01", "bought", "10 USD", cloud="aws")
    found = state(book, "2026-07-01", given)
    assert (found.state, found.at_best, found.disputed) == (State.SHORT, State.MET, ("own",))
    assert state(book, "2026-07-01", given, party="oai").state is State.MET
    assert state(book, "2026-07-01", given, party="msft").at_best is State.SHORT


SHARE = "{from: oai, to: msft, rate: 0.20, of: revenue, cap: 38 USD, cap_sure: reported}"


def test_a_share_ends_at_its_cap() -> None:
    """Row 19 in small: 37.5 are paid, 5 more are earned, and half of one is owed."""
    book = duty(f"{SHARE}\n{YEAR}")
    given = [gave(book, "2026-02-01", "earned", "187.5 USD"), gave(book, "2026-03-01", "paid", "37.5 USD")]
    assert told(state(book, "2026-02-15", *given)) == ("due", "37.5 USD")
    assert told(state(book, "2026-04-01", *given)) == ("met", "0 USD")
    given.append(gave(book, "2026-05-01", "earned", "5 USD"))
    found = state(book, "2026-06-01", *given)
    assert told(found) == ("due", "0.5 USD")
    assert found.owes.sure == "memory"
    given.append(gave(book, "2026-06-02", "paid", "0.5 USD"))
    assert told(state(book, "2026-07-01", *given)) == ("discharged", "0 USD")


def test_a_share_counts_its_own_days_and_is_owed_beyond_them() -> None:
    """What is earned after the end is free; what accrued before stays owed until it is paid."""
    book = duty(f"{SHARE}\n{YEAR}")
    inside, after = gave(book, "2026-12-31", "earned", "10 USD"), gave(book, "2027-01-01", "earned", "10 USD")
    before = gave(book, "2025-12-31", "earned", "10 USD")
    assert told(state(book, "2027-06-01", before, inside, after)) == ("due", "2 USD")
    paid = gave(book, "2027-05-01", "paid", "2 USD")
    assert told(state(book, "2027-06-01", inside, paid)) == ("discharged", "0 USD")


def test_a_share_per_quarter_waits_for_the_end_of_the_quarter() -> None:
    """Its turn comes when the period is over."""
    book = duty(f"{SHARE.replace('cap:', 'per: quarter, cap:')}\n{YEAR}")
    earned = gave(book, "2026-02-01", "earned", "10 USD")
    assert told(state(book, "2026-03-31", earned)) == ("pending", "0 USD")
    assert told(state(book, "2026-04-01", earned)) == ("due", "2 USD")


@pytest.mark.parametrize(
    ("records", "day", "expected"),
    [
        ((), "2026-06-01", "pending"),
        ((), "2029-01-01", "discharged"),
        (("event: ipo\non: 2026-05-01",), "2026-04-30", "pending"),
        (("event: ipo\non: 2026-05-01",), "2026-05-01", "due"),
        (("event: ipo\non: 2026-05-01",), "2029-01-01", "short"),
        (("event: ipo\non: 2029-05-01",), "2029-06-01", "discharged"),
    ],
)
def test_an_event_sets_a_duty_off(records: tuple[str, ...], day: str, expected: str) -> None:
    """Before it nothing is owed, and after the last day it comes too late."""
    book = duty(
        "{from: oai, to: msft, pay: investment, amount: 35 USD, by: 2028-12-31, trigger: ipo}", *records
    )
    assert state(book, day).state == expected


def test_a_day_sets_a_duty_off_when_the_event_does_not() -> None:
    """Whichever comes first."""
    book = duty("{from: oai, to: msft, pay: fee, amount: 1 USD, trigger: {first_of: [ipo, 2026-06-01]}}")
    assert state(book, "2026-05-31").why == "It begins on 2026-06-01."
    assert told(state(book, "2026-06-01")) == ("due", "1 USD")


@pytest.mark.parametrize(
    ("records", "why"),
    [
        (("a.end\nend: [a.x]\nin_force: 2026-05-01 ..",), "superseded by a.end"),
        (
            (
                "a.exit\npower: {holder: oai, may: terminate, of: [a.x], notice_days: 30}",
                "exercise: a.exit\non: 2026-04-01",
            ),
            "terminated under a.exit",
        ),
    ],
)
def test_what_ended_before_its_last_day_is_discharged(records: tuple[str, ...], why: str) -> None:
    """Due until it ends, and nothing is owed from that day on."""
    book = duty("{from: oai, to: msft, buy: azure, amount: 10 USD, by: 2026-06-30}", *records)
    assert told(state(book, "2026-04-30")) == ("due", "10 USD")
    found = state(book, "2026-05-01")
    assert told(found) == ("discharged", "0 USD")
    assert found.why == f"It ended on 2026-05-01: {why}."


def test_a_milestone_that_has_passed_stays_owed_after_termination() -> None:
    """Ending a commitment does not forgive what was missing before."""
    book = duty(
        STEPS.replace("VERB", "buy"),
        "a.exit\npower: {holder: oai, may: terminate, of: [a.x]}",
        "exercise: a.exit\non: 2026-05-01",
    )
    assert told(state(book, "2026-06-01")) == ("short", "4 USD")


def test_a_waiver_suspends_a_duty() -> None:
    """While it lasts nothing is asked; a last day inside it passes without a shortfall."""
    waiver = (
        "a.w\npower: {holder: msft, may: waive, of: [a.x]}",
        "exercise: a.w\non: 2026-05-01\nuntil: DAY",
    )
    short = duty(BUY.replace("SHORTFALL", "pay"), waiver[0], waiver[1].replace("DAY", "2026-06-01"))
    assert state(short, "2026-05-15").why == "It is suspended under a.w."
    assert [state(short, day).state.value for day in ("2026-04-30", "2026-06-01", "2026-07-01")] == [
        "due", "due", "short",
    ]  # fmt: skip
    long = duty(BUY.replace("SHORTFALL", "pay"), waiver[0], waiver[1].replace("DAY", "2026-08-01"))
    assert told(state(long, "2026-08-02")) == ("discharged", "0 USD")


def test_undisclosed_amounts_make_an_interval() -> None:
    """Eight reached of eight to twelve, and of eight or more."""
    for high, owes in (("at_most: 12 USD", "0 to 4 USD"), ("sure: R", "0 or more USD")):
        book = duty(
            f"{{from: oai, to: msft, buy: azure, amount: {{at_least: 8 USD, {high}}}, by: 2026-06-30}}"
        )
        found = state(book, "2026-07-01", gave(book, "2026-02-01", "bought", "8 USD"))
        assert (found.state, found.at_best, str(found.owes)) == (State.SHORT, State.MET, owes)


def test_a_deed_is_done_or_not() -> None:
    """A duty to do something counts as one."""
    book = duty("{from: oai, to: msft, do: build it, by: 2026-06-30}")
    assert state(book, "2026-06-30").state is State.DUE
    assert state(book, "2026-07-01").state is State.SHORT
    assert state(book, "2026-06-30", gave(book, "2026-06-01", "done", "1")).state is State.MET


def test_a_cap_limits_periods() -> None:
    """The third year asks for what the cap leaves, and a fourth for nothing."""
    book = duty(
        "{from: oai, to: msft, buy: azure, amount: 10 USD, per: year, cap: 25 USD, shortfall: pay}\n"
        "in_force: 2026-01-01 .. 2031-01-01"
    )
    found = state(book, "2030-06-01")
    assert [str(part.asked) for part in found.parts] == ["10 USD", "10 USD", "5 USD"]
    assert told(found) == ("short", "25 USD")


def test_credits_take_back_what_counted() -> None:
    """A negative amount is a refund; whether an open one counts is taken against the debtor."""
    book = duty("{from: oai, to: msft, buy: azure, counts: {eligible: true}, amount: 10 USD, by: 2026-06-30}")
    bought = gave(book, "2026-02-01", "bought", "10 USD", eligible=True)
    refund = gave(book, "2026-03-01", "bought", "-3 USD", eligible=True)
    unsure = gave(book, "2026-03-01", "bought", "-3 USD")
    assert told(state(book, "2026-04-01", bought, refund)) == ("due", "3 USD")
    found = state(book, "2026-04-01", bought, unsure)
    assert (found.state, found.at_best) == (State.DUE, State.MET)


def test_amounts_for_other_things_and_later_days_are_ignored() -> None:
    """A ledger may hand over everything that it has."""
    book = duty(BUY.replace("SHORTFALL", "pay"))
    other = Progress(moment("2026-02-01"), "bought", Decimal(10), "USD", "aws")
    later = Progress(moment("2026-05-01"), "bought", Decimal(10), "USD", "azure")
    assert told(state(book, "2026-03-01", other, later)) == ("due", "10 USD")
    assert told(state(book, "2026-05-02", other, later)) == ("met", "0 USD")


def test_no_amount_is_rounded() -> None:
    """Thirty digits and a thousandth of a cent."""
    book = duty("{from: oai, to: msft, buy: azure, amount: 100000000000000000000000000000 USD}")
    given = gave(book, "2026-02-01", "bought", "0.00001 USD")
    assert state(book, "2026-03-01", given).owes == Amount(
        *(Decimal("99999999999999999999999999999.99999"),) * 2, "USD", "memory"
    )


def test_the_book_knows_a_duty_from_its_day_on() -> None:
    """As of an earlier day it owes nothing; a duty that ended before it began never does."""
    book = duty(
        "{from: oai, to: msft, buy: azure, amount: 10 USD}\nin_force: 2026-01-01 ..\nknown: 2026-03-01",
        "a.y\nowe: {from: oai, to: msft, buy: azure, amount: 10 USD}\nin_force: 2026-06-01 ..",
        "a.end\nend: [a.y]\nin_force: 2026-05-01 ..",
    )
    assert (
        duty_state(book, "a.x", [], moment("2026-04-01"), as_of=moment("2026-02-01")).state is State.PENDING
    )
    one, other = duty_states(book, [], moment("2026-07-01"))
    assert (one.duty, one.state, other.duty, other.state) == ("a.x", State.DUE, "a.y", State.DISCHARGED)
    assert one.why == "It is outstanding, and no last day is stated."
