"""`comity commitments`: the table, its notes, JSON and the burn-down."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from tests.commitments.books import FRONT
from tests.contracts.small import document
from tests.ledger.samples import make_entry, write_segment
from typer.testing import CliRunner, Result

from comity.cli.commitments.table import short_text
from comity.cli.main import app

DUTIES = (
    "deal.year\nowe: {from: acme, to: msft, buy: azure, amount: 1200 USD, by: 2026-12-31, shortfall: pay}",
    (
        "deal.steps\nowe: {from: acme, to: msft, buy: azure, counts: {eligible: true}, shortfall: prepay,"
        " recovers: 0.5, milestones: [{by: 2026-02-28, amount: 100 USD}, {by: 2026-12-31, amount: 900 USD}]}"
    ),
    (
        "deal.flex\nowe: {from: acme, to: msft, buy: google, counts: {is: flex}, amount: 10 USD, per: hour,"
        " shortfall: forfeit}"
    ),
    "define: flex\nreadings: {a: {by: [acme], means: {sku: [x, y]}}, b: {by: [msft], means: {sku: x}}}",
    "deal.later\nowe: {from: acme, to: msft, buy: aws, amount: 9 USD}\nin_force: 2026-06-01 ..",
    "deal.open\nowe: {from: acme, to: msft, buy: aws, amount: {at_least: 9 USD}}",
    "deal.share\nowe: {from: acme, to: msft, rate: 0.2, of: sales, cap: 50 USD}",
    "deal.deed\nowe: {from: acme, to: msft, do: deliver}",
)
BILLS = """on,amount,unit,of,moved,eligible,sku
2026-01-10,48,USD,azure,,true,
2026-02-10,120,USD,azure,,false,
2026-03-02,60.50,USD,azure,,,
2026-03-17T10:00:00,8,USD,google,bought,,x
2026-03-17T11:00:00,25,USD,google,bought,,x
2026-03-17T12:00:00,5,USD,google,bought,,y
2026-03-01,500,USD,sales,earned,,
2026-03-05,30,USD,sales,paid,,

