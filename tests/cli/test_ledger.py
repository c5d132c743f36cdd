"""`comity ledger` as a user runs it: tables, JSON, checks, and clear refusals."""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from tests.ledger.samples import (
    NOW,
    make_attempt,
    make_entry,
    make_refused,
    make_reserved,
    nobody,
    write_segment,
)
from typer.testing import CliRunner, Result

from comity.cli.ledger_store import shown_progress
from comity.cli.main import app
from comity.ledger import EntryOutcome, fold, open_store, parse_entry_id, settle, write_correction
from comity.money import Money


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A ledger of three entries: served, refused, and served without a price."""
    reserved = make_reserved(caller="agent", facts={"product": "agent"})
    unpriced = make_attempt(reserved.entry, cost=None, unrated="unpriced", estimated=True)
    settled = settle(reserved.entry, EntryOutcome.ABORTED, 0, [unpriced], at=NOW)
    refused = make_refused(at=NOW + 1)
    write_segment(tmp_path, [*make_entry(), refused, reserved, unpriced, settled])
    return tmp_path


def ledger(*arguments: object, status: int = 0) -> Result:
    """Runs `comity ledger` and holds it to its exit status."""
    result = CliRunner().invoke(app, ["ledger", *map(str, arguments)], env={"COLUMNS": "200"})
    assert result.exit_code == status, result.output
    return result


def ledger_json(*arguments: object, status: int = 0) -> Any:
    """What `--json` prints."""
    return json.loads(ledger(*arguments, "--json", status=status).stdout)


def test_entries_are_listed_with_totals(folder: Path) -> None:
    """Who, what, how it ended, where, why not, and sums below."""
    text = ledger(folder).stdout
    for piece in (
        "support-bot",
        "served 200",
        "azure-swe",
        "0.000325 USD",
        "refused 451",
        "2026a.stateless",
        "aborted",
        "~100",
        "1 unpriced",
        "3 entries",
        "1 refused",
        "0.000325 USD + 1 unpriced",
    ):
        assert piece in text


def test_json_is_exact(folder: Path) -> None:
    """Amounts are text, times are ISO 8601, and the newest entries come last."""
    found = ledger_json(folder, "--limit", 2)
    assert found["totals"]["costs"] == [{"amount": "0.000325", "currency": "USD"}]
    assert found["totals"]["entries"] == 3
    assert [line["outcome"] for line in found["entries"]] == ["served", "refused"]
    assert found["entries"][0]["at"] == "2026-03-18T00:00:00+00:00"


def test_groups_are_summed(folder: Path) -> None:
    """By facts and columns, in the order that was asked for."""
    found = ledger_json(folder, "--group-by", "product, cloud")
    assert [(*group["keys"], group["totals"]["entries"]) for group in found["groups"]] == [
        ("agent", "azure", 1),
        ("support", "", 1),
        ("support", "azure", 1),
    ]
    text = ledger(folder, "--group-by", "product,cloud").stdout
    assert "product" in text
    assert "all" in text


@pytest.mark.parametrize(
    ("options", "entries"),
    [
        (["--since", "2026-03-18", "--until", "2026-03-19"], 3),
        (["--since", "2026-03-18T00:00:00.000001"], 0),
        (["--until", "2026-03-18"], 0),
        (["--caller", "agent", "--caller", "other"], 1),
        (["--deployment", "azure-swe"], 2),
        (["--cloud", "azure"], 2),
        (["--outcome", "refused", "--outcome", "aborted"], 2),
        (["--where", "product=support", "--where", "personal=true"], 2),
        (["--where", "product=none"], 0),
    ],
)
def test_filters_are_passed_on(folder: Path, options: list[str], entries: int) -> None:
    """Every option chooses; an empty choice is an empty table, not an error."""
    assert ledger_json(folder, *options)["totals"]["entries"] == entries
    ledger(folder, *options)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--since", "yesterday"], "expected a date or an ISO 8601 timestamp"),
        (["--until", "2026-02-30"], "is no day of the calendar"),
        (["--outcome", "done"], "`done` is no outcome"),
        (["--where", "product"], "expected a fact like product=support"),
        (["--where", "prodct=support"], "did you mean `product`?"),
        (["--group-by", "clowd"], "did you mean `cloud`?"),
        (["--group-by", "a b"], "expected the name of a column or a fact"),
        (["--limit", "0"], "--limit"),
    ],
)
def test_bad_options_are_refused(folder: Path, options: list[str], message: str) -> None:
    """Status 2, and what to write instead."""
    output = ledger(folder, *options, status=2).output
    plain = " ".join(output.replace("│", " ").split())
    assert message in plain


def test_what_is_no_ledger_is_refused(tmp_path: Path) -> None:
    """A missing path, an empty folder, an empty file and another file, each with its reason."""
    (tmp_path / "empty.db").touch()
    (tmp_path / "text.db").write_text("this is no database, whatever its name says")
    assert "is no ledger" in ledger(tmp_path / "nowhere", status=2).stderr
    assert "holds no ledger" in ledger(tmp_path, status=2).stderr
    assert "is no ledger" in ledger(tmp_path / "empty.db", status=2).stderr
    assert "not a database" in ledger(tmp_path / "text.db", status=2).stderr
    (tmp_path / "ledger.db").write_text("a store that was overwritten by something")
    assert "not a database" in ledger(tmp_path, status=2).stderr


def test_a_segment_that_cannot_be_read_is_an_error(folder: Path) -> None:
    """It is no reason to pretend that only the store is at fault."""
    (folder / "w.000001.journal").mkdir()
    errors = ledger(folder, status=2).stderr
    assert "w.000001.journal` cannot be read" in errors
    assert "note" not in errors


def test_progress_shows_only_when_it_takes_long(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Quick work and pipes see nothing; slow work on a terminal says how far it is, on standard error."""
    with shown_progress("folding", wait=0) as report:
        report(1, 2)
    monkeypatch.setenv("FORCE_COLOR", "1")  # a terminal, as far as rich can tell
    with shown_progress("folding", wait=60) as report:
        report(1, 2)
    assert capsys.readouterr() == ("", "")
    with shown_progress("folding", wait=0) as report:
        report(1, 2)
        report(2, 2)
    captured = capsys.readouterr()
    assert "folding" in captured.err
    assert captured.out == ""


