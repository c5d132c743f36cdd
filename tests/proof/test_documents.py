"""Receipts, proofs and statements: made by the operator, checked by somebody who has one file and one key."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec
import pytest
from tests.ledger.samples import NOW, make_entry, write_segment
from tests.proof.logs import OTHER, SIGNER, Ledger, ledger, subjects

from comity.errors import StoreError
from comity.ledger import fold, write_correction
from comity.money import Money
from comity.proof import (
    Receipt,
    checkpoint_at,
    make_extension,
    make_receipt,
    open_tiles,
    publish,
    sequence,
    state,
    statement_name,
    verify,
)
from comity.proof.log import head_text
from comity.proof.register import last_checkpoint, lines_between
from comity.proof.verify import Head, check, compare, read_head

KEYS = [SIGNER.verifier]
DAY = 86_400 * 10**9


def receipt_of(made: Ledger, subject: bytes, *names: str) -> Receipt:
    """A receipt that discloses these fields."""
    return make_receipt(made.store, made.register, made.place.public, subject, lambda name: name in names)


def text_of(document: object) -> str:
    """A document as it is handed over."""
    return msgspec.json.encode(document).decode()


def stated(made: Ledger, since: int, until: int, now: int) -> str:
    """A statement about days since the samples' day."""
    last = last_checkpoint(made.register)
    assert last is not None
    tiles = open_tiles(made.place.public, made.register, read_head(last[2]))
    period = (NOW + since * DAY, NOW + until * DAY)
    return state(made.store, made.register, tiles, SIGNER, period, now=NOW + now * DAY)


def test_a_receipt_proves_a_line_and_what_is_disclosed_of_it(tmp_path: Path) -> None:
    """The verifier sees the chosen fields and nothing of the others."""
    with ledger(tmp_path, 300) as made:
        for index in (0, 255, 256, 299):
            subject = subjects(made)[index]
            made_of = receipt_of(made, subject, "id", "caller")
            found = check(text_of(made_of), KEYS)
            assert found.lines[0].endswith(f"signed at 300 lines, holds this {made_of.kind} as line {index}")
            assert '  caller = "support-bot"' in found.lines
            assert "acme" not in text_of(made_of).replace("acme.example", "")
            assert found.heads[0].size == 300


def test_any_change_of_a_receipt_is_found(tmp_path: Path) -> None:
    """Each part is bound by the signature, the tree or a digest."""
    with ledger(tmp_path, 20) as made:
        one = msgspec.to_builtins(receipt_of(made, subjects(made)[7], "id", "route", "sums"))
        other = msgspec.to_builtins(receipt_of(made, subjects(made)[8], "id", "route"))
    check(json.dumps(one), KEYS)
    changes: list[tuple[str, Any]] = [
        ("kind", "refusal"),
        ("kind", "entry/v1\n"),
        ("index", 8),
        ("index", -1),
        ("index", 7.0),
        ("index", "7"),
        ("digests", one["digests"][1:]),
        ("digests", [*one["digests"], "00" * 32]),
        ("digests", other["digests"]),
        ("digests", [digest.upper() for digest in one["digests"]]),
        ("digests", [*one["digests"], "00"]),
        ("digests", None),
        ("disclosed", other["disclosed"]),
        ("disclosed", [one["disclosed"][0].replace("0", "1", 1)]),
        ("disclosed", [one["disclosed"][0]] * 2),
        ("disclosed", ["[1,2]"]),
        ("disclosed", ['["x",["y"],1]']),
        ("disclosed", [1]),
        ("proof", one["proof"][1:]),
        ("proof", [*one["proof"], one["proof"][0]]),
        ("proof", [step[:62] for step in one["proof"]]),
        ("proof", other["proof"]),
        ("checkpoint", one["checkpoint"].replace("\n20\n", "\n21\n")),
        ("checkpoint", one["checkpoint"][:-1] + "x"),
        ("checkpoint", SIGNER.sign("comity-statement/v1\nlog x\n")),
        ("checkpoint", OTHER.sign(one["checkpoint"].partition("\n\n")[0] + "\n")),
    ]
    for name, value in changes:
        with pytest.raises(ValueError, match=r"."):
            check(json.dumps(one | {name: value}), KEYS)
    whole = json.dumps(one)
    for text, why in (
        ("{}", "no document of a ledger"),
        ('{"a":' * 100_000, "no document of a ledger"),
        (f'{{"index": 9, {whole[1:]}', "stands twice"),
        (f'{whole[:-1]}, "disclosed": []}}', "stands twice"),
    ):
        with pytest.raises(ValueError, match=why):
            check(text, KEYS)
    with pytest.raises(ValueError, match=r"not signed|is wrong"):
        check(json.dumps(one), [OTHER.verifier])