"""


@pytest.fixture
def deal(tmp_path: Path) -> Path:
    """A folder with a book, bills and a ledger."""
    (tmp_path / "deal").mkdir()
    (tmp_path / "deal" / "deal.md").write_text(document(*DUTIES, front=FRONT))
    (tmp_path / "bills.csv").write_text(BILLS)
    (tmp_path / "ledger").mkdir()
    write_segment(tmp_path / "ledger", [*make_entry(), *make_entry()])
    return tmp_path


def commitments(deal: Path, *arguments: object, status: int = 0) -> Result:
    """Runs `comity commitments` with the bills."""
    fixed = ["commitments", deal / "deal", "--given", deal / "bills.csv", *arguments]
    result = CliRunner().invoke(app, list(map(str, fixed)), env={"COLUMNS": "200"})
    assert result.exit_code == status, result.output
    return result


def lines(result: Result) -> list[str]:
    """The output with single spaces."""
    return [" ".join(line.split()) for line in result.stdout.splitlines()]


def test_the_table_and_what_belongs_to_it(deal: Path) -> None:
    """Drawn, pace and risk of every commitment, and a line for whatever the numbers do not say."""
    found = lines(commitments(deal, "--at", "2026-03-31"))
    assert found[0] == "A deal, on 2026-03-31"
    assert found[2] == "deal.year due USD 1,200 228.50 971.50 2026-12-31 2.05 3.53 793.51 406.49"
    steps = "deal.steps short USD 900 48 to 108.50 739.50 to 800 2026-12-31 0 2.90 100 800"
    assert found[3] == steps
    assert "deal.steps: 52 USD was missing in time and is billed, of which 26 came back." in found
    assert "deal.steps: it hangs on eligible, which was not stated everywhere." in found
    assert "deal.flex: it hangs on what flex means, which is open." in found
    assert "deal.flex: 15 USD beyond it, at the ordinary price." in found
    assert "deal.flex: 5 USD in 1 charge: whether it counts is open." in found
    assert any(line.startswith("deal.later pending USD 0 0 0 - - - - -") for line in found)
    assert any(line.startswith("deal.open due USD 9 or more 0") for line in found)
    assert any(line.startswith("deal.share due USD 50 30 20 - - - - -") for line in found)
    assert not any(line.startswith("deal.deed") for line in found)


def test_charges_of_a_ledger_count(deal: Path) -> None:
    """Two calls of 0.000325 USD on Azure, rated and folded on the way; later ones are not read."""
    (year, *_) = json.loads(commitments(deal, deal / "ledger", "--at", "2026-03-31", "--json").stdout)
    assert year["drawn"] == {"low": "228.50065", "high": "228.50065", "unit": "USD", "sure": ""}
    assert year["terms"]["model"] == "Discontinuous"
    (before, *_) = json.loads(commitments(deal, deal / "ledger", "--at", "2026-03-17", "--json").stdout)
    assert before["drawn"]["low"] == "228.5"


def test_a_moment_after_all_ledgers(deal: Path) -> None:
    """The book may be asked about any day."""
    assert commitments(deal, deal / "ledger", "--at", "2999-01-01").stdout.startswith("A deal, on 2999-01-01")


def test_a_partys_readings(deal: Path) -> None:
    """What one party would count, and what the other does not."""
    mine = json.loads(commitments(deal, "--at", "2026-03-31", "--for", "acme", "--json").stdout)
    theirs = json.loads(commitments(deal, "--at", "2026-03-31", "--for", "msft", "--json").stdout)
    assert [states[2]["drawn"]["low"] for states in (mine, theirs)] == ["23", "18"]
    assert mine[2]["disputed"] == []


def test_a_burn_down_is_a_whole_picture(deal: Path) -> None:
    """Well-formed, with a title, words for who does not see it, a panel for each, dashes for the forecast."""
    picture = deal / "burn.svg"
    commitments(deal, "--at", "2026-03-31", "--svg", picture)
    root = ET.fromstring(picture.read_text(encoding="utf-8"))
    space = "{http://www.w3.org/2000/svg}"
    assert root.findtext(f"{space}title") == "Commitments of A deal on 2026-03-31"
    assert "deal.year: 228.50 of 1,200 USD drawn, 406.49 at risk by 2026-12-31." in (
        root.findtext(f"{space}desc") or ""
    )
    shades = [element.get("class") for element in root.iter()]
    assert (shades.count("name"), shades.count("rest"), shades.count("now")) == (3, 2, 2)
    assert shades.count("left") == 2 + 1, "two panels and the legend"
    assert "stroke-dasharray" in picture.read_text(encoding="utf-8")
    texts = [element.text for element in root.iter(f"{space}text")]
    assert "1,200 USD" in texts
    assert "2026-03-31" in texts


def test_a_forecast_stops_at_nothing(deal: Path) -> None:
    """What will be drawn up before the end has a dashed line to that day, and along the axis from there."""
    (deal / "bills.csv").write_text("on,amount,unit,of\n2026-01-10,300,USD,azure\n2026-03-10,800,USD,azure\n")
    picture = deal / "burn.svg"
    commitments(deal, "--at", "2026-03-31", "--svg", picture)
    root = ET.fromstring(picture.read_text(encoding="utf-8"))
    ahead = [str(line.get("d")) for line in root.iter() if line.get("class") == "ahead" and line.get("d")]
    points = [[float(each) for each in point.strip("M").split()] for point in ahead[0].split(" L")]
    assert len(points) == 3
    assert points[0][1] < points[1][1] == points[2][1]


def test_a_burn_down_of_what_is_over_or_has_not_begun(deal: Path) -> None:
    """Before everything there is no panel; after the end a panel says what was missing."""
    picture = deal / "burn.svg"
    commitments(deal, "--at", "2025-12-01", "--svg", picture)
    assert "None has begun." in picture.read_text(encoding="utf-8")
    commitments(deal, "--at", "2027-02-01", "--svg", picture)
    assert "971.50 USD missing" in picture.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("number", "text"),
    [
        ("0.005", "0"),
        ("9999.994", "9,999.99"),
        ("12345.67", "12,346"),
        ("15000000", "15M"),
        ("-12345678901", "-12.3bn"),
    ],
)
def test_long_numbers_are_short_in_the_table(number: str, text: str) -> None:
    """Cents, then none, then millions and billions; half to even."""
    assert short_text(Decimal(number)) == text


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--svg", "missing/burn.svg"], "in `--svg`: cannot write missing/burn.svg"),
        (["--for", "nobody"], "`nobody` is no party"),
        (["nowhere"], "`nowhere` is no ledger"),
    ],
)
def test_refusals_name_what_is_wrong(deal: Path, arguments: list[str], message: str) -> None:
    """Status 2 and a message."""
    assert message in commitments(deal, *arguments, status=2).stderr


def test_a_table_is_refused_cell_by_cell(deal: Path) -> None:
    """Every wrong cell with its line and column, and what would be right."""
    bills = deal / "bills.csv"
    bills.write_text(
        "on,amount,unit,moved,cloud,region\n"
        "yesterday,1,USD,,,\n2026-01-01,much,USD,,,\n2026-01-01,1,USD,eaten,,\n2026-01-01,1,USD,,azur,\n1,2\n"
        "2026-01-01,1,USD,,azure,swedencentral|francecentral\n"
    )
    problems = commitments(deal, status=2).stderr
    for wrong in (
        "bills.csv:2:1: `yesterday` in the column `on`",
        "bills.csv:3:2: `much` in the column `amount`: an amount is a number",
        "bills.csv:4:4: `eaten` in the column `moved`: nothing moves like that",
        "bills.csv:5:5: `azur` in the column `cloud`",
        "bills.csv:6:1: this line has 2 cells, the first line 6",
        "comity: 5 problems",
    ):
        assert wrong in problems
    bills.write_text("\ufeffon,amount,unit\n2026-01-01,1,USD\n", encoding="utf-8")
    commitments(deal)
    bills.write_text("when,amount,unit,clod\n")
    problems = commitments(deal, status=2).stderr
    assert "the table has no column `on`" in problems
    assert "`clod` is neither a column of amounts nor an attribute" in problems


def test_a_book_without_commitments(tmp_path: Path) -> None:
    """It says so, and what to ask instead."""
    front = FRONT.replace("title: A deal", "title: '[draft] A deal'")
    (tmp_path / "deal.md").write_text(document(DUTIES[-1], front=front))
    result = CliRunner().invoke(app, ["commitments", str(tmp_path / "deal.md")])
    assert result.stdout.startswith("[draft] A deal, on 2")
    assert "This book has no commitment that charges draw down" in result.stdout
