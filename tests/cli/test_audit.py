"""`comity audit` and `comity whatif` as a user runs them."""

from __future__ import annotations

import json
import shlex
from pathlib import Path
from typing import Any

import pytest
from tests.audit.acts import make_call, make_stop, write_book, write_ledger
from tests.ledger.samples import make_attempt
from typer.testing import CliRunner, Result

from comity.cli.audit import EXAMPLE as AUDIT_EXAMPLE
from comity.cli.main import app
from comity.cli.whatif import EXAMPLE as WHATIF_EXAMPLE

ROOT = Path(__file__).parents[2]


@pytest.fixture
def book(tmp_path: Path) -> Path:
    """A small book."""
    return write_book(tmp_path)


@pytest.fixture
def ledger(tmp_path: Path) -> Path:
    """Two disputed calls, a permitted one that was called silent, a prohibited one, and a refusal."""
    return write_ledger(
        tmp_path / "ledger",
        make_call("bedrock", outcome="disputed"),
        make_call("bedrock", outcome="disputed"),
        make_call("azure-swe", outcome="silent"),
        make_call("bedrock", outcome="permitted", data="personal", at="2026-05-01"),
        make_stop(data="personal"),
    )


def run(*arguments: object, status: int = 0) -> Result:
    """Runs a command and holds it to its exit status."""
    result = CliRunner().invoke(app, [*map(str, arguments)], env={"COLUMNS": "200"})
    assert result.exit_code == status, result.output
    assert "Traceback" not in result.output
    return result


def run_json(*arguments: object, status: int = 0) -> Any:
    """What `--json` prints."""
    return json.loads(run(*arguments, "--json", status=status).stdout)


def test_a_ledger_is_decided_once_more(book: Path, ledger: Path) -> None:
    """By outcome, clause, reading and group; what the record says otherwise; what was refused."""
    text = run("audit", ledger, "--book", book, "--group-by", "caller,cloud", status=1).stdout
    for piece in (
        "as it stands now",
        "2026-03-18 to 2026-05-01: 4 requests, 0.001300 USD",
        "prohibited",
        "a.residency  forbids",
        "a.azure",
        "1 of 2",
        "support-bot  aws",
        "on record",
        "refused for want of a deployment",
        "permitted: 1 requests",
    ):
        assert piece in text, piece


def test_json_has_exact_sums(book: Path, ledger: Path) -> None:
    """Amounts as text, by currency."""
    report = run_json("audit", ledger, "--book", book, status=1)
    assert report["total"]["costs"] == {"USD": "0.001300"}
    outcomes = {line["outcome"]: line["weight"] for line in report["outcomes"]}
    assert outcomes["disputed"]["costs"] == {"USD": "0.000650"}
    assert [line["clause"] for line in report["clauses"]] == ["a.residency", "a.azure"]
    assert (report["party"], report["as_of"], report["undecided"]) == ("", "now", 0)


@pytest.mark.parametrize(
    ("options", "status"),
    [
        ((), 1),
        (("--fail-on", ""), 0),
        (("--fail-on", "disputed"), 1),
        (("--fail-on", "unknown,conditional"), 0),
        (("--until", "2026-05-01"), 0),
        (("--since", "2026-05-01"), 1),
        (("--for", "msft", "--until", "2026-05-01"), 1),
        (("--for", "oai", "--until", "2026-05-01"), 0),
        (("--as-of", "then", "--fail-on", "silent"), 0),
        (("--as-of", "2026-06-01", "--fail-on", "silent"), 0),
    ],
)
def test_the_status_is_for_ci(book: Path, ledger: Path, options: tuple[str, ...], status: int) -> None:
    """1 when an outcome of `--fail-on` was found."""
    run("audit", ledger, "--book", book, *options, status=status)


def test_how_it_was_asked_is_said(book: Path, ledger: Path) -> None:
    """The clock and the party."""
    text = run("audit", ledger, "--book", book, "--for", "oai", "--as-of", "then", status=1).stdout
    assert "as it stood when each act happened, in the readings of oai" in text.replace("\n", " ")


def test_a_table_is_audited_like_a_ledger(book: Path, ledger: Path, tmp_path: Path) -> None:
    """An export is a table, too: audited again it says the same."""
    pytest.importorskip("duckdb", reason="the extra `columnar` is not installed")
    export = tmp_path / "acts.csv"
    run("audit", ledger, "--book", book, "--export", export, status=1)
    facts = [f"{name}=fact_{name}" for name in ("action", "surface", "state", "data", "cloud", "region")]
    options = [word for fact in facts for word in ("--column", fact)]
    report = run_json("audit", export, "--book", book, "--group-by", "act", *options, status=1)
    assert {line["outcome"]: line["weight"]["requests"] for line in report["outcomes"]} == {
        "prohibited": 1,
        "disputed": 2,
        "permitted": 2,
    }


