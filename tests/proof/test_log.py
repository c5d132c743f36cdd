"""The log of a ledger: what is settled is in it once, whoever dies when; only what continues is signed."""

from __future__ import annotations

import os
import shutil
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from pathlib import Path

import pytest
from tests.ledger.samples import NOW, make_attempt, make_entry, make_refused, make_reserved, write_segment
from tests.proof import rfc
from tests.proof.dying import Countdown, Counted, dies
from tests.proof.logs import OTHER, SIGNER, ledger, subjects

from comity.errors import StoreError
from comity.ledger import EntryOutcome, fold, open_store, settle, write_correction
from comity.money import Money
from comity.proof import (
    Signer,
    entries_of,
    examine,
    extend,
    new_key,
    open_register,
    opened_log,
    place_of,
    publish,
    redact,
    sequence,
    signed_heads,
)
from comity.proof.register import datas_between, lines_between, size_of
from comity.proof.verify import open_note, read_head


def test_everything_settled_is_a_line_once(tmp_path: Path) -> None:
    """Entries, refusals and corrections become lines; what is under way does not; again changes nothing."""
    reserved = make_reserved()
    attempt = make_attempt(reserved.entry)
    with ledger(tmp_path) as made:
        assert size_of(made.register) == 0
        entry = make_entry()
        made.add(*entry, make_refused(), reserved, attempt)
        credit = Money(Decimal("-0.1"), "USD")
        write_correction(tmp_path, entry[0].entry, credit, by="ada", reason="agreed")
        fold(tmp_path, made.store)
        added, head = made.extend()
        assert (added, head and head.size) == (3, 3)
        kinds = [line.kind for line in lines_between(made.register, 0, 9)]
        assert sorted(kinds) == ["correction", "entry", "refusal"]
        assert made.extend() == (0, None)
        made.add(settle(reserved.entry, EntryOutcome.SERVED, 200, [attempt], at=NOW))
        assert made.extend()[0] == 1
        assert subjects(made)[-1] == reserved.entry
        assert len(set(subjects(made))) == 4


def test_checkpoints_are_files_and_continue_each_other(tmp_path: Path) -> None:
    """Each size that was signed has its file, the newest is `checkpoint`, and roots are those of the RFC."""
    with ledger(tmp_path, 2) as made:
        made.fill(300)
        made.extend()
        public = made.place.public
        assert sorted(path.name for path in (public / "checkpoints").iterdir()) == ["2", "302"]
        latest = (public / "checkpoint").read_text()
        assert latest == (public / "checkpoints/302").read_text()
        head = read_head(open_note(latest, [(public / "key.vkey").read_text().strip()]))
        assert head.root == rfc.mth(datas_between(made.register, 0, 302))
        assert head.origin == "acme.example/ledger"


def test_a_log_is_signed_only_so_often(tmp_path: Path) -> None:
    """Between two checkpoints lies the time that was asked for, by the clock that is given."""
    with ledger(tmp_path, 1) as made:
        made.fill(1)
        sequence(made.store, made.register)
        soon = made.register.rows("SELECT at FROM proof_checkpoints ORDER BY size DESC LIMIT 1")
        ((at,),) = soon
        assert isinstance(at, int)
        public = made.place.public
        assert publish(public, made.register, SIGNER, every=60, now=at + 59_000_000_000) is None
        assert publish(public, made.register, SIGNER, every=60, now=at + 60_000_000_000) is not None


def test_lines_never_go_back_in_time(tmp_path: Path) -> None:
    """A clock that was set back does not put a line into an earlier period."""
    with open_store(None) as store, open_register(None) as register:
        for now in (NOW, NOW - 10**9):
            write_segment(tmp_path, make_entry())
            fold(tmp_path, store)
            sequence(store, register, now)
        assert [line.logged_at for line in lines_between(register, 0, 2)] == [NOW, NOW]


@pytest.mark.parametrize("moment", range(8))
def test_who_dies_anywhere_loses_and_repeats_nothing(tmp_path: Path, moment: int) -> None:
    """Killed at any statement or file operation, the next run completes the log, and signs nothing else."""
    first, folder = tmp_path / "first", tmp_path / "ledger"
    with ledger(first, 250) as made:
        made.fill(20)

    def work(countdown: Countdown) -> None:
        place = place_of(folder / "ledger.db")
        with open_store(folder / "ledger.db") as store, opened_log(place) as register:
            counted = Counted(register, countdown)
            sequence(Counted(store, countdown), counted)
            publish(place.public, counted, SIGNER)

    died = [True]
    for steps in range(1 + 2 * moment, 300, 16):
        shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(first, folder)
        died.append(dies(steps, work))
        latest = folder / "proof/public/checkpoint"
        with ledger(folder) as made:
            assert len(set(subjects(made))) == size_of(made.register) == 270
            heads = signed_heads(made.register, made.place.public, [SIGNER.verifier], [latest.read_text()])
            assert max(head.size for head in heads) == 270
            assert examine(made.store, made.register, made.place.public, heads).holds
        if not died[-1]:
            break
    assert not died[-1], "the work has fewer steps than were tried"
    assert sum(died) > 2


