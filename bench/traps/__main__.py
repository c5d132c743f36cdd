"""`make bench-traps`: every case against every gateway, with a live display and a table at the end."""

from __future__ import annotations

import argparse
import http.client
import os
import sys
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from bench.native import BUILT
from bench.peers import install_litellm, install_portkey, versions
from bench.traps import bedrock, gateway, gemini, openai  # noqa: F401 - they register their cases
from bench.traps.case import CASES, Ask, Case
from bench.traps.scoreboard import Score, table, write
from bench.traps.subjects import Started, start_comity, start_litellm, start_portkey
from bench.traps.upstream import Upstream
from bench.traps.values import Verdict

UPSTREAM = 18660
"""Where the providers are played; the gateways take the ports behind it."""


def main() -> int:
    """Runs the scoreboard."""
    parser = argparse.ArgumentParser(prog="python -m bench.traps", description=__doc__)
    parser.add_argument("--only", nargs="*", default=[], metavar="NAME", help="comity litellm portkey")
    parser.add_argument("--traps", nargs="*", default=[], metavar="T1", help="only these traps")
    parser.add_argument("--docs", action="store_true", help="write the table into docs/traps.md")
    parser.add_argument("--install-peers", action="store_true", help="install who is missing first")
    parser.add_argument("--peers", type=Path, default=BUILT.parent / "bench-peers")
    chosen = parser.parse_args()
    console = Console(stderr=True)
    if chosen.install_peers:
        for complaint in install_missing(chosen.peers):
            console.print(complaint)
    cases = [one for one in CASES if not chosen.traps or one.trap in chosen.traps]
    scores = run(cases, frozenset(chosen.only), chosen.peers.resolve(), console)
    console.print(table(cases, scores))
    if chosen.docs:
        write(cases, scores, versions(chosen.peers, [score.name for score in scores]), datetime.now(UTC))
    ours = next((score for score in scores if score.name == "Comity"), None)
    return 0 if ours is None or all(v.outcome != "fail" for v in ours.verdicts) else 1


def install_missing(peers: Path) -> list[str]:
    """Installs the gateways that are not there yet; returns what could not be, and why."""
    peers.mkdir(parents=True, exist_ok=True)
    return [
        *([] if (peers / "litellm/bin/litellm").exists() else install_litellm(peers / "litellm")),
        *([] if (peers / "portkey/node_modules").exists() else install_portkey(peers / "portkey")),
    ]


def run(cases: list[Case], only: frozenset[str], peers: Path, console: Console) -> list[Score]:
    """The verdicts of every gateway that starts."""
    scores = []
    upstream = Upstream(UPSTREAM)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    try:
        with TemporaryDirectory() as folder, Progress(*columns, console=console) as progress:
            for number, name in enumerate(("comity", "litellm", "portkey"), 1):
                if only and name not in only:
                    continue
                started = _start(name, Path(folder) / name, number, peers)
                if isinstance(started, str):
                    console.print(f"{name}: {started}")
                    continue
                task = progress.add_task(started.client.name, total=len(cases))
                try:
                    verdicts = []
                    for one in cases:
                        verdicts.append(_judge(one, Ask(started.client, upstream)))
                        progress.advance(task)
                finally:
                    started.process.stop()
                scores.append(Score(started.client.name, tuple(verdicts)))
    finally:
        upstream.close()
    return scores


def _start(name: str, folder: Path, number: int, peers: Path) -> Started | str:
    folder.mkdir(parents=True)
    port = UPSTREAM + number
    if name == "comity":
        return start_comity(folder, UPSTREAM, port)
    if name == "litellm":
        return start_litellm(folder, UPSTREAM, port, peers)
    return start_portkey(folder, UPSTREAM, port, peers)


def _judge(one: Case, ask: Ask) -> Verdict:
    ask.upstream.clear()
    try:
        return one.judge(ask)
    except (KeyError, TypeError, AttributeError, IndexError, OSError, http.client.HTTPException) as error:
        # An answer of another shape than the client's dialect has is a failure with evidence, not a crash.
        return Verdict("fail", f"an answer of another shape: {type(error).__name__}: {error}")


if __name__ == "__main__":
    os.environ.setdefault("PYTHONUNBUFFERED", "1")
    sys.exit(main())
