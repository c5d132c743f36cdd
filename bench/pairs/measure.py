"""Takes the figures: one gateway process on one core, load and upstream on the other, pairs interleaved."""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec
from rich.console import Console

from bench.gateways import Gateway, Running
from bench.machine import pinned
from bench.native import Shape, load
from bench.pairs import upstream as upstream_module
from bench.pairs.ways import KEY, PACED, SAID, WAYS, write_question
from bench.traps.subjects import BOOK
from comity.intake import hash_key

PORT = 18651
"""Where the gateway listens on loopback."""


class Cost(msgspec.Struct, frozen=True):
    """What one pair takes."""

    client: str
    """The client's dialect."""
    target: str
    """The target's dialect."""
    plain: float
    """Microseconds of the gateway's CPU for a whole answer."""
    stream: float
    """Microseconds of the gateway's CPU for a streamed answer."""


def configuration() -> str:
    """One route for every dialect, named like it."""
    models = {name: name for name in WAYS} | {PACED.name(name): name for name in WAYS}
    deployments = [
        {
            "id": model,
            "cloud": WAYS[name].cloud,
            "region": ["eu-central-1" if WAYS[name].cloud == "aws" else "europe-west4"],
            "model": model,
            "served_model": model,
            "dialect": name,
            "url": f"http://127.0.0.1:{upstream_module.PORT}{WAYS[name].url}",
            "auth": {"api_key": "env:BENCH_KEY"},
            "traits": {"family": "claude"},
            "price": {"input": 1, "cached_read": 1, "cache_write": 1, "cache_write_1h": 1, "output": 1},
        }
        for model, name in models.items()
    ]
    return json.dumps(
        {
            "book": "book",
            "posture": {"disputed": "refuse", "unknown": "refuse"},
            "ledger": {"journal": "ledger", "fold_every": 0},
            "listen": {"port": PORT},
            "deployments": deployments,
            "models": {model: {"from": [model]} for model in models},
            "callers": [
                {
                    "id": "bench",
                    "key": f"sha256:{hash_key(KEY)}",
                    "facts": {"customer": "acme", "data": "public"},
                }
            ],
        }
    )


@contextmanager
def everybody(folder: Path, cpus: tuple[int, int]) -> Iterator[Running]:
    """The upstream and the gateway, running."""
    (folder / "book").mkdir()
    (folder / "book" / "book.md").write_text(BOOK)
    (folder / "comity.yaml").write_text(configuration())
    with pinned(cpus[1]):
        command = [sys.executable, "-m", "bench.pairs.upstream"]
        upstream = subprocess.Popen(command, stdout=subprocess.PIPE)
    try:
        assert upstream.stdout is not None, "the pipe was asked for"
        upstream.stdout.readline()
        program = (sys.executable, "-c", "from comity.cli.main import app; app()", "serve", "comity.yaml")
        running = Running(Gateway("Comity", PORT, program, folder, {"BENCH_KEY": "sk-bench"}), cpus[0])
        try:
            yield running
        finally:
            running.stop()
    finally:
        upstream.kill()
        upstream.wait()


def measure(
    folder: Path, *, rounds: int, seconds: float, cpus: tuple[int, int], console: Console
) -> list[Cost]:
    """The median cost of every pair, pairs interleaved over the rounds."""
    pairs = [(client, target) for client in WAYS for target in WAYS]
    seen: dict[tuple[str, str, bool], list[float]] = {}
    with everybody(folder, cpus) as running, console.status("") as status:
        for number in range(rounds + 1):
            for client, target in pairs:
                status.update(f"round {number} of {rounds}: {client} to {target}")
                for stream in (False, True):
                    text = WAYS[client].text if stream else SAID
                    request = write_question(folder / "request", client, target, stream=stream)
                    shape = Shape(16, seconds if number else 0.2, 0.1, text)
                    found = load(PORT, request, shape, running.pid, cpus[1])
                    if found.good != found.sent:
                        raise RuntimeError(
                            f"{client} to {target}: {found.sent - found.good} answers were not good"
                        )
                    if number:
                        seen.setdefault((client, target, stream), []).append(found.cpu / found.measured * 1e6)
    return [
        Cost(
            client,
            target,
            statistics.median(seen[client, target, False]),
            statistics.median(seen[client, target, True]),
        )
        for client, target in pairs
    ]