def test_several_sequencers_at_once_put_each_line_in_once(tmp_path: Path) -> None:
    """Each waits for the lock of the register; together they do the work once."""
    with ledger(tmp_path) as made:
        made.fill(400)
        place = made.place

    def work(_: int) -> int:
        with open_store(tmp_path / "ledger.db") as store:
            return extend(store, place, SIGNER)[0]

    with ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(work, range(4))) == 400
    with ledger(tmp_path) as made:
        assert len(set(subjects(made))) == size_of(made.register) == 400


def test_several_gateways_share_a_store_on_postgresql(tmp_path: Path, schema: str) -> None:
    """The register lies on the server too; each machine keeps the public files for itself."""
    with open_store(schema):
        pass

    def work(name: str) -> None:
        folder = tmp_path / name
        folder.mkdir()
        with open_store(schema) as store:
            for _ in range(3):
                write_segment(folder, [*make_entry(), make_refused()])
                fold(folder, store)
                extend(store, place_of(schema, folder / "proof"), SIGNER)

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(work, ("one", "two")))
    with open_store(schema) as store:
        for name in ("one", "two"):
            place = place_of(schema, tmp_path / name / "proof")
            extend(store, place, SIGNER)
            with opened_log(place) as register:
                assert size_of(register) == 12
                heads = signed_heads(register, place.public, [SIGNER.verifier], [])
                found = examine(store, register, place.public, heads)
                assert found.holds, found.differences
        with opened_log(place_of(schema, tmp_path / "one/proof")) as register:
            done = redact(store, register, entries_of(store, "acme"), by="ada", reason="art. 17")
            assert (done.lines, size_of(register)) == (12, 24)
            assert not list(store.rows("SELECT 1 FROM entries WHERE facts <> '{}'"))


def test_a_store_that_is_folded_anew_adds_nothing(tmp_path: Path) -> None:
    """The store can be made again; the log knows what it holds."""
    with ledger(tmp_path, 9) as made:
        before = subjects(made)
    (tmp_path / "ledger.db").unlink()
    with ledger(tmp_path) as made:
        fold(tmp_path, made.store)
        assert made.extend() == (0, None)
        assert subjects(made) == before


def test_torn_tiles_are_written_anew(tmp_path: Path) -> None:
    """What a power cut left of the files is mended from the register before anything is signed."""
    with ledger(tmp_path, 300) as made:
        public = made.place.public
        (public / "tile/0/001.p/44").write_bytes(b"")
        (public / "tile/1/000.p/1").write_bytes(bytes(32))
        made.fill(3)
        _, head = made.extend()
        assert head is not None
        assert head.root == rfc.mth(datas_between(made.register, 0, 303))
        shutil.rmtree(public / "tile")
        (public / "checkpoint").unlink()
        made.fill(1)
        assert made.extend()[1] is not None
        assert (public / "checkpoint").exists()


def test_nothing_is_signed_over_a_changed_log(tmp_path: Path) -> None:
    """A register that was changed or set back is found before the key is used."""
    with ledger(tmp_path, 10) as made:
        register, public = made.register, made.place.public
        made.fill(1)
        register.execute("UPDATE proof_lines SET data = ? WHERE position = 4", (bytes(32),))
        with pytest.raises(
            StoreError, match=r"nothing is signed, since the log of 11 lines does not continue"
        ):
            made.extend()
        assert (public / "checkpoint").read_text().splitlines()[1] == "10"


def test_a_register_that_was_set_back_is_found(tmp_path: Path) -> None:
    """An old copy of the register does not know of the checkpoint, and would sign another log."""
    with ledger(tmp_path, 10) as made:
        made.register.execute("VACUUM INTO ?", (str(tmp_path / "old.db"),))
        made.fill(1)
        made.extend()
    for path in (tmp_path / "proof").glob("register.db*"):
        path.unlink()
    shutil.copy(tmp_path / "old.db", tmp_path / "proof/register.db")
    with pytest.raises(
        StoreError, match=r"checkpoint of 11 lines and the register knows of 10: it was set back"
    ):
        ledger(tmp_path).__enter__()


def test_a_key_of_another_log_signs_nothing(tmp_path: Path) -> None:
    """A log keeps its name; a new key under the same name goes on with it."""
    with ledger(tmp_path, 1) as made:
        made.fill(1)
        with pytest.raises(StoreError, match=r"this log is `acme.example/ledger`"):
            extend(made.store, made.place, Signer(new_key("other.example")))
        assert extend(made.store, made.place, OTHER)[1] is not None


def test_folders_that_cannot_be_used_are_said(tmp_path: Path) -> None:
    """A log that is not there, and one that cannot be written."""
    with pytest.raises(StoreError, match="begins one"), opened_log(place_of(tmp_path / "ledger.db")):
        pass
    with pytest.raises(StoreError, match="say where its log is"):
        place_of("postgresql://nowhere/ledger")
    (tmp_path / "file").write_text("")
    with (
        pytest.raises(StoreError, match="cannot be made"),
        opened_log(place_of(tmp_path / "file/x.db"), create=True),
    ):
        pass
    with ledger(tmp_path, 1) as made:
        os.truncate(made.place.public / "checkpoint", 3)
        made.extend()
        assert (made.place.public / "checkpoint").read_text().startswith("acme.example/ledger\n1\n")
        (made.place.public / "checkpoint").unlink()
        (made.place.public / "checkpoint").mkdir()
        with pytest.raises(StoreError, match=r"the checkpoint in .* cannot be read"):
            made.extend()
