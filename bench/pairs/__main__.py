"""`python -m bench.pairs`: CPU and added delay of every pair of dialects; `--docs` writes it down."""

from __future__ import annotations

import argparse
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from rich.console import Console
from rich.table import Table

from bench.page import write_between
from bench.pairs.delay import NGINX, Delay, delays
from bench.pairs.measure import Cost, measure
from bench.pairs.ways import PACED, WAYS

GOAL = 100
"""Microseconds that an event may be late by the gateway."""


def rows(costs: list[Cost]) -> list[list[str]]:
    """A row a client, a cell a target: microseconds whole and streamed, and the ratios to passing through."""
    same = {cost.client: cost for cost in costs if cost.client == cost.target}
    return [
        [
            client,
            *(
                f"{cost.plain:.0f} ({cost.plain / same[client].plain:.1f}x), "
                f"{cost.stream:.0f} ({cost.stream / same[client].stream:.1f}x)"
                for cost in costs
                if cost.client == client
            ),
        ]
        for client in WAYS
    ]


def late(found: list[Delay]) -> list[list[str]]:
    """A row a client, a cell a target: median and 99th percentile of the added delay of an event."""
    return [
        [client, *(f"{one.median:.0f}, {one.slow:.0f}" for one in found if one.client == client)]
        for client in dict.fromkeys(one.client for one in found)
    ]


def table(title: str, cells: list[list[str]]) -> Table:
    """For the terminal."""
    shown = Table("client \\ target", *WAYS, title=title)
    for row in cells:
        shown.add_row(*row)
    return shown


def write(mark: str, taken: str, cells: list[list[str]]) -> None:
    """Puts a table into the page on speed, between its marks."""
    lines = [
        f"Taken {datetime.now(UTC):%Y-%m-%d %H:%M} UTC, {taken}.",
        "",
        "| client \\ target | " + " | ".join(WAYS) + " |",
        "|---|" + "---|" * len(WAYS),
        *("| " + " | ".join(row) + " |" for row in cells),
    ]
    write_between(mark, "\n".join(lines))


def main() -> None:
    """Measures and prints."""
    parser = argparse.ArgumentParser(prog="python -m bench.pairs", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="one short round")
    parser.add_argument("--docs", action="store_true", help="write the table into docs/performance.md")
    parser.add_argument("--cpus", default="0,1", help="CPU of the gateway, CPU of upstream and load")
    chosen, _ = parser.parse_known_args()
    console = Console()
    first, _, second = chosen.cpus.partition(",")
    rounds, seconds = (1, 0.3) if chosen.quick else (3, 0.6)
    cpus = (int(first), int(second))
    with TemporaryDirectory() as folder:
        found = delays(Path(folder), rounds=rounds, cpus=cpus, console=console)
    with TemporaryDirectory() as folder:
        costs = measure(Path(folder), rounds=rounds, seconds=seconds, cpus=cpus, console=console)
    wide = Console(width=180)
    wide.print(
        table("gateway CPU per request in microseconds: whole, streamed (to same dialect)", rows(costs))
    )
    wide.print(table("added delay of an event in microseconds: median, 99th percentile", late(found)))
    pairs = [one for one in found if one.client != NGINX]
    kept = sum(one.median <= GOAL for one in pairs)
    wide.print(f"{kept} of {len(pairs)} pairs add at most {GOAL} microseconds to an event, by the median")
    if chosen.docs:
        write("pairs", f"median of {rounds} interleaved rounds, 16 connections", rows(costs))
        write("delays", f"{rounds} streams of {PACED.events} events a pair, one at a time", late(found))


if __name__ == "__main__":
    main()
