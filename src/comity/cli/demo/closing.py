"""How the demo's books are closed: commitments, an invoice, a FOCUS file and a receipt, by plain commands.

Each command is shown as a reader would type it, run in this process on the last date's ledger, and held to
the status that it must end with.
"""

from __future__ import annotations

import os
import shlex
import sys
from collections import Counter
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import msgspec
import typer
from rich.console import Console
from rich.rule import Rule
from rich.text import Text

from comity.cli.demo.cast import DATES
from comity.cli.demo.deal import write_deal
from comity.cli.demo.setting import KEY
from comity.cli.demo.stage import StageError
from comity.ledger import Asked, Attempted, AttemptOutcome, format_entry_id
from comity.ledger.reading import read_records

_DISCLOSED = "id,times,caller,attempt.*.deployment,attempt.*.cost"


class Act(msgspec.Struct, frozen=True):
    """One command and what it must come to."""

    why: str
    """What it shows, in a line."""
    words: tuple[str, ...]
    """The command without `comity`."""
    statuses: tuple[int, ...] = (0,)
    """How it may end: an invoice is final only when its month is over."""


def close_books(console: Console, folder: Path, today: date) -> None:
    """Runs the commands; raises StageError when one does not end as it must."""
    console.print(Rule("[bold]The books"))
    os.environ.setdefault("COLUMNS", str(console.width))  # the commands write as wide as the story
    for act in acts(near(folder), today):
        console.print(Text(f"# {act.why}", "dim"))
        console.print(Text(f"comity {shlex.join(act.words)}", "cyan"), soft_wrap=True)
        sys.stdout.flush()
        status = run(act.words)
        if status not in act.statuses:
            raise StageError(f"`comity {shlex.join(act.words)}` ended with status {status}")
        console.print()


def near(folder: Path) -> Path:
    """The folder as a reader would type it: from here, where it lies below."""
    here = Path.cwd()
    return folder.relative_to(here) if folder.is_relative_to(here) else folder


def acts(folder: Path, today: date) -> Iterator[Act]:
    """The commands in order; `today` is the day on which the demo ran."""
    ledger, config = folder / f"ledger-{DATES[-1]}", str(folder / "comity.yaml")
    deal, receipt = str(write_deal(folder, today)), str(folder / "receipt.json")
    month = f"{today:%Y-%m}"
    period = ("--period", month, "--config", config)
    picture = str(folder / "commitments.svg")
    yield Act("what was promised, and how far it is", ("commitments", deal, str(ledger), "--svg", picture))
    served = Served(ledger)
    if served.customer:
        invoice = str(folder / "invoice.html")
        yield Act(
            "what one customer owes: not final while the month runs, nor with charges that nobody can price",
            ("invoice", str(ledger), "--customer", served.customer, *period, "--html", invoice),
            (0, 1),
        )
    focus = str(folder / "focus.csv")
    yield Act(
        "every charge for FinOps, with what it retires of the commitments",
        ("export", "focus", str(ledger), *period, "--book", deal, "--out", focus),
        (0, 1),
    )
    yield Act("the file, held to the standard", ("export", "check", focus))
    yield Act(
        "the receipt of one request, with some of its fields and no more",
        ("receipt", format_entry_id(served.entry), str(ledger), "--disclose", _DISCLOSED, "--out", receipt),
    )
    yield Act(
        "verified by somebody who has the receipt and the public key, and nothing else",
        ("verify", receipt, "--key", str(folder / f"{KEY}.vkey")),
    )


class Served:
    """What the last date's ledger offers to show: its busiest customer, and an entry, served if any was."""

    def __init__(self, ledger: Path) -> None:
        asked: dict[bytes, str] = {}
        served: list[bytes] = []
        for record in read_records(ledger):
            if isinstance(record, Asked):
                asked[record.entry] = record.decision.facts.get("customer", "")
            elif isinstance(record, Attempted) and record.outcome is AttemptOutcome.SERVED:
                served.append(record.entry)
        customers = Counter(asked[entry] for entry in served if asked[entry])
        self.customer = max(customers, key=lambda name: (customers[name], name), default="")
        self.entry = max(served or asked)


def run(words: tuple[str, ...]) -> int:
    """Runs a command of Comity in this process; its exit status."""
    from comity.cli.main import app  # noqa: PLC0415 - the table of commands names the demo as well

    try:
        app([*words], prog_name="comity")
    except SystemExit as ended:
        return ended.code if isinstance(ended.code, int) else 1
    except typer.Exit as ended:
        return ended.exit_code
    return 0
