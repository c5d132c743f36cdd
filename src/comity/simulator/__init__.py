"""Clouds that can be rehearsed against: faithful wires, keys, limits, latency and failures, on loopback.

A cloud is described by a `CloudSpec` and runs in an event loop (`start`) or a thread (`Background`). The real
model server is `comity.simulator.llama`. What is faithful and what is not stands in docs/decisions/0052.
"""

from __future__ import annotations

from comity.simulator.cloud import Cloud
from comity.simulator.fault import Fault
from comity.simulator.running import Background, RunningCloud, start, stop
from comity.simulator.served import Record, Served
from comity.simulator.spec import AwsAccount, CloudSpec, Pace, SimulatedModel

__all__ = [
    "AwsAccount",
    "Background",
    "Cloud",
    "CloudSpec",
    "Fault",
    "Pace",
    "Record",
    "RunningCloud",
    "Served",
    "SimulatedModel",
    "start",
    "stop",
]
