"""Folding is exact once: any number of times, at once, while writing, over damage."""

from __future__ import annotations

import asyncio
import multiprocessing
from pathlib import Path

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.ledger.samples import (
    NOW,
    frames_of,
    make_attempt,
    make_entry,
    make_refused,
    make_reserved,
    write_segment,
)

from comity.errors import StoreError
from comity.exchange import Usage
from comity.ledger import (
    AttemptOutcome,
    DroppedCandidate,
    EntryOutcome,
    Folded,
    Record,
    Store,
    fold,
    open_journal,
    open_store,
    settle,
    verify,
)
from comity.ledger.folding import _BLOCK
from comity.ledger.frames import encode_frame
from comity.ledger.segments import SegmentWriter, list_segments

TABLES = ("entries", "attempts", "drops", "findings")


def content(store: Store) -> dict[str, list[tuple[object, ...]]]:
    """Everything in the store."""
    return {table: list(store.rows(f"SELECT * FROM {table} ORDER BY 1, 2")) for table in TABLES}


def columns(store: Store, names: str, table: str = "entries") -> list[tuple[object, ...]]:
    """Some columns of a table."""
    return list(store.rows(f"SELECT {names} FROM {table}"))


def test_an_entry_becomes_its_rows(tmp_path: Path) -> None:
    """Every field is found again, in the words of the schema."""
    records = make_entry()
    write_segment(tmp_path, records)
    with open_store(None) as store:
        assert fold(tmp_path, store).records == 3
        assert columns(
            store, "caller, route, dialect, stream, facts, workload, planned, output_limit, book"
        ) == [
            (
                "support-bot",
                "gpt-5.5",
                "openai.chat",
                0,
                '{"customer":"acme","product":"support"}',
                '{"personal":true,"seats":12,"surface":"api","tags":["a","b"]}',
                '["azure-swe","azure-fra"]',
                50,
                "ab" * 32,
            )
        ]
        assert columns(store, "outcome, status, attempts, input_tokens, output_tokens, costs, conflicts") == [
            ("served", 200, 1, 100, 20, '{"USD":"0.000325"}', 0)
        ]
        assert columns(
            store,
            "number, answered_by, cloud, region, outcome, amount, currency, reasoning_tokens,"
            " dropped_parameters",
            "attempts",
        ) == [
            (1, "azure-swe", "azure", '["swedencentral"]', "served", "0.000325", "USD", 0, '["logit_bias"]')
        ]
        assert columns(store, "position, deployment, cause, clauses, outcome, why", "drops") == [
            (1, "bedrock-eu", "contract", '["2026a.stateless"]', "prohibited", "cloud=aws")
        ]
        ((verdicts,),) = columns(store, "verdicts")
        assert msgspec.json.decode(str(verdicts))[0] == {
            "deployment": "azure-swe",
            "outcome": "disputed",
            "worlds": 12,
            "f_must": 1,
            "f_may": 3,
            "c_must": 4092,
            "c_may": 4094,
            "clauses": ["2026a.host"],
            "action": "allow",
        }


def test_a_refusal_is_a_whole_entry(tmp_path: Path) -> None:
    """It is settled as it is written, owes nothing, and names its clauses."""
    write_segment(tmp_path, [make_refused()])
    with open_store(None) as store:
        fold(tmp_path, store)
        assert columns(store, "outcome, status, attempts, cause, clauses, message, costs, output_tokens") == [
            ("refused", 451, 0, "contract", '["2026a.stateless"]', "no cloud may", "{}", 0)
        ]
        assert len(columns(store, "*", "drops")) == 1
        assert verify(store).holds


def test_unknown_usage_stays_unknown(tmp_path: Path) -> None:
    """NULL in the store, not zero."""
    unknown = make_attempt(
        b"e" * 16, outcome=AttemptOutcome.AMBIGUOUS, usage=None, cost=None, unrated="unknown_usage"
    )
    write_segment(tmp_path, [unknown])
    with open_store(None) as store:
        fold(tmp_path, store)
        assert columns(store, "input_tokens, amount, currency, unrated", "attempts") == [
            (None, None, None, "unknown_usage")
        ]


@settings(max_examples=30, deadline=None)
@given(st.integers(1, 6), st.data())
def test_folding_any_number_of_times_is_folding_once(
    tmp_path_factory: pytest.TempPathFactory, count: int, draw: st.DataObject
) -> None:
    """A segment that grows byte by byte, folded at any moments, gives what one folding gives."""
    folder = tmp_path_factory.mktemp("ledger")
    records = [record for _ in range(count) for record in make_entry()]
    data = frames_of(records)
    cuts = sorted(draw.draw(st.lists(st.integers(0, len(data)), max_size=4)))
    writer = SegmentWriter(folder)
    with open_store(None) as often, open_store(None) as once:
        for start, stop in zip([0, *cuts], [*cuts, len(data)], strict=True):
            writer.write(data[start:stop])
            fold(folder, often)
        writer.close()
        fold(folder, often)
        fold(folder, once)
        assert content(often) == content(once)
        assert len(content(once)["entries"]) == count
        assert verify(often).holds


