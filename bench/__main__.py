"""`python -m bench`: one run with a live display, then tables; `--quick` for a first impression."""

from __future__ import annotations

import argparse
from datetime import UTC, datetime
from pathlib import Path

import msgspec
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from bench.columnar import measure_tables
from bench.decision import measure_decisions
from bench.engines import measure_engines
from bench.machine import describe
from bench.measure import Bench, Footprint, Sample
from bench.native import BUILT
from bench.peers import install, versions
from bench.plan import FULL, QUICK, Effort, Target, targets
from bench.report import place, progress_line, tables
from bench.result import Result, read_result, write_result

PEERS = BUILT.parent / "bench-peers"
RESULT = BUILT / "result.json"


def options() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="about a minute, rough figures")
    parser.add_argument("--only", nargs="*", default=[], metavar="NAME", help="nginx portkey litellm comity")
    parser.add_argument("--rounds", type=int, help=f"interleaved rounds (default {FULL.rounds})")
    parser.add_argument("--cpus", default="0,1", help="CPU of the gateway, CPU of upstream and load")
    parser.add_argument("--no-decisions", action="store_true", help="leave decisions and whole tables out")
    parser.add_argument("--docs", action="store_true", help="write the tables into docs/performance.md")
    parser.add_argument("--again", type=Path, metavar="JSON", help="only the tables of an earlier run")
    parser.add_argument("--install-peers", action="store_true", help="install who is missing, and leave")
    parser.add_argument("--peers", type=Path, default=PEERS, help=f"where they are (default {PEERS})")
    return parser.parse_args()


def run(chosen: argparse.Namespace, console: Console) -> Result:
    """Measure everything that was asked for."""
    effort = QUICK if chosen.quick else FULL
    if chosen.rounds:
        effort = msgspec.structs.replace(effort, rounds=chosen.rounds)
    BUILT.mkdir(parents=True, exist_ok=True)
    found, absent = targets(BUILT, chosen.peers.resolve(), frozenset(chosen.only))
    first, _, second = chosen.cpus.partition(",")
    decisions = [] if chosen.no_decisions else measure_decisions(BUILT, quick=chosen.quick)
    engines = (
        [] if chosen.no_decisions else measure_engines(chosen.peers.resolve(), BUILT, quick=chosen.quick)
    )
    whole = [] if chosen.no_decisions else measure_tables(folder=BUILT, times=1 if chosen.quick else 3)
    console.print("starting everybody ...")
    with Bench(found, BUILT, (int(first), int(second))) as bench:
        footprints, samples = take(bench, effort, console)
    return Result(
        taken=f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC",
        machine=describe(),
        effort=effort,
        versions=versions(chosen.peers, [target.name for target in bench.targets]),
        samples=samples,
        footprints=footprints,
        decisions=decisions,
        absent=absent,
        notes=bench.notes,
        engines=engines,
        columnar=whole,
    )


def take(bench: Bench, effort: Effort, console: Console) -> tuple[list[Footprint], list[Sample]]:
    """Go through the plan and show where we are."""
    columns = (BarColumn(20), MofNCompleteColumn(), TimeElapsedColumn(), TextColumn("{task.description}"))
    with Progress(*columns, console=console, refresh_per_second=2, transient=True) as progress:
        task = progress.add_task("", total=cells(bench.targets, effort))

        def say(what: str) -> None:
            progress.update(task, description=what)

        footprints = []
        for footprint in bench.footprints(effort, say):
            footprints.append(footprint)
            progress.advance(task)
        samples = []
        for sample in bench.rounds(effort, say):
            samples.append(sample)
            progress.advance(task)
            progress.console.print(" ".join(progress_line(sample)), highlight=False, soft_wrap=True)
    return footprints, samples


def cells(found: list[Target], effort: Effort) -> int:
    """How many steps the run has."""
    watched = sum(target.memory for target in found)
    return watched + effort.rounds * sum(len(target.phases) for target in found)


def main() -> None:
    """Run and report."""
    chosen, console = options(), Console()
    if chosen.install_peers:
        for missing in install(chosen.peers.resolve()):
            console.print(missing)
        return
    if chosen.again:
        result = read_result(chosen.again)
    else:
        result = run(chosen, console)
        write_result(result, RESULT)
        console.print(f"every sample is in {RESULT}")
    text = tables(result)
    console.print(text, markup=False, highlight=False, soft_wrap=True)
    if chosen.docs:
        place(text)


if __name__ == "__main__":
    main()
