"""`comity new`, `render`, `schema` and `ask --tree`, from the command line."""

from __future__ import annotations

import json
import shlex
from pathlib import Path

import jsonschema
import pytest
from tests.contracts.small import FRONT, document
from typer.testing import CliRunner, Result

from comity.cli import new, render, schema
from comity.cli.main import app

ROOT = Path(__file__).parents[2]
TERM = """define: job
readings:
  letter: {by: [oai], means: {surface: api, state: stateless}}
  spirit: {by: [msft], means: {surface: [api, runtime]}}"""
CLAUSES = (
    "a.az\nconfine: {action: serve, is: job}\nto: {cloud: azure}\nunless: {consent: msft}\nsource: [S1]",
    "a.gov\npermit: {action: serve, customer: national_security}\noverrides: [a.az]",
    "a.train\nforbid: {action: train, cloud: aws}\nunless: {consent: oai}",
)
SOURCES = 'sources: {S1: {title: "Signed [copy]", date: 2026-01-01, grade: verified}}'


@pytest.fixture
def book(tmp_path: Path) -> Path:
    """A book with one open term."""
    path = tmp_path / "deal.md"
    path.write_text(document(TERM, *CLAUSES, front=f"{FRONT}\ngrade: verified\n{SOURCES}"))
    return path


def run(*arguments: object, status: int = 0) -> Result:
    """Runs the command and holds it to its exit status."""
    result = CliRunner().invoke(app, [str(argument) for argument in arguments], env={"COLUMNS": "160"})
    assert result.exit_code == status, result.output
    assert "Traceback" not in result.output
    return result


def test_new_contract_can_be_checked_at_once(tmp_path: Path) -> None:
    """The file is where it says, and the next step works."""
    folder = tmp_path / "books" / "mine"
    options = ("--ours", "acme=Acme", "--theirs", "host=Hosting", "--folder", folder)
    said = run("new", "contract", "hosting", *options).stdout
    assert said.startswith(f"{folder / 'hosting.md'}\nnext: ")
    assert "6 of 6 examples hold" in run("check", folder / "hosting.md").stdout


def test_new_contract_never_writes_over_a_file(tmp_path: Path) -> None:
    """The second time is refused, and the file is as it was."""
    run("new", "contract", "one", "--folder", tmp_path)
    (tmp_path / "one.md").write_text("mine")
    assert "this file exists" in run("new", "contract", "one", "--folder", tmp_path, status=2).stderr
    assert (tmp_path / "one.md").read_text() == "mine"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("One",), "`One` is no id for a contract"),
        (("../one",), "`../one` is no id for a contract"),
        (("one", "--ours", "Acme"), "in `--ours`: `Acme` is no party"),
        (("one", "--theirs", "host="), "in `--theirs`: `host=` is no party"),
        (("one", "--ours", "a=A", "--theirs", "a=B"), "`a` is on both sides"),
        (("one", "--start", "2026"), "in `--start`: expected a date like 2026-04-27"),
    ],
)
def test_bad_wishes_for_a_contract(arguments: tuple[str, ...], message: str, tmp_path: Path) -> None:
    """Each has a message, and nothing is written."""
    assert message in run("new", "contract", *arguments, "--folder", tmp_path, status=2).stderr
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_cannot_be_made(tmp_path: Path) -> None:
    """A file stands in its place."""
    (tmp_path / "file").write_text("")
    assert "cannot write" in run("new", "contract", "one", "--folder", tmp_path / "file", status=2).stderr


def test_render_writes_a_page(book: Path, tmp_path: Path) -> None:
    """To a file or to standard output, the same page."""
    output = tmp_path / "page.html"
    assert run("render", book, "--output", output).stdout == f"{output}\n"
    page = output.read_text(encoding="utf-8")
    assert page.startswith("<!doctype html>")
    assert run("render", book).stdout == page


def test_render_into_nowhere_is_refused(book: Path, tmp_path: Path) -> None:
    """With the file that cannot be written."""
    assert "cannot write this file" in run("render", book, "-o", tmp_path / "no" / "x.html", status=2).stderr


def test_schema_knows_the_words_of_a_book(book: Path) -> None:
    """Without a book any party passes, with one only its own."""
    block = {"forbid": {"actor": "nobody"}}
    loose, strict = (json.loads(run("schema", *books).stdout) for books in ((), (book,)))
    assert jsonschema.Draft202012Validator(loose).is_valid(block)
    assert not jsonschema.Draft202012Validator(strict).is_valid(block)
    front = json.loads(run("schema", "--front").stdout)
    assert jsonschema.Draft202012Validator(front).is_valid({"contract": "deal", "binds": ["oai"]})


def test_tree_shows_who_said_what(book: Path) -> None:
    """The worlds, the source, each reading with its tests, and what keeps a clause from speaking."""
    facts = (
        "action=serve",
        "surface=runtime",
        "state=stateful",
        "cloud=aws",
        "customer=consumer",
        "consent=none",
    )
    lines = run("ask", book, *facts, "--at", "2026-03-18", "--tree").stdout.splitlines()
    bare = [line.lstrip("│├└─ ") for line in lines]
    assert bare[0] == "disputed"
    for line in (
        "prohibited   ■           ·",
        "together     disputed",
        "a.az forbids in 1 of 2 worlds",
        "said in S1: Signed [copy], 2026-01-01 (verified)",
        "in 1 of 2 worlds: it is job",
        "no: letter as read by OpenAI",
        "yes: spirit as read by Microsoft",
        "no: cloud is azure (aws)",
        "no: consent is msft (none)",
        "a.gov does not speak: only where customer is national_security, here consumer",
        "a.train does not speak: only where action is train, here serve",
    ):
        assert line in bare, line


def test_tree_of_what_is_missing_overridden_and_excepted(book: Path) -> None:
    """Open tests, a clause that gives way, and an exception that holds."""
    text = run("ask", book, "action=serve", "surface=api", "cloud=aws", "--tree").stdout
    assert "open: state is stateless (not stated)" in text
    gives = run(
        "ask",
        book,
        "action=serve",
        "surface=api",
        "state=stateless",
        "cloud=aws",
        "customer=national_security",
        "consent=none",
        "--tree",
    ).stdout
    assert "a.az gives way" in gives
    assert "gives way to a.gov" in gives
    excepted = run("ask", book, "action=train", "cloud=aws", "consent=oai", "--tree").stdout
    assert "a.train does not speak: its exception holds" in excepted


@pytest.mark.parametrize("example", [render.EXAMPLE, schema.EXAMPLE, new.EXAMPLE])
def test_the_examples_of_the_help_work(example: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In the folder of the project, as a reader runs them."""
    (tmp_path / "books").symlink_to(ROOT / "books")
    monkeypatch.chdir(tmp_path)
    words = shlex.split(
        example.removeprefix("Example: comity ").partition(">")[0].replace("books/mine", "mine")
    )
    run(*words)