def test_missing_facts_and_words_are_told(book: Path, tmp_path: Path) -> None:
    """What hangs on what, and calls that nobody knows anything about."""
    call = make_call("bedrock", surface="sandcastle")
    unknown = make_call("bedrock", surface="api", state="stateless")
    unknown[0].decision.workload.pop("data")  # type: ignore[union-attr]  # a reservation has one
    unknown[0].decision.workload.pop("state")  # type: ignore[union-attr]  # a reservation has one
    folder = write_ledger(tmp_path / "ledger", call, unknown, [make_attempt(b"x" * 16)])
    text = run("audit", folder, "--book", book, status=1).stdout
    for piece in (
        "unreadable: `sandcastle` is no value of `surface`: 1 requests",
        "not on record: state, 1 requests hang on it",
        "1 calls have no reservation on record",
    ):
        assert piece in text, text


def test_an_empty_ledger_is_clear(book: Path, tmp_path: Path) -> None:
    """Nothing was done."""
    text = run("audit", write_ledger(tmp_path / "ledger", make_stop()), "--book", book).stdout
    assert "\n0 requests, -" in text


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--group-by", "clod"), "`clod` is neither a column nor an attribute; did you mean `cloud`?"),
        (("--fail-on", "prohibitted"), "`prohibitted` is no outcome; did you mean `prohibited`?"),
        (("--export", "acts.xlsx"), "`acts.xlsx` is no export"),
        (("--export", "/nowhere/acts.csv"), "the export cannot be written"),
        (("--since", "yesterday"), "expected a date or an ISO 8601 timestamp, found `yesterday`"),
        (("--as-of", "soon"), "in `--as-of`: expected a date"),
        (("--for", "who"), "`who` is no party"),
    ],
)
def test_bad_options_are_refused(book: Path, ledger: Path, options: tuple[str, ...], message: str) -> None:
    """With status 2 and a suggestion."""
    output = run("audit", ledger, "--book", book, *options, status=2).output
    assert message in " ".join(output.replace("│", " ").split()), output


@pytest.mark.parametrize("name", ["nothing", "empty", "notes.txt"])
def test_what_is_no_ledger_is_refused(book: Path, tmp_path: Path, name: str) -> None:
    """It says what would be one."""
    (tmp_path / "empty").mkdir()
    (tmp_path / "notes.txt").write_text("")
    assert "no ledger: expected" in run("audit", tmp_path / name, "--book", book, status=2).output


def test_columns_of_tables_are_pairs(book: Path, tmp_path: Path) -> None:
    """And a table that lacks them is refused."""
    table = tmp_path / "acts.csv"
    table.write_text("when\n1\n")
    assert "expected NAME=COLUMN" in run("audit", table, "--book", book, "--column", "at", status=2).output
    pytest.importorskip("duckdb", reason="the extra `columnar` is not installed")
    assert "has no column `at`" in run("audit", table, "--book", book, status=2).output


def test_another_posture_is_compared(book: Path, ledger: Path) -> None:
    """The posture on record refused disputes; who reads like OpenAI would not have."""
    text = run("whatif", ledger, "--book", book, "--reading", "oai", "--until", "2026-05-01").stdout
    assert "3 requests to deployments, 0.000975 USD; answered alike: 1" in text
    assert "newly allowed: 2 requests" in text
    assert "disputed, refuse  disputed, allow" in text


def test_another_book_is_compared(book: Path, ledger: Path, tmp_path: Path) -> None:
    """A draft that forbids Azure stops one request; status 1."""
    draft = tmp_path / "draft"
    draft.mkdir()
    other = write_book(draft, "b.no\nforbid: {cloud: azure}")
    options = ("whatif", ledger, "--book", book, "--with", other, "--reading", "all", "--mode", "safe")
    assert "no longer allowed: 2 requests, 0.000325 USD" in run(*options, status=1).stdout
    result = run_json(*options, status=1)
    assert (result["stopped"]["requests"], result["opened"]["requests"]) == (2, 0)
    assert {(move["act"], move["after"]["outcome"]) for move in result["moves"]} == {
        ("served", "prohibited"),
        ("refused", "prohibited"),
    }


def test_the_same_rules_say_so(book: Path, ledger: Path) -> None:
    """Nothing moves."""
    assert "answered alike: 4" in run("whatif", ledger, "--book", book).stdout
    assert "`who` is no party" in run("whatif", ledger, "--book", book, "--reading", "who", status=2).output


@pytest.mark.parametrize("example", [AUDIT_EXAMPLE, WHATIF_EXAMPLE])
def test_the_examples_of_the_help_work(example: str, monkeypatch: pytest.MonkeyPatch, ledger: Path) -> None:
    """On the shipped books."""
    monkeypatch.chdir(ROOT)
    words = shlex.split(example.removeprefix("Example: comity "))
    words[words.index("var/ledger")] = str(ledger)
    result = CliRunner().invoke(app, words, env={"COLUMNS": "200"})
    assert result.exit_code in (0, 1), result.output
    assert "requests" in result.stdout