def test_a_key_speaks_for_the_log_of_its_name_alone(tmp_path: Path) -> None:
    """The operator of one log cannot sign in the name of another, and without a key nothing is proved."""
    with ledger(tmp_path, 2) as made:
        receipt = msgspec.to_builtins(receipt_of(made, subjects(made)[0], "id"))
    text = receipt["checkpoint"].partition("\n\n")[0] + "\n"
    foreign = SIGNER.sign(text.replace("acme.example", "globex.example"))
    for document in (foreign, json.dumps(receipt | {"checkpoint": foreign})):
        for keys in (KEYS, []):
            with pytest.raises(ValueError, match=r"no key of the log `globex.example/ledger` is given"):
                check(document, keys)
    with pytest.raises(ValueError, match=r"no key of the log `acme.example/ledger` is given"):
        check(json.dumps(receipt), [])


def test_corrections_and_redactions_have_receipts_too(tmp_path: Path) -> None:
    """A correction is a line of its own and says what it corrects."""
    with ledger(tmp_path) as made:
        entry = make_entry()
        made.add(*entry)
        credit = Money(Decimal("-0.25"), "USD")
        correction = write_correction(tmp_path, entry[0].entry, credit, by="ada", reason="agreed", number=1)
        fold(tmp_path, made.store)
        made.extend()
        found = check(
            text_of(receipt_of(made, correction.id, "entry", "attempt", "cost", "by", "reason")), KEYS
        )
        assert '  cost = {"USD": "-0.25"}' in found.lines
        assert '  reason = "agreed"' in found.lines


def test_no_receipt_of_what_is_not_so(tmp_path: Path) -> None:
    """What is not in the log, not signed yet, changed or gone gets no receipt, and the reason is said."""
    with ledger(tmp_path, 3) as made:
        with pytest.raises(StoreError, match="is not in the log"):
            receipt_of(made, bytes(16))
        made.fill(1)
        sequence(made.store, made.register)
        late = subjects(made)[3]
        with pytest.raises(StoreError, match="no signed part of the log yet"):
            receipt_of(made, late)
        publish(made.place.public, made.register, SIGNER)
        check(text_of(receipt_of(made, late)), KEYS)
        made.store.execute("UPDATE entries SET route = 'gpt-6' WHERE id = ?", (late,))
        with pytest.raises(StoreError, match=r"was changed after it was put into the log at 3"):
            receipt_of(made, late)
        made.store.execute("DELETE FROM entries WHERE id = ?", (late,))
        with pytest.raises(StoreError, match=r"was dropped after it was put into the log at 3"):
            receipt_of(made, late)


def test_a_later_checkpoint_continues_an_earlier_one(tmp_path: Path) -> None:
    """By size or by date, from any checkpoint to any later one."""
    with ledger(tmp_path) as made:
        for size in (1, 3, 300):
            made.fill(size)
            made.extend()
        public = made.place.public
        for old, new in ((0, 1), (1, 4), (4, 304), (304, 304)):
            found = check(text_of(make_extension(made.register, public, old, new)), KEYS)
            assert [head.size for head in found.heads] == [old, new]
        proof = msgspec.to_builtins(make_extension(made.register, public, 4, 304))
        for name, value in (("proof", proof["proof"][:-1]), ("from", proof["to"]), ("to", proof["from"])):
            with pytest.raises(ValueError, match=r"does not continue|no document"):
                check(json.dumps(proof | {name: value}), KEYS)
        with pytest.raises(StoreError, match="there is no checkpoint of 2 lines: the latest has 304"):
            make_extension(made.register, public, 2, 304)
        with pytest.raises(StoreError, match="the later one"):
            make_extension(made.register, public, 4, 1)
        assert checkpoint_at(made.register, 1 << 62) == 304
        with pytest.raises(StoreError, match="before that moment"):
            checkpoint_at(made.register, 0)


