"""`comity duties`: the states of standing duties, with amounts from a file."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tests.contracts.small import FRONT, document
from typer.testing import CliRunner, Result

from comity.cli.main import app

OWE = (
    (
        "a.buy\nowe: {from: oai, to: msft, buy: azure, counts: {eligible: true}, amount: 10e6 USD, "
        "by: 2026-06-30}"
    ),
    "a.build\nowe: {from: [oai, msft], to: amzn, do: build it}",
    "a.open\nowe: {from: oai, to: msft, buy: aws, amount: {at_least: 5 USD}}",
    (
        "define: own\nreadings: {wide: {by: [oai], means: {cloud: aws}}, "
        "narrow: {by: [msft], means: {cloud: google}}}"
    ),
    "a.own\nowe: {from: oai, to: msft, buy: own, counts: {is: own}, amount: 5 USD, by: 2026-06-30}",
)
GIVEN = """
- {on: 2026-05-01, bought: 4e6 USD, of: azure, facts: {eligible: true}}
- {on: 2026-05-02, bought: 6e6 USD, of: azure}
- {on: 2026-05-02, bought: 5 USD, of: own, facts: {cloud: aws}}
"""


def duties(*arguments: object) -> Result:
    """Runs `comity duties`."""
    return CliRunner().invoke(app, ["duties", *map(str, arguments)], env={"COLUMNS": "200"})


@pytest.fixture
def book(tmp_path: Path) -> Path:
    """A book of duties, with amounts beside it."""
    (tmp_path / "deal.md").write_text(document(*OWE, front=FRONT))
    (tmp_path / "given.yaml").write_text(GIVEN)
    return tmp_path


def rows(result: Result) -> dict[str, str]:
    """The rows of the table, by duty, with single spaces."""
    lines = [" ".join(line.split()) for line in result.output.splitlines()]
    return {line.split()[0]: line for line in lines if line.startswith("a.")}


def test_every_duty_has_its_state(book: Path) -> None:
    """Without amounts nothing is reached."""
    result = duties(book, "--at", "2026-05-15")
    assert result.exit_code == 0, result.output
    assert rows(result) == {
        "a.buy": "a.buy oai msft due 10,000,000 USD Its last day is 2026-06-30.",
        "a.build": "a.build oai, msft amzn due - It is outstanding, and no last day is stated.",
        "a.open": "a.open oai msft due 5 or more USD It is outstanding, and no last day is stated.",
        "a.own": "a.own oai msft due 5 USD Its last day is 2026-06-30.",
    }


def test_amounts_come_from_a_file(book: Path) -> None:
    """What is open makes an interval, and says on what it hangs."""
    found = rows(duties(book, "--at", "2026-07-01", "--given", book / "given.yaml"))
    assert found["a.buy"] == (
        "a.buy oai msft short (met) 0 to 6,000,000 USD "
        "It was missing when 2026-06-30 was over. Needs eligible."
    )
    assert found["a.own"].endswith("over. Disputed: own.")
    party = rows(duties(book, "--at", "2026-07-01", "--given", book / "given.yaml", "--for", "oai"))
    assert party["a.own"].startswith("a.own oai msft met -")


def test_json_has_the_parts(book: Path) -> None:
    """Amounts are texts, so that nothing is rounded."""
    found = json.loads(duties(book, "--at", "2026-07-01", "--given", book / "given.yaml", "--json").stdout)
    assert [state["duty"] for state in found] == ["a.buy", "a.build", "a.open", "a.own"]
    assert found[0]["parts"][0]["asked"]["low"] == "10000000"
    assert found[0]["uncounted"][0]["why"] == "whether it counts is open"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("- {on: 2026-05-01, baught: 4 USD}", "given.yaml:1:3: an amount given has `on` and one of `bought`"),
        ("- {on: 2026-05-01, bought: 4 USD, facts: {clod: aws}}", "there is no attribute `clod`"),
        ("- [", "this is not YAML"),
        ("\x00", "this is not YAML"),
    ],
)
def test_a_file_that_means_nothing_is_refused(book: Path, text: str, message: str) -> None:
    """With its place."""
    (book / "given.yaml").write_text(text)
    result = duties(book, "--given", book / "given.yaml")
    assert result.exit_code == 2
    assert message in result.stderr


def test_a_file_that_cannot_be_read_is_refused(book: Path) -> None:
    """Missing, or no text."""
    assert "cannot read none.yaml" in duties(book, "--given", "none.yaml").stderr
    (book / "given.yaml").write_bytes(b"\xff\xfe")
    assert "it is no UTF-8 text" in duties(book, "--given", book / "given.yaml").stderr


def test_a_book_may_be_asked_as_it_was_known(book: Path) -> None:
    """As of a day before the duty was learned nothing is owed."""
    (book / "late.md").write_text(
        document(
            "b.late\nowe: {from: oai, to: msft, buy: azure, amount: 1 USD}\nknown: 2026-03-01",
            front="contract: late",
        )
    )
    result = duties(book, "--at", "2026-05-01", "--as-of", "2026-02-01")
    assert "b.late      oai" in result.output or "b.late   oai" in result.output
    assert "as far as it was known" in result.output
