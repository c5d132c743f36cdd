"""`python -m bench.rating`: what rating one request costs; `--docs` writes it into docs/performance.md.

The tariff is that of a deployment with a negotiated price in force for a while, list prices of four tiers and
two sizes of request. Times are processor time, the least of several rounds.
"""

from __future__ import annotations

import argparse
import time
import timeit
from collections.abc import Callable
from datetime import date
from decimal import Decimal

from rich.console import Console
from rich.table import Table

from bench.page import write_between
from comity.exchange import Usage
from comity.period import Period
from comity.prices import SHIPPED, TIERS, Band, Tariff, Terms, load_prices, tariff_of, with_id

CALLS, ROUNDS = 20_000, 7
RATES = {name: Decimal("1.25") for name in ("input", "cached_read", "cache_write", "output", "reasoning")}
SMALL, LARGE = Usage(1_200, 300, 0, 500, 100), Usage(400_000, 100_000, 0, 500, 100)


def tariff(*, dated: bool) -> Tariff:
    """One flat price, or everything at once."""
    flat = Terms(cloud="c", models=("m",), currency="USD", bands=(Band(RATES),))
    if not dated:
        return tariff_of([with_id(flat)])
    bands = (Band(RATES), Band({name: 2 * rate for name, rate in RATES.items()}, 272_000))
    listed = [
        Terms(cloud="c", models=("m",), currency="USD", bands=bands, tier=tier, period=period)
        for tier in TIERS
        for period in (Period(None, date(2026, 1, 1)), Period(date(2026, 1, 1), None))
    ]
    agreed = Terms(cloud="c", models=("m",), currency="USD", bands=bands, contract="acme/1")
    return tariff_of([with_id(one) for one in (agreed, *listed)])


def measured(call: Callable[[], object]) -> float:
    """Microseconds of one call."""
    return min(timeit.repeat(call, number=CALLS, repeat=ROUNDS, timer=time.process_time)) / CALLS * 1e6


def figures() -> dict[str, str]:
    """What was measured, by what it is."""
    now = time.time_ns()
    flat, full = tariff(dated=False), tariff(dated=True)
    begun = time.process_time()
    shipped = load_prices(SHIPPED)
    loaded = time.process_time() - begun
    return {
        "one flat price": f"{measured(lambda: flat.rate(SMALL, '', now)):.1f} µs",
        "two sizes of request, a list price of some tier": (
            f"{measured(lambda: full.rate(LARGE, 'flex', now)):.1f} µs"
        ),
        "the same, a negotiated price beside the list price": (
            f"{measured(lambda: full.rate(LARGE, '', now)):.1f} µs"
        ),
        "the most that a request can cost": f"{measured(lambda: full.worst(4_000, 4_096, '', now)):.1f} µs",
        f"reading the shipped file, {len(shipped.terms)} terms": f"{loaded * 1e3:.0f} ms",
    }


def main() -> None:
    """Measures, prints, and writes the table where asked."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--docs", action="store_true", help="write the table into docs/performance.md")
    chosen, _ = parser.parse_known_args()
    found = figures()
    table = Table("rating", "processor time")
    for name, value in found.items():
        table.add_row(name, value)
    Console().print(table)
    if chosen.docs:
        lines = ["| rating | processor time |", "|---|---:|", *(f"| {n} | {v} |" for n, v in found.items())]
        write_between("rating", "\n".join(lines))


if __name__ == "__main__":
    main()
