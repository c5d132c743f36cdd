"""`comity ask`: one question, its answer, and what is wrong with a bad question."""

from __future__ import annotations

import json
import shlex
from pathlib import Path

import pytest
from tests.contracts.small import FRONT, document
from typer.testing import CliRunner, Result

from comity.cli.ask import EXAMPLE
from comity.cli.main import app

ROOT = Path(__file__).parents[2]
TERM = """define: stateless_api
readings:
  letter: {by: [oai, amzn], means: {surface: api, state: stateless}}
  spirit: {by: [msft], means: {surface: [api, runtime]}}"""
CLAUSE = """a.az
confine: {action: serve, is: stateless_api}
to: {cloud: azure}
in_force: 2026-02-27 .. 2026-04-27"""
LATER = "b.any\npermit: {action: serve}\nknown: 2026-06-01"
RUNTIME = ("action=serve", "surface=runtime", "state=stateful", "cloud=aws")


@pytest.fixture
def book(tmp_path: Path) -> Path:
    """A book with one open term."""
    path = tmp_path / "deal.md"
    path.write_text(document(TERM, CLAUSE, LATER, front=f"{FRONT}\nclock: America/Los_Angeles"))
    return path


def ask(*arguments: object, status: int = 0) -> Result:
    """Runs `comity ask` and holds it to its exit status."""
    result = CliRunner().invoke(app, ["ask", *map(str, arguments)], env={"COLUMNS": "200"})
    assert result.exit_code == status, result.output
    return result


def test_the_answer_is_a_sentence_and_a_table(book: Path) -> None:
    """Status 0 whatever the verdict; the table has a line per clause that speaks."""
    result = ask(book, *RUNTIME, "--at", "2026-03-18")
    assert result.stdout.startswith("Disputed. Microsoft's reading (spirit): a.az forbids it")
    row = next(line for line in result.stdout.splitlines() if line.startswith("a.az"))
    assert row.split() == ["a.az", "forbids", "1", "of", "2", "Microsoft", "memory", "-", "everybody"]


def test_a_clause_that_hangs_on_a_fact_shows_a_range(book: Path) -> None:
    """`0 to 2 of 2`: for no world surely, for all of them perhaps."""
    result = ask(book, "action=serve", "surface=api", "--at", "2026-03-18")
    assert result.stdout.startswith("Unknown without cloud and state.")
    assert "0 to 2 of 2" in result.stdout


def test_for_asks_one_party(book: Path) -> None:
    """Microsoft's worlds only."""
    result = ask(book, *RUNTIME, "--at", "2026-03-18", "--for", "msft")
    assert result.stdout.startswith("Prohibited as Microsoft reads it.")


def test_dates_are_read_in_the_zone_of_the_book(book: Path) -> None:
    """The last day of the clause in Los Angeles is over in Berlin."""
    assert ask(book, *RUNTIME, "--at", "2026-04-26T23:59:59").stdout.startswith("Disputed")
    assert ask(book, *RUNTIME, "--at", "2026-04-27T00:00:00").stdout.startswith("Permitted")
    assert ask(book, *RUNTIME, "--at", "2026-04-27T08:59:59+02:00").stdout.startswith("Disputed")


def test_as_of_forgets_what_was_learned_later(book: Path) -> None:
    """The permit was not known in May."""
    assert ask(book, *RUNTIME, "--at", "2026-05-15", "--as-of", "2026-05-20").stdout.startswith("Silent")
    assert ask(book, *RUNTIME, "--at", "2026-05-15", "--as-of", "2026-06-01").stdout.startswith("Permitted")


def test_silence_has_no_table(book: Path) -> None:
    """One sentence; without `--at` the question is about now."""
    assert (
        ask(book, "action=train").stdout
        == "Silent. No clause speaks about it, and silence means permitted.\n"
    )


def test_json_has_the_whole_explanation(book: Path) -> None:
    """Masks, reasons with grades as words, views, the change and the sentence."""
    answer = json.loads(ask(book, *RUNTIME, "--at", "2026-03-18", "--json").stdout)
    assert answer["verdict"]["outcome"] == "disputed"
    assert answer["verdict"]["worlds"] == 2
    assert answer["verdict"]["f_must"].bit_count() == 1
    assert answer["verdict"]["reasons"][0]["grade"] == "memory"
    assert [view["outcome"] for view in answer["views"]] == ["prohibited", "permitted"]
    assert answer["change"]["facts"] == {"cloud": "azure"}
    assert answer["sentence"].startswith("Disputed.")


def test_several_books_make_one(book: Path, tmp_path: Path) -> None:
    """Arguments without `=` are books."""
    other = tmp_path / "other.md"
    other.write_text(document("c.no\nforbid: {cloud: aws}", front="contract: other"))
    assert ask(book, other, "cloud=aws", "action=train").stdout.startswith("Prohibited. c.no forbids it")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            ("clod=aws",),
            "1:2: in `clod=aws`: there is no attribute `clod`\n  help: did you mean `cloud`?",
        ),
        (("cloud=awz",), "command line:1:2: in `cloud=awz`: `awz` is no value of `cloud`"),
        (("cloud=aws", "cloud=azure"), "command line:1:3: `cloud` is given twice"),
        (("--at", "2026-3-1"), "in `--at`: expected a date or an ISO 8601 timestamp, found `2026-3-1`"),
        (("--as-of", "2026-02-30"), "in `--as-of`: `2026-02-30` is no day of the calendar"),
        (("--for", "who"), "in `--for`: `who` is no party\n  help: known are `amzn`, `msft`, `oai`"),
        (("clod",), "clod:1:1: there is no such book"),
    ],
)
def test_bad_questions_have_a_place_and_a_hint(book: Path, arguments: tuple[str, ...], message: str) -> None:
    """On standard error, with status 2, and no traceback."""
    result = ask(book, *arguments, status=2)
    assert message in result.stderr
    assert "Traceback" not in result.output


def test_all_bad_facts_are_reported_at_once(book: Path) -> None:
    """Two slips, two problems."""
    result = ask(book, "clod=aws", "surface=api", "cloud=awz", status=2)
    assert result.stderr.count("help:") == 2
    assert result.stderr.endswith("comity: 2 problems\n")


def test_a_question_without_a_book_is_refused() -> None:
    """Facts alone are no question."""
    assert "no book is named" in ask("cloud=aws", status=2).stderr


def test_the_example_of_the_help_works(monkeypatch: pytest.MonkeyPatch) -> None:
    """The shipped book, the disputed runtime."""
    monkeypatch.chdir(ROOT)
    words = shlex.split(EXAMPLE.removeprefix("Example: comity ask "))
    assert ask(*words).stdout.startswith("Disputed.")
