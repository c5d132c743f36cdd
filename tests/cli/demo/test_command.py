"""`comity demo` as a newcomer runs it, from start to end; tests/docs talks to one that serves on."""

from __future__ import annotations

import re
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest
from tests.environment import unmeasured
from typer.testing import CliRunner

from comity.cli.demo.account import Chapter
from comity.cli.demo.command import hold_promises
from comity.cli.demo.stage import StageError
from comity.cli.main import app
from comity.ledger.reading import read_records

DEMO = [sys.executable, "-m", "comity.cli", "demo", "--port", "0"]
TRACE = "TIMESTAMP,ContextTokens,GeneratedTokens\n" + "".join(
    f"2023-11-16 18:15:{second:02d}.0000000,{200 + second},{5 + second}\n" for second in range(60)
)


def test_story_is_told_from_start_to_end(tmp_path: Path) -> None:
    """Thirty requests of a trace at three dates: every table, no crossing, every request in the ledger."""
    trace = tmp_path / "trace.csv"
    trace.write_text(TRACE)
    folder = tmp_path / "demo"
    arguments = ["--requests", "30", "--exit", "--folder", str(folder), "--trace", str(trace)]
    run = subprocess.run([*DEMO, *arguments], capture_output=True, text=True, timeout=240, check=False)
    assert run.returncode == 0, run.stderr + run.stdout
    for words in (
        "the first 30 requests of trace.csv",
        "Who served whom",
        "2026a.stateless",
        " recorded",
        "Tokens and money by cloud",
        "Added latency",
        "deal.azure",
        "to pay",
        "CostAndUsage: ",
        "receipt.json: holds",
        f"logs are in {folder}",
    ):
        assert words in run.stdout
    for name in ("commitments.svg", "invoice.html", "focus.csv"):
        assert (folder / name).stat().st_size > 500, name
    rows = re.findall(r"^ (20\d\d-\d\d-\d\d) .*→.* (\d+) +(\d+) *$", run.stdout, re.MULTILINE)
    assert [row[0] for row in rows] == ["2025-12-01", "2026-03-18", "2026-05-15"]
    assert all(int(checked) > 0 and crossed == "0" for _, checked, crossed in rows)
    for date, _, _ in rows:
        kinds = [type(record).__name__ for record in read_records(folder / f"ledger-{date}")]
        assert kinds.count("Reserved") + kinds.count("Refused") == 30
        assert kinds.count("Reserved") == kinds.count("Settled")


def test_demo_that_is_told_to_end_takes_its_servers_along(tmp_path: Path) -> None:
    """SIGTERM is as good as Ctrl-C, also while the first servers start."""
    process = subprocess.Popen(
        [*DEMO, "--requests", "8", "--folder", str(tmp_path)],
        stdout=subprocess.PIPE,
        text=True,
        env=unmeasured(),
    )
    assert process.stdout is not None
    process.stdout.readline()
    process.terminate()
    said = process.communicate(timeout=60)[0]
    assert process.returncode == 0
    assert "Good-bye." in said


def test_broken_promise_ends_the_demo_with_an_error() -> None:
    """A crossed contract, a request that the ledger lost, one that was not settled once."""
    hold_promises([Chapter("2026-03-18", asked=Counter({"gpt-api": 2}))], 2)
    for chapter, message in (
        (Chapter("2026-03-18", crossings=["gpt-api on bedrock-us"]), "contracts were crossed: gpt-api"),
        (Chapter("2026-03-18", asked=Counter({"gpt-api": 1})), "sent 2 requests, the ledger has 1"),
        (Chapter("2026-03-18", asked=Counter({"gpt-api": 2}), unsettled=1), "1 not settled exactly once"),
    ):
        with pytest.raises(StageError, match=message):
            hold_promises([chapter], 2)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--trace", "none.csv"], "the trace cannot be read"),
        (["--requests", "0"], "--requests"),
    ],
)
def test_bad_arguments_are_refused(tmp_path: Path, arguments: list[str], message: str) -> None:
    """Wrong input ends with 2 and a reason, before anything is started."""
    result = CliRunner().invoke(app, ["demo", "--folder", str(tmp_path), *arguments])
    assert result.exit_code == 2
    assert message in result.output
