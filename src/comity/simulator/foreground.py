"""Simulated clouds as a process: they run until SIGTERM, Ctrl-C, or the end of whoever started them."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import Callable, Iterable
from typing import TypeAlias

import uvloop

from comity.simulator.running import RunningCloud, start, stop
from comity.simulator.spec import CloudSpec

Announce: TypeAlias = Callable[[dict[str, RunningCloud]], None]
"""Is told once every cloud listens."""

_SIGNALS = (signal.SIGINT, signal.SIGTERM)


def run(specs: Iterable[CloudSpec], announce: Announce, *, piped: bool) -> None:
    """Serves until a signal; `piped` also ends when standard input closes."""
    uvloop.run(_run(tuple(specs), announce, piped=piped))


async def _run(specs: tuple[CloudSpec, ...], announce: Announce, *, piped: bool) -> None:
    loop = asyncio.get_running_loop()
    over = asyncio.Event()
    for number in _SIGNALS:
        loop.add_signal_handler(number, over.set)
    running = await start(specs)
    announce(running)
    if piped:
        await _until_closed(loop, over)
    else:
        await over.wait()
    await stop(running)


async def _until_closed(loop: asyncio.AbstractEventLoop, over: asyncio.Event) -> None:
    descriptor = sys.stdin.fileno()

    def read() -> None:
        if not os.read(descriptor, 4096):
            over.set()

    loop.add_reader(descriptor, read)
    await over.wait()
    loop.remove_reader(descriptor)
