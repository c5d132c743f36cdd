"""Tampering: whatever is changed in store, register or files is found, and its first line named."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path

import pytest
from tests.ledger.samples import make_entry, write_segment
from tests.proof.logs import OTHER, SIGNER, Ledger, ledger, subjects

from comity.errors import StoreError
from comity.ledger import fold, write_correction
from comity.money import Money
from comity.proof import Examined, examine, sequence, signed_heads
from comity.proof.log import head_text
from comity.proof.tiles import Tiles, write_tiles
from comity.proof.tree import root_of
from comity.proof.verify import Head

SIZE = 520
"""Lines of the log: two full tiles and a few, under three checkpoints."""


@pytest.fixture(scope="module")
def untouched(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A ledger with a log, to be copied."""
    folder = tmp_path_factory.mktemp("untouched") / "ledger"
    with ledger(folder, 100) as made:
        for more in (200, SIZE - 300):
            made.fill(more)
            made.extend()
    return folder


@pytest.fixture
def made(untouched: Path, tmp_path: Path) -> Iterator[Ledger]:
    """A copy of that ledger."""
    shutil.copytree(untouched, tmp_path / "ledger")
    with ledger(tmp_path / "ledger") as copy:
        yield copy


def examined(made: Ledger, *known: str) -> Examined:
    """What the check says."""
    heads = signed_heads(made.register, made.place.public, [SIGNER.verifier], known)
    return examine(made.store, made.register, made.place.public, heads)


def found(made: Ledger, *known: str) -> list[tuple[str, int]]:
    """Kinds and lines of the differences."""
    return [(one.kind, one.index) for one in examined(made, *known).differences]


def test_what_nobody_touched_holds(made: Ledger) -> None:
    """Also with lines that are not signed yet and with checkpoints that somebody kept."""
    kept = (made.place.public / "checkpoints/300").read_text()
    made.fill(2)
    sequence(made.store, made.register)
    seen: list[tuple[int, int]] = []
    heads = signed_heads(made.register, made.place.public, [SIGNER.verifier], [kept])
    result = examine(made.store, made.register, made.place.public, heads, lambda *done: seen.append(done))
    assert result.holds
    assert (result.lines, result.signed) == (SIZE + 2, SIZE)
    assert seen == [(SIZE + 2, SIZE + 2)]


def swap(made: Ledger, first: int, second: int) -> None:
    """Exchanges two lines of the register."""
    for old, new in ((first, -1), (second, first), (-1, second)):
        made.register.execute("UPDATE proof_lines SET position = ? WHERE position = ?", (new, old))


def renumber(made: Ledger, order: list[int]) -> None:
    """Puts the lines of the register into another order, by their old places."""
    made.register.execute("UPDATE proof_lines SET position = -1 - position")
    rows = [(new, -1 - old) for new, old in enumerate(order)]
    made.register.execute_many("UPDATE proof_lines SET position = ? WHERE position = ?", rows)


STORE: list[tuple[str, str, int]] = [
    ("UPDATE attempts SET amount = '0.5' WHERE entry = ?", "changed", 256),
    ('UPDATE entries SET facts = \'{"customer":"other"}\' WHERE id = ?', "changed", 0),
    ("UPDATE entries SET costs = '{}' WHERE id = ?", "changed", SIZE - 1),
    ("DELETE FROM attempts WHERE entry = ?", "changed", 257),
    ("DELETE FROM entries WHERE id = ?", "dropped", 7),
    ("UPDATE entries SET outcome = NULL WHERE id = ?", "dropped", 300),
]


@pytest.mark.parametrize(("statement", "kind", "line"), STORE)
def test_a_changed_store_is_found(made: Ledger, statement: str, kind: str, line: int) -> None:
    """An amount, a fact, an attempt or a whole entry: the line is named."""
    made.store.execute(statement, (subjects(made)[line],))
    assert found(made) == [(kind, line)]


def test_an_entry_that_was_put_into_the_store_is_found(made: Ledger) -> None:
    """An entry that never passed the outbox is in the store and not in the log."""
    write_segment(made.folder, make_entry())
    fold(made.folder, made.store)
    assert found(made) == [], "it waits in the outbox"
    made.store.execute("DELETE FROM proof_pending")
    assert found(made) == [("inserted", SIZE)]


def test_a_correction_that_was_kept_out_of_the_log_is_found(made: Ledger) -> None:
    """What changes an amount has to be a line as well."""
    delta = Money(Decimal(-1), "USD")
    write_correction(made.folder, subjects(made)[0], delta, by="finance", reason="credit")
    fold(made.folder, made.store)
    assert found(made) == [], "it waits in the outbox"
    made.store.execute("DELETE FROM proof_pending")
    assert found(made) == [("inserted", SIZE)]


