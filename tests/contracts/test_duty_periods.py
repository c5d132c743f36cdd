"""What goes over from period to period, least parts of a whole, and minutes."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from tests.contracts.small import small_book

from comity.contracts import Book, Progress, State, duty_state

START = datetime(2026, 1, 1, tzinfo=UTC)


def duty(text: str, period: str = "2026-01-01 .. 2027-01-01") -> Book:
    """A book with the duty `a.x` to buy azure."""
    return small_book(f"a.x\nowe: {{from: oai, to: msft, buy: azure, {text}}}\nin_force: {period}")


def bought(*amounts: tuple[str, int]) -> list[Progress]:
    """Purchases by day of 2026."""
    return [
        Progress(datetime.fromisoformat(day).replace(tzinfo=UTC), "bought", Decimal(amount), "USD")
        for day, amount in amounts
    ]


def parts(book: Book, given: list[Progress], at: datetime) -> list[tuple[int, int, int, State]]:
    """Asked, reached, missing and state of every step."""
    return [
        (int(part.asked.low), int(part.reached.low), int(part.missing.low), part.state)
        for part in duty_state(book, "a.x", given, at).parts
    ]


YEAR_END = datetime(2027, 1, 1, tzinfo=UTC)


def test_a_surplus_goes_over_once() -> None:
    """What was bought beyond a quarter helps the next one, up to a share, and lapses there."""
    given = bought(("2026-01-15", 190), ("2026-04-15", 20))
    book = duty("amount: 100 USD, per: quarter, carry: surplus, shortfall: pay")
    assert parts(book, given, YEAR_END) == [
        (100, 190, 0, State.MET),
        (100, 110, 0, State.MET),
        (100, 10, 90, State.SHORT),
        (100, 0, 100, State.SHORT),
    ]
    capped = duty("amount: 100 USD, per: quarter, carry: surplus, carry_at_most: 0.5, shortfall: pay")
    assert parts(capped, given, YEAR_END)[1] == (100, 70, 30, State.SHORT)


def test_a_shortfall_goes_over_and_is_asked_later() -> None:
    """What is missing is added to the next quarter instead of billed; what the last one lacks is billed."""
    given = bought(("2026-01-15", 60), ("2026-04-15", 150), ("2026-07-15", 80))
    book = duty("amount: 100 USD, per: quarter, carry: shortfall, shortfall: pay")
    assert parts(book, given, YEAR_END) == [
        (100, 60, 0, State.DISCHARGED),
        (140, 150, 0, State.MET),
        (100, 80, 0, State.DISCHARGED),
        (120, 0, 120, State.SHORT),
    ]
    capped = duty("amount: 100 USD, per: quarter, carry: shortfall, carry_at_most: 0.1, shortfall: pay")
    assert parts(capped, given, YEAR_END)[0] == (100, 60, 30, State.SHORT)
    assert parts(capped, given, YEAR_END)[1] == (110, 150, 0, State.MET)


def test_an_open_amount_goes_over_whole() -> None:
    """Where nobody knows the upper end, nobody knows how much goes over."""
    book = duty("amount: {at_least: 100 USD}, per: quarter, carry: surplus, shortfall: pay")
    found = duty_state(book, "a.x", bought(("2026-01-15", 150)), datetime(2026, 5, 1, tzinfo=UTC))
    assert (found.state, found.at_best) == (State.SHORT, State.DUE)
    assert found.parts[1].missing.high is None
    assert found.parts[1].missing.low == 50


@pytest.mark.parametrize(("day", "owes", "state"), [("2026-01-31", 40, "due"), ("2026-02-01", 100, "short")])
def test_a_least_part_is_due_before_the_whole(day: str, owes: int, state: str) -> None:
    """While the whole is not there, every month asks its part; its bill counts toward the whole."""
    book = duty("amount: 600 USD, by: 2026-12-31, least: {amount: 60 USD, per: month}, shortfall: pay")
    at = datetime.fromisoformat(day).replace(tzinfo=UTC)
    found = duty_state(book, "a.x", bought(("2026-01-10", 20)), at)
    assert found.owes.low == owes
    assert found.state.value == state


def test_a_least_part_is_not_asked_once_the_whole_is_there() -> None:
    """Only what the whole still lacks is asked, and a refund later is not a gap of the month."""
    book = duty("amount: 100 USD, by: 2026-12-31, least: {amount: 60 USD, per: month}, shortfall: pay")
    given = bought(("2026-01-10", 75), ("2026-02-10", 30), ("2026-03-10", -5))
    asked = [part[0] for part in parts(book, given, YEAR_END)]
    assert asked[:3] == [60, 25, 0]
    assert duty_state(book, "a.x", given, YEAR_END).state is State.MET


def test_a_least_part_without_an_end_goes_on() -> None:
    """Without a last day there is no last period in which the whole is due."""
    book = duty("amount: 600 USD, least: {amount: 60 USD, per: quarter}, shortfall: pay", "2026-01-01 ..")
    found = duty_state(book, "a.x", [], datetime(2026, 7, 2, tzinfo=UTC))
    assert [int(part.missing.low) for part in found.parts] == [60, 60, 60]
    endless = duty("amount: 600 USD, least: {amount: 60 USD, per: quarter}, shortfall: pay", "..")
    begun = duty_state(endless, "a.x", bought(("2026-05-05", 10)), datetime(2026, 7, 2, tzinfo=UTC))
    assert [int(part.missing.low) for part in begun.parts] == [50, 60]


def test_of_minutes_only_the_last_day_is_shown() -> None:
    """A minute is used or lost: what came before the last day asks for nothing."""
    book = duty("amount: 2 USD, per: minute, shortfall: forfeit")
    at = START + timedelta(days=40, minutes=7, seconds=20)
    given = bought(("2026-01-01", 5))
    given += [Progress(at - timedelta(seconds=10), "bought", Decimal(3), "USD")]
    found = duty_state(book, "a.x", given, at)
    assert len(found.parts) == 24 * 60 + 1
    assert found.state is State.MET
    assert found.owes.low == 0
    assert duty_state(book, "a.x", given, at + timedelta(minutes=1)).owes.low == 2
    endless = duty("amount: 2 USD, per: minute, shortfall: forfeit", "..")
    assert duty_state(endless, "a.x", given[1:], at).state is State.MET
