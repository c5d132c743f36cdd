"""The files of a journal folder: segments, one series per writer, and who is still writing.

A writer never touches another writer's files and never reopens its own, so opening a journal repairs nothing:
what a dead writer left is read as it stands. A writer is alive while it holds the lock of its `.lock` file;
the system lets go of it when the process dies. The folder must be on a file system with working locks.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import secrets
import time
from collections.abc import Callable
from pathlib import Path

import msgspec

from comity.errors import StoreError

SEGMENT_BYTES = 64 << 20
"""Size at which a writer begins its next segment."""
SUFFIX = ".journal"
_LOCK = ".lock"


class SegmentName(msgspec.Struct, frozen=True, order=True):
    """A segment's file name in parts."""

    writer: str
    """Id of the writer; sorts by time of opening."""
    sequence: int
    """Position among the writer's segments, from 1."""

    def __str__(self) -> str:
        return f"{self.writer}.{self.sequence:06d}{SUFFIX}"


def parse_segment_name(name: str) -> SegmentName | None:
    """The parts of a file name, or None when it is no segment."""
    writer, dot, sequence = name.removesuffix(SUFFIX).rpartition(".")
    if not name.endswith(SUFFIX) or not dot or not writer or not sequence.isdecimal():
        return None
    return SegmentName(writer, int(sequence))


def list_segments(folder: Path) -> list[SegmentName]:
    """The segments of a folder, by writer and sequence; raises StoreError when it cannot be read."""
    try:
        names = os.listdir(folder)  # noqa: PTH208 - a list of names is wanted, not of paths
    except OSError as error:
        raise StoreError(f"the ledger folder `{folder}` cannot be read: {error.strerror}") from error
    return sorted(part for part in map(parse_segment_name, names) if part is not None)


def holds_segments(folder: Path) -> bool:
    """Whether a folder holds a journal."""
    return bool(list_segments(folder))


def is_alive(folder: Path, writer: str) -> bool:
    """Whether the writer's process still holds its lock."""
    try:
        lock = os.open(folder / f"{writer}{_LOCK}", os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        return False
    except OSError as error:
        raise StoreError(f"the lock of writer `{writer}` cannot be read: {error.strerror}") from error
    try:
        fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(lock)
    return False


def forget_dead_writers(folder: Path) -> None:
    """Removes the lock files that nobody holds."""
    for path in folder.glob(f"*{_LOCK}"):
        writer = path.name.removesuffix(_LOCK)
        if not is_alive(folder, writer):
            forget_writer(folder, writer)


def forget_writer(folder: Path, writer: str) -> None:
    """Removes the lock file of a dead writer."""
    (folder / f"{writer}{_LOCK}").unlink(missing_ok=True)


class SegmentWriter:
    """Appends bytes to the segments of one writer; raises OSError as the system does."""

    def __init__(self, folder: Path, segment_bytes: int = SEGMENT_BYTES, *, syncs: bool = False) -> None:
        self.folder = folder
        self._syncs = syncs
        self.writer = f"{time.time_ns() // 1_000_000:012x}-{os.getpid()}-{secrets.token_hex(4)}"
        self._segment_bytes = segment_bytes
        self._sequence = 0
        self._file = -1
        self._size = 0
        self._retired: list[int] = []
        self._lock = self._take_lock()

    def _take_lock(self) -> int:
        # Locked under another name first: nobody ever sees a lock file that its living writer does not hold.
        hidden = self.folder / f".{self.writer}{_LOCK}"
        lock = os.open(hidden, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o640)
        fcntl.flock(lock, fcntl.LOCK_EX)
        hidden.rename(self.folder / f"{self.writer}{_LOCK}")
        return lock

    def write(self, data: bytes | bytearray) -> None:
        """Appends all of `data`, or takes back what it wrote of it and raises OSError."""
        if self._file < 0 or (self._size and self._size + len(data) > self._segment_bytes):
            self._next_segment()
        written = 0
        try:
            written = os.write(self._file, data)
            while written < len(data):
                written += os.write(self._file, memoryview(data)[written:])
        except OSError:
            self._take_back()
            raise
        self._size += written

    def sync_later(self) -> Callable[[], None]:
        """A call that waits, in any thread, until everything written so far is on the disk.

        Only one such call runs at a time.
        """
        retired, current = self._retired, self._file
        self._retired = []
        return lambda: _sync(retired, current)

    def abandon(self) -> None:
        """Goes on in a new segment, without a sync: the current one can no longer be trusted."""
        if self._file >= 0:
            os.close(self._file)
            self._file = -1

    def close(self) -> None:
        """Closes the segment and lets go of the lock; what is not synced stays with the system."""
        for file in (*self._retired, self._file):
            if file >= 0:
                os.close(file)
        self._retired, self._file = [], -1
        if self._lock >= 0:
            forget_writer(self.folder, self.writer)
            os.close(self._lock)
            self._lock = -1

    def _next_segment(self) -> None:
        name = str(SegmentName(self.writer, self._sequence + 1))
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND | os.O_CLOEXEC
        file = os.open(self.folder / name, flags, 0o640)
        if self._file >= 0:
            self._retire()
        self._file, self._size, self._sequence = file, 0, self._sequence + 1
        if self._syncs:
            _sync_folder(self.folder)

    def _take_back(self) -> None:
        # Where even that fails a torn tail stays; readers report it and go on with the next segment.
        with contextlib.suppress(OSError):
            os.ftruncate(self._file, self._size)
            if self._size == 0:
                (self.folder / str(SegmentName(self.writer, self._sequence))).unlink()
        self._retire()

    def _retire(self) -> None:
        if self._syncs:
            self._retired.append(self._file)
        else:
            os.close(self._file)
        self._file = -1


def _sync(retired: list[int], current: int) -> None:
    try:
        for file in (*retired, current):
            if file >= 0:
                os.fdatasync(file)
    finally:
        for file in retired:
            os.close(file)


def _sync_folder(folder: Path) -> None:
    """Makes the name of a new segment as durable as its content."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
