"""`python -m bench.pairs`: the gateway's CPU for every pair of dialects; `--docs` writes it down."""

from __future__ import annotations

import argparse
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from rich.console import Console
from rich.table import Table

from bench.pairs.measure import Cost, measure
from bench.pairs.ways import WAYS

PAGE = Path(__file__).resolve().parents[2] / "docs" / "performance.md"
_BEGIN, _END = "<!-- pairs -->", "<!-- /pairs -->"


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


def table(costs: list[Cost]) -> Table:
    """For the terminal."""
    title = "gateway CPU per request in microseconds: whole, streamed (ratio to the same dialect in and out)"
    shown = Table("client \\ target", *WAYS, title=title)
    for row in rows(costs):
        shown.add_row(*row)
    return shown


def write(costs: list[Cost], rounds: int) -> None:
    """Puts the table into the page on speed, between its marks."""
    head, _, rest = PAGE.read_text().partition(_BEGIN)
    _, _, tail = rest.partition(_END)
    lines = [
        f"Taken {datetime.now(UTC):%Y-%m-%d}, median of {rounds} interleaved rounds, 16 connections.",
        "",
        "| client \\ target | " + " | ".join(WAYS) + " |",
        "|---|" + "---|" * len(WAYS),
        *("| " + " | ".join(row) + " |" for row in rows(costs)),
    ]
    PAGE.write_text(f"{head}{_BEGIN}\n" + "\n".join(lines) + f"\n{_END}{tail}")


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
    with TemporaryDirectory() as folder:
        cpus = (int(first), int(second))
        costs = measure(Path(folder), rounds=rounds, seconds=seconds, cpus=cpus, console=console)
    Console(width=180).print(table(costs))
    if chosen.docs:
        write(costs, rounds)


if __name__ == "__main__":
    main()