def test_the_order_of_records_does_not_matter(tmp_path: Path) -> None:
    """A settlement may be read before its reservation, from another segment."""
    reserved, attempted, settled = make_entry()
    with open_store(None) as store:
        for record in (settled, attempted, reserved):
            write_segment(tmp_path, [record])
            fold(tmp_path, store)
        assert columns(store, "caller, outcome, conflicts") == [("support-bot", "served", 0)]
        assert verify(store).holds


def test_the_same_record_twice_is_harmless(tmp_path: Path) -> None:
    """A copied segment, or a record written again after a failure, adds nothing."""
    records = make_entry()
    write_segment(tmp_path, records + records)
    write_segment(tmp_path, records)
    with open_store(None) as store:
        fold(tmp_path, store)
        assert columns(store, "count(*), sum(conflicts)") == [(1, 0)]
        assert columns(store, "count(*), sum(conflicts)", "attempts") == [(1, 0)]
        assert verify(store).holds


def test_a_torn_tail_waits_while_its_writer_lives(tmp_path: Path) -> None:
    """What is half written is no finding until nobody can finish it; then it is reported with its place."""
    data = frames_of(make_entry())
    writer = SegmentWriter(tmp_path)
    writer.write(data + encode_frame(b"x" * 100)[:50])
    with open_store(None) as store:
        assert fold(tmp_path, store).findings == 0
        writer.close()
        assert fold(tmp_path, store).findings == 1
        assert fold(tmp_path, store) == Folded(0, 0, 0)
        assert columns(store, "start, stop, kind", "findings") == [(len(data), len(data) + 50, "torn")]
        assert verify(store).holds


def test_a_torn_tail_of_a_segment_that_was_left_is_final(tmp_path: Path) -> None:
    """A writer that went on in its next segment does not finish the one before."""
    writer = SegmentWriter(tmp_path, 10)
    writer.write(encode_frame(b"x" * 100)[:50])
    writer.write(frames_of(make_entry()))
    with open_store(None) as store:
        assert fold(tmp_path, store).findings == 1
        assert columns(store, "count(*)") == [(1,)]
    writer.close()


def test_damage_costs_one_record_and_is_reported(tmp_path: Path) -> None:
    """A flipped bit in the middle: everything after it, in this segment and the next, is folded."""
    first, second = make_entry(), make_entry()
    data = bytearray(frames_of(first + second))
    data[30] ^= 4
    segment = write_segment(tmp_path, bytes(data))
    write_segment(tmp_path, make_entry())
    with open_store(None) as store:
        fold(tmp_path, store)
        stop = len(frames_of(first[:1]))
        assert columns(store, "segment, start, stop, kind", "findings") == [
            (segment.name, 0, stop, "damaged")
        ]
        assert columns(store, "count(*), count(caller)") == [(3, 2)]
        assert {found.kind for found in verify(store).discrepancies} == {"journal", "unreserved"}


def test_a_record_of_a_later_version_is_reported(tmp_path: Path) -> None:
    """It is whole, so nothing is lost; but it is not folded in silence."""
    frame = encode_frame(msgspec.msgpack.encode([99, "tomorrow"]))
    write_segment(tmp_path, frames_of(make_entry()) + frame)
    with open_store(None) as store:
        assert fold(tmp_path, store).findings == 1
        assert columns(store, "kind", "findings") == [("unknown",)]


def test_a_count_that_no_database_holds_is_reported(tmp_path: Path) -> None:
    """A provider that counts beyond 64 bits stops no fold."""
    reserved = make_reserved()
    attempt = make_attempt(reserved.entry, usage=Usage(input=1 << 63))
    settled = settle(reserved.entry, EntryOutcome.SERVED, 200, [attempt], at=NOW)
    write_segment(tmp_path, [reserved, attempt, settled, *make_entry()])
    with open_store(None) as store:
        assert fold(tmp_path, store).findings == 2
        assert columns(store, "kind", "findings") == [("unknown",), ("unknown",)]
        assert columns(store, "count(*)") == [(2,)]


def test_a_decision_that_cannot_be_read_is_reported(tmp_path: Path) -> None:
    """The frame is whole and its decision is none: a finding, and the records after it are folded."""
    frame = encode_frame(msgspec.msgpack.encode([1, b"e" * 16, 1, "no decision"]))
    write_segment(tmp_path, frame + frames_of(make_entry()))
    with open_store(None) as store:
        assert fold(tmp_path, store).findings == 1
        assert columns(store, "kind", "findings") == [("unknown",)]
        assert columns(store, "count(*)") == [(1,)]


