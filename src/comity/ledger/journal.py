"""The journal at run time: records of one event-loop tick become one write, and callbacks follow it in order.

`normal` durability survives the death of the process, `strict` also that of the machine: callbacks wait for
a group fdatasync in a thread while requests flow on. When the disk refuses, nothing is pretended: callers
hear `failed`, new work is to be refused while `failure` is set, and records of work already done are kept in
memory and written first when a retry succeeds. One journal belongs to one event loop of one process.
"""

from __future__ import annotations

import asyncio
import errno
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Literal, NamedTuple, TypeAlias

import msgspec

from comity.errors import StoreError
from comity.ledger.entry import Attempted, Record, Settled, decode_record, encode_record
from comity.ledger.frames import PAYLOAD_LIMIT, encode_frame, scan
from comity.ledger.packed import Packed
from comity.ledger.segments import SEGMENT_BYTES, SegmentWriter

Written: TypeAlias = Callable[[], None]
"""Called once when the record is as safe as the durability promises."""
Failed: TypeAlias = Callable[[StoreError], None]
"""Called once, instead, when the record could not be written."""
_Waiting: TypeAlias = tuple[Written | None, Failed | None]


class JournalOptions(msgspec.Struct, frozen=True):
    """How a journal writes."""

    durability: Literal["normal", "strict"] = "normal"
    """`normal`: written to the system; `strict`: on the disk."""
    segment_bytes: int = SEGMENT_BYTES
    """Size at which the next segment begins."""
    retry_seconds: float = 1.0
    """Pause between attempts to write again after a failure."""


class _Unsynced(NamedTuple):
    """Writes that are not on the disk yet: what to write again should the sync fail, and who waits."""

    batches: list[bytearray]
    waiting: list[_Waiting]