def test_a_store_file_is_read_as_it_is(folder: Path) -> None:
    """A `.db` without its journal is a ledger too, and so is a folder whose segments were moved away."""
    with open_store(folder / "ledger.db") as store:
        fold(folder, store)
    for segment in folder.glob("*.journal"):
        segment.unlink()
    assert ledger_json(folder / "ledger.db")["totals"]["entries"] == 3
    assert ledger_json(folder)["totals"]["entries"] == 3


def test_verify_says_that_it_holds(folder: Path) -> None:
    """Status 0, with the counts."""
    assert "the ledger holds (3 entries, 2 attempts, 0 under way)" in ledger("verify", folder).stdout
    assert ledger_json("verify", folder)["holds"] is True


def test_verify_fails_on_damage(folder: Path) -> None:
    """Status 1, each discrepancy named, and the long list cut; a torn tail is only a note."""
    (segment,) = folder.glob("*.journal")
    data = bytearray(segment.read_bytes())
    data[20] ^= 1
    segment.write_bytes(bytes(data[:-5]))
    write_segment(folder, [make_reserved() for _ in range(110)])
    text = ledger("verify", folder, status=1).stdout
    assert "journal: " in text
    assert "at byte 0" in text
    assert "note: " in text
    assert "more" in text
    assert "the ledger does not hold: " in text
    assert ledger_json("verify", folder, status=1)["holds"] is False


def test_help_ends_with_an_example(folder: Path) -> None:
    """The group, the list and the check; and the bare command shows the help."""
    for arguments in (["--help"], ["list", "--help"], ["verify", "--help"]):
        assert "Example: comity ledger" in ledger(*arguments).stdout
    assert "Example: comity ledger" in ledger(status=2).output
    assert ledger_json("list", folder)["totals"]["entries"] == 3


@pytest.fixture
def public_folder(folder: Path) -> Iterator[Path]:
    """The ledger in a place that every user of the machine may read."""
    with tempfile.TemporaryDirectory() as place:
        public = Path(place) / "ledger"
        shutil.copytree(folder, public)
        Path(place).chmod(0o755)
        for path in public.iterdir():
            path.chmod(0o444)
        public.chmod(0o555)
        yield public
        public.chmod(0o755)