def test_a_plan_that_differs_from_the_decision_is_folded(tmp_path: Path) -> None:
    """The order of this request, and the candidates it skipped, behind those that the decision dropped."""
    skipped = (DroppedCandidate("azure-swe", "cooling", why="another 5 s"),)
    write_segment(tmp_path, [make_reserved(order=("azure-fra",), skipped=skipped), make_reserved()])
    with open_store(None) as store:
        fold(tmp_path, store)
        assert columns(store, "planned") == [('["azure-fra"]',), ('["azure-swe","azure-fra"]',)]
        assert columns(store, "position, deployment, cause", "drops ORDER BY position DESC") == [
            (2, "azure-swe", "cooling"),
            (1, "bedrock-eu", "contract"),
        ]


def test_a_segment_that_shrank_is_reported(tmp_path: Path) -> None:
    """Bytes that were read and are gone are a finding; what was folded stays."""
    segment = write_segment(tmp_path, make_entry())
    with open_store(None) as store:
        fold(tmp_path, store)
        segment.write_bytes(segment.read_bytes()[:40])
        fold(tmp_path, store)
        assert columns(store, "start, kind", "findings") == [(40, "shrunk")]
        assert not verify(store).holds
        assert columns(store, "count(*)") == [(1,)]


def test_large_journals_are_folded_in_blocks(tmp_path: Path) -> None:
    """A segment longer than a block is read to its end, and progress is told."""
    long = [make_reserved(book="x" * 900_000) for _ in range(6)]
    size = write_segment(tmp_path, list[Record](long)).stat().st_size
    told: list[tuple[int, int]] = []
    with open_store(None) as store:
        folded = fold(tmp_path, store, lambda done, total: told.append((done, total)))
        assert size > _BLOCK
        assert (folded.records, folded.bytes) == (6, size)
        assert told[-1] == (size, size)
        assert [done for done, _ in told] == sorted(done for done, _ in told)


def test_two_folders_are_two_ledgers(tmp_path: Path) -> None:
    """Journals that are written at once in two folders do not meet."""

    async def scenario() -> None:
        journals = [open_journal(tmp_path / name) for name in ("a", "b")]
        for number in range(10):
            for record in make_entry():
                journals[number % 2].append(record)
            await asyncio.sleep(0)
        for journal in journals:
            await journal.close()

    asyncio.run(scenario())
    with open_store(tmp_path / "a" / "ledger.db") as store, open_store(tmp_path / "b" / "ledger.db") as other:
        fold(tmp_path / "a", store)
        fold(tmp_path / "b", other)
        ids = {row[0] for row in columns(store, "id")} | {row[0] for row in columns(other, "id")}
        assert (len(columns(store, "id")), len(columns(other, "id")), len(ids)) == (5, 5, 10)


def fold_all(folder: Path) -> None:
    """Folds as another process does."""
    with open_store(folder / "ledger.db") as store:
        fold(folder, store)


def test_processes_fold_at_once(tmp_path: Path) -> None:
    """Several gateways and a command may fold the same folder into the same store."""
    for _ in range(4):
        write_segment(tmp_path, [record for _ in range(200) for record in make_entry()])
    context = multiprocessing.get_context("spawn")
    processes = [context.Process(target=fold_all, args=(tmp_path,)) for _ in range(3)]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    assert [process.exitcode for process in processes] == [0, 0, 0]
    with open_store(tmp_path / "ledger.db") as store:
        assert columns(store, "count(*), sum(conflicts)") == [(800, 0)]
        assert verify(store).holds


def test_a_segment_that_cannot_be_read_is_an_error(tmp_path: Path) -> None:
    """The message names the file."""
    segment = write_segment(tmp_path, make_entry())
    segment.unlink()
    segment.mkdir()
    with open_store(None) as store, pytest.raises(StoreError, match="cannot be read"):
        fold(tmp_path, store)
    segment.rmdir()
    segment.symlink_to(segment)
    with open_store(None) as store, pytest.raises(StoreError, match="cannot be read"):
        fold(tmp_path, store)


def test_a_segment_that_was_taken_back_meanwhile_is_empty(tmp_path: Path) -> None:
    """A name without a file is what a writer on a full disk leaves behind for a moment."""
    segment = write_segment(tmp_path, make_entry())
    segment.unlink()
    segment.symlink_to(tmp_path / "gone")
    with open_store(None) as store:
        assert fold(tmp_path, store) == Folded(0, 0, 0)
    assert len(list_segments(tmp_path)) == 1