def test_statements_count_and_sum_a_period(tmp_path: Path) -> None:
    """What was put into the log in it, by kind and currency, and which journals were read how far."""
    with ledger(tmp_path) as made:
        for day in (0, 1, 1):
            entry = make_entry()
            made.add(*entry)
            write_correction(tmp_path, entry[0].entry, Money(Decimal(-1), "EUR"), by="a", reason="b")
            fold(tmp_path, made.store)
            sequence(made.store, made.register, NOW + day * DAY + 5)
        publish(made.place.public, made.register, SIGNER)
        first, second, third = stated(made, 0, 1, 9), stated(made, 1, 2, 9), stated(made, 2, 3, 9)
        assert stated(made, 1, 2, 10) == second, "what was stated stays"
        lines = second.partition("\n\n")[0].splitlines()
        for line in (
            "period 2026-03-19T00:00:00Z to 2026-03-20T00:00:00Z",
            "made 2026-03-27T00:00:00Z",
            "lines 4",
            "entries 2",
            "corrections 2",
            "redactions 0",
            "indexes 2 to 5",
            "charged USD 0.00065",
            "corrected EUR -2",
            "unsettled 0",
        ):
            assert line in lines
        assert sum(line.startswith("journal ") for line in lines) == 6
        assert "lines 0" in third.splitlines(), "an empty period is stated too"
        found = [check(note, KEYS) for note in (third, first, second, second)]
        assert compare(found) == []
        assert [line for line in found[2].lines if line.startswith("no-claim ")]
        assert statement_name(NOW, NOW + DAY) == "statements/2026-03-18T00:00:00Z_2026-03-19T00:00:00Z"


def test_damage_is_part_of_a_statement(tmp_path: Path) -> None:
    """Places of the journal that could not be read are named, and what is still open is counted."""
    with ledger(tmp_path, 1) as made:
        write_segment(tmp_path, b"\xf5Cj\x01 this was a record once")
        made.add(make_entry()[0])
        made.extend()
        lines = stated(made, 0, 1, 9).splitlines()
        assert "unsettled 1" in lines
        assert any(line.startswith("finding ") and line.endswith(" bytes 0 to 27") for line in lines)


def test_a_statement_is_not_made_before_its_time_or_twice(tmp_path: Path) -> None:
    """A period must have ended, be wholly signed, and not overlap another one that was stated."""
    with ledger(tmp_path) as made:
        made.fill(1)
        sequence(made.store, made.register, NOW)
        with pytest.raises(StoreError, match="not signed yet"):
            stated(made, 0, 1, 9)
        publish(made.place.public, made.register, SIGNER)
        with pytest.raises(StoreError, match="a period that has ended"):
            stated(made, 0, 1, 0)
        with pytest.raises(StoreError, match="a period that has ended"):
            stated(made, 1, 1, 9)
        stated(made, 2, 4, 9)
        with pytest.raises(
            StoreError, match=r"2026-03-20T00:00:00Z to 2026-03-22T00:00:00Z is stated already"
        ):
            stated(made, 3, 5, 9)


def test_a_clock_that_goes_back_puts_no_line_into_a_stated_period(tmp_path: Path) -> None:
    """What comes after a statement belongs to a later period, whatever the clock says."""
    with ledger(tmp_path) as made:
        first = stated(made, 0, 2, 9)
        made.fill(2)
        sequence(made.store, made.register, NOW + DAY)
        publish(made.place.public, made.register, SIGNER)
        assert compare([check(note, KEYS) for note in (first, stated(made, 2, 3, 9))]) == []
        assert [line.logged_at for line in lines_between(made.register, 0, 2)] == [NOW + 2 * DAY] * 2


