"""The linear target: bits for demand classes, rows for standing duties."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.contracts.random_books import MOMENTS, Written, facts_of, load, workloads, written_books
from tests.contracts.small import FRONT, book_of, document, small_book

from comity.contracts import Book, Decider, Posture, decide, judge, load_book
from comity.contracts.compile.linear import Linear, Side, linear
from comity.contracts.facts import Raw

BOOKS = Path(__file__).parents[3] / "books"
HORIZON = (datetime(2026, 1, 1, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC))
TARGETS = (Side("azure", {"cloud": "azure"}), Side("aws", {"cloud": "aws"}))
DEMANDS = (Side("plain", {"data": "none"}), Side("personal", {"data": "personal"}))


def plan(book: Book, posture: Posture | None = None) -> Linear:
    """The book over 2026."""
    return linear(book, DEMANDS, TARGETS, HORIZON, posture or Posture())


def test_bits_change_where_the_book_does() -> None:
    """Personal data may stay on Azure, and from May nowhere."""
    book = small_book(
        "a.x\nconfine: {data: personal}\nto: {cloud: azure}",
        "a.y\nforbid: {data: personal}\nin_force: 2026-05-01 ..",
    )
    found = plan(book)
    change = datetime(2026, 5, 1, tzinfo=UTC).timestamp()
    assert (found.demands, found.targets) == (("plain", "personal"), ("azure", "aws"))
    assert [window.span.start for window in found.windows] == [HORIZON[0].timestamp(), change]
    assert found.windows[-1].span.end == HORIZON[1].timestamp()
    bits = [[cells.allowed for cells in window.cells] for window in found.windows]
    assert bits == [[0b11, 0b01], [0b11, 0b00]]


def test_a_posture_makes_bits_of_disputes() -> None:
    """Refused when safe, allowed on the record when the operator says so, clear in one reading."""
    book = small_book(
        "define: term\nreadings:\n  wide: {by: [msft], means: {data: personal}}\n"
        "  narrow: {by: [oai], means: {data: special}}",
        "a.x\nforbid: {cloud: aws, is: term}",
    )

    def personal(posture: Posture) -> tuple[int, int]:
        cells = plan(book, posture).windows[0].cells[1]
        return cells.allowed, cells.recorded

    assert personal(Posture()) == (0b01, 0)
    assert personal(Posture(disputed="allow-and-record")) == (0b11, 0b10)
    assert personal(Posture(reading="msft", disputed="allow-and-record")) == (0b01, 0)
    assert personal(Posture(mode="arguable")) == (0b11, 0)


def test_every_bit_is_a_ruling() -> None:
    """On the shipped books each bit is what a single decision gives."""
    book = load_book(BOOKS / "openai")
    at = datetime(2026, 3, 18, tzinfo=UTC)
    base = {"actor": "amzn", "action": "serve", "provider": "oai", "with": "third_party"}
    demands = [
        Side(state, {**base, "surface": "runtime", "state": state}) for state in ("stateless", "stateful")
    ]
    targets = [Side(cloud, {"cloud": cloud, "host": cloud}) for cloud in ("azure", "aws")]
    duties = [clause.id for clause in book.clauses if clause.owe is not None]
    horizon = (at, datetime(2026, 3, 19, tzinfo=UTC))
    for posture in (Posture(), Posture(disputed="allow-and-record", reading="oai")):
        found = linear(book, demands, targets, horizon, posture, without=duties)
        for demand, cells in zip(demands, found.windows[0].cells, strict=True):
            for index, target in enumerate(targets):
                verdict = Decider(book).bind(target.facts).decide(demand.facts, at.timestamp())
                action = judge(verdict, posture).action
                assert bool(cells.allowed >> index & 1) == (action in ("allow", "record"))
                assert bool(cells.recorded >> index & 1) == (action == "record")


@pytest.mark.no_cover
@settings(max_examples=20)
@given(
    written_books(),
    st.lists(workloads(), min_size=2, max_size=2),
    st.sampled_from([Posture(), Posture(mode="arguable"), Posture("oai", disputed="allow-and-record")]),
)
def test_every_bit_is_what_the_interpreter_rules(
    files: tuple[Written, ...], raws: list[dict[str, Raw]], posture: Posture
) -> None:
    """On random books, in every window: learned late, waived, terminated or superseded clauses included."""
    book = load(files)
    demands = [Side(f"d{place}", facts_of(book, raw)) for place, raw in enumerate(raws)]
    for window in linear(book, demands, TARGETS, (MOMENTS[0], MOMENTS[-1]), posture).windows:
        at = datetime.fromtimestamp(window.span.start, UTC)
        for demand, cells in zip(demands, window.cells, strict=True):
            for index, target in enumerate(TARGETS):
                ruling = judge(decide(book, {**demand.facts, **target.facts}, at), posture)
                assert bool(cells.allowed >> index & 1) == (ruling.action in ("allow", "record"))
                assert bool(cells.recorded >> index & 1) == (ruling.action == "record")


SPEND = small_book(
    "a.year\nowe: {from: oai, to: msft, buy: azure, counts: {cloud: azure, eligible: true}, amount: 12 USD,"
    " per: quarter, shortfall: pay}\nin_force: 2025-07-01 .. 2026-10-01",
    "a.steps\nowe:\n  from: oai\n  to: msft\n  buy: azure\n  milestones:\n"
    "    - {by: 2026-06-30, amount: 5 USD}\n"
    "    - {by: 2027-06-30, amount: {at_least: 8 USD, at_most: 12 USD}}",
    "a.share\nowe: {from: oai, to: msft, pay: revenue_share, rate: 0.20, of: oai_revenue, cap: 38e9 USD,"
    " trigger: ipo_filed}\nin_force: 2026-04-27 .. 2031-01-01",
    front=f"{FRONT}\nevents: {{ipo_filed: the company files to go public}}",
)


def test_a_recurring_duty_gives_a_row_per_period() -> None:
    """Quarters that touch the horizon, with what surely and what perhaps counts."""
    rows = [row for row in plan(SPEND).rows if row.clause == "a.year"]
    assert [datetime.fromtimestamp(row.span.start, UTC).date().isoformat() for row in rows] == [
        "2026-01-01",
        "2026-04-01",
        "2026-07-01",
    ]
    assert {(row.unit, row.low, row.high, row.shortfall) for row in rows} == {
        ("USD", Decimal(12), Decimal(12), "pay")
    }
    # Whether a charge is eligible was not stated, so nothing surely counts; AWS surely does not.
    assert {(row.surely, row.perhaps) for row in rows} == {((0, 0), (0b01, 0b01))}


def test_milestones_count_from_the_start() -> None:
    """Both steps touch 2026; the second is an interval."""
    rows = [row for row in plan(SPEND).rows if row.clause == "a.steps"]
    assert [(row.low, row.high) for row in rows] == [(Decimal(5), Decimal(5)), (Decimal(8), Decimal(12))]
    assert {row.span.start for row in rows} == {float("-inf")}
    assert {row.surely for row in rows} == {(0b11, 0b11)}


def test_a_duty_that_waits_says_for_what() -> None:
    """A share of revenue has a rate and a cap instead of an amount."""
    (row,) = [row for row in plan(SPEND).rows if row.clause == "a.share"]
    assert (row.rate, row.of, row.cap, row.awaits) == (
        Decimal("0.20"),
        "oai_revenue",
        Decimal("38e9"),
        ("ipo_filed",),
    )


def test_an_event_on_record_sets_a_duty_off() -> None:
    """From its day, and no longer waiting."""
    owe = "a.share\nowe: {from: oai, to: msft, pay: share, amount: 3 USD, trigger: ipo_filed}"
    event = "event: ipo_filed\non: 2026-09-01"
    front = f"{FRONT}\nevents: {{ipo_filed: the company files to go public}}"
    (row,) = plan(book_of(document(owe, event, front=front))).rows
    assert (row.span.start, row.awaits) == (datetime(2026, 9, 1, tzinfo=UTC).timestamp(), ())


def test_a_duty_outside_the_horizon_has_no_row() -> None:
    """What ended before it is not planned for."""
    owe = "a.x\nowe: {from: oai, to: msft, buy: azure, amount: 3 USD, by: 2025-06-30}\n"
    owe += "in_force: 2025-01-01 .. 2025-07-01"
    assert plan(small_book(owe)).rows == ()


@pytest.mark.parametrize("name", [pytest.param("acme", marks=pytest.mark.no_cover), "openai"])
def test_the_shipped_books_can_be_planned(name: str) -> None:
    """Every duty that can be counted gives rows or lies outside 2026."""
    book = load_book(BOOKS / name)
    deeds = [
        clause.id
        for clause in book.clauses
        if clause.owe is not None
        and clause.owe.amount is None
        and not clause.owe.milestones
        and clause.owe.rate is None
    ]
    found = linear(book, DEMANDS, TARGETS, HORIZON, Posture(), without=deeds)
    assert {row.clause for row in found.rows} <= {clause.id for clause in book.clauses}
    assert found.rows
