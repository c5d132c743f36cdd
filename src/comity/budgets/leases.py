"""What a worker has put aside, where it can be read after its death: one small mapped file per worker.

Each account that a worker was lent something from has a slot, and in it one number: what is captured or held.
It is written with every hold, as one store into mapped memory, and outlives the process like a file that was
written. It does not outlive the machine: after a restart of that, whole leases count as spent. A worker is
alive while it holds the lock of its file.
"""

from __future__ import annotations

import fcntl
import mmap
import os
import secrets
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

SUFFIX = ".lease"

_MAGIC = b"comity lease 1\n\0"
_BOOT = 48
_HEAD = 64
_SLOT = 8
_FIRST = _HEAD // _SLOT
_FIRST_SLOTS = 120
_UNTOLD = (1 << 63) - 1
_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")


class LeaseFile:
    """The file of this process; its name is the worker's."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.worker = f"{time.time_ns() // 1_000_000:012x}-{os.getpid()}-{secrets.token_hex(4)}"
        self._path = folder / f"{self.worker}{SUFFIX}"
        # Locked under another name first: nobody ever sees a file that its living worker does not hold.
        hidden = folder / f".{self.worker}{SUFFIX}"
        self._file = os.open(hidden, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o640)
        fcntl.flock(self._file, fcntl.LOCK_EX)
        _fill(self._file, _MAGIC + boot_id().ljust(_BOOT, b"\0") + bytes(_SLOT * _FIRST_SLOTS), 0)
        self._map = mmap.mmap(self._file, 0)
        self._slots = memoryview(self._map).cast("q")
        self._free = list(range(_FIRST_SLOTS))
        hidden.rename(self._path)

    def take(self) -> int:
        """A free slot, holding 0; raises OSError when the file cannot grow."""
        if not self._free:
            slots = len(self._slots) - _FIRST
            _fill(self._file, bytes(_SLOT * slots), _SLOT * (_FIRST + slots))
            self._slots.release()
            self._map.resize(_SLOT * (_FIRST + 2 * slots))
            self._slots = memoryview(self._map).cast("q")
            self._free = list(range(slots, 2 * slots))
        slot = self._free.pop()
        self.put(slot, 0)
        return slot

    def put(self, slot: int, committed: int) -> None:
        """Says what is captured or held from the slot's account."""
        self._slots[_FIRST + slot] = min(_UNTOLD, committed)

    def free(self, slot: int) -> None:
        """Gives a slot back; its account's lease is no longer on record."""
        self._free.append(slot)

    def close(self, *, settled: bool) -> None:
        """Lets go of the file; where not all is `settled` it stays for whoever recovers it."""
        self._slots.release()
        self._map.close()
        if settled:
            self._path.unlink(missing_ok=True)
        os.close(self._file)


class DeadLeases:
    """What stands in a worker's file, most often of one that is gone."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self.worker = path.name.removesuffix(SUFFIX)
        try:
            self._data = path.read_bytes()
        except FileNotFoundError:
            self._data = b""

    def committed(self, slot: int) -> int | None:
        """What the slot's account is owed at most; None where the file cannot tell."""
        if self._data[:_HEAD] != _MAGIC + boot_id().ljust(_BOOT, b"\0"):
            return None
        at = _SLOT * (_FIRST + slot)
        number = self._data[at : at + _SLOT]
        found = int.from_bytes(number, sys.byteorder, signed=True) if len(number) == _SLOT else _UNTOLD
        return None if found == _UNTOLD else found

    def forget(self) -> None:
        """Removes the file, once everything in it is on record."""
        self._path.unlink(missing_ok=True)


def read_committed(folder: Path, worker: str, slot: int) -> int | None:
    """What a worker, alive or not, has captured or holds by its file; None where the file cannot tell."""
    return DeadLeases(folder / f"{worker}{SUFFIX}").committed(slot)


def lease_of(folder: Path, worker: str) -> DeadLeases | Literal["alive"]:
    """What a worker left behind, be it nothing; or that it is alive."""
    path = folder / f"{worker}{SUFFIX}"
    return "alive" if _is_held(path) else DeadLeases(path)


def dead_leases(folder: Path) -> Iterator[DeadLeases]:
    """The files that nobody holds any more."""
    for path in sorted(folder.glob(f"*{SUFFIX}")):
        if not path.name.startswith(".") and not _is_held(path):
            yield DeadLeases(path)


def home_of(folder: Path) -> str:
    """The lasting name of a folder of leases, by which a store tells the gateways on it apart."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "home"
    if not path.exists():
        drawn = folder / f".home-{secrets.token_hex(8)}"
        drawn.write_text(secrets.token_hex(8), encoding="ascii")
        try:
            os.link(drawn, path)
        except FileExistsError:
            pass  # another worker was first: its name is everybody's
        finally:
            drawn.unlink()
    return path.read_text(encoding="ascii")


def boot_id() -> bytes:
    """What names this run of the machine; empty where the system does not say."""
    try:
        return _BOOT_ID.read_bytes().strip()
    except OSError:
        return b""


def _fill(file: int, data: bytes, at: int) -> None:
    """Writes all of `data`: a mapped page that has no place on the disk would end the process."""
    done = 0
    while done < len(data):
        done += os.pwrite(file, data[done:], at + done)


def _is_held(path: Path) -> bool:
    try:
        file = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        return False
    try:
        fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(file)
    return False
