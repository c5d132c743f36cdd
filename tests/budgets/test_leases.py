"""What a worker put aside can be read after its death, and only then."""

from __future__ import annotations

import resource
from pathlib import Path

import pytest

from comity.budgets.leases import DeadLeases, LeaseFile, dead_leases, home_of, lease_of


def test_a_living_worker_is_left_alone(tmp_path: Path) -> None:
    """Its file is locked until it lets go, or is gone."""
    file = LeaseFile(tmp_path)
    assert lease_of(tmp_path, file.worker) == "alive"
    assert not list(dead_leases(tmp_path))
    file.close(settled=True)
    assert not list(tmp_path.iterdir())


def test_what_was_committed_outlives_the_worker(tmp_path: Path) -> None:
    """Each slot by itself, also beyond the first hundreds; a slot that is taken again begins at nothing."""
    file = LeaseFile(tmp_path)
    slots = [file.take() for _ in range(300)]
    for slot in slots:
        file.put(slot, slot * 10**15)
    file.put(slots[0], 1 << 64)
    file.free(slots[1])
    assert file.take() == slots[1]
    file.close(settled=False)
    (dead,) = dead_leases(tmp_path)
    assert dead.worker == file.worker
    assert dead.committed(slots[0]) is None
    assert dead.committed(slots[1]) == 0
    assert [dead.committed(slot) for slot in slots[2:]] == [slot * 10**15 for slot in slots[2:]]
    assert dead.committed(100_000) is None
    dead.forget()
    assert not list(dead_leases(tmp_path))


def test_after_a_restart_of_the_machine_nobody_knows(tmp_path: Path) -> None:
    """The mapped pages may not have reached the disk; a file that is missing says as little."""
    file = LeaseFile(tmp_path)
    slot = file.take()
    file.put(slot, 7)
    file.close(settled=False)
    (path,) = tmp_path.glob("*.lease")
    data = bytearray(path.read_bytes())
    data[20] ^= 1
    path.write_bytes(data)
    (dead,) = dead_leases(tmp_path)
    assert dead.committed(slot) is None
    missing = lease_of(tmp_path, "nobody")
    assert isinstance(missing, DeadLeases)
    assert missing.committed(0) is None


def test_a_full_disk_is_an_error_and_no_signal(tmp_path: Path) -> None:
    """The file grows by written bytes, not by holes that only a mapped write would fill."""
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    file = LeaseFile(tmp_path)
    slots = [file.take() for _ in range(120)]
    resource.setrlimit(resource.RLIMIT_FSIZE, (1024, limits[1]))
    try:
        with pytest.raises(OSError, match="large"):
            file.take()
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    file.put(slots[5], 5)
    assert file.take() not in slots
    file.close(settled=False)
    (dead,) = dead_leases(tmp_path)
    assert dead.committed(slots[5]) == 5


def test_a_folder_keeps_its_name(tmp_path: Path) -> None:
    """Drawn once, whoever comes first."""
    assert home_of(tmp_path / "a") == home_of(tmp_path / "a")
    assert home_of(tmp_path / "a") != home_of(tmp_path / "b")
    assert [one.name for one in (tmp_path / "a").iterdir()] == ["home"]
