"""What is measured: phases, targets, how long and how often.

A phase is a way to load; a target is a gateway with the request it is sent. Rounds go through all targets of
a phase one after another, so that a drift of the machine hits all of them alike.
"""

from __future__ import annotations

from pathlib import Path

import msgspec

from bench.gateways import MOCK_PORT, Absent, Gateway, comity, litellm, nginx, portkey
from bench.native import Shape
from bench.requests import ANSWER, CHUNKS, LAST


class Phase(msgspec.Struct, frozen=True):
    """One way to load every target."""

    key: str
    """Name in the result file."""
    title: str
    """As the tables call it."""
    connections: int
    """Keep-alive connections, closed loop."""
    stream: bool = False
    """Whether a stream is asked for."""
    gap_us: int = 0
    """Microseconds between two chunks at the upstream; 0: the whole stream in one write."""

    def shape(self, seconds: float, warm: float) -> Shape:
        """The load of this phase."""
        if self.stream:
            return Shape(self.connections, seconds, warm, LAST, CHUNKS)
        return Shape(self.connections, seconds, warm, ANSWER)


PLAIN = Phase("plain", "plain, 64 connections", 64)
SINGLE = Phase("single", "plain, 1 connection", 1)
BURST = Phase("burst", "stream in one write, 64 connections", 64, stream=True)
PACED = Phase("paced", "stream of 20 chunks, 10 ms apart, 64 connections", 64, stream=True, gap_us=10_000)
PHASES = (PLAIN, SINGLE, BURST, PACED)


class Target(msgspec.Struct, frozen=True):
    """Somebody who is sent requests."""

    name: str
    """As the tables call it."""
    gateway: Gateway | None
    """The program behind it; None is the mock upstream itself."""
    model: str = "bench-model"
    """The model that is asked for."""
    phases: tuple[Phase, ...] = PHASES
    """What is measured."""
    memory: bool = True
    """Whether its memory is watched over many requests."""

    @property
    def port(self) -> int:
        """Where it listens."""
        return self.gateway.port if self.gateway else MOCK_PORT


class Effort(msgspec.Struct, frozen=True):
    """How much time the figures are worth."""

    rounds: int
    """How often every cell is measured."""
    seconds: float
    """Length of one measurement."""
    warm: float
    """Load before each measurement, in seconds."""
    requests: int
    """Requests of the memory run."""
    patience: float
    """Seconds after which the memory run of a slow gateway ends early."""


FULL = Effort(rounds=5, seconds=3.0, warm=0.5, requests=200_000, patience=240.0)
QUICK = Effort(rounds=1, seconds=1.0, warm=0.3, requests=20_000, patience=4.0)


def targets(folder: Path, peers: Path, only: frozenset[str]) -> tuple[list[Target], list[Absent]]:
    """Everybody who can be measured here, and who cannot; `only` names gateways in lower case."""
    found: list[Target] = [Target("direct", None, memory=False)]
    absent: list[Absent] = []
    for gateway in (nginx(folder), portkey(folder, peers), litellm(folder, peers), comity(folder)):
        if only and gateway.name.lower() not in only:
            continue
        if isinstance(gateway, Absent):
            absent.append(gateway)
            continue
        found.append(Target(gateway.name, gateway))
        if gateway.name == "Comity":
            translated = Target("Comity to Bedrock", gateway, "bench-bedrock", (PLAIN, BURST), memory=False)
            found.append(translated)
    return found, absent
