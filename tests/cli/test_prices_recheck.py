"""`comity prices recheck`: what was charged against the prices that are known now, and corrections of it."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from tests.config.test_load import GOOD
from tests.ledger.samples import make_attempt, make_reserved, write_segment
from typer.testing import CliRunner, Result

from comity.cli.main import app
from comity.exchange import Usage
from comity.ledger import AttemptOutcome, EntryOutcome, Record, settle, write_correction
from comity.money import Money

USAGE = Usage(input=1_000_000)


def usd(amount: str) -> Money:
    """An amount."""
    return Money(Decimal(amount), "USD")


@pytest.fixture
def ledger(tmp_path: Path) -> Path:
    """Attempts that were charged rightly, wrongly, not at all, in another currency, and elsewhere."""
    (tmp_path / "comity.yaml").write_text(GOOD)
    folder = tmp_path / "ledger"
    folder.mkdir()
    records: list[Record] = []
    one: dict[str, Any] = {"deployment": "one", "answered_by": "one", "usage": USAGE, "price": "old"}
    for changes in (
        {**one, "cost": usd("1.25")},
        {**one, "cost": usd("1.00")},
        {**one, "cost": usd("1.00"), "tier": "standard"},
        {**one, "cost": None, "price": "", "unrated": "unpriced"},
        {**one, "cost": Money(Decimal(1), "EUR"), "price": "euros"},
        {**one, "cost": usd("3"), "tier": "priority", "price": "fast"},
        {**one, "cost": None, "usage": None, "price": "", "unrated": "unknown_usage"},
        {**one, "cost": usd("9"), "answered_by": "gone"},
        {**one, "cost": None, "price": "", "unrated": "not_charged", "outcome": AttemptOutcome.FAILED},
    ):
        reserved = make_reserved(("one",))
        attempt = make_attempt(reserved.entry, **changes)
        settled = settle(reserved.entry, EntryOutcome.SERVED, 200, [attempt], at=attempt.ended)
        records += [reserved, attempt, settled]
    write_segment(folder, records)
    return folder


def recheck(ledger: Path, *arguments: str) -> Result:
    """Runs the command."""
    config = str(ledger.parent / "comity.yaml")
    return CliRunner().invoke(app, ["prices", "recheck", str(ledger), "--config", config, *arguments])


def found(ledger: Path) -> dict[str, tuple[int, dict[str, str]]]:
    """What is found, by what was charged before."""
    groups = json.loads(recheck(ledger, "--json").stdout)
    return {one["before"]: (one["requests"], one["difference"]) for one in groups}


def test_what_would_be_charged_otherwise_is_told(ledger: Path) -> None:
    """Grouped by deployment and terms; a tier that has no price now has no amount."""
    assert found(ledger) == {
        "old": (2, {"USD": "0.5"}),
        "unpriced": (1, {"USD": "1.25"}),
        "euros": (1, {}),
        "fast": (1, {}),
    }
    shown = recheck(ledger)
    assert shown.exit_code == 1
    assert "0.500000 USD" in shown.output
    assert "unpriced_tier: priority" in shown.output
    later = recheck(ledger, "--since", "2030-01-01")
    assert (later.exit_code, later.output) == (0, "")


def test_corrections_mend_it_once(ledger: Path) -> None:
    """One for each attempt; then there is nothing left but what has no amount."""
    booked = recheck(ledger, "--correct", "the rate was 1.25", "--by", "finance")
    assert (booked.exit_code, "3 corrections booked" in booked.stderr) == (1, True)
    assert found(ledger) == {"euros": (1, {}), "fast": (1, {})}
    summed = CliRunner().invoke(app, ["ledger", str(ledger), "--json"])
    assert json.loads(summed.stdout)["totals"]["corrections"] == [{"amount": "1.75", "currency": "USD"}]


def test_corrections_of_whole_entries_and_of_two_currencies_count_once(tmp_path: Path, ledger: Path) -> None:
    """What was corrected by hand is taken into account, whichever attempt it was about and what else came."""
    folder = tmp_path / "other"
    folder.mkdir()
    reserved = make_reserved(("one",))
    lost: dict[str, Any] = {"deployment": "one", "answered_by": "one", "price": "old"}
    tried = [
        make_attempt(reserved.entry, 1, **{**lost, "cost": None, "usage": None, "unrated": "unknown_usage"}),
        make_attempt(reserved.entry, 2, **lost, usage=USAGE, cost=usd("1.00")),
    ]
    done = settle(reserved.entry, EntryOutcome.SERVED, 200, tried, at=tried[1].ended)
    write_segment(folder, [reserved, *tried, done])
    for amount, currency, number in (
        ("0.15", "USD", 0),
        ("0.1", "USD", 2),
        ("7", "EUR", 2),
        ("-7", "EUR", 2),
    ):
        delta = Money(Decimal(amount), currency)
        write_correction(folder, reserved.entry, delta, by="finance", reason="credit", number=number)
    config = str(ledger.parent / "comity.yaml")
    done_again = CliRunner().invoke(app, ["prices", "recheck", str(folder), "--config", config])
    assert (done_again.exit_code, done_again.output) == (0, "")


def test_nothing_to_correct_is_nothing_booked(ledger: Path) -> None:
    """An empty period gets no corrections."""
    none = recheck(ledger, "--since", "2030-01-01", "--correct", "nothing")
    assert (none.exit_code, "0 corrections booked" in none.stderr) == (0, True)


def test_what_cannot_be_done_is_told(ledger: Path) -> None:
    """Corrections need a journal, prices a configuration."""
    store = ledger / "ledger.db"
    recheck(ledger)
    assert "are appended to a journal" in recheck(store, "--correct", "x").output
    assert "moments from 1970 to 2262" in recheck(ledger, "--until", "2999-01-01").output
    absent = CliRunner().invoke(app, ["prices", "recheck", str(ledger), "--config", "absent.yaml"])
    assert (absent.exit_code, "absent.yaml:1:1" in absent.stderr) == (2, True)
