"""Everything one run found, as a value that is kept as JSON: tables can be made from it again."""

from __future__ import annotations

from pathlib import Path

import msgspec

from bench.columnar import Columnar
from bench.decision import Decision
from bench.engines import EngineCost
from bench.gateways import Absent
from bench.machine import Machine
from bench.measure import Footprint, Sample
from bench.plan import Effort


class Result(msgspec.Struct, frozen=True):
    """One run."""

    taken: str
    """When it ended, UTC."""
    machine: Machine
    """Where."""
    effort: Effort
    """How thoroughly."""
    versions: dict[str, str]
    """Version of each gateway, by name."""
    samples: list[Sample]
    """Every measurement."""
    footprints: list[Footprint]
    """Memory of each gateway."""
    decisions: list[Decision]
    """Cost of a decision by the size of the book; empty when it was not measured."""
    absent: list[Absent]
    """Who could not be measured."""
    notes: list[str]
    """What a reader of the figures must know besides."""
    engines: list[EngineCost] = []
    """What the same rules cost elsewhere; empty when it was not measured."""
    columnar: list[Columnar] = []
    """Whole tables; empty when they were not measured."""


def write_result(result: Result, path: Path) -> None:
    """Keep it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(msgspec.json.format(msgspec.json.encode(result), indent=1))


def read_result(path: Path) -> Result:
    """Take it up again."""
    return msgspec.json.decode(path.read_bytes(), type=Result)