def test_statements_that_contradict_each_other_are_found() -> None:
    """Overlapping periods, lines between two periods that follow each other, and two logs under one name."""
    roots = {size: bytes([size]) * 32 for size in range(9)}

    def statement(
        since: int, until: int, before: int, after: int, *, entries: int | None = None, more: str = ""
    ) -> str:
        days = [datetime(2026, 3, day, tzinfo=UTC).strftime("%Y-%m-%dT%H:%M:%SZ") for day in (since, until)]
        heads = [
            head_text(Head("acme.example/ledger", size, roots[size])).splitlines() for size in (before, after)
        ]
        counted = after - before if entries is None else entries
        return SIGNER.sign(
            f"comity-statement/v1\nlog acme.example/ledger\nperiod {days[0]} to {days[1]}\n"
            f"before {heads[0][1]} {heads[0][2]}\nafter {heads[1][1]} {heads[1][2]}\nlines {counted}\n"
            f"entries {counted}\nrefusals 0\ncorrections 0\nredactions 0\n{more}"
        )

    def against(*notes: str) -> list[str]:
        return compare([check(note, KEYS) for note in notes])

    assert against(statement(1, 2, 0, 4), statement(2, 3, 4, 5), statement(5, 6, 7, 7)) == []
    contradiction = ["the statements 2026-03-01T00:00:00Z to 2026-03-03T00:00:00Z and "]
    for other in ((2, 4, 4, 5), (3, 4, 3, 5), (3, 4, 5, 6)):
        (found,) = against(statement(1, 3, 0, 4), statement(*other))
        assert found.startswith(contradiction[0])
    checkpoint = SIGNER.sign(head_text(Head("acme.example/ledger", 4, bytes(32))))
    assert against(statement(1, 3, 0, 4), checkpoint) == [
        "log acme.example/ledger was signed twice at 4 lines, with other lines"
    ]
    assert against(statement(1, 3, 0, 4), statement(1, 3, 0, 4)) == []
    (twice,) = against(
        statement(1, 3, 0, 4, more="charged USD 1\n"), statement(1, 3, 0, 4, more="charged USD 2\n")
    )
    assert twice.endswith("was stated twice for 2026-03-01T00:00:00Z to 2026-03-03T00:00:00Z, in other words")
    late = SIGNER.sign(
        statement(1, 3, 0, 4).partition("\n\n")[0].replace("03T00:00:00Z", "03T00:00:00.500000000Z") + "\n"
    )
    (overlap,) = against(late, statement(3, 4, 4, 4))
    assert overlap.endswith("contradict each other"), "half a second of the later one is in the earlier one"
    plain = statement(1, 2, 0, 0).partition("\n\n")[0] + "\n"
    for wrong in (
        statement(1, 2, 0, 4, entries=3),
        statement(2, 1, 0, 4),
        SIGNER.sign(plain.replace("entries 0", "entries 5\nentries 0")),
        SIGNER.sign(plain.replace("entries 0", "entries 1").replace("refusals 0", "refusals -1")),
        SIGNER.sign(plain.replace("2026-03-02T00:00:00Z", "spring")),
        SIGNER.sign("comity-statement/v1\nlog x\n"),
    ):
        with pytest.raises(ValueError, match=r"contradicts itself|no document"):
            check(wrong, KEYS)


def test_the_verifier_is_one_file_that_needs_nothing_of_comity(tmp_path: Path) -> None:
    """A counterparty copies it and runs it; it has at most 240 lines."""
    alone = tmp_path / "verify.py"
    shutil.copy(str(verify.__file__), alone)
    assert len(alone.read_text().splitlines()) <= 240
    with ledger(tmp_path, 2) as made:
        (tmp_path / "receipt.json").write_text(text_of(receipt_of(made, subjects(made)[0], "id")))
        (tmp_path / "checkpoint").write_text(OTHER.sign("acme.example/ledger\n2\n" + "A" * 43 + "=\n"))

    def run(*arguments: str) -> tuple[int, str]:
        command = [sys.executable, "-I", str(alone), *arguments]
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False, timeout=60)
        return done.returncode, done.stdout

    status, said = run("receipt.json", "--key", SIGNER.verifier)
    assert status == 0
    assert said.startswith("receipt.json: holds\n  proved: log acme.example/ledger, signed at 2 lines")
    status, said = run("receipt.json", "checkpoint", "missing", "--key", SIGNER.verifier)
    assert status == 2
    assert "checkpoint: does not hold: `acme.example/ledger` has not signed this" in said
    assert "missing: does not hold: [Errno 2]" in said
