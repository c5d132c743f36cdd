"""Runs the plan: starts everybody, measures cell by cell, keeps every sample.

A sample that is not clean (an answer lost, a request sent upstream twice) is kept and flagged, never dropped.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Self

import msgspec

from bench.gateways import MOCK_PORT, Gateway, Running
from bench.machine import busy_seconds, memory
from bench.native import Load, Upstream, load
from bench.plan import PLAIN, Effort, Phase, Target
from bench.requests import write_converse, write_request


class Sample(msgspec.Struct, frozen=True):
    """One measurement of one target in one phase."""

    target: str
    """Name of the target."""
    phase: str
    """Key of the phase."""
    load: Load
    """What the load generator saw."""
    upstream_requests: int
    """Requests that reached the mock upstream meanwhile."""
    upstream_connections: int
    """Connections that were opened to it meanwhile."""
    foreign: float
    """Share of the gateway's CPU that others took meanwhile, 0 to 1."""


class Footprint(msgspec.Struct, frozen=True):
    """The memory of one gateway, in bytes."""

    target: str
    """Name of the target."""
    start_seconds: float
    """From starting the process to its first answer."""
    at_start: int
    """Before any request."""
    early: int
    """After a tenth of the requests."""
    late: int
    """After all of them."""
    requests: int
    """How many that were."""


def flaws(sample: Sample) -> list[str]:
    """What is not as it should be in a sample, as sentences; empty for a clean one."""
    seen, found = sample.load, []
    if seen.good != seen.sent:
        found.append(
            f"{seen.sent - seen.good} of {seen.sent} requests without a good answer ({seen.bad_status} "
            f"bad status, {seen.wrong} wrong body, {seen.failed} cut, {seen.unfinished} unfinished)"
        )
    if sample.upstream_requests != seen.sent:
        found.append(f"{seen.sent} requests became {sample.upstream_requests} at the upstream")
    if sample.upstream_connections > 2 * seen.opened:
        found.append(f"{sample.upstream_connections} upstream connections for {seen.opened} of clients")
    return [f"{sample.target}, {sample.phase}: {flaw}" for flaw in found]


class Bench:
    """Everybody started and one of them awake; a context manager."""

    def __init__(self, targets: list[Target], folder: Path, cpus: tuple[int, int]) -> None:
        self._cpu, self._load_cpu = cpus
        self._folder = folder
        self._targets = targets
        self._running: dict[str, Running] = {}
        self._stack = ExitStack()
        self.notes: list[str] = []

    def __enter__(self) -> Self:
        with ExitStack() as stack:
            bodies = write_converse(self._folder)
            self._upstream = stack.enter_context(Upstream(MOCK_PORT, self._load_cpu, bodies))
            gateways = {target.gateway.name: target.gateway for target in self._targets if target.gateway}
            for gateway in gateways.values():
                self._start(gateway, stack)
            self._stack = stack.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def _start(self, gateway: Gateway, stack: ExitStack) -> None:
        try:
            running = Running(gateway, self._cpu)
        except (RuntimeError, OSError) as error:
            self.notes.append(f"{gateway.name} is left out: {error}")
            self._targets = [target for target in self._targets if target.gateway != gateway]
            return
        stack.callback(running.stop)
        self._running[gateway.name] = running
        running.freeze()

    @property
    def targets(self) -> list[Target]:
        """Those that could be started."""
        return self._targets

    def footprints(self, effort: Effort, say: Callable[[str], None]) -> Iterator[Footprint]:
        """The memory of each gateway; also its warm-up."""
        for target in self._targets:
            if target.memory and target.gateway:
                say(f"memory of {target.name} over {effort.requests:,} requests")
                yield self._footprint(target, self._running[target.gateway.name], effort)

    def _footprint(self, target: Target, running: Running, effort: Effort) -> Footprint:
        request = self._request(target, PLAIN)
        running.thaw()
        at_start = memory(running.pid)
        shape = PLAIN.shape(effort.patience / 10, 0.0)
        tenth = msgspec.structs.replace(shape, requests=effort.requests // 10)
        rest = msgspec.structs.replace(
            shape, requests=effort.requests - tenth.requests, seconds=effort.patience
        )
        first = load(target.port, request, tenth, running.pid, self._load_cpu)
        early = memory(running.pid)
        second = load(target.port, request, rest, running.pid, self._load_cpu)
        late = memory(running.pid)
        running.freeze()
        return Footprint(target.name, running.start_seconds, at_start, early, late, first.done + second.done)

    def rounds(self, effort: Effort, say: Callable[[str], None]) -> Iterator[Sample]:
        """Every cell of the plan, `effort.rounds` times, targets interleaved."""
        for number in range(effort.rounds):
            for phase in dict.fromkeys(phase for target in self._targets for phase in target.phases):
                self._upstream.pace(phase.gap_us)
                for target in self._targets:
                    if phase in target.phases:
                        say(f"round {number + 1}: {target.name}, {phase.title}")
                        yield self._sample(target, phase, effort)

    def _sample(self, target: Target, phase: Phase, effort: Effort) -> Sample:
        running = self._running[target.gateway.name] if target.gateway else None
        if running:
            running.thaw()
        before, busy = self._upstream.counts(), busy_seconds(self._cpu)
        seen = load(
            target.port,
            self._request(target, phase),
            phase.shape(effort.seconds, effort.warm),
            running.pid if running else None,
            self._load_cpu,
        )
        after, busy = self._upstream.counts(), busy_seconds(self._cpu) - busy
        if running:
            running.freeze()
        return Sample(
            target=target.name,
            phase=phase.key,
            load=seen,
            upstream_requests=after.requests - before.requests,
            upstream_connections=after.connections - before.connections,
            foreign=foreign_share(busy, seen, effort),
        )

    def _request(self, target: Target, phase: Phase) -> Path:
        name = f"{target.name}-{'stream' if phase.stream else 'plain'}.request".lower().replace(" ", "-")
        headers = target.gateway.headers if target.gateway else ()
        path = self._folder / name
        return write_request(path, model=target.model, stream=phase.stream, headers=headers)


def foreign_share(busy: float, seen: Load, effort: Effort) -> float:
    """How much of the gateway's CPU went to others; the gateway's own use is scaled to the warm-up too."""
    own = seen.cpu * (seen.seconds + effort.warm) / seen.seconds
    return min(1.0, max(0.0, (busy - own) / (seen.seconds + effort.warm)))
