"""The same rules in Cedar, CEL and Casbin, in the same run: they deny what Comity prohibits or asks for.

They get every advantage: one world, no dates, nothing missing, places compared as words, no duties, and no
list of reasons where that costs more. None of them memoises: compare facts that were not seen before.
"""

from __future__ import annotations

import subprocess
from collections.abc import Sequence
from pathlib import Path

import msgspec

from bench.decision import AT, PURPOSES, STATIC, workloads, write_book
from comity.contracts import Decider, Outcome, Workload

SCRIPT = Path(__file__).with_name("engine_rules.py")
SIZE = 1000
DENIED = (Outcome.PROHIBITED, Outcome.CONDITIONAL)


class EngineCost(msgspec.Struct, frozen=True):
    """What one decision costs elsewhere."""

    engine: str
    """Its name."""
    version: str
    """Version of its package."""
    each_us: float
    """Microseconds for one request."""
    denied: list[bool]
    """What it answered, request by request."""


class UnequalError(Exception):
    """An engine answered otherwise than Comity: the figures would compare different things."""


def measure_engines(peers: Path, folder: Path, *, quick: bool) -> list[EngineCost]:
    """Their cost at a thousand rules; empty when they are not installed."""
    python = peers / "engines" / "bin" / "python"
    if not python.exists():
        return []
    asked = workloads()[:: 97 if quick else 19]
    given = msgspec.json.encode(
        {"rules": [rule(n) for n in range(SIZE)], "requests": [request(one) for one in asked]}
    )
    told = subprocess.run([python, SCRIPT], input=given, capture_output=True, check=True)
    found = [msgspec.json.decode(line, type=EngineCost) for line in told.stdout.splitlines()]
    ours = answers(folder, asked)
    for engine in found:
        if engine.denied != ours[: len(engine.denied)]:
            raise UnequalError(f"{engine.engine} answered otherwise than Comity")
    return found


def answers(folder: Path, asked: Sequence[Workload], size: int = SIZE) -> list[bool]:
    """What Comity prohibits or asks for."""
    binding = Decider(write_book(folder / f"book-{size}", size)).bind(STATIC)
    return [binding.decide(facts, AT.timestamp()).outcome in DENIED for facts in asked]


def rule(n: int) -> list[tuple[str, list[str]]]:
    """What clause `n` of the synthetic book says, as tests that must all hold for a denial."""
    own, other = f"purpose{n % PURPOSES}", f"purpose{(n + 1) % PURPOSES}"
    both = ("purpose", [own, other])
    kinds: list[list[tuple[str, list[str]]]] = [
        [("cloud", ["google"]), ("customer", [f"customer{n}"]), ("purpose", [own])],
        [("data", ["special"]), ("surface", ["api", "runtime"]), both, ("place", ["elsewhere"])],
        [("surface", ["application", "platform"]), ("state", ["stateful"]), ("purpose", [own])],
        [("data", ["personal"]), ("state", ["stateless"]), both, ("scc", ["unsigned"])],
    ]
    return kinds[n % len(kinds)]


def request(facts: Workload) -> dict[str, str]:
    """The facts of caller, target and request; that Sweden is in the Union is worked out beforehand."""
    static = {"cloud": "azure", "customer": "enterprise", "place": "union", "scc": "signed"}
    return {**static, **{name: str(fact) for name, fact in facts.items()}}
