"""The store that all workers share: what is spent of each account, and what is lent to whom.

One transaction exchanges what a worker captured for what it may spend next. It is the only place where lent
slices are weighed against a limit, so no number of workers can exceed one. Everything a worker tells is
counted from the opening of its lease, so a transaction that is repeated, or whose answer was lost, counts
once.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence

import msgspec

from comity.budgets.allotment import lend
from comity.budgets.amounts import from_grains, to_grains
from comity.budgets.limits import Account
from comity.budgets.tables import TABLES
from comity.budgets.wallets import Wallets
from comity.budgets.windows import Window
from comity.database import Database, Row, prepare

Captures = tuple[tuple[bytes, int], ...]
"""Ledger entries and what each captured from a wallet."""

_VERSION = 1


class Ask(msgspec.Struct, frozen=True):
    """What a worker tells about one allotment, and what it asks for."""

    account: Account
    """The account."""
    window: Window
    """The window."""
    slot: int
    """Where its lease file has what is committed."""
    granted: int
    """Lent so far, less what it gives back now."""
    committed: int
    """Captured or held."""
    used: int
    """Captured."""
    need: int = 0
    """How much more it needs at once."""
    want: int = 0
    """How much more it would like."""
    near: bool = True
    """Whether it gives back at once what a hold leaves."""
    closing: bool = False
    """Whether it is over: what is held then counts as captured."""
    captures: Captures = ()
    """A wallet's captures since the last exchange that succeeded."""


class Lent(msgspec.Struct, frozen=True):
    """What the store answers to one `Ask`."""

    granted: int
    """Lent altogether."""
    near: bool
    """Whether the end of the limit is near."""
    left: int
    """What nobody has spent or been lent."""
    spent: int
    """Captured by all, in this window."""
    denied: bool
    """Whether less was lent than was needed."""
    others: int
    """Held by other workers, or lent to them ahead of need."""
    contested: bool
    """Whether another worker may have slack that it will give back."""
    crossed: tuple[float, ...] = ()
    """Shares of the limit that were reached for the first time."""


class Standing(msgspec.Struct, frozen=True):
    """One account in one window, as the store knows it."""

    name: str
    """Name of the account."""
    window: Window
    """The window."""
    unit: str
    """What it counts."""
    spent: int
    """Captured."""
    lent: int
    """Held by workers, or lent to them ahead of need."""


