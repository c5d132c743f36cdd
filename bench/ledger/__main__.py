"""`python -m bench.ledger`: recording, folding and summing; `--docs` writes it into docs/performance.md.

PostgreSQL is a server of its own in a temporary folder, with `fsync` off as in the tests: what is measured is
how much work there is, not how fast this disk is.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path

import msgspec
from rich.console import Console
from rich.table import Table
from tests.database.server import running

from bench.ledger.traffic import DAYS, FIRST, entries, write_journal
from bench.page import write_between
from comity.ledger import Filter, fold, groups, lines, open_journal, open_store, read_charges, verify

BLOCK = 100_000
"""Entries of one journal; it is deleted when it is folded."""
TOGETHER = 16
"""Entries whose records are one write, as under load."""


class Speed(msgspec.Struct, frozen=True):
    """What was measured of one store."""

    store: str
    """Its name."""
    entries: int
    """Entries in it at the end."""
    folded: float
    """Entries folded a second, all blocks."""
    cpu: float
    """Microseconds of this process for an entry; the server's own are not among them."""
    summary: float
    """Seconds for sums by customer and model."""
    month: float
    """Seconds for the same of one day and a half."""
    listing: float
    """Seconds for the newest twenty."""
    charges: float
    """Charges read a second."""
    verified: float
    """Entries verified a second."""


def recording(number: int) -> float:
    """Microseconds of CPU that recording one entry costs a gateway, encoding and writing included."""
    records = list(entries(number))

    async def record(folder: Path) -> float:
        journal = open_journal(folder)
        begun = time.process_time()
        for first in range(0, number, TOGETHER):
            for reserved, attempts, settled in records[first : first + TOGETHER]:
                journal.append(reserved, _nothing)
                for attempt in attempts:
                    journal.append(attempt)
                journal.append(settled, _nothing)
            await asyncio.sleep(0)
        spent = time.process_time() - begun
        await journal.close()
        return spent

    with tempfile.TemporaryDirectory() as folder:
        return asyncio.run(record(Path(folder))) / number * 1e6


def _nothing() -> None:
    """What waits for a write."""


def measure(name: str, where: Path | str, number: int, folder: Path) -> Speed:
    """Folds a month of so many entries block by block, and asks."""
    seconds = cpu = 0.0
    with open_store(where) as store:
        for first in range(0, number, BLOCK):
            write_journal(folder, min(BLOCK, number - first), first, number)
            begun, spent = time.perf_counter(), time.process_time()
            fold(folder, store)
            seconds += time.perf_counter() - begun
            cpu += time.process_time() - spent
        half = Filter(since=FIRST, until=FIRST + 3 * 43_200 * 1_000_000_000)
        return Speed(
            name,
            number,
            number / seconds,
            cpu / number * 1e6,
            timed(lambda: groups(store, Filter(), ("customer", "route"))),
            timed(lambda: groups(store, half, ("customer", "route"))),
            timed(lambda: lines(store, Filter(), 20)),
            number / timed(lambda: sum(1 for _ in read_charges(store))),
            number / timed(lambda: verify(store)),
        )


def timed(act: Callable[[], object]) -> float:
    """Seconds that something takes."""
    begun = time.perf_counter()
    act()
    return time.perf_counter() - begun


def rows(found: list[Speed]) -> list[list[str]]:
    """A row a store."""
    return [
        [
            one.store,
            f"{one.entries:,}",
            f"{one.folded:,.0f}",
            f"{one.cpu:.0f}",
            f"{one.summary * 1e3:,.0f}",
            f"{one.month * 1e3:,.0f}",
            f"{one.listing * 1e3:,.0f}",
            f"{one.charges:,.0f}",
            f"{one.verified:,.0f}",
        ]
        for one in found
    ]


HEADS = (
    "store",
    "entries",
    "folded/s",
    "µs CPU each",
    "by customer and model, ms",
    "of 1.5 days, ms",
    "newest 20, ms",
    "charges read/s",
    "verified/s",
)


def write(cost: float, busy: float, found: list[Speed]) -> None:
    """Puts the table into the page on speed, between its marks."""
    when = f"Taken {datetime.now(UTC):%Y-%m-%d %H:%M} UTC"
    load = f"before it began, {os.cpu_count()} cores had {busy:.1f} processes to run"
    text = [
        f"{when}; {load}. Recording one request costs {cost:.1f} µs.",
        "",
        "| " + " | ".join(HEADS) + " |",
        "|---|" + "---:|" * (len(HEADS) - 1),
        *("| " + " | ".join(row) + " |" for row in rows(found)),
    ]
    write_between("ledger", "\n".join(text))


def main() -> None:
    """Measures and prints."""
    parser = argparse.ArgumentParser(prog="python -m bench.ledger", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="50,000 entries")
    parser.add_argument("--entries", type=int, default=1_000_000, help="entries of the month")
    parser.add_argument("--stores", nargs="*", default=["sqlite", "postgresql"], help="which of the two")
    parser.add_argument("--docs", action="store_true", help="write the table into docs/performance.md")
    chosen, _ = parser.parse_known_args()
    number = 50_000 if chosen.quick else chosen.entries
    console, found = Console(), list[Speed]()
    busy = os.getloadavg()[0]
    cost = recording(min(number, 50_000))
    console.print(f"recording one request costs {cost:.1f} µs of CPU")
    with tempfile.TemporaryDirectory() as name, ExitStack() as stack:
        folder = Path(name)
        if "sqlite" in chosen.stores:
            found.append(measure("SQLite", folder / "ledger.db", number, folder / "journal"))
        server = stack.enter_context(running()) if "postgresql" in chosen.stores else None
        if server is not None:
            found.append(measure("PostgreSQL", server.url(), number, folder / "journal"))
    shown = Table(*HEADS, title=f"{DAYS} days of traffic")
    for row in rows(found):
        shown.add_row(*row)
    console.print(shown)
    if chosen.docs:
        write(cost, busy, found)


if __name__ == "__main__":
    main()
