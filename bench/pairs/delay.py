"""What a translation adds to the way of each event: paced streams, each event stamped where it leaves.

The upstream writes the time into the text of an event; the client notes when that text has arrived. Both are
on one machine and read one clock. The direct way is taken beside it, and the way through nginx where it is
installed: what any process in between costs on that machine.
"""

from __future__ import annotations

import base64
import re
import socket
import statistics
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec
from rich.console import Console

from bench.gateways import Absent, Running, nginx
from bench.machine import pinned
from bench.pairs import upstream
from bench.pairs.measure import PORT, everybody
from bench.pairs.ways import PACED, STAMP, WAYS, write_question

_SEALED = re.compile(rb'"bytes":"([A-Za-z0-9+/=]+)"')
_SECONDS = 30.0


NGINX_PORT = 18652
"""Where nginx listens on loopback."""
NGINX = "nginx"
"""The client column of what nginx adds to a dialect that passes through it."""


class Delay(msgspec.Struct, frozen=True):
    """What one pair adds to an event's way."""

    client: str
    """The client's dialect, or `NGINX`."""
    target: str
    """The target's dialect."""
    median: float
    """Microseconds, beyond the median of the direct way."""
    slow: float
    """The 99th percentile, beyond the same."""


def stamps(data: bytes) -> Iterator[int]:
    """The times that stand in a piece of a stream, in nanoseconds."""
    texts = [base64.b64decode(sealed) for sealed in _SEALED.findall(data)]
    yield from (int(found) for text in (data, *texts) for found in STAMP.findall(text))


def listen(port: int, request: bytes) -> list[float]:
    """One stream: the microseconds that each of its events was on its way."""
    seen: list[float] = []
    with socket.create_connection(("127.0.0.1", port), _SECONDS) as line:
        line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        line.sendall(request)
        while len(seen) < PACED.events:
            data = line.recv(65536)
            now = time.monotonic_ns()
            if not data:
                raise RuntimeError(f"the stream ended after {len(seen)} events")
            seen.extend((now - stamp) / 1000 for stamp in stamps(data))
    return seen


def delays(folder: Path, *, rounds: int, cpus: tuple[int, int], console: Console) -> list[Delay]:
    """What every pair adds, and nginx, all interleaved over the rounds; the first round warms up."""
    pairs = [(client, target) for client in WAYS for target in WAYS]
    proxies = [(NGINX, target) for target in WAYS]
    through: dict[tuple[str, str], list[float]] = {pair: [] for pair in (*pairs, *proxies)}
    direct: dict[str, list[float]] = {target: [] for target in WAYS}
    with (
        everybody(folder, cpus),
        proxy(folder, cpus[0]) as proxied,
        pinned(cpus[1]),
        console.status("") as status,
    ):
        for number in range(rounds + 1):
            for client, target in pairs:
                status.update(f"events, round {number} of {rounds}: {client} to {target}")
                asked = write_question(folder / "request", client, PACED.name(target), stream=True)
                ways = [(PORT, through[client, target])]
                if client == target:
                    ways.append((upstream.PORT, direct[target]))
                    ways.extend([(NGINX_PORT, through[NGINX, target])] if proxied else [])
                for port, samples in ways:
                    found = listen(port, asked.read_bytes())
                    samples.extend(found if number else ())
    return [_delay(*pair, found, direct[pair[1]]) for pair, found in through.items() if found]


@contextmanager
def proxy(folder: Path, cpu: int) -> Iterator[bool]:
    """An nginx in front of the upstream, on the gateway's CPU; False where it is not installed."""
    place = folder / NGINX
    place.mkdir()
    plain = nginx(place, NGINX_PORT, upstream.PORT)
    if isinstance(plain, Absent):
        yield False
        return
    running = Running(plain, cpu)
    try:
        yield True
    finally:
        running.stop()


def _delay(client: str, target: str, through: list[float], direct: list[float]) -> Delay:
    usual = statistics.median(direct)
    slow = statistics.quantiles(through, n=100)[98]
    return Delay(client, target, statistics.median(through) - usual, slow - usual)
