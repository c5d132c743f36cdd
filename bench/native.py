"""The two C programs of the benchmark: compiled on first use, each run as a child process.

They are in C because they share a core with each other and must leave the gateway as the only bottleneck.
"""

from __future__ import annotations

import http.client
import subprocess
from pathlib import Path
from types import TracebackType
from typing import Self

import msgspec

from bench.machine import cpu_seconds, pinned

SOURCES = Path(__file__).parent / "native"
BUILT = Path(__file__).parents[1] / "var" / "bench"


def build(program: str, folder: Path = BUILT) -> Path:
    """The compiled program, built anew when a source is younger."""
    target = folder / program
    sources = [SOURCES / f"{program}.c", SOURCES / "wire.h"]
    if target.exists() and all(source.stat().st_mtime <= target.stat().st_mtime for source in sources):
        return target
    folder.mkdir(parents=True, exist_ok=True)
    flags = ["-O2", "-std=gnu11", "-Wall", "-Wextra"]
    subprocess.run(["gcc", *flags, "-o", str(target), str(sources[0])], check=True)
    return target


class Spread(msgspec.Struct, frozen=True):
    """How long something took, in nanoseconds; quantiles to 0.4 %."""

    count: int
    """How often it was seen."""
    mean: int
    """Arithmetic mean."""
    p50: int
    """Median."""
    p90: int
    """Ninetieth percentile."""
    p99: int
    """Ninety-ninth percentile."""
    max: int
    """The longest, exact."""


class Load(msgspec.Struct, frozen=True):
    """What the load generator saw."""

    seconds: float
    """Length of the measured window."""
    measured: int
    """Answers that ended inside the window."""
    sent: int
    """Requests of the whole run, warm-up included."""
    done: int
    """Answers of the whole run."""
    good: int
    """Answers with a 2xx status, the expected text and every chunk."""
    bad_status: int
    """Answers with another status."""
    wrong: int
    """Answers with a 2xx status and another body."""
    failed: int
    """Requests whose connection ended before their answer did."""
    opened: int
    """Connections opened, those after a loss included."""
    unfinished: int
    """Requests still without an answer half a minute after the end."""
    bytes: int
    """Bytes received in the window."""
    latency: Spread
    """From sending a request to the end of its answer."""
    first: Spread
    """From sending a request to the first line of its stream; empty for plain answers."""
    delay: Spread
    """From the upstream's sending of a chunk to its arrival; empty for plain answers."""
    cpu: float
    """Seconds of processor time that the watched processes used in the window."""


class Shape(msgspec.Struct, frozen=True):
    """One way to load a target."""

    connections: int
    """Keep-alive connections, each with one request under way."""
    seconds: float
    """Length of the measured window."""
    warm: float
    """Seconds of load before it."""
    text: str
    """What every answer must hold."""
    chunks: int = 0
    """Stamped chunks per answer; 0 for plain answers."""
    requests: int = 0
    """End after so many requests; 0 for no such end."""


def load(port: int, request: Path, shape: Shape, watch: int | None, cpu: int) -> Load:
    """Run the load generator on one CPU and read what `watch` and its children used meanwhile."""
    command = [str(build("load")), str(port), str(request), shape.text, str(shape.connections)]
    command += [str(shape.warm), str(shape.seconds), str(shape.requests), str(shape.chunks)]
    used: list[float] = []
    with pinned(cpu), subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None, "the pipe was asked for"
        for line in process.stdout:
            if line.startswith(b"{"):
                found = msgspec.json.decode(line, type=dict[str, object])
                return msgspec.convert({**found, "cpu": used[-1] - used[0]}, Load)
            used.append(cpu_seconds(watch) if watch is not None else 0.0)
    raise RuntimeError(f"the load generator on port {port} ended with status {process.returncode}")


def get(port: int, path: str) -> bytes:
    """The body of a GET on loopback."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        connection.request("GET", path)
        return connection.getresponse().read()
    finally:
        connection.close()


class Counts(msgspec.Struct, frozen=True):
    """What the mock upstream has seen since its start."""

    requests: int
    """POST requests."""
    streams: int
    """Those that were answered with a stream."""
    connections: int
    """Connections that carried a POST."""
    refused: int
    """Requests without `messages` in the body: a gateway that mangled something."""


class Upstream:
    """The mock upstream as a child process; a context manager."""

    def __init__(self, port: int, cpu: int, bodies: tuple[Path, ...] = ()) -> None:
        command = [str(build("mock")), str(port), *map(str, bodies)]
        with pinned(cpu):
            self._process = subprocess.Popen(command, stdout=subprocess.PIPE)
        assert self._process.stdout is not None, "the pipe was asked for"
        ready = self._process.stdout.readline().split()
        if len(ready) != 2:
            raise RuntimeError(f"the mock upstream cannot listen on port {port}")
        self.port = int(ready[1])

    def counts(self) -> Counts:
        """Ask for the counters."""
        return msgspec.json.decode(get(self.port, "/stats"), type=Counts)

    def pace(self, gap_us: int) -> None:
        """From now on streams leave one chunk every `gap_us` microseconds; 0: all in one write."""
        get(self.port, f"/pace?{gap_us}")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.kill()
        self._process.communicate()
