"""What the gateway adds: one request at a time to a cloud, directly and through the gateway in turn."""

from __future__ import annotations

from collections.abc import Sequence

from comity.cli.demo.client import Call, Client
from comity.cli.demo.tables import Delay

WARM_UP = 20
"""Requests of each kind that are not counted."""


async def measure(name: str, direct: tuple[Client, Call], through: tuple[Client, Call], rounds: int) -> Delay:
    """Asks both in turn, `rounds` times, so that drift of the machine strikes both alike."""
    times: tuple[list[float], list[float]] = ([], [])
    for number in range(WARM_UP + rounds):
        for (client, call), seconds in zip((direct, through), times, strict=True):
            answer = await client.ask(call)
            assert answer.status == 200, f"{name}: the answer to {call.label} has status {answer.status}"
            if number >= WARM_UP:
                seconds.append(answer.seconds)
    return Delay(name, _p50_p99(times[0]), _p50_p99(times[1]))


def _p50_p99(seconds: Sequence[float]) -> tuple[float, float]:
    ordered = sorted(seconds)
    return ordered[len(ordered) // 2], ordered[int(len(ordered) * 0.99)]