def test_a_read_only_folder_is_read_into_memory(folder: Path, public_folder: Path) -> None:
    """Whoever may only read gets the answer, and a note; nothing is written."""
    expected = ledger_json(folder)
    with nobody():
        result = ledger(public_folder, "--json")
    assert "read into memory" in result.stderr
    assert json.loads(result.stdout) == expected
    assert [path.suffix for path in public_folder.iterdir()] == [".journal"]


def test_a_journal_is_folded_by_hand(folder: Path, tmp_path: Path) -> None:
    """Into a store of one's choice or the folder's own; again changes nothing."""
    store = tmp_path / "elsewhere.db"
    assert "0 unreadable places" in ledger("fold", folder, store).output
    assert ledger_json("fold", folder, f"sqlite://{store}")["records"] == 0
    assert ledger_json("fold", folder)["records"] > 0
    by_file, by_address = (ledger_json(place)["totals"] for place in (store, f"sqlite://{store}"))
    assert by_file == by_address
    assert "cannot be used" in ledger("fold", folder, "postgresql:///x?host=%2Fnowhere", status=2).stderr
    assert "is no store" in ledger("mysql://db/x", status=2).stderr


def test_corrections_stand_beside_what_they_correct(folder: Path) -> None:
    """In lines, in sums and in what `verify` counts up."""
    entry = parse_entry_id(ledger_json(folder, "--outcome", "served")["entries"][0]["entry"])
    write_correction(folder, entry, Money(Decimal("-0.5"), "USD"), by="billing", reason="agreed")
    assert "-0.500000 USD corrected" in ledger(folder, "--group-by", "caller").output
    assert "-0.500000 USD corrected" in ledger("verify", folder).output
    assert ledger_json("verify", folder)["corrections"] == [{"amount": "-0.5", "currency": "USD"}]
    assert ledger_json(folder)["totals"]["corrections"] == [{"amount": "-0.5", "currency": "USD"}]


def test_a_correction_is_recorded_by_hand(folder: Path) -> None:
    """Who, why and how much; it is in the sums at once."""
    entry = ledger_json(folder, "--outcome", "served")["entries"][0]["entry"]
    told = ledger("correct", folder, entry, "-0.25", "USD", "--reason", "agreed", "--by", "billing").output
    assert told == f"corrected {entry} by -0.25 USD: agreed\n"
    made = ledger_json("correct", folder, entry, "0.05", "USD", "--reason", "surcharge", "--attempt", "1")
    assert (made["entry"], made["attempt"], made["delta"]["amount"]) == (entry, 1, "0.05")
    with open_store(folder / "ledger.db", create=False) as store:
        first, _ = store.rows("SELECT number, author, reason, amount FROM corrections ORDER BY id")
        assert first == (0, "billing", "agreed", "-0.25")
    assert ledger_json(folder)["totals"]["corrections"] == [{"amount": "-0.2", "currency": "USD"}]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (("-1", "USD", "--reason", " "), "expected a reason"),
        (("-1", "EUR", "--reason", "x"), "it was charged in USD, not in EUR"),
        (("-1", "USD", "--reason", "x", "--attempt", "2"), "the entry has no attempt 2; it has 1"),
        (("much", "USD", "--reason", "x"), "expected an amount like -0.25"),
        (("0", "USD", "--reason", "x"), "expected an amount other than zero"),
    ],
)
def test_a_correction_of_nothing_is_refused(folder: Path, change: tuple[str, ...], message: str) -> None:
    """Before anything is written."""
    entry = ledger_json(folder, "--outcome", "served")["entries"][0]["entry"]
    assert message in " ".join(ledger("correct", folder, entry, *change, status=2).stderr.split())
    nobody = "019d2c3f-0000-7000-8000-000000000000"
    told = ledger("correct", folder, nobody, "1", "USD", "--reason", "x", status=2).stderr
    assert f"the ledger has no entry `{nobody}`" in " ".join(told.replace("│", " ").split())
    assert ledger_json("verify", folder)["corrections"] == []
