"""Erasure: who and what goes, how much stays, the log is what it was, and everybody is told what remains."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest
from tests.ledger.samples import make_entry, make_refused, make_reserved, write_segment
from tests.proof.logs import SIGNER, Ledger, ledger, subjects

from comity.errors import StoreError
from comity.ledger import Filter, fold, totals
from comity.ledger import verify as verify_ledger
from comity.proof import entries_of, examine, make_receipt, redact, signed_heads
from comity.proof.register import lines_between, lines_of, size_of
from comity.proof.verify import check

SECRETS = ("acme", "support-bot", "no cloud may", "req-1", "cloud=aws")
"""What the samples say of who and what."""


def everything(made: Ledger) -> str:
    """All that the store says, as text."""
    tables = ("entries", "attempts", "drops", "decisions", "kinds")
    return "\n".join(str(row) for table in tables for row in made.store.rows(f"SELECT * FROM {table}"))


def test_a_customer_is_erased_and_the_accounts_stay(tmp_path: Path) -> None:
    """Facts, texts and hashes go from the store, salts from the register; sums and log stay as they were."""
    with ledger(tmp_path, 9) as made:
        summed = totals(made.store, Filter())
        entries = entries_of(made.store, "acme")
        assert len(entries) == 9
        done = redact(made.store, made.register, entries, by="ada", reason="art. 17")
        assert (done.entries, done.lines) == (9, 9)
        assert done.segments == tuple(sorted(path.name for path in tmp_path.glob("*.journal")))
        left = everything(made)
        assert not [secret for secret in SECRETS if secret in left]
        assert totals(made.store, Filter()) == summed
        assert verify_ledger(made.store).holds
        assert [line.kind for line in lines_between(made.register, 9, 18)] == ["redaction"] * 9
        assert all(line.secret is None for line in lines_between(made.register, 0, 9))
        made.extend()
        heads = signed_heads(made.register, made.place.public, [SIGNER.verifier], [])
        assert examine(made.store, made.register, made.place.public, heads).holds
        assert entries_of(made.store, "acme") == []
        assert redact(made.store, made.register, entries, by="ada", reason="again").lines == 0
        assert size_of(made.register) == 18


def test_a_redacted_entry_still_has_its_place(tmp_path: Path) -> None:
    """Its receipt proves the line without a field, and the redaction has a receipt that says why."""
    with ledger(tmp_path, 4) as made:
        entry = subjects(made)[1]
        before = make_receipt(made.store, made.register, made.place.public, entry, lambda _: True)
        redact(made.store, made.register, [entry], by="ada", reason="art. 17")
        made.extend()
        after = make_receipt(made.store, made.register, made.place.public, entry, lambda _: True)
        assert (after.index, after.digests, after.disclosed) == (1, before.digests, [])
        for receipt in (before, after):
            check(msgspec.json.encode(receipt).decode(), [SIGNER.verifier])
        erased = make_receipt(
            made.store,
            made.register,
            made.place.public,
            subjects(made)[4],
            lambda name: name in {"reason", "line"},
        )
        assert [text.partition(",")[2] for text in erased.disclosed] == ['"line",1]', '"reason","art. 17"]']
        (line,) = lines_of(made.register, [entry])
        assert line.digests is not None
        made.register.execute("UPDATE proof_lines SET digests = ? WHERE position = 1", (line.digests[32:],))
        with pytest.raises(StoreError, match="the digests that a redaction left of line 1 were changed"):
            make_receipt(made.store, made.register, made.place.public, entry, lambda _: True)
        heads = signed_heads(made.register, made.place.public, [SIGNER.verifier], [])
        (found,) = examine(made.store, made.register, made.place.public, heads).differences
        assert (found.kind, found.index) == ("changed", 1)


def test_what_is_erased_is_in_no_page_of_the_files(tmp_path: Path) -> None:
    """Whatever SQLite was built to do with pages that it frees."""
    with ledger(tmp_path, 60) as made:
        list(made.store.rows("PRAGMA secure_delete=OFF"))
        redact(made.store, made.register, entries_of(made.store, "acme"), by="ada", reason="art. 17")
    for file in (*tmp_path.glob("ledger.db*"), *tmp_path.glob("proof/register.db*")):
        data = file.read_bytes().replace(b"acme.example/ledger", b"the name of the log")
        assert not [secret for secret in SECRETS if secret.encode() in data], file


def test_what_others_share_stays_until_nobody_needs_it(tmp_path: Path) -> None:
    """A decision that another entry has too is kept for that one."""
    with ledger(tmp_path) as made:
        first, second = make_entry(), make_entry()
        made.add(*first, *second)
        made.extend()
        for records, left in ((first, 1), (second, 0)):
            redact(made.store, made.register, [records[0].entry], by="ada", reason="art. 17")
            ((count,),) = made.store.rows("SELECT count(*) FROM decisions")
            assert count == left


def test_values_that_come_back_are_erased_again(tmp_path: Path) -> None:
    """The journal holds them; a store that is folded anew is cleaned when the log is extended."""
    with ledger(tmp_path, 3) as made:
        redact(made.store, made.register, subjects(made), by="ada", reason="art. 17")
    (tmp_path / "ledger.db").unlink()
    with ledger(tmp_path) as made:
        fold(tmp_path, made.store)
        assert "acme" in everything(made)
        made.extend()
        assert "acme" not in everything(made)


def test_a_redaction_needs_a_reason_and_an_entry_of_the_log(tmp_path: Path) -> None:
    """What is under way, unknown or changed is not redacted."""
    with ledger(tmp_path, 3) as made:
        reserved = make_reserved()
        write_segment(tmp_path, [reserved, make_refused()])
        fold(tmp_path, made.store)
        entry = subjects(made)[0]
        with pytest.raises(ValueError, match="expected a reason"):
            redact(made.store, made.register, [entry], by="ada", reason=" ")
        with pytest.raises(StoreError, match="is no entry of the log"):
            redact(made.store, made.register, [reserved.entry], by="ada", reason="art. 17")
        made.store.execute("UPDATE entries SET route = 'x' WHERE id = ?", (entry,))
        with pytest.raises(StoreError, match="was changed after it was put into the log"):
            redact(made.store, made.register, [entry], by="ada", reason="art. 17")
        assert size_of(made.register) == 3
