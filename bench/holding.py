"""`python -m bench.holding`: what limits cost a request; `--docs` writes it into docs/performance.md.

A hold is put aside and settled as the gateway does it, from slices that a store on disk lends; its thread
counts as well. Times are processor time of the whole process, the least of several rounds.
"""

from __future__ import annotations

import argparse
import asyncio
import time
from pathlib import Path
from tempfile import TemporaryDirectory

from rich.console import Console
from rich.table import Table

from bench.page import write_between
from comity.budgets import Account, Amounts, Budgets, BudgetSettings, Hold, Limit, account_of, open_desk

REQUESTS, ROUNDS, TICK = 20_000, 5, 50
PLENTY = 10**24
LIMITS = (
    Limit("month", "USD", PLENTY, "month"),
    Limit("day", "tokens", PLENTY, "day"),
    Limit("minute", "requests", PLENTY, "minute"),
)
MOST, COST = Amounts(3_000_000_000, 1_300, 1), Amounts(500_000_000, 230, 1)


async def measured(number: int, folder: Path) -> float:
    """Microseconds for a request under so many limits."""
    limits = LIMITS[:number]
    settings = BudgetSettings(limits, folder / f"{number}.db", folder / "leases")
    desk = open_desk(settings, asyncio.get_running_loop(), print)
    assert desk is not None, "there are limits"
    accounts = [account_of(limit) for limit in limits]
    best = min([await _round(desk, accounts) for _ in range(ROUNDS)])
    await desk.close()
    return best


async def _round(desk: Budgets, accounts: list[Account]) -> float:
    begun = time.process_time()
    for number in range(REQUESTS):
        hold = desk.open(accounts, time.time(), b"entry")
        if not hold.put_aside(MOST):
            await _lent(hold)
        hold.settle(COST)
        if number % TICK == 0:
            await asyncio.sleep(0)
    return (time.process_time() - begun) / REQUESTS * 1e6


async def _lent(hold: Hold) -> None:
    """Waits for slices, as the first request does."""
    lent = asyncio.Event()
    hold.cover(MOST, lent.set, print)
    await lent.wait()


def figures() -> dict[str, str]:
    """What was measured, by what it is."""
    with TemporaryDirectory() as folder:
        found = {number: asyncio.run(measured(number, Path(folder))) for number in (1, 2, 3)}
    return {
        "one limit": f"{found[1]:.1f} µs",
        "two limits": f"{found[2]:.1f} µs",
        "three limits": f"{found[3]:.1f} µs",
    }


def main() -> None:
    """Measures, prints, and writes the table where asked."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--docs", action="store_true", help="write the table into docs/performance.md")
    chosen, _ = parser.parse_known_args()
    found = figures()
    table = Table("holding", "processor time a request")
    for name, value in found.items():
        table.add_row(name, value)
    Console().print(table)
    if chosen.docs:
        lines = ["| holding | processor time a request |", "|---|---:|"]
        lines += [f"| {name} | {value} |" for name, value in found.items()]
        write_between("holding", "\n".join(lines))


if __name__ == "__main__":
    main()
