"""The journal writes in order, once per tick, and never says that something is safe when it is not."""

from __future__ import annotations

import asyncio
import os
import resource
import signal
import subprocess
import sys
import threading
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import msgspec
import pytest
from tests.ledger.samples import make_entry, make_refused, make_reserved, nobody

from comity.errors import StoreError
from comity.ledger import (
    Journal,
    JournalOptions,
    Record,
    fold,
    format_entry_id,
    open_journal,
    open_store,
    recover,
    verify,
)
from comity.ledger.frames import PAYLOAD_LIMIT
from comity.ledger.reading import read_records
from comity.ledger.segments import list_segments

ROOT = Path(__file__).parents[2]
QUICK = JournalOptions(retry_seconds=0.01)


def run(scenario: Callable[[], Awaitable[None]]) -> None:
    """Runs a scenario, which must end within 20 seconds."""

    async def timed() -> None:
        async with asyncio.timeout(20):
            await scenario()

    asyncio.run(timed())


async def until(condition: Callable[[], bool]) -> None:
    """Lets the loop run until something holds."""
    while not condition():  # noqa: ASYNC110 - the journal says no more than its callbacks do
        await asyncio.sleep(0.001)


@contextmanager
def file_size_limit(size: int) -> Iterator[None]:
    """No file of this process may grow beyond `size`: writes fail as on a full disk."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_records_of_a_tick_are_one_write_in_order(tmp_path: Path) -> None:
    """Callbacks run after the write, in the order of the appends, and reading gives the same order."""
    entries = [record for _ in range(5) for record in make_entry()]
    seen: list[int] = []

    async def scenario() -> None:
        journal = open_journal(tmp_path)
        for number, record in enumerate(entries):
            journal.append(record, partial(seen.append, number))
        assert list_segments(tmp_path) == []
        await until(lambda: len(seen) == len(entries))
        assert list(read_records(tmp_path)) == entries
        await journal.close()

    run(scenario)
    assert seen == list(range(len(entries)))
    assert [path.suffix for path in tmp_path.iterdir()] == [".journal"]


def test_close_writes_what_is_left(tmp_path: Path) -> None:
    """An append in the last tick is not lost, and a closed journal takes nothing more."""

    async def scenario() -> None:
        journal = open_journal(tmp_path / "made" / "here")
        journal.append(make_reserved())
        await journal.close()
        with pytest.raises(StoreError, match="closed"):
            journal.append(make_reserved())

    run(scenario)
    assert len(list(read_records(tmp_path / "made" / "here"))) == 1


def test_too_long_a_record_is_refused(tmp_path: Path) -> None:
    """A record over the limit is an error at once, and the others of its tick are written."""

    async def scenario() -> None:
        journal = open_journal(tmp_path)
        journal.append(make_reserved())
        with pytest.raises(StoreError, match="over the limit"):
            journal.append(make_reserved(route="x" * PAYLOAD_LIMIT))
        await journal.close()

    run(scenario)
    assert len(list(read_records(tmp_path))) == 1


def test_segments_rotate_by_size(tmp_path: Path) -> None:
    """A new segment begins before the limit is passed; a tick is never split."""
    written: list[Record] = []

    async def scenario() -> None:
        journal = open_journal(tmp_path, JournalOptions(segment_bytes=4000))
        for _ in range(20):
            for record in make_entry():
                journal.append(record)
                written.append(record)
            await asyncio.sleep(0)
        await journal.close()

    run(scenario)
    sizes = [path.stat().st_size for path in sorted(tmp_path.glob("*.journal"))]
    assert len(sizes) > 3
    assert max(sizes) <= 4000
    assert list(read_records(tmp_path)) == written


def test_a_failing_callback_stops_no_other(tmp_path: Path) -> None:
    """The loop reports it, and the callbacks after it run."""
    seen: list[str] = []
    reports: list[dict[str, Any]] = []

    async def scenario() -> None:
        asyncio.get_running_loop().set_exception_handler(lambda _, report: reports.append(report))
        journal = open_journal(tmp_path)
        journal.append(make_reserved(), lambda: seen.append("first"))
        journal.append(make_reserved(), lambda: 1 / 0)  # type: ignore[arg-type]  # it never returns
        journal.append(make_reserved(), lambda: seen.append("third"))
        await until(lambda: len(seen) == 2)
        await journal.close()

    run(scenario)
    assert seen == ["first", "third"]
    assert [type(report["exception"]) for report in reports] == [ZeroDivisionError]


def test_strict_callbacks_wait_for_the_disk(tmp_path: Path) -> None:
    """While a sync is slow, writes go on; callbacks come in order after it, in groups."""
    seen: list[int] = []

    async def scenario() -> None:
        journal = open_journal(tmp_path, JournalOptions("strict", segment_bytes=1500))
        assert journal._thread is not None
        disk = threading.Event()
        journal._thread.submit(disk.wait)
        for number in range(6):
            journal.append(make_reserved(), partial(seen.append, number))
            await asyncio.sleep(0)
        await asyncio.sleep(0)
        assert len(list(read_records(tmp_path))) == 6
        assert seen == []
        disk.set()
        await until(lambda: len(seen) == 6)
        journal.append(make_reserved(), partial(seen.append, 6))
        await journal.close()

    run(scenario)
    assert seen == list(range(7))
    assert len(list(tmp_path.glob("*.journal"))) > 1


def test_full_disk_fails_closed_and_recovers(tmp_path: Path) -> None:
    """Reservations hear of it and are gone; records of finished work are kept and written on recovery."""
    reserved, attempted, settled = make_entry()
    told: list[str] = []
    health: list[StoreError | None] = []

    def hear(name: str, journal: Journal, record: Record) -> None:
        journal.append(
            record, lambda: told.append(f"{name} written"), lambda _: told.append(f"{name} failed")
        )

    async def scenario() -> None:
        journal = open_journal(tmp_path, QUICK)
        journal.on_health = health.append
        hear("reserved", journal, reserved)
        await until(lambda: bool(told))
        with file_size_limit(100_000):
            hear("attempted", journal, attempted)
            hear("large", journal, make_reserved(route="x" * 200_000))
            hear("settled", journal, settled)
            await until(lambda: len(told) == 4)
            assert journal.failure is not None
            assert journal.backlog_bytes > 0
            hear("late", journal, make_reserved())
            await until(lambda: len(told) == 5)
        await until(lambda: journal.failure is None)
        hear("new", journal, make_refused())
        await journal.close()

    run(scenario)
    assert told == [
        "reserved written",
        "attempted failed",
        "large failed",
        "settled failed",
        "late failed",
        "new written",
    ]
    assert [str(error) for error in health if error] == [
        f"the journal in `{tmp_path}` cannot be written: File too large"
    ]
    assert health[-1] is None
    with open_store(None) as store:
        fold(tmp_path, store)
        assert list(store.rows("SELECT id, outcome FROM entries WHERE outcome <> 'refused'")) == [
            (reserved.entry, "served")
        ]
        assert verify(store).holds


def test_a_disk_that_stays_full_is_tried_again(tmp_path: Path) -> None:
    """Each retry that fails leaves no file behind and plans the next one."""

    async def scenario() -> None:
        journal = open_journal(tmp_path, QUICK)
        big = msgspec.structs.replace(make_entry()[1], message="x" * 5000)
        with file_size_limit(1000):
            journal.append(big)
            await until(lambda: journal._retry is not None)
            first = journal._retry
            await until(lambda: journal._retry not in (None, first))
            assert list_segments(tmp_path) == []
        await journal.close()

    run(scenario)
    assert len(list(read_records(tmp_path))) == 1


def test_closing_on_a_full_disk_is_an_error(tmp_path: Path) -> None:
    """What could not be written is not dropped in silence."""

    async def scenario() -> None:
        journal = open_journal(tmp_path, QUICK)
        with file_size_limit(100):
            for record in make_entry():
                journal.append(record)
            with pytest.raises(StoreError, match="cannot be written"):
                await journal.close()

    run(scenario)


def test_a_failed_sync_is_no_success(tmp_path: Path) -> None:
    """When the disk does not confirm, callers hear `failed`, and finished work is written again elsewhere."""
    told: list[str] = []
    reserved, attempted, settled = make_entry()

    async def scenario() -> None:
        journal = open_journal(tmp_path, JournalOptions("strict", retry_seconds=0.01))
        journal.append(reserved, lambda: told.append("reserved written"))
        await until(lambda: bool(told))
        reading, writing = os.pipe()  # a pipe takes writes and cannot be synced
        os.dup2(writing, journal.writer._file)
        for record in (attempted, settled):
            journal.append(record, failed=lambda error: told.append(str(error)))
        await until(lambda: len(told) == 3)
        await until(lambda: journal.failure is None)
        await journal.close()
        os.close(reading)
        os.close(writing)

    run(scenario)
    assert told[1:] == [f"the journal in `{tmp_path}` cannot be written: Invalid argument"] * 2
    assert list(read_records(tmp_path)) == [reserved, attempted, settled]


def test_a_folder_that_cannot_be_made_is_an_error(tmp_path: Path) -> None:
    """The message names the folder and the reason."""
    (tmp_path / "file").write_text("")

    async def scenario() -> None:
        with pytest.raises(StoreError, match=r"file.* cannot be written: "):
            open_journal(tmp_path / "file")

    run(scenario)


def test_a_read_only_folder_is_an_error(tmp_path: Path) -> None:
    """A gateway that cannot record does not start."""
    tmp_path.chmod(0o555)

    async def scenario() -> None:
        with nobody(), pytest.raises(StoreError, match="cannot be written: Permission denied"):
            open_journal(tmp_path)

    run(scenario)


@pytest.mark.parametrize("durability", ["normal", "strict"])
def test_kill_loses_nothing_that_was_said_to_be_safe(tmp_path: Path, durability: str) -> None:
    """After kill -9 every entry whose callback ran is settled; the rest is recovered; the ledger holds."""
    command = [sys.executable, "-m", "tests.ledger.endless", str(tmp_path), durability]
    with subprocess.Popen(command, stdout=subprocess.PIPE, cwd=ROOT, text=True) as process:
        assert process.stdout is not None
        safe = [process.stdout.readline() for _ in range(3000)]
        with open_store(tmp_path / "ledger.db") as store:
            fold(tmp_path, store)  # while it is written
        process.send_signal(signal.SIGKILL)
        safe += process.stdout.readlines()
    assert process.returncode == -signal.SIGKILL
    with open_store(tmp_path / "ledger.db") as store:
        recover(tmp_path, store, {})
        outcomes = {
            str(entry): outcome
            for entry, outcome in store.rows("SELECT lower(hex(id)), outcome FROM entries")
        }
        assert {outcomes[line.strip()] for line in safe} == {"served"}
        assert set(outcomes.values()) <= {"served", "lost"}
        result = verify(store)
        assert result.holds, [format_entry_id(bytes.fromhex(entry)) for entry in outcomes][:3]
        assert result.under_way == 0
