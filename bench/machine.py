"""What Linux tells about the machine and about processes: CPUs, processor time, memory.

A gateway may be several processes, so everything here is about a process and all below it.
"""

from __future__ import annotations

import os
import platform
import signal
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import msgspec

PROC = Path("/proc")
TICKS = os.sysconf("SC_CLK_TCK")


class Machine(msgspec.Struct, frozen=True):
    """Where the figures were taken."""

    processor: str
    """Model name of the processor."""
    cpus: int
    """CPUs that the benchmark may use."""
    memory: int
    """Bytes of main memory."""
    kernel: str
    """Release of the Linux kernel."""
    python: str
    """Version of the interpreter that ran the benchmark and Comity."""


def describe() -> Machine:
    """The machine we are on."""
    names = [line for line in (PROC / "cpuinfo").read_text().splitlines() if line.startswith("model name")]
    return Machine(
        processor=names[0].partition(":")[2].strip() if names else platform.machine(),
        cpus=len(os.sched_getaffinity(0)),
        memory=os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"),
        kernel=platform.release(),
        python=f"{platform.python_implementation()} {platform.python_version()}",
    )


@contextmanager
def pinned(cpu: int) -> Iterator[None]:
    """Everything started inside inherits this one CPU; the caller comes back to its own set."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {cpu})
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


def family(root: int) -> list[int]:
    """The process and everything below it; those that end meanwhile are left out."""
    found = [root]
    for pid in found:
        for children in (PROC / str(pid) / "task").glob("*/children"):
            with suppress(OSError):
                found += map(int, children.read_text().split())
    return found


def cpu_seconds(root: int) -> float:
    """Processor time of the family, user and system, children that were waited for included."""
    ticks = 0
    for pid in family(root):
        with suppress(OSError):
            # The name in parentheses may hold spaces; utime, stime, cutime, cstime are fields 14 to 17.
            fields = (PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()
            ticks += sum(map(int, fields[11:15]))
    return ticks / TICKS


def memory(root: int) -> int:
    """Bytes of memory of the family, pages that processes share counted once (the kernel's Pss)."""
    total = 0
    for pid in family(root):
        with suppress(OSError):
            for line in (PROC / str(pid) / "smaps_rollup").read_text().splitlines():
                if line.startswith("Pss:"):
                    total += int(line.split()[1]) * 1024
    return total


def freeze(root: int) -> None:
    """Stop the family so that its timers do not disturb the one that is measured."""
    for pid in family(root):
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGSTOP)


def thaw(root: int) -> None:
    """Let the family run again."""
    for pid in reversed(family(root)):
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGCONT)


def busy_seconds(cpu: int) -> float:
    """Time for which this CPU has worked for anybody since the machine started."""
    for line in (PROC / "stat").read_text().splitlines():
        name, *fields = line.split()
        if name == f"cpu{cpu}":
            user, nice, system, _idle, _wait, irq, softirq, steal = map(int, fields[:8])
            return (user + nice + system + irq + softirq + steal) / TICKS
    raise RuntimeError(f"there is no cpu {cpu}")