class Journal:
    """Appends records to a folder; made by `open_journal`."""

    def __init__(
        self, writer: SegmentWriter, options: JournalOptions, loop: asyncio.AbstractEventLoop
    ) -> None:
        self.writer = writer
        self.failure: StoreError | None = None
        self.on_health: Callable[[StoreError | None], None] | None = None
        self._options = options
        self._loop = loop
        self._buffer = bytearray()
        self._waiting: list[_Waiting] = []
        self._scheduled = False
        self._backlog = bytearray()
        self._syncing = _Unsynced([], [])
        self._unsynced = _Unsynced([], [])
        self._sync: asyncio.Future[None] | None = None
        self._thread = ThreadPoolExecutor(1, "journal-sync") if options.durability == "strict" else None
        self._retry: asyncio.TimerHandle | None = None
        self._closed = False

    def append(
        self, record: Record | Packed, then: Written | None = None, failed: Failed | None = None
    ) -> None:
        """Adds a record to this tick's write; one of `then` and `failed` is called later, exactly once.

        Raises StoreError when the record is too long or the journal is closed.
        """
        payload = encode_record(record)
        if len(payload) > PAYLOAD_LIMIT or self._closed:
            raise StoreError(
                "the journal is closed"
                if self._closed
                else f"a record of {len(payload)} bytes is over the limit of {PAYLOAD_LIMIT}"
            )
        self._buffer += encode_frame(payload)
        if then is not None or failed is not None:
            self._waiting.append((then, failed))
        if not self._scheduled:
            self._scheduled = True
            self._loop.call_soon(self.flush)

    @property
    def backlog_bytes(self) -> int:
        """Bytes of finished work that wait in memory for the disk."""
        return len(self._backlog)

    def flush(self) -> None:
        """Writes what was appended in this tick; called by the event loop."""
        self._scheduled = False
        batch, waiting = self._buffer, self._waiting
        if not batch:
            return
        self._buffer, self._waiting = bytearray(), []
        if self.failure is not None:
            self._keep(batch)
            _tell_failed(self._loop, waiting, self.failure)
            return
        try:
            self.writer.write(batch)
        except OSError as error:
            self._keep(batch)
            self._fail(error, waiting)
            return
        if self._thread is not None:
            self._unsynced.batches.append(batch)
            self._unsynced.waiting.extend(waiting)
            self._start_sync()
        elif waiting:
            _tell_written(self._loop, waiting)

    async def close(self) -> None:
        """Writes and syncs what is left and lets go of the folder; raises StoreError when that fails."""
        self.flush()
        self._closed = True
        if self._retry is not None:
            self._retry.cancel()
        while self._sync is not None:
            await asyncio.wait([self._sync])
            await asyncio.sleep(0)
        try:
            if self._backlog:
                self.writer.write(self._backlog)
            if self._thread is not None:
                self._thread.shutdown()
                self.writer.sync_later()()
        except OSError as error:
            raise _refusal(self.writer.folder, error) from error
        finally:
            self.writer.close()

    # --- strict durability ----------------------------------------------------------------------------------

    def _start_sync(self) -> None:
        if self._sync is None and self._unsynced.batches:
            assert self._thread is not None, "only a strict journal syncs"
            self._syncing, self._unsynced = self._unsynced, _Unsynced([], [])
            self._sync = self._loop.run_in_executor(self._thread, self.writer.sync_later())
            self._sync.add_done_callback(self._synced)

    def _synced(self, sync: asyncio.Future[None]) -> None:
        done, self._syncing, self._sync = self._syncing, _Unsynced([], []), None
        error = sync.exception()
        if error is None:
            _tell_written(self._loop, done.waiting)
        else:
            assert isinstance(error, OSError), "a sync fails only as the system does"
            # After a failed sync the system may have dropped the pages: nothing in this segment counts.
            lost, self._unsynced = self._unsynced, _Unsynced([], [])
            self.writer.abandon()
            for batch in (*done.batches, *lost.batches):
                self._keep(batch)
            self._fail(error, [*done.waiting, *lost.waiting])
        self._start_sync()

    # --- failure and recovery -------------------------------------------------------------------------------

    def _fail(self, error: OSError, waiting: list[_Waiting]) -> None:
        refusal = _refusal(self.writer.folder, error)
        if self.failure is None:
            self.failure = refusal
            self._report()
        if self._retry is None and not self._closed:
            self._retry = self._loop.call_later(self._options.retry_seconds, self._try_again)
        _tell_failed(self._loop, waiting, refusal)

    def _keep(self, batch: bytearray) -> None:
        """Keeps the records of work that is already done; a reservation that failed was never acted upon."""
        for frame in scan(bytes(batch), final=True).frames:
            if isinstance(decode_record(frame.payload), Attempted | Settled):
                self._backlog += encode_frame(frame.payload)

    def _try_again(self) -> None:
        self._retry = None
        batch = self._backlog
        try:
            self.writer.write(batch)
        except OSError as error:
            self._fail(error, [])
            return
        self._backlog = bytearray()
        self.failure = None
        self._report()
        if self._thread is not None:
            self._unsynced.batches.append(batch)
            self._start_sync()

    def _report(self) -> None:
        if self.on_health is not None:
            self.on_health(self.failure)


def open_journal(
    folder: Path,
    options: JournalOptions | None = None,
    loop: asyncio.AbstractEventLoop | None = None,
) -> Journal:
    """A journal that writes segments of its own into `folder`, made when missing; raises StoreError."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        chosen = options or JournalOptions()
        writer = SegmentWriter(folder, chosen.segment_bytes, syncs=chosen.durability == "strict")
    except OSError as error:
        raise _refusal(folder, error) from error
    return Journal(writer, chosen, loop or asyncio.get_running_loop())


def _refusal(folder: Path, error: OSError) -> StoreError:
    reason = "the disk is full" if error.errno == errno.ENOSPC else error.strerror
    return StoreError(f"the journal in `{folder}` cannot be written: {reason}")


def _tell_written(loop: asyncio.AbstractEventLoop, waiting: list[_Waiting]) -> None:
    _call_all(loop, [then for then, _ in waiting if then is not None])


def _tell_failed(loop: asyncio.AbstractEventLoop, waiting: list[_Waiting], error: StoreError) -> None:
    _call_all(loop, [partial(failed, error) for _, failed in waiting if failed is not None])


def _call_all(loop: asyncio.AbstractEventLoop, calls: list[Written]) -> None:
    """Calls each in order; one that raises goes to the loop's exception report and stops no other."""
    number = 0
    try:
        for number, call in enumerate(calls, 1):  # noqa: B007 - the clause below goes on after it
            call()
    except BaseException:
        if number < len(calls):
            loop.call_soon(_call_all, loop, calls[number:])
        raise
