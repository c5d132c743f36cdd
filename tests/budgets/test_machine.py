"""Any interleaving of holds, captures, reports, lost answers, payments and deaths keeps every limit.

Workers of the real arithmetic, lease file and store, one step at a time; the model only adds numbers.
"""

from __future__ import annotations

import shutil
import tempfile
from decimal import Decimal
from pathlib import Path
from typing import NamedTuple

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    consumes,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from comity.budgets import FOR_EVER, BudgetStore, Limit, account_of, from_grains, recover, to_grains
from comity.budgets.allotment import Allotment
from comity.budgets.leases import LeaseFile, home_of
from comity.budgets.store import Ask, prepare_store
from comity.database import open_database
from comity.money import Money

CAP = Limit("cap", "tokens", 1000)
WALLET = Limit("purse", "USD", None)
LIMITS = (CAP, WALLET)
CENT = 10**10
"""Grains."""


class Held(NamedTuple):
    """A hold under way."""

    worker: Worker
    allotment: Allotment
    amount: int


class Worker:
    """One worker process, without its event loop."""

    def __init__(self, store: BudgetStore, folder: Path) -> None:
        self.store = store
        self.home = home_of(folder)
        self.file = LeaseFile(folder)
        self.allotments = [Allotment(account_of(limit), FOR_EVER, self.file.take()) for limit in LIMITS]
        self.alive = True

    def exchange(self, allotment: Allotment, need: int, *, heard: bool = True, closing: bool = False) -> bool:
        """Asks the store, as the desk does; True when it denies. An answer that is not heard is lost."""
        if closing or (allotment.near and not need):
            allotment.give_back()
        missing = max(need - max(allotment.slack, 0), 0)
        ask = Ask(
            allotment.account,
            FOR_EVER,
            allotment.slot,
            allotment.granted,
            allotment.committed,
            allotment.used,
            missing,
            4 * need,
            allotment.near,
            closing,
            tuple(allotment.captures),
        )
        (lent,) = self.store.exchange(self.file.worker, self.home, [ask])
        if heard:
            allotment.granted, allotment.near = lent.granted, lent.near
            allotment.reported = ask.used
            del allotment.captures[: len(ask.captures)]
        return lent.denied


