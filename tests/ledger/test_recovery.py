"""Every reservation ends in exactly one settlement, even when its gateway died."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest
from tests.ledger.samples import TARIFF, frames_of, make_attempt, make_entry, make_reserved, write_segment

from comity.errors import StoreError
from comity.ledger import AttemptOutcome, Store, Target, fold, open_store, recover, verify
from comity.ledger.segments import SegmentWriter

TARGETS = {
    "azure-swe": Target("azure", frozenset({"swedencentral"}), TARIFF),
    "azure-fra": Target("azure", frozenset({"francecentral"})),
}


def attempts(store: Store) -> list[tuple[object, ...]]:
    """The attempts with what recovery decides about them."""
    return list(
        store.rows(
            "SELECT number, deployment, cloud, outcome, input_tokens, output_tokens, estimated, amount,"
            " unrated FROM attempts ORDER BY entry, number"
        )
    )


def entries(store: Store) -> list[tuple[object, ...]]:
    """The entries with what recovery decides about them."""
    return list(store.rows("SELECT outcome, status, attempts, costs, estimated FROM entries ORDER BY id"))


def test_an_open_entry_is_settled_as_lost(tmp_path: Path) -> None:
    """The call that may have been under way is estimated from the reservation and flagged."""
    write_segment(tmp_path, [make_reserved(), *make_entry()])
    with open_store(None) as store:
        assert recover(tmp_path, store, TARGETS) == 1
        assert entries(store)[0] == ("lost", 0, 1, '{"USD":"0.000625"}', 1)
        assert attempts(store)[0] == (1, "azure-swe", "azure", "ambiguous", 100, 50, 1, "0.000625", "")
        assert verify(store).holds
        assert recover(tmp_path, store, TARGETS) == 0


def test_without_a_limit_the_tokens_stay_unknown(tmp_path: Path) -> None:
    """No number is made up, and the amount is missing for that reason."""
    write_segment(tmp_path, [make_reserved(output_limit=None)])
    with open_store(None) as store:
        recover(tmp_path, store, TARGETS)
        assert attempts(store) == [
            (1, "azure-swe", "azure", "ambiguous", None, None, 0, None, "unknown_usage")
        ]
        assert entries(store) == [("lost", 0, 1, "{}", 0)]
        assert verify(store).holds


def test_attempts_that_are_known_stay_and_the_next_is_the_lost_one(tmp_path: Path) -> None:
    """After a failed first attempt the second in the plan was under way; it has no price here."""
    reserved = make_reserved()
    failed = make_attempt(
        reserved.entry, outcome=AttemptOutcome.FAILED, usage=None, cost=None, unrated="not_charged"
    )
    write_segment(tmp_path, [reserved, failed])
    with open_store(None) as store:
        recover(tmp_path, store, TARGETS)
        assert attempts(store)[1] == (2, "azure-fra", "azure", "ambiguous", 100, 50, 1, None, "unpriced")
        assert verify(store).holds


def test_a_served_attempt_only_lacks_its_settlement(tmp_path: Path) -> None:
    """No second charge is invented; whether the client saw the end is not known, so the entry is lost."""
    write_segment(tmp_path, make_entry()[:2])
    with open_store(None) as store:
        recover(tmp_path, store, TARGETS)
        assert entries(store) == [("lost", 0, 1, '{"USD":"0.000325"}', 0)]
        assert len(attempts(store)) == 1


def test_a_plan_without_targets_or_an_unknown_one_is_recorded_as_such(tmp_path: Path) -> None:
    """A deployment that left the configuration has no cloud and no price any more."""
    write_segment(tmp_path, [make_reserved(planned=()), make_reserved(planned=("gone",))])
    with open_store(None) as store:
        assert recover(tmp_path, store, TARGETS) == 2
        assert [row[1:4] for row in attempts(store)] == [("", "", "ambiguous"), ("gone", "", "ambiguous")]
        assert {row[8] for row in attempts(store)} == {"unpriced"}


def test_the_living_are_left_alone(tmp_path: Path) -> None:
    """An entry under way in another worker is not settled behind its back; its lock stays."""
    writer = SegmentWriter(tmp_path)
    writer.write(frames_of([make_reserved()]))
    (tmp_path / "dead.000001.journal").write_bytes(frames_of([make_reserved()]))
    (tmp_path / "dead.lock").touch()
    with open_store(None) as store:
        assert recover(tmp_path, store, TARGETS) == 1
        assert sorted(str(row[0]) for row in entries(store)) == ["None", "lost"]
        assert [path.stem for path in tmp_path.glob("*.lock")] == [writer.writer]
        assert verify(store).under_way == 1
        writer.close()
        assert recover(tmp_path, store, TARGETS) == 1


def test_many_are_recovered_by_two_at_once(tmp_path: Path) -> None:
    """Two gateways that start together settle each entry once between them."""
    write_segment(tmp_path, [make_reserved(book="x" * 1000) for _ in range(3000)])
    counts: list[int] = []

    def start(name: str) -> None:
        with open_store(tmp_path / name) as store:
            counts.append(recover(tmp_path, store, TARGETS))

    threads = [threading.Thread(target=start, args=(f"{number}.db",)) for number in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(counts) == [0, 3000]
    with open_store(None) as store:
        fold(tmp_path, store)
        assert verify(store).holds
        ((costs,),) = store.rows("SELECT decimal_sum(amount) FROM attempts")
        assert costs == "1.875"


def test_a_folder_that_cannot_be_used_is_an_error(tmp_path: Path) -> None:
    """The message names it."""
    (tmp_path / "file").write_text("")
    with open_store(None) as store, pytest.raises(StoreError, match=r"file. cannot be recovered"):
        recover(tmp_path / "file", store, TARGETS)
