"""`comity receipt`, `comity verify` and the log's commands under `comity ledger`, as their users run them."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.ledger.samples import make_entry, make_refused, write_segment
from typer.testing import CliRunner, Result

from comity.cli.main import app
from comity.ledger import Record, format_entry_id

Run = Callable[..., Result]


@pytest.fixture
def entry(tmp_path: Path) -> str:
    """The id of an entry in the ledger `ledger`, which has three."""
    records: list[Record] = make_entry()
    (tmp_path / "ledger").mkdir()
    write_segment(tmp_path / "ledger", [*records, make_refused(), *make_entry()])
    return format_entry_id(records[0].entry)


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, entry: str) -> Run:
    """Runs a command where the ledger is, after its log was begun, and holds it to its status."""
    monkeypatch.chdir(tmp_path)

    def run(*arguments: str, status: int = 0) -> Result:
        result = CliRunner().invoke(app, list(arguments), env={"COLUMNS": "200"})
        assert result.exit_code == status, result.output
        return result

    assert (
        "publish ledger.vkey   acme.example/ledger+"
        in run("ledger", "key", "new", "acme.example/ledger").stdout
    )
    said = run("ledger", "log", "ledger", "--key", "file:ledger.skey").stdout
    assert said == "3 lines added to the log in ledger/proof; signed at 3\n"
    return run


def test_a_receipt_discloses_what_is_asked_for(run: Run, entry: str, tmp_path: Path) -> None:
    """By name or pattern; `--all` discloses everything; by default only the id."""
    for options, count in (((), 1), (("--disclose", "id, attempt.*.cost"), 2), (("--all",), 25)):
        run("receipt", entry, "ledger", "--out", "receipt.json", *options)
        assert len(json.loads((tmp_path / "receipt.json").read_text())["disclosed"]) == count
        said = run("verify", "receipt.json", "--key", "ledger.vkey").stdout
        assert f"{count} of its 25 fields are disclosed" in said
        assert f'id = "{entry}"' in said
    assert json.loads(run("receipt", entry, "ledger").stdout)["kind"] == "entry"
    said = run("receipt", entry, "ledger", "--disclose", "id,costs", "--out", "receipt.json").stderr
    assert said == "note: `costs` is no field of this line, or was erased; --all shows all there are\n"
    assert "is not in the log" in run("receipt", entry[:-1] + "0", "ledger", status=2).stderr
    assert "expected an entry id" in run("receipt", "x", "ledger", status=2).stderr


def test_the_key_decides(run: Run, entry: str, tmp_path: Path) -> None:
    """What another key signed, what was changed and what is unreadable does not hold."""
    run("receipt", entry, "ledger", "--out", "receipt.json")
    run("ledger", "key", "new", "acme.example/ledger", "--out", "other")
    assert "has not signed this" in run("verify", "receipt.json", "--key", "other.vkey", status=1).stdout
    run("verify", "receipt.json", "--key", (tmp_path / "ledger.vkey").read_text().strip())
    assert "No such file" in run("verify", "receipt.json", "--key", "no.vkey", status=2).stderr
    shutil.copy(tmp_path / "ledger.vkey", tmp_path / "acme+globex.vkey")
    run("verify", "receipt.json", "--key", "acme+globex.vkey")
    secret = (tmp_path / "ledger.skey").read_text().strip()
    for signs in ("ledger.skey", secret):
        told = run("verify", "receipt.json", "--key", signs, status=2).output
        assert "this is the key that signs" in told
        assert secret not in told
    told = run("verify", "receipt.json", "missing.json", "--key", "ledger.vkey", "--json", status=1).stdout
    assert [one["holds"] for one in json.loads(told)["documents"]] == [True, False]
    assert "does not hold" in run("verify", "missing.json", "--key", "ledger.vkey", status=2).stdout
    assert "File exists" in run("ledger", "key", "new", "x", "--out", "other", status=2).stderr
    assert "has no spaces" in run("ledger", "key", "new", "a b", status=2).stderr
    assert (tmp_path / "ledger.skey").stat().st_mode & 0o077 == 0


def test_a_log_is_proved_to_continue(run: Run, tmp_path: Path) -> None:
    """From a size or a date on, to a size or the latest."""
    write_segment(tmp_path / "ledger", make_entry())
    run("ledger", "log", "ledger", "--key", "file:ledger.skey")
    assert run("ledger", "prove", "ledger", "--from", "ledger/proof/public/checkpoints/3").stdout
    run("ledger", "prove", "ledger", "--from", "3", "--out", "proof.json")
    said = run("verify", "proof.json", "ledger/proof/public/checkpoint", "--key", "ledger.vkey").stdout
    assert "at 4 lines begins with its first 3, unchanged and in order" in said
    run("ledger", "prove", "ledger", "--from", "2200-01-01", "--to", "4")
    assert (
        "no checkpoint was signed before"
        in run("ledger", "prove", "ledger", "--from", "2020-01-01", status=2).stderr
    )
    write_segment(tmp_path / "ledger", make_entry())
    assert run("ledger", "log", "ledger").stdout == "1 lines added to the log in ledger/proof\n"
    told = json.loads(run("ledger", "log", "ledger", "--key", "file:ledger.skey", "--json").stdout)
    assert told == {"added": 0, "signed": 5}


def test_a_changed_ledger_fails_the_check(run: Run, tmp_path: Path) -> None:
    """The status is 1, and what differs is named; also by a checkpoint that somebody kept."""
    shutil.copy(tmp_path / "ledger/proof/public/checkpoint", tmp_path / "kept")
    said = run("ledger", "prove", "ledger", "--check", "--known", "kept", "--key", "ledger.vkey").stdout
    assert said == "the log is as it was signed (3 lines, 3 signed, 1 checkpoints)\n"
    (tmp_path / "ledger/proof/public/tile/0/000.p/3").write_bytes(b"")
    said = run("ledger", "prove", "ledger", "--check", status=1).stdout
    assert said.startswith(
        "damaged tile: line 0: `tile/0/000` is not what was signed\nthe log is not as it was"
    )


def test_a_period_is_stated(run: Run, tmp_path: Path) -> None:
    """An empty one too; the same question has the same answer, and both are published."""
    options = ("--from", "2026-01-01", "--to", "2026-02-01", "--key", "file:ledger.skey")
    note = run("ledger", "statement", "ledger", *options).stdout
    assert "lines 0\n" in note
    run("ledger", "statement", "ledger", *options, "--out", "statement")
    assert (tmp_path / "statement").read_text() == note
    (published,) = (tmp_path / "ledger/proof/public/statements").iterdir()
    assert published.read_text() == note
    run("verify", "statement", "--key", "ledger.vkey")
    future = ("--from", "2026-01-15", "--to", "2200-02-01", "--key", "file:ledger.skey")
    assert "a period that has ended" in run("ledger", "statement", "ledger", *future, status=2).stderr


def test_a_customer_is_redacted(run: Run, entry: str) -> None:
    """The command says what it erased, what it kept and where the journal still holds the values."""
    said = run("ledger", "redact", "ledger", entry, "--reason", "art. 17", "--by", "ada").stdout
    assert said.startswith("1 entries redacted, 1 of them for the first time\n")
    assert said.count("still in the journal: ") == 1
    assert "not looked through: reasons of corrections, budgets, wallets and conversations" in said
    said = run("ledger", "redact", "ledger", "--customer", "acme", "--reason", "art. 17").stdout
    assert said.startswith("2 entries redacted, 2 of them")
    told = json.loads(run("ledger", "redact", "ledger", entry, "--reason", "again", "--json").stdout)
    assert (told["entries"], told["lines"]) == (1, 0)
    nobody = run("ledger", "redact", "ledger", "--customer", "acme", "--reason", "art. 17", status=2).stderr
    assert "there is nothing to redact" in nobody
    run("ledger", "verify", "ledger")
    run("ledger", "prove", "ledger", "--check")


def test_a_ledger_without_a_log_says_so(tmp_path: Path, entry: str) -> None:
    """Nothing is begun by asking."""
    arguments = ["receipt", entry, str(tmp_path / "ledger")]
    result = CliRunner().invoke(app, arguments)
    assert result.exit_code == 2
    assert "`comity ledger log` begins one" in result.stderr
    assert not (tmp_path / "ledger/proof").exists()
