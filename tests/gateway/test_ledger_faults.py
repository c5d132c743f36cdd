"""Faults under a running gateway: death, a full or read-only disk, a store that is down, slow or shared."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest
from tests.database.server import Server
from tests.environment import unmeasured
from tests.gateway.load import Load
from tests.gateway.running import ENVIRONMENT, clouds, configuration, serving

from comity.ledger import Filter, Store, fold, groups, open_store, parse_entry_id, totals, verify
from comity.simulator import Background

KEYS = ("outcome", "deployment", "customer")
"""What the sums of two stores are compared by."""


def eventually(condition: Callable[[], bool]) -> None:
    """Waits until something is so; fails after a minute."""
    deadline = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < deadline, "it did not come to be"
        time.sleep(0.02)


def folding(running: Background, store: str | Path, journal: str = "ledger") -> str:
    """A gateway that folds all the time, into a store of the test's choice."""
    return configuration(running).replace(
        "ledger: {journal: ledger, fold_every: 0}",
        f"ledger: {{journal: '{journal}', fold_every: 0.1, store: '{store}'}}",
    )


def check(store: Store, folders: list[Path], seen: list[str]) -> None:
    """Nothing that a client saw whole is lost, everything is settled, and folding again is exact."""
    result = verify(store)
    assert (result.holds, result.under_way) == (True, 0), result.discrepancies[:5]
    served = {row[0] for row in store.stream("SELECT id FROM entries WHERE outcome = 'served'")}
    assert {parse_entry_id(receipt) for receipt in seen} <= served
    with open_store(None) as anew:
        for folder in folders:
            fold(folder, anew)
        assert groups(anew, Filter(), KEYS) == groups(store, Filter(), KEYS)
        assert verify(anew).costs == result.costs


@contextmanager
def locked(schema: str) -> Iterator[None]:
    """The store's one write lock, held by somebody else."""
    with psycopg.connect(schema) as slow:
        slow.execute("SELECT pg_advisory_xact_lock(hashtextextended(current_schema() || '.ledger', 0))")
        yield


def kill_again_and_again(folder: Path, store: str | Path, rounds: int, chance: random.Random) -> None:
    """Workers, and at last the whole gateway, die with -9 under load; the next gateway finishes the rest."""
    seen: list[str] = []
    with clouds() as running:
        config = folding(running, store)
        with (
            serving(folder, running, config, ("--workers", "2"), unmeasured()) as gateway,
            Load(gateway.url) as load,
        ):
            for _ in range(rounds):
                load.until_more(chance.randint(1, 40))
                time.sleep(chance.random() / 50)
                for child in chance.sample(children := gateway.workers(), chance.randint(1, len(children))):
                    os.kill(child, signal.SIGKILL)
            load.until_more(10)
            for process in (gateway.process.pid, *gateway.workers()):
                os.kill(process, signal.SIGKILL)
            seen += load.whole
        with serving(folder, running, config, (), unmeasured()) as gateway, Load(gateway.url) as load:
            load.until_more(10)
        seen += load.whole
    with open_store(store, create=False) as opened:
        check(opened, [folder / "ledger"], seen)


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_kill_9_at_any_moment(tmp_path: Path, request: pytest.FixtureRequest, kind: str) -> None:
    """Workers, the child that folds, and the supervisor: whoever dies when, nothing is lost or said twice."""
    store = tmp_path / "own.db" if kind == "sqlite" else str(request.getfixturevalue("schema"))
    kill_again_and_again(tmp_path, store, 3, random.Random(kind))


@pytest.mark.soak
@pytest.mark.parametrize("seed", range(6))
def test_kill_9_at_many_moments(tmp_path: Path, schema: str, seed: int) -> None:
    """As above, for longer."""
    chance = random.Random(seed)
    kill_again_and_again(tmp_path, schema if seed % 2 else tmp_path / "own.db", 15, chance)


def test_a_store_that_is_down_or_slow_holds_up_nobody(tmp_path: Path, postgres: Server, schema: str) -> None:
    """Requests are served meanwhile, a dead worker is replaced, and the fold catches up."""
    with clouds() as running, serving(tmp_path, running, folding(running, schema)) as gateway:
        with Load(gateway.url) as load:
            load.until_more(5)
            postgres.stop()
            try:
                load.until_more(50)
            finally:
                postgres.start()
            with psycopg.connect(postgres.url(schema.rpartition("%3D")[2])) as slow:
                slow.execute(
                    "SELECT pg_advisory_xact_lock(hashtextextended(current_schema() || '.ledger', 0))"
                )
                load.until_more(50)
                before = gateway.workers()
                os.kill(before[0], signal.SIGKILL)  # children stand in the order of their births
                eventually(lambda: bool(set(gateway.workers()) - set(before)))
                load.until_more(20)
        assert load.statuses == {200}
        assert load.slowest < 30
        with open_store(schema, create=False) as store:
            eventually(lambda: len(load.whole) <= totals(store, Filter(outcomes=("served",))).entries)
    with open_store(schema, create=False) as store:
        check(store, [tmp_path / "ledger"], load.whole)


