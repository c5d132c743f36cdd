"""`comity check`: what it shows of a book, and its exit status."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tests.contracts.small import document
from typer.testing import CliRunner, Result

from comity.cli.main import app

BOOKS = Path(__file__).parents[2] / "books"
FRONT = """contract: deal
title: A deal
parties: {oai: OpenAI, msft: Microsoft}
binds: [oai]
events: {agi: verified}
sources: {S1: {title: t, grade: quoted}}"""
TERM = "define: t\nreadings: {a: {by: [oai], means: {cloud: aws}}, b: {means: {host: aws}}}"
GOOD = (
    "a.no\nforbid: {is: t}\nin_force: 2026-01-01 ..\nsource: [S1]\nuntil: agi",
    "a.end\nend: [a.no]\nin_force: 2027-01-01 ..\nsource: [S1]",
    "a.yes\npermit: {customer: consumer}\noverrides: [a.no]\nsource: [S1]",
    "example: elsewhere\nat: 2026-03-18\nworkload: {actor: oai, cloud: azure, host: azure}\nverdict: silent",
)
WRONG = "example: the wrong way round\nat: 2026-03-18\nworkload: {actor: oai, cloud: azure}\nverdict: silent"


def check(*arguments: object) -> Result:
    """Runs `comity check`."""
    return CliRunner().invoke(app, ["check", *map(str, arguments)], env={"COLUMNS": "200"})


@pytest.fixture
def book(tmp_path: Path) -> Path:
    """A book whose examples hold."""
    (tmp_path / "deal.md").write_text(document(TERM, *GOOD, front=FRONT))
    return tmp_path


def test_a_sound_book_is_shown_whole(book: Path) -> None:
    """Parties, clauses with the days on which they bind, worlds, and examples."""
    result = check(book)
    assert result.exit_code == 0, result.output
    assert "parties: msft (Microsoft), oai (OpenAI)" in result.output
    assert "deal: A deal (contract, binds oai, UTC)" in result.output
    assert "2026-01-01 .. 2027-01-01" in result.output
    assert "until agi" in result.output
    assert "ends a.no" in result.output
    assert "overrides a.no" in result.output
    assert "2 worlds, from 1 open definitions:\n  t: a (oai), b (nobody)" in result.output
    assert "holds  elsewhere" in result.output
    assert "1 of 1 examples hold" in result.output


def test_quiet_leaves_the_good_news_out(book: Path) -> None:
    """Only the worlds, the findings and the count."""
    result = check(book, "--quiet")
    assert result.exit_code == 0
    assert "a.no" not in result.output
    assert "1 of 1 examples hold" in result.output


def test_a_failing_example_fails_the_command(book: Path) -> None:
    """Status 1, with the place and what was found."""
    (book / "wrong.md").write_text(document(WRONG, front="contract: wrong"))
    result = check(book)
    assert result.exit_code == 1
    assert "fails  the wrong way round" in result.output
    assert "wrong.md:6:1: expected silent, but it is unknown because of `a.no`" in result.output
    assert "1 of 2 examples hold" in result.output


def test_findings_are_warnings(book: Path) -> None:
    """A likely mistake is shown with a suggestion, and does not fail the command."""
    (book / "odd.md").write_text(
        document("b.no\nforbid: {cloud: aws}", "b.yes\npermit: {cloud: aws}", front="contract: odd")
    )
    result = check(book)
    assert result.exit_code == 0
    assert "contradiction" in result.output
    assert "help: say with `overrides` which prevails" in result.output


def test_problems_end_the_command_with_their_places(book: Path) -> None:
    """All of them, on standard error, with status 2."""
    (book / "bad.md").write_text(document("c.x\nforbid: {clod: aws, cloud: awz}", front="contract: bad"))
    result = check(book)
    assert result.exit_code == 2
    assert "bad.md:7:10: there is no attribute `clod`\n  help: did you mean `cloud`?" in result.stderr
    assert result.stderr.endswith("comity: 2 problems\n")
    assert check(book / "none").stderr.endswith("comity: 1 problem\n")


def test_json_has_everything(book: Path) -> None:
    """Clauses, worlds, findings, examples and the fingerprint."""
    report = json.loads(check(book, "--json").stdout)
    assert report["worlds"] == 2
    assert report["open"] == [{"definition": "t", "readings": ["a", "b"]}]
    assert [clause["id"] for clause in report["clauses"]] == ["a.no", "a.end", "a.yes"]
    assert report["clauses"][0]["in_force"] == "2026-01-01 .. 2027-01-01"
    assert report["clauses"][0]["grade"] == "quoted"
    assert report["examples"][0]["failures"] == []
    assert report["findings"] == []
    assert len(report["fingerprint"]) == 64


@pytest.mark.parametrize("name", ["openai", "acme"])
def test_the_shipped_books_hold(name: str) -> None:
    """`comity check books/…` is what a newcomer tries first."""
    result = check(BOOKS / name)
    assert result.exit_code == 0, result.output
    assert "fails" not in result.output


@pytest.mark.parametrize("command", ["ask", "check", "matrix"])
def test_help_ends_with_an_example(command: str) -> None:
    """And the example names the command."""
    result = CliRunner().invoke(app, [command, "--help"], env={"COLUMNS": "300"})
    assert result.exit_code == 0
    assert f"Example: comity {command} books/" in result.output.strip().splitlines()[-1]
