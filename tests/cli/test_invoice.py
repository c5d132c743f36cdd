"""`comity invoice` as a user runs it: the table, the page, JSON, the status, and clear refusals."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from tests.ledger.samples import NOW, TARIFF, make_attempt, make_reserved, write_segment
from typer.testing import CliRunner, Result

from comity.cli.main import app
from comity.ledger import EntryOutcome, Record, settle, write_correction
from comity.money import Money
from comity.prices import Rated

MARCH = ("--customer", "acme", "--period", "2026-03")
LATER = ("--period", "2026-04-01 .. 2200-01-01")
"""When corrections are made."""


def entry(customer: str = "acme", **changes: Any) -> list[Record]:
    """A served entry of a customer; `changes` replaces fields of its attempt."""
    reserved = make_reserved(facts={"customer": customer, "team": "search"})
    attempt = make_attempt(reserved.entry, **changes)
    return [reserved, attempt, settle(reserved.entry, EntryOutcome.SERVED, 200, [attempt], at=NOW + 1000)]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A ledger of two customers."""
    folder = tmp_path / "ledger"
    folder.mkdir()
    write_segment(folder, [*entry(), *entry(), *entry("globex")])
    return folder


def invoice(*arguments: object, status: int = 0) -> Result:
    """Runs `comity invoice` and holds it to its exit status."""
    result = CliRunner().invoke(app, ["invoice", *map(str, arguments)], env={"COLUMNS": "160"})
    assert result.exit_code == status, result.output
    return result


def test_only_the_customers_charges(folder: Path) -> None:
    """Whole amounts without a configuration; exact sum, then what is to pay."""
    text = invoice(folder, *MARCH).stdout
    assert "acme-2026-03-USD" in text
    assert "0.00065" in text
    assert text.rstrip().endswith("0.00")


def test_json_is_exact_and_names_terms(folder: Path) -> None:
    """Amounts are texts, nothing is rounded but the total."""
    (made,) = json.loads(invoice(folder, *MARCH, "--json").stdout)
    assert (made["subtotal"], made["total"], made["rounding"]) == ("0.000650", "0.00", "-0.000650")
    assert made["lines"][0]["requests"] == 2


def test_a_customers_own_prices(folder: Path, tmp_path: Path) -> None:
    """Each request is rated anew by the customer's price file, and the line names its contract."""
    prices = tmp_path / "globex.yaml"
    prices.write_text(
        "prices:\n- {cloud: azure, models: [gpt-5.5], contract: globex.rates, "
        "tiers: {standard: {input: '2', output: '20'}}}\n"
    )
    (made,) = json.loads(invoice(folder, *MARCH, "--prices", prices, "--json").stdout)
    assert {line["meter"]: line["amount"] for line in made["lines"]} == {
        "input": "0.0004",
        "output": "0.0008",
    }
    assert made["terms"][0]["kind"] == "contract globex.rates"


def test_who_used_nothing_has_an_invoice_too(folder: Path) -> None:
    """A customer of other months is no mistyped one, though others have charges in this period."""
    reserved, *rest = entry("acme")
    write_segment(folder, [reserved, *rest])
    write_correction(folder, reserved.entry, Money(Decimal(-1), "USD"), by="finance", reason="credit")
    assert "to pay" in invoice(folder, "--customer", "globex", *LATER, status=1).stdout
    assert "known are `acme`" in invoice(folder, "--customer", "initech", *LATER, status=2).stderr


def test_a_page_is_written(folder: Path, tmp_path: Path) -> None:
    """The page is whole and says who owes what to whom."""
    page = tmp_path / "acme.html"
    invoice(folder, *MARCH, "--html", page, "--issuer", "Acme Corp")
    text = page.read_text(encoding="utf-8")
    assert text.startswith("<!doctype html>")
    assert "Acme Corp" in text
    assert "cannot write" in invoice(folder, *MARCH, "--html", tmp_path / "no" / "acme.html", status=2).stderr


def test_what_has_no_price_makes_the_status_one(folder: Path) -> None:
    """The command's status tells a script that the invoice is not final."""
    write_segment(folder, entry(cost=None, unrated="unpriced"))
    assert "not final: 1 request without a price" in invoice(folder, *MARCH, status=1).stdout


@pytest.mark.parametrize("name", ["[red]Acme[/red]", "[/]", "=1+1", 'O\'Neil "Q", Ltd', "客户 <b>"])
def test_names_are_printed_as_they_are(tmp_path: Path, name: str) -> None:
    """Brackets, quotes and signs of a customer's name, a reason or a model are no commands to anything."""
    folder = tmp_path / "ledger"
    folder.mkdir()
    reserved, *rest = entry(name)
    write_segment(folder, [reserved, *rest])
    write_correction(folder, reserved.entry, Money(Decimal(-1), "USD"), by="finance", reason=f"for {name}")
    assert f"Invoice {name}-2026-03-USD from" in invoice(folder, "--customer", name, *MARCH[2:]).stdout
    said = invoice(folder, "--customer", name, *LATER, status=1).stdout
    assert f"correction: for {name}" in said


def test_corrections_are_lines_of_their_month(folder: Path) -> None:
    """A correction is owed in the month in which it was made."""
    reserved, *rest = entry()
    write_segment(folder, [reserved, *rest])
    write_correction(folder, reserved.entry, Money(Decimal(-1), "USD"), by="finance", reason="credit note")
    (march,) = json.loads(invoice(folder, *MARCH, "--json").stdout)
    assert march["corrections"] == []


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--customer", "acm", "--period", "2026-03"), "did you mean `acme`?"),
        (("--customer", "acme", "--period", "March"), "expected a month like 2026-10"),
        ((*MARCH, "--zone", "Mars"), "for --zone: there is no time zone `Mars`"),
        ((*MARCH, "--zone", "/etc/passwd"), "for --zone: there is no time zone `/etc/passwd`"),
        ((*MARCH, "--where", "team"), "expected `key=value`"),
        ((*MARCH, "--where", "floor=3"), "has a fact `floor`"),
        ((*MARCH, "--config", "none.yaml"), "none.yaml"),
        ((*MARCH, "--prices", "none.yaml"), "none.yaml"),
    ],
)
def test_bad_input_says_what_to_do(folder: Path, arguments: tuple[str, ...], said: str) -> None:
    """Status 2, and the way on."""
    assert said in " ".join(invoice(folder, *arguments, status=2).stderr.replace("│", " ").split())


def test_the_sample_is_rated() -> None:
    """The attempt of the samples costs what their tariff says."""
    attempt = make_attempt(b"")
    rated = TARIFF.rate(attempt.usage, "standard", NOW)
    assert isinstance(rated, Rated)
    assert rated.cost == attempt.cost