def test_a_gateway_ends_while_its_store_is_locked(tmp_path: Path, schema: str) -> None:
    """The last fold is given as long as requests are; the journal keeps the rest for the next start."""
    with clouds() as running:
        config = folding(running, schema).replace("drain: 30", "drain: 1")
        with serving(tmp_path, running, config, (), unmeasured()) as gateway, locked(schema):
            with Load(gateway.url, 1) as load:
                load.until_more(5)
            gateway.process.send_signal(signal.SIGTERM)
            assert gateway.process.wait(50) == 0
    with open_store(schema) as store:
        fold(tmp_path / "ledger", store)
        check(store, [tmp_path / "ledger"], load.whole)


def test_a_gateway_starts_while_its_store_is_down(tmp_path: Path, postgres: Server, schema: str) -> None:
    """The journal is the record: what was served meanwhile is folded when the store is back."""
    with clouds() as running:
        postgres.stop()
        try:
            with (
                serving(tmp_path, running, folding(running, schema), (), unmeasured()) as gateway,
                Load(gateway.url, 1) as load,
            ):
                load.until_more(3)
        finally:
            postgres.start()
    with open_store(schema) as store:
        fold(tmp_path / "ledger", store)
        check(store, [tmp_path / "ledger"], load.whole)


def test_gateways_share_a_folder_and_a_store(tmp_path: Path, schema: str) -> None:
    """Two on one journal folder and one on its own, all folding into one schema: every entry once."""
    seen: list[str] = []
    with clouds() as running:
        gateways = []
        for name, journal in (("a", "one"), ("b", "one"), ("c", "two")):
            (tmp_path / name).mkdir()
            gateways.append((tmp_path / name, folding(running, schema, str(tmp_path / journal))))
        with (
            serving(gateways[0][0], running, gateways[0][1], (), unmeasured()) as first,
            serving(gateways[1][0], running, gateways[1][1], (), unmeasured()) as second,
            serving(gateways[2][0], running, gateways[2][1], (), unmeasured()) as third,
        ):
            loads = [Load(gateway.url, 1) for gateway in (first, second, third)]
            with loads[0], loads[1], loads[2]:
                for load in loads:
                    load.until_more(15)
        for load in loads:
            seen += load.whole
    with open_store(schema, create=False) as store:
        check(store, [tmp_path / "one", tmp_path / "two"], seen)
        assert totals(store, Filter()).entries == len(set(seen))


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of one megabyte."""
    folder = tmp_path / "disk"
    folder.mkdir()
    if not _mount("-t", "tmpfs", "-o", "size=1m", "tmpfs", str(folder)):
        pytest.skip("mounting a small file system takes root's rights; test_journal.py limits file sizes")
    try:
        yield folder
    finally:
        subprocess.run(["umount", folder], check=True)


def _mount(*options: str) -> bool:
    return subprocess.run(["mount", *options], check=False, capture_output=True).returncode == 0


def test_a_disk_that_is_full_or_read_only(tmp_path: Path, small_disk: Path) -> None:
    """Requests are refused and served again when there is space; what cannot record does not start."""
    journal = small_disk / "ledger"
    with clouds() as running:
        config = folding(running, tmp_path / "own.db", str(journal))
        with serving(tmp_path, running, config) as gateway, Load(gateway.url) as load:
            load.until_more(20)
            filler = _fill(small_disk)
            load.statuses.clear()
            eventually(lambda: 503 in load.statuses)
            filler.unlink()
            load.until_more(20)
        assert load.statuses == {200, 503}
    with open_store(tmp_path / "own.db", create=False) as store:
        check(store, [journal], load.whole)
    assert _mount("-o", "remount,ro", str(small_disk))
    command = [sys.executable, "-m", "comity.cli", "serve", str(tmp_path / "comity.yaml")]
    started = subprocess.run(
        command, capture_output=True, text=True, env=unmeasured(**ENVIRONMENT), check=False
    )
    assert (started.returncode, started.stdout) == (2, "")
    assert started.stderr.endswith("cannot be recovered: Read-only file system\n")


def test_a_store_on_a_full_disk_holds_up_nobody(tmp_path: Path, small_disk: Path) -> None:
    """The journal is elsewhere: requests are served, and the fold catches up when there is space."""
    store = small_disk / "own.db"
    with (
        clouds() as running,
        serving(tmp_path, running, folding(running, store), (), unmeasured()) as gateway,
    ):
        with Load(gateway.url) as load:
            load.until_more(10)
            filler = _fill(small_disk)
            load.until_more(60)
            filler.unlink()
            load.until_more(10)
        assert load.statuses == {200}
    with open_store(store, create=False) as opened:
        check(opened, [tmp_path / "ledger"], load.whole)


def _fill(disk: Path) -> Path:
    """A file that leaves no byte free."""
    filler = disk / "filler"
    with filler.open("wb", buffering=0) as file:
        for size in (65536, 256, 1):
            try:
                while True:
                    file.write(b"\0" * size)
            except OSError:
                continue
    return filler
