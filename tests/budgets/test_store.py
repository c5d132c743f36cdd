"""The store says the same over SQLite and over PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

import msgspec
import pytest

from comity.budgets import FOR_EVER, BudgetStore, Limit, Window, account_of, to_grains
from comity.budgets.store import Ask, prepare_store
from comity.database import open_database
from comity.money import Money

CAP = account_of(Limit("cap", "tokens", 1000, "day", warn=(0.5, 0.75, 0.9)))
PURSE = account_of(Limit("purse", "USD", None))
TODAY, LATER = Window(100, 200), Window(200, 300)
CENT = 10**10


@pytest.fixture(params=["sqlite", "postgresql"])
def store(request: pytest.FixtureRequest) -> Iterator[BudgetStore]:
    """An empty store."""
    where = None if request.param == "sqlite" else request.getfixturevalue("schema")
    found = prepare_store(open_database(where, "budgets"))
    with found.database:
        yield found


def test_what_is_lent_reported_and_left_behind_adds_up(store: BudgetStore) -> None:
    """Slices, denials, shares told once, the dead settled once, windows forgotten when they are over."""
    ask = Ask(CAP, TODAY, 0, 0, 0, 0, need=10, want=10_000)
    (first,) = store.exchange("a", "here", [ask])
    assert (first.granted, first.near, first.left, first.denied) == (125, False, 875, False)
    (second,) = store.exchange("b", "here", [msgspec.structs.replace(ask, need=900)])
    assert (second.granted, second.near, second.denied, second.contested) == (875, True, True, True)
    assert store.wanted(0) == (1, [("cap", 100)])
    assert store.wanted(1) == (1, [])
    assert store.others("b", "here", ask) == [("a", 0, 125)]
    assert store.others("b", "elsewhere", ask) == []
    for used, crossed in ((600, (0.5,)), (800, (0.75,)), (800, ())):
        told = Ask(CAP, TODAY, 0, 875, 800, used)
        (lent,) = store.exchange("b", "here", [told])
        assert (lent.spent, lent.crossed) == (used, crossed)
    (standing,) = store.standings()
    assert (standing.name, standing.spent, standing.lent) == ("cap", 800, 125 + 75)
    assert store.workers("here") == ["a", "b"]
    assert store.settle_dead("a", lambda _: 100) == 1
    assert store.settle_dead("a", lambda _: 100) == 0
    assert store.settle_dead("b", lambda _: None) == 1
    (standing,) = store.standings()
    assert (standing.spent, standing.lent) == (800 + 100 + 75, 0)
    store.exchange("c", "here", [Ask(CAP, LATER, 3, 0, 0, 0, need=2000)])
    store.exchange("c", "here", [Ask(CAP, LATER, 3, 0, 0, 0, closing=True)])
    store.forget(250)
    assert [one.window for one in store.standings()] == [LATER]


def test_wallets_pay_for_entries_and_for_the_dead(store: BudgetStore) -> None:
    """Each capture once with its entry, what a worker left behind without, nothing below zero."""
    wallets = store.wallets
    assert wallets.pay_in("purse", Money(Decimal("1.5"), "USD"), "one")
    captures = ((b"\x01", 20 * CENT), (b"\x02", 30 * CENT))
    told = Ask(PURSE, FOR_EVER, 0, 100 * CENT, 60 * CENT, 50 * CENT, captures=captures)
    for _ in range(2):
        (lent,) = store.exchange("a", "here", [told])
        assert lent.spent == 50 * CENT
    closing = msgspec.structs.replace(told, closing=True)
    store.exchange("a", "here", [closing])
    (lent,) = store.exchange("b", "here", [Ask(PURSE, FOR_EVER, 7, 0, 0, 0, need=80 * CENT)])
    assert lent.granted == 80 * CENT
    assert store.settle_dead("b", lambda slot: 95 * CENT if slot == 7 else None) == 1
    assert to_grains(wallets.balance("purse", "USD")) == 0
    moved = [(one.id, one.money.amount) for one in wallets.statement("purse")]
    assert sorted(moved) == [
        ("01:purse", Decimal("0.2")),
        ("02:purse", Decimal("0.3")),
        ("left:a:purse:0", Decimal("0.1")),
        ("lost:b:purse:7", Decimal("0.9")),
        ("one", Decimal("1.5")),
    ]
    assert dict(wallets.balances())["operator:uncovered"].amount == Decimal("-0.05")
    assert wallets.verify() == []