class BudgetStore:
    """An open store; use it in one thread."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.wallets = Wallets(database)

    def exchange(self, worker: str, home: str, asks: Sequence[Ask]) -> list[Lent]:
        """Takes what a worker captured and lends it what it may spend next."""
        with self.database.transaction():
            return [self._exchange(worker, home, ask) for ask in asks]

    def wanted(self, since: int) -> tuple[int, list[tuple[str, int]]]:
        """The accounts, with windows, of which somebody found nothing left since a number; the last one."""
        statement = "SELECT name, starts, wants FROM budget_accounts WHERE wants > ? ORDER BY wants"
        found = list(self.database.rows(statement, (since,)))
        return _int(found[-1][2]) if found else since, [(str(row[0]), _int(row[1])) for row in found]

    def others(self, worker: str, home: str, ask: Ask) -> list[tuple[str, int, int]]:
        """What other workers of a home were lent of an account: worker, slot and how much."""
        statement = (
            "SELECT worker, slot, granted FROM budget_leases"
            " WHERE name = ? AND starts = ? AND home = ? AND worker <> ?"
        )
        values = (ask.account.name, ask.window.starts, home, worker)
        return [(str(row[0]), _int(row[1]), _int(row[2])) for row in self.database.rows(statement, values)]

    def homes(self) -> list[str]:
        """The folders of leases, by name, whose workers were lent something."""
        return [str(home) for (home,) in self.database.rows("SELECT DISTINCT home FROM budget_leases")]

    def workers(self, home: str) -> list[str]:
        """The workers of a home that have leases."""
        statement = "SELECT DISTINCT worker FROM budget_leases WHERE home = ? ORDER BY worker"
        return [str(worker) for (worker,) in self.database.rows(statement, (home,))]

    def settle_dead(self, worker: str, committed: Callable[[int], int | None]) -> int:
        """Captures what a dead worker had committed, by slot, and ends its leases; how many there were.

        Where nobody knows what it had committed, all it was lent counts as captured.
        """
        with self.database.transaction():
            statement = (
                "SELECT l.name, l.starts, l.slot, l.granted, l.reported, a.wallet, a.unit"
                " FROM budget_leases l JOIN budget_accounts a ON a.name = l.name AND a.starts = l.starts"
                " WHERE l.worker = ?"
            )
            leases = list(self.database.rows(statement, (worker,)))
            for name, starts, slot, granted, reported, wallet, unit in leases:
                found = committed(_int(slot))
                lost = max((_int(granted) if found is None else found) - _int(reported), 0)
                if wallet and lost:
                    identity = f"lost:{worker}:{name}:{slot}"
                    money = from_grains(lost, str(unit))
                    self.wallets.charge(str(name), money, identity, time.time_ns(), "")
                self._spend(str(name), _int(starts), lost)
            self.database.execute("DELETE FROM budget_leases WHERE worker = ?", (worker,))
        return len(leases)

    def standings(self) -> Iterator[Standing]:
        """Every account in every window on record, in order."""
        statement = (
            "SELECT a.name, a.starts, a.ends, a.unit, a.spent, l.granted, l.reported"
            " FROM budget_accounts a LEFT JOIN budget_leases l ON l.name = a.name AND l.starts = a.starts"
            " ORDER BY a.name, a.starts"
        )
        found: Standing | None = None
        for name, starts, ends, unit, spent, granted, reported in self.database.rows(statement):
            lent = max(_int(granted or 0) - _int(reported or 0), 0)
            window = Window(_int(starts), _int(ends) if ends else None)
            if found is not None and (found.name, found.window) == (name, window):
                found = msgspec.structs.replace(found, lent=found.lent + lent)
                continue
            if found is not None:
                yield found
            found = Standing(str(name), window, str(unit), _int(spent), lent)
        if found is not None:
            yield found

    def forget(self, before: int) -> None:
        """Removes windows that ended before a moment and of which nothing is lent any more."""
        # What was wanted last stays: its number is where the next one counts from.
        self.database.execute(
            "DELETE FROM budget_accounts WHERE ends > 0 AND ends < ?"
            " AND wants < (SELECT max(wants) FROM budget_accounts) AND NOT EXISTS"
            " (SELECT 1 FROM budget_leases l WHERE l.name = budget_accounts.name"
            " AND l.starts = budget_accounts.starts)",
            (before,),
        )

    # --- one exchange ---------------------------------------------------------------------------------------

    def _exchange(self, worker: str, home: str, ask: Ask) -> Lent:
        account, starts = ask.account, ask.window.starts
        spent, told = self._row(account, ask.window)
        others, contested, reported = self._leases(worker, ask)
        used = ask.committed if ask.closing else ask.used
        if used > reported:
            spent = self._capture(worker, ask, used - reported, spent)
        limit = account.limit
        if limit.amount is None:
            available = to_grains(self.wallets.balance(account.name, limit.unit))
        else:
            available = limit.amount - spent
        granted = used if ask.closing else max(ask.granted, ask.committed)
        room = available - others - (granted - used)
        extra, near = (0, ask.near)
        if ask.need or ask.want:
            extra, near = lend(room, ask.need, ask.want)
        denied = extra < ask.need
        if denied:
            (last,) = next(self.database.rows("SELECT max(wants) FROM budget_accounts"))
            self._update("wants", _int(last) + 1, account.name, starts)
        crossed = () if limit.amount is None else _crossed(limit.warn, told, spent, limit.amount)
        if crossed:
            self._update("told", told + len(crossed), account.name, starts)
        self._put(worker, home, ask, granted + extra, used, near=near)
        return Lent(granted + extra, near, room - extra, spent, denied, others, contested, crossed)

    def _row(self, account: Account, window: Window) -> tuple[int, int]:
        statement = "SELECT spent, told FROM budget_accounts WHERE name = ? AND starts = ?"
        for spent, told in self.database.rows(statement, (account.name, window.starts)):
            return _int(spent), _int(told)
        limit = account.limit
        self.database.execute(
            "INSERT INTO budget_accounts (name, starts, ends, unit, wallet, spent, told, wants)"
            " VALUES (?, ?, ?, ?, ?, ?, 0, 0)",
            (account.name, window.starts, window.ends or 0, limit.unit, int(limit.is_wallet), "0"),
        )
        return 0, 0

    def _leases(self, worker: str, ask: Ask) -> tuple[int, bool, int]:
        """What is lent by other leases, whether one of them has slack, and what this one has reported."""
        others, contested, own = 0, False, 0
        statement = (
            "SELECT granted, reported, worker, slot, near FROM budget_leases WHERE name = ? AND starts = ?"
        )
        for row in self.database.rows(statement, (ask.account.name, ask.window.starts)):
            if row[2] == worker and row[3] == ask.slot:
                own = _int(row[1])
            else:
                others += _outstanding(row)
                contested = contested or not row[4]
        return others, contested, own

    def _capture(self, worker: str, ask: Ask, amount: int, spent: int) -> int:
        """Puts captures on record; returns what is spent with them."""
        name, unit = ask.account.name, ask.account.limit.unit
        if ask.account.limit.is_wallet:
            rest = amount
            for entry, captured in ask.captures:
                money, served = from_grains(captured, unit), entry.hex()
                if self.wallets.charge(name, money, f"{served}:{name}", time.time_ns(), served):
                    rest -= captured
            if rest > 0:  # holds that a closing worker did not see the end of
                identity = f"left:{worker}:{name}:{ask.slot}"
                self.wallets.charge(name, from_grains(rest, unit), identity, time.time_ns(), "")
        self._spend(name, ask.window.starts, amount)
        return spent + amount

    def _spend(self, name: str, starts: int, amount: int) -> None:
        statement = "SELECT spent FROM budget_accounts WHERE name = ? AND starts = ?"
        (spent,) = next(self.database.rows(statement, (name, starts)))
        self._update("spent", str(_int(spent) + amount), name, starts)

    def _update(self, column: str, value: object, name: str, starts: int) -> None:
        statement = f"UPDATE budget_accounts SET {column} = ? WHERE name = ? AND starts = ?"  # noqa: S608 - columns are ours
        self.database.execute(statement, (value, name, starts))

    def _put(self, worker: str, home: str, ask: Ask, granted: int, used: int, *, near: bool) -> None:
        key = (ask.account.name, ask.window.starts, worker, ask.slot)
        if ask.closing:
            statement = "DELETE FROM budget_leases WHERE name = ? AND starts = ? AND worker = ? AND slot = ?"
            self.database.execute(statement, key)
            return
        self.database.execute(
            "INSERT INTO budget_leases (name, starts, worker, slot, home, granted, reported, near)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (name, starts, worker, slot) DO UPDATE SET"
            " granted = excluded.granted, reported = excluded.reported, near = excluded.near",
            (*key, home, str(granted), str(used), int(near)),
        )


def prepare_store(database: Database) -> BudgetStore:
    """The store in a database, its tables made when they are not there. Raises StoreError."""
    prepare(database, "budgets", _VERSION, TABLES, create=True)
    return BudgetStore(database)


def _outstanding(row: Row) -> int:
    return max(_int(row[0]) - _int(row[1]), 0)


def _int(value: object) -> int:
    return int(str(value))


def _crossed(shares: Sequence[float], told: int, spent: int, amount: int) -> tuple[float, ...]:
    return tuple(share for share in shares[told:] if spent >= share * amount)
