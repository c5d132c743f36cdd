"""`comity export` as a user runs it: FOCUS files that hold, their check, and events."""

from __future__ import annotations

import csv
import json
from decimal import Decimal
from pathlib import Path

import pytest
from tests.billing.receivers import receiver
from tests.cli.test_invoice import entry
from tests.ledger.samples import write_segment
from typer.testing import CliRunner, Result

from comity.cli.main import app

MARCH = ("--period", "2026-03")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A ledger of two customers, with a charge that nobody can price."""
    folder = tmp_path / "ledger"
    folder.mkdir()
    write_segment(
        folder, [*entry(), *entry("globex"), *entry("globex", cost=None, usage=None, unrated="unknown_usage")]
    )
    return folder


def export(*arguments: object, status: int = 0) -> Result:
    """Runs `comity export` and holds it to its exit status."""
    result = CliRunner().invoke(app, ["export", *map(str, arguments)], env={"COLUMNS": "160"})
    assert result.exit_code == status, result.output
    return result


def test_a_focus_file_holds(folder: Path, tmp_path: Path) -> None:
    """What is written passes the check; what has no amount is left out, counted, and the status says so."""
    out = tmp_path / "focus.csv"
    said = export("focus", folder, *MARCH, "--out", out, status=1).stderr
    assert "left out: 1 charges without an amount: unknown_usage" in said
    assert "CostAndUsage: 2 rows, it holds" in export("check", out).stdout
    assert json.loads(export("check", out, "--json").stdout)["findings"] == []
    assert not list(tmp_path.glob("*.part"))


def test_the_rows_behind_an_invoice_sum_to_it(folder: Path, tmp_path: Path) -> None:
    """With a customer, the rows carry the invoice's number and its rounding."""
    out = tmp_path / "acme.csv"
    export("focus", folder, *MARCH, "--customer", "acme", "--operator", "Acme Corp", "--out", out)
    with out.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert sum(Decimal(row["BilledCost"]) for row in rows) == 0
    assert {row["InvoiceId"] for row in rows} == {"acme-2026-03-USD"}
    export("check", out)


def test_texts_that_spreadsheets_would_compute_are_told(tmp_path: Path) -> None:
    """They stay what they are, as FOCUS wants it, and the command says how many there are."""
    folder, name, out = tmp_path / "ledger", '=HYPERLINK("http://x", "a,b")', tmp_path / "focus.csv"
    folder.mkdir()
    write_segment(folder, [*entry(name), *entry("acme")])
    said = export("focus", folder, *MARCH, "--out", out).stderr
    assert "note: 2 texts look like formulas" in said
    with out.open(encoding="utf-8", newline="") as file:
        assert {row["SubAccountId"] for row in csv.DictReader(file)} == {name, "acme"}


def test_a_wrong_file_is_told_row_by_row(tmp_path: Path) -> None:
    """Findings first, then how many, and status 1."""
    wrong = tmp_path / "wrong.csv"
    wrong.write_text("BilledCost\nmuch\n")
    said = export("check", wrong, status=1).stdout
    assert "row 1, BilledCost: `much` is no number" in said or "and " in said
    assert "it does not hold" in said
    assert "cannot be checked" in export("check", tmp_path / "none.csv", status=2).stderr


def test_events_are_lines_of_json(folder: Path, tmp_path: Path) -> None:
    """One per charge; Stripe's cannot say unknown tokens, which are left out and told."""
    lines = export("events", folder, *MARCH).stdout.splitlines()
    assert [json.loads(line)["subject"] for line in lines] == ["acme", "globex", "globex"]
    assert "1 charges are no events" in export("events", folder, *MARCH, "--as", "stripe", status=1).stderr
    out = tmp_path / "events.jsonl"
    export("events", folder, *MARCH, "--as", "lago", "--out", out)
    assert len(out.read_text().splitlines()) == 3


@pytest.mark.parametrize(
    ("arguments", "said", "status"),
    [
        (("--as", "paper"), "expected one of cloudevents, lago, stripe", 2),
        (("--token", "secret"), "never as its value", 2),
        (("--out", "no/such/folder/file"), "cannot write", 2),
    ],
)
def test_bad_input(folder: Path, arguments: tuple[str, ...], said: str, status: int) -> None:
    """Clear refusals."""
    assert said in export("events", folder, *MARCH, *arguments, status=status).stderr


def test_events_are_sent(folder: Path) -> None:
    """What a receiver takes is counted; what it refuses ends the command with status 1 and its words."""
    with receiver() as (url, inbox):
        said = export("events", folder, *MARCH, "--to", url).stderr
        assert "3 events in 1 requests" in said
        inbox.answers = [422]
        said = export("events", folder, *MARCH, "--to", url, status=1).stderr
        assert "with 422: no such subscription" in said