class Machine(RuleBasedStateMachine):
    """What the model knows: what was paid in, captured, and is held."""

    holds: Bundle[Held] = Bundle("holds")

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp())
        self.store = prepare_store(open_database(None))
        self.workers: list[Worker] = []
        self.paid: dict[str, int] = {}
        self.captured = dict.fromkeys(LIMITS, 0)
        self.held: list[Held] = []
        self.overrun = False
        self.entries = 0

    @initialize()
    def start(self) -> None:
        """Two workers, and something in the purse."""
        self.workers = [Worker(self.store, self.folder) for _ in range(2)]
        self.pay("first", 300)

    @rule(identity=st.sampled_from(["a", "b", "c", "d"]), cents=st.integers(1, 400))
    def pay(self, identity: str, cents: int) -> None:
        """A payment counts once; another one by its name is refused."""
        money = from_grains(cents * CENT, "USD")
        if self.paid.get(identity, cents * CENT) != cents * CENT:
            with pytest.raises(ValueError, match="another content"):
                self.store.wallets.pay_in("purse", money, identity)
        else:
            assert self.store.wallets.pay_in("purse", money, identity) == (identity not in self.paid)
            self.paid[identity] = cents * CENT

    @rule(target=holds, which=st.integers(0, 1), place=st.integers(0, 1), size=st.integers(1, 600))
    def hold(self, which: int, place: int, size: int) -> Held:
        """A hold is granted when it fits, whoever was lent what: others give back when asked."""
        worker, limit = self.workers[place], LIMITS[which]
        amount = size if limit is CAP else size * CENT
        allotment = worker.allotments[which]
        done = allotment.put_aside(amount)
        if not done and worker.exchange(allotment, amount):
            for other in self.workers:
                other.allotments[which].near = True
                other.exchange(other.allotments[which], 0)
            worker.exchange(allotment, amount)
        done = done or allotment.put_aside(amount)
        assert done == (amount <= self.rest(limit)) or self.overrun
        worker.file.put(allotment.slot, allotment.committed)
        found = Held(worker, allotment, amount if done else 0)
        if done:
            self.held.append(found)
        return found

    @rule(held=consumes(holds), percent=st.integers(0, 100), more=st.sampled_from([0, 0, 0, 0, 7]))
    def settle(self, held: Held, percent: int, more: int) -> None:
        """Part of it is captured; a provider may count more than anybody could foresee."""
        if held not in self.held:
            return
        self.held.remove(held)
        amount = held.amount * percent // 100
        if more:
            amount, self.overrun = held.amount + more, True
        limit = held.allotment.account.limit
        held.allotment.settle(held.amount, amount)
        if limit.is_wallet and amount:
            self.entries += 1
            held.allotment.captures.append((self.entries.to_bytes(4), amount))
        held.worker.file.put(held.allotment.slot, held.allotment.committed)
        self.captured[limit] += amount

    @rule(place=st.integers(0, 1), which=st.integers(0, 1), heard=st.booleans())
    def report(self, place: int, which: int, *, heard: bool) -> None:
        """What was captured goes to the store; the answer may be lost."""
        self.workers[place].exchange(self.workers[place].allotments[which], 0, heard=heard)

    @rule(place=st.integers(0, 1), which=st.integers(0, 1))
    def ask_in_vain(self, place: int, which: int) -> None:
        """A slice is lent and the worker never hears of it."""
        self.workers[place].exchange(self.workers[place].allotments[which], 5, heard=False)

    @rule(place=st.integers(0, 1))
    def die(self, place: int) -> None:
        """What a dead worker held counts as captured, once, whoever finds it."""
        worker = self.workers[place]
        worker.file.close(settled=False)
        for held in [one for one in self.held if one.worker is worker]:
            self.held.remove(held)
            self.captured[held.allotment.account.limit] += held.amount
        recover(self.store, self.folder)
        assert recover(self.store, self.folder) == 0
        self.workers[place] = Worker(self.store, self.folder)

    @invariant()
    @precondition(lambda self: bool(self.workers) and not self.overrun)
    def nothing_is_overspent(self) -> None:
        """Captured and held together stay within the limit and the payments."""
        assert all(self.rest(limit) >= 0 for limit in LIMITS)

    @invariant()
    def the_books_balance(self) -> None:
        """Debits equal credits, no wallet is below zero, balances are sums."""
        assert self.store.wallets.verify() == []

    def rest(self, limit: Limit) -> int:
        """What nobody has captured or holds."""
        held = sum(one.amount for one in self.held if one.allotment.account.limit is limit)
        amount = sum(self.paid.values()) if limit.amount is None else limit.amount
        return amount - self.captured[limit] - held

    def teardown(self) -> None:
        """In the end the store has captured exactly what the model has."""
        for worker in self.workers:
            for held in [one for one in self.held if one.worker is worker]:
                held.allotment.settle(held.amount, 0)
            for allotment in worker.allotments:
                worker.exchange(allotment, 0, closing=True)
            worker.file.close(settled=True)
        standings = {one.name: one for one in self.store.standings()}
        for limit in LIMITS:
            if limit.id in standings:
                assert standings[limit.id].lent == 0
                assert standings[limit.id].spent == self.captured[limit]
        if not self.overrun and self.workers:
            assert to_grains(self.store.wallets.balance("purse", "USD")) == self.rest(WALLET) + sum(
                one.amount for one in self.held if one.allotment.account.limit is WALLET
            )
        self.store.database.close()
        shutil.rmtree(self.folder)


@pytest.mark.hypothesis
def test_no_interleaving_breaks_a_limit() -> None:
    """The machine above, in many random orders."""
    run_state_machine_as_test(Machine, settings=settings(max_examples=60, stateful_step_count=40))


def test_a_transfer_is_known_by_its_id_and_money_has_an_end() -> None:
    """What is no payment is refused; what a wallet does not have, the operator bears."""
    store = prepare_store(open_database(None))
    wallets = store.wallets
    for money in (Money(Decimal(0), "USD"), Money(Decimal(-1), "USD"), Money(Decimal("1e-13"), "USD")):
        with pytest.raises(ValueError, match="not"):
            wallets.pay_in("purse", money, "nonsense")
    wallets.pay_in("purse", Money(Decimal(2), "USD"), "one", "from the bank")
    assert wallets.charge("purse", Money(Decimal(3), "USD"), "e:purse", 5, "aa")
    assert not wallets.charge("purse", Money(Decimal(3), "USD"), "e:purse", 6, "aa")
    assert wallets.balance("purse", "USD").amount == 0
    assert dict(wallets.balances())["operator:uncovered"].amount == -1
    assert [one.note for one in wallets.statement("purse")] == ["", "from the bank"]
    assert [one.entry for one in wallets.statement("operator:revenue")] == ["aa", "aa"]
    assert wallets.verify() == []
    store.database.execute("UPDATE wallet_balances SET balance = '-1' WHERE account = 'purse'")
    store.database.execute("UPDATE wallet_transfers SET amount = '-1' WHERE id = 'one'")
    found = " ".join(wallets.verify())
    for word in ("moves -1 USD", "its transfers come to", "below zero", "differ by -1"):
        assert word in found
    store.database.close()