def drop(made: Ledger) -> None:
    """Takes line 260 out and closes the gap."""
    made.register.execute("DELETE FROM proof_lines WHERE position = 260")
    renumber(made, [*range(260), *range(261, SIZE)])


def insert(made: Ledger) -> None:
    """Puts a line between 259 and 260: one that is there already, so that it says something true."""
    made.register.execute("UPDATE proof_lines SET position = -1 - position WHERE position >= 260")
    columns = "kind, subject, logged_at, costs, secret, digests, data"
    made.register.execute(
        f"INSERT INTO proof_lines (position, {columns})"
        f" SELECT 260, {columns} FROM proof_lines WHERE position = 9"
    )
    made.register.execute("UPDATE proof_lines SET position = -position WHERE position < 0")


def change(made: Ledger) -> None:
    """Writes another secret and the data that fit it into line 260."""
    (row,) = made.register.rows("SELECT secret, data FROM proof_lines WHERE position = 8")
    made.register.execute("UPDATE proof_lines SET secret = ?, data = ? WHERE position = 260", row)


@pytest.mark.parametrize(
    ("tamper", "kind"),
    [
        (drop, "dropped"),
        (insert, "inserted"),
        (change, "changed"),
        (lambda made: swap(made, 260, 270), "moved"),
        (lambda made: swap(made, 260, 261), "moved"),
    ],
)
def test_a_changed_register_is_found(made: Ledger, tamper: Callable[[Ledger], None], kind: str) -> None:
    """Dropped, put between, changed or moved: the signed tiles say which, and from which line on."""
    tamper(made)
    assert (kind, 260) in found(made)


@pytest.mark.parametrize("size", [515, 512, 256])
def test_a_register_that_ends_too_early_is_found(made: Ledger, size: int) -> None:
    """The last lines are signed, and the register has them no more."""
    made.register.execute("DELETE FROM proof_lines WHERE position >= ?", (size,))
    assert ("truncated", size) in found(made)


def test_a_gap_in_the_register_is_found(made: Ledger) -> None:
    """A line that is simply gone."""
    made.register.execute("DELETE FROM proof_lines WHERE position = 3")
    assert ("dropped", 3) in found(made)


def test_a_log_that_was_begun_anew_at_an_old_checkpoint_is_found_by_what_others_kept(made: Ledger) -> None:
    """Nothing of it contradicts itself; a checkpoint in somebody else's hands does."""
    kept = (made.place.public / "checkpoint").read_text()
    entries = subjects(made)[300:]
    made.register.execute("DELETE FROM proof_lines WHERE position >= 300")
    made.register.execute("DELETE FROM proof_checkpoints WHERE size > 300")
    shutil.rmtree(made.place.public)
    waiting = [(entry, "entry") for entry in reversed(entries)]
    made.store.execute_many("INSERT INTO proof_pending VALUES (?, ?)", waiting)
    assert made.extend()[0] == SIZE - 300
    assert found(made) == []
    assert found(made, kept) == [("rewritten", 300)]


def test_files_and_register_that_were_both_changed_are_found(made: Ledger) -> None:
    """The checkpoints alone say how far the log is what was signed."""
    swap(made, 310, 311)
    public = made.place.public
    shutil.rmtree(public / "tile")
    rows = made.register.rows("SELECT data FROM proof_lines ORDER BY position")
    datas = [bytes(row[0]) for row in rows if isinstance(row[0], bytes)]
    write_tiles(public, 0, SIZE, lambda start, end: datas[start:end])
    assert root_of(Tiles(public, SIZE), SIZE)
    assert found(made) == [("rewritten", 300)]


@pytest.mark.parametrize(
    ("tile", "line"),
    [("0/001", 256), ("0/002.p/8", 512), ("1/000.p/2", 0)],
)
def test_a_damaged_tile_is_named(made: Ledger, tile: str, line: int) -> None:
    """Files that do not say what the register and the checkpoints say."""
    path = made.place.public / "tile" / tile
    path.write_bytes(bytes(len(path.read_bytes())))
    assert found(made) == [("damaged tile", line)]
    path.unlink()
    (difference,) = examined(made).differences
    assert difference.kind == "damaged tile"
    assert f"tile/{tile.partition('.')[0]}" in difference.detail


def test_a_checkpoint_of_another_key_is_refused(made: Ledger) -> None:
    """Whatever it says."""
    forged = OTHER.sign(head_text(Head("acme.example/ledger", 1, bytes(32))))
    with pytest.raises(ValueError, match=r"has not signed this"):
        examined(made, forged)
    (made.place.public / "checkpoint").unlink()
    (made.place.public / "checkpoint").mkdir()
    with pytest.raises(StoreError, match=r"cannot be read"):
        examined(made)
