"""`comity matrix`: the verdicts over two attributes."""

from __future__ import annotations

import json
import shlex
from pathlib import Path

import pytest
from tests.contracts.small import document
from typer.testing import CliRunner, Result

from comity.cli.main import app
from comity.cli.matrix import EXAMPLE

ROOT = Path(__file__).parents[2]
BLOCKS = (
    "a.az\nconfine: {product: [chatgpt, api]}\nto: {cloud: azure}",
    "a.no\nforbid: {cloud: google, data: personal}",
    "a.one\npermit: {product: api}",
    "a.two\npermit: {product: api}",
)


@pytest.fixture
def book(tmp_path: Path) -> Path:
    """A small book."""
    path = tmp_path / "deal.md"
    path.write_text(document(*BLOCKS, front="contract: deal\ntitle: A deal\nparties: {oai: OpenAI}"))
    return path


def matrix(*arguments: object, status: int = 0) -> Result:
    """Runs `comity matrix` and holds it to its exit status."""
    result = CliRunner().invoke(app, ["matrix", *map(str, arguments)], env={"COLUMNS": "200"})
    assert result.exit_code == status, result.output
    return result


def test_the_table_shows_outcomes_clauses_and_counts(book: Path) -> None:
    """The values that the book mentions, a word and the clauses per cell, and a legend that counts."""
    output = matrix(book, "--rows", "product", "--columns", "cloud", "--at", "2026-03-18").stdout
    assert output.startswith("A deal")
    assert "product \\ cloud" in output
    assert "azure" in output.splitlines()[2]
    assert "and 1 more" in output
    assert "needs data" not in output
    assert output.endswith("4 cells: 2 permitted, 2 prohibited\n")


def test_a_missing_fact_is_named_in_its_cell(book: Path) -> None:
    """Unknown cells say what they need."""
    output = matrix(
        book, "--rows", "product=frontier", "--columns", "cloud=google,aws", "--at", "2026-03-18"
    ).stdout
    assert "needs data" in output
    assert output.endswith("2 cells: 1 silent, 1 unknown\n")


def test_json_has_the_cells(book: Path) -> None:
    """One object per cell, with the chosen values, the outcome and the clauses."""
    cells = json.loads(
        matrix(book, "--rows", "product=api", "--columns", "cloud=azure,aws", "data=none", "--json").stdout
    )
    assert cells == [
        {
            "product": "api",
            "cloud": "azure",
            "outcome": "permitted",
            "clauses": ["a.az", "a.one", "a.two"],
            "needs": [],
        },
        {"product": "api", "cloud": "aws", "outcome": "prohibited", "clauses": ["a.az"], "needs": []},
    ]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--rows", "prodct", "--columns", "cloud"), "in `--rows`: there is no attribute `prodct`"),
        (("--rows", "purpose", "--columns", "cloud"), "in `--rows`: the book mentions no value of `purpose`"),
        (("--rows", "product", "--columns", "cloud=awz"), "in `--columns`: `awz` is no value of `cloud`"),
    ],
)
def test_bad_axes_are_refused(book: Path, arguments: tuple[str, ...], message: str) -> None:
    """With status 2 and a hint."""
    result = matrix(book, *arguments, status=2)
    assert message in result.stderr
    assert "help:" in result.stderr


def test_the_example_of_the_help_works(monkeypatch: pytest.MonkeyPatch) -> None:
    """The shipped book."""
    monkeypatch.chdir(ROOT)
    words = shlex.split(EXAMPLE.removeprefix("Example: comity matrix "))
    output = matrix(*words).stdout
    assert "prohibited" in output
    assert "disputed" in output
