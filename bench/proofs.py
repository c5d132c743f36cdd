"""`python -m bench.proofs`: how long `comity check --prove` takes on the shipped books, start to end.

The command is run as users run it, in a process of its own, three times; the fastest counts, since whatever
else the machine does can only add.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import time
from pathlib import Path

import msgspec

BOOKS = Path(__file__).parents[1] / "books"
GOAL_SECONDS = 5.0
"""What a proof of everything about `books/openai` may take."""


class Proofs(msgspec.Struct, frozen=True):
    """One measurement."""

    book: str
    """The book."""
    found: int
    """How many things were proved."""
    seconds: float
    """From the start of the process to its end."""
    cpu_seconds: float
    """Processor time of it."""


def measure(book: str) -> Proofs:
    """The fastest of three runs."""
    runs: list[Proofs] = []
    for _ in range(3):
        started, used = time.perf_counter(), _children()
        command = [
            str(Path(sys.executable).with_name("comity")),
            "check",
            str(BOOKS / book),
            "--prove",
            "--json",
        ]
        told = subprocess.run(command, check=True, capture_output=True)
        seconds = time.perf_counter() - started
        runs.append(Proofs(book, len(json.loads(told.stdout)["proofs"]), seconds, _children() - used))
    return min(runs, key=lambda run: run.seconds)


def _children() -> float:
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def main() -> None:
    """Measures and prints."""
    for book in ("openai", "acme"):
        found = measure(book)
        print(
            f"{found.book}: {found.found} things proved in {found.seconds:.2f} s"
            f" ({found.cpu_seconds:.2f} s of processor time), goal {GOAL_SECONDS:.0f} s"
        )


if __name__ == "__main__":
    main()
