"""Prepaid wallets: double-entry accounts in which every movement is recorded once.

A payment debits the operator's `payments` and credits the wallet; what a request costs debits the wallet and
credits the operator's `revenue`. A wallet never falls below zero: what a provider charged beyond what could
be held is borne by the operator's `uncovered`. A transfer is known by its id: the same one again changes
nothing, another one under its name is an error.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from decimal import Decimal

import msgspec

from comity.budgets.amounts import PLACES
from comity.database import Database
from comity.money import Money

PAYMENTS, REVENUE, UNCOVERED = "operator:payments", "operator:revenue", "operator:uncovered"
"""The operator's own accounts: money that came in, money earned, and costs that no wallet covers."""

_ZERO = Decimal(0)
_UNCOVERED = ":uncovered"


class Transfer(msgspec.Struct, frozen=True):
    """One movement of money."""

    id: str
    """What it is known by; nothing else has it."""
    at: int
    """Unix nanoseconds."""
    debit: str
    """Account that it leaves."""
    credit: str
    """Account that it enters."""
    money: Money
    """How much; more than nothing."""
    entry: str = ""
    """The ledger entry behind it, in hexadecimal; empty for a payment."""
    note: str = ""
    """What it was for, in words."""


class Wallets:
    """The wallets in a database; call it inside a transaction where several movements belong together."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def balance(self, account: str, currency: str) -> Money:
        """What an account has."""
        statement = "SELECT balance FROM wallet_balances WHERE account = ? AND currency = ?"
        for (balance,) in self._database.rows(statement, (account, currency)):
            return Money(Decimal(str(balance)), currency)
        return Money(_ZERO, currency)

    def pay_in(self, wallet: str, money: Money, identity: str, note: str = "") -> bool:
        """Credits a payment; False when it was credited before. Raises ValueError for nonsense."""
        if money.amount <= 0:
            raise ValueError(f"a payment is more than nothing, not {money}")
        if -int(money.amount.as_tuple().exponent) > PLACES:
            raise ValueError(f"an amount has at most {PLACES} decimals, not those of {money}")
        payment = Transfer(identity, time.time_ns(), PAYMENTS, wallet, money, note=note)
        with self._database.transaction():
            return self.move(payment)

    def charge(self, wallet: str, money: Money, identity: str, at: int, entry: str) -> bool:
        """Takes what a request cost out of a wallet; what is not there any more the operator bears.

        False when it was taken before.
        """
        if next(self._read("id = ? OR id = ?", (identity, identity + _UNCOVERED)), None) is not None:
            return False
        left = self.balance(wallet, money.currency).amount
        covered = min(max(left, _ZERO), money.amount)
        rest = money.amount - covered
        for payer, part, name in ((wallet, covered, identity), (UNCOVERED, rest, identity + _UNCOVERED)):
            if part > 0:
                self.move(Transfer(name, at, payer, REVENUE, Money(part, money.currency), entry))
        return True

    def move(self, transfer: Transfer) -> bool:
        """Records a movement, in the transaction under way; False when it was recorded before.

        Raises ValueError when its id is known with another content.
        """
        known = next(self._read("id = ?", (transfer.id,)), None)
        if known is not None:
            if _content(known) != _content(transfer):
                raise ValueError(f"the transfer `{transfer.id}` is on record with another content")
            return False
        money = transfer.money
        row = (transfer.id, transfer.at, transfer.debit, transfer.credit, f"{money.amount:f}", money.currency)
        self._database.execute(
            "INSERT INTO wallet_transfers (id, at, debit, credit, amount, currency, entry, note)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            (*row, transfer.entry, transfer.note),
        )
        self._add(transfer.debit, -money.amount, money.currency)
        self._add(transfer.credit, money.amount, money.currency)
        return True

    def statement(self, account: str, since: int = 0, until: int = 1 << 62) -> Iterator[Transfer]:
        """The movements of an account in the half-open period of unix nanoseconds, in order."""
        condition = "(debit = ? OR credit = ?) AND at >= ? AND at < ? ORDER BY at, id"
        return self._read(condition, (account, account, since, until))

    def balances(self) -> Iterator[tuple[str, Money]]:
        """Every account with what it has."""
        statement = "SELECT account, currency, balance FROM wallet_balances ORDER BY account, currency"
        for account, currency, balance in self._database.rows(statement):
            yield str(account), Money(Decimal(str(balance)), str(currency))

    def verify(self) -> list[str]:
        """What does not hold: balances against transfers, debits against credits, wallets below zero."""
        found: list[str] = []
        summed: dict[tuple[str, str], Decimal] = {}
        for transfer in self._read("1 = 1 ORDER BY id", ()):
            money = transfer.money
            if money.amount <= 0:
                found.append(f"the transfer `{transfer.id}` moves {money}")
            for account, amount in ((transfer.debit, -money.amount), (transfer.credit, money.amount)):
                key = (account, money.currency)
                summed[key] = summed.get(key, _ZERO) + amount
        kept = {(account, money.currency): money.amount for account, money in self.balances()}
        for account, currency in sorted(summed.keys() | kept.keys()):
            by_transfers = summed.get((account, currency), _ZERO)
            balance = kept.get((account, currency), _ZERO)
            if by_transfers != balance:
                found.append(
                    f"`{account}` has {balance:f} {currency}, and its transfers come to {by_transfers:f}"
                )
            if balance < 0 and not account.startswith("operator:"):
                found.append(f"`{account}` is below zero: {balance:f} {currency}")
        for currency in sorted({currency for _, currency in kept}):
            total = sum((amount for (_, one), amount in kept.items() if one == currency), _ZERO)
            if total:
                found.append(f"debits and credits in {currency} differ by {total:f}")
        return found

    def _add(self, account: str, amount: Decimal, currency: str) -> None:
        balance = self.balance(account, currency).amount + amount
        self._database.execute(
            "INSERT INTO wallet_balances (account, currency, balance) VALUES (?, ?, ?)"
            " ON CONFLICT (account, currency) DO UPDATE SET balance = excluded.balance",
            (account, currency, f"{balance:f}"),
        )

    def _read(self, condition: str, values: tuple[object, ...]) -> Iterator[Transfer]:
        columns = "id, at, debit, credit, amount, currency, entry, note"
        statement = f"SELECT {columns} FROM wallet_transfers WHERE {condition}"  # noqa: S608 - conditions are ours
        for identity, at, debit, credit, amount, currency, entry, note in self._database.rows(
            statement, values
        ):
            assert isinstance(at, int), "times are integers"
            money = Money(Decimal(str(amount)), str(currency))
            yield Transfer(str(identity), at, str(debit), str(credit), money, str(entry), str(note))


def _content(transfer: Transfer) -> tuple[object, ...]:
    money = transfer.money
    return transfer.debit, transfer.credit, money.amount, money.currency, transfer.entry, transfer.note
