"""`comity check --prove` and `comity diff`: what they show, as text and JSON, and their status."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest
from tests.contracts.small import FRONT, document
from typer.testing import CliRunner, Result

from comity.cli.main import app

BOOKS = Path(__file__).parents[2] / "books"
NO = "a.no\nforbid: {cloud: aws}\nin_force: 2026-01-01 .."
YES = "a.yes\npermit: {surface: api}\nin_force: 2026-01-01 .."


def run(*arguments: object) -> Result:
    """Runs `comity`."""
    return CliRunner().invoke(app, [*map(str, arguments)], env={"COLUMNS": "200"})


def book(folder: Path, *blocks: str) -> Path:
    """A book on disk."""
    folder.mkdir()
    (folder / "deal.md").write_text(document(*blocks, front=f"{FRONT}\ntitle: A deal"))
    return folder


def test_proofs_are_shown_with_a_command_that_shows_them(tmp_path: Path) -> None:
    """The command, asked as printed, gives the answer as printed."""
    path = book(tmp_path / "one", NO, YES)
    result = run("check", path, "--prove", "--quiet")
    assert result.exit_code == 0, result.output
    assert "contradiction from 2026-01-01 on" in result.output
    assert "amendment on 2026-01-01" in result.output
    assert "proved: 1 contradiction, " in result.output
    line = next(line for line in result.output.splitlines() if "shown by: comity " in line)
    asked = run(*line.partition("comity ")[2].split())
    assert asked.output.startswith("Prohibited.")


def test_proofs_of_one_day_and_one_party_as_json() -> None:
    """The dilemma of March, as Microsoft reads it."""
    arguments = ("check", BOOKS / "openai", "--prove", "--json", "--at", "2026-03-18", "--for", "msft")
    proofs = json.loads(run(*arguments).output)["proofs"]
    (dilemma,) = [proof for proof in proofs if proof["kind"] == "dilemma"]
    assert dilemma["clauses"] == ["2026.sre", "2026a.stateless"]
    assert dilemma["witness"]["outcome"] == "prohibited"
    assert dilemma["before"] is None
    assert "amendment" not in {proof["kind"] for proof in proofs}


def test_what_is_denied_fails(tmp_path: Path) -> None:
    """`--deny` asks the solver by itself, and looks for what it names only; readings and moments count."""
    path = book(tmp_path / "one", NO, YES)
    assert run("check", path, "--deny", "contradiction, dilemma").exit_code == 1
    assert run("check", path, "--deny", "dilemma,dead").exit_code == 0
    assert run("check", path, "--deny", "contradiction", "--at", "2025-12-31").exit_code == 0
    shown = run("check", path, "--deny", "dilemma", "--json")
    assert "proofs" in json.loads(shown.output)
    wrong = run("check", path, "--deny", "contradictions")
    assert wrong.exit_code == 2
    assert "`contradictions` is no finding" in wrong.output
    assert "known are `contradiction`, `dilemma`" in wrong.output


def test_what_a_book_knew_then_is_proved_and_compared(tmp_path: Path) -> None:
    """A prohibition learned in June contradicts nothing in May, and its witness asks as of its day."""
    late = book(tmp_path / "late", f"{NO}\nknown: 2026-06-01", YES)
    plain = book(tmp_path / "plain", YES)
    assert run("check", late, "--deny", "contradiction", "--as-of", "2026-05-31").exit_code == 0
    found = run("check", late, "--deny", "contradiction", "--as-of", "2026-07-01")
    assert found.exit_code == 1
    line = next(line for line in found.output.splitlines() if "shown by: comity " in line)
    assert " --as-of 2026-07-01 " in line
    assert run(*line.partition("comity ")[2].split()).output.startswith("Prohibited.")
    same = run("diff", late, plain, "--as-of", "2026-05-31", "--no-new-permission")
    assert same.exit_code == 0
    assert "removed" not in same.output
    assert run("diff", late, plain, "--as-of", "2026-07-01", "--no-new-permission").exit_code == 1


def test_what_the_solver_cannot_express_is_refused(tmp_path: Path) -> None:
    """Status 2 with the place, for both commands."""
    path = book(tmp_path / "one", "a.x\nforbid: {retention_days: {over: 1e31}}")
    for arguments in (("check", path, "--prove"), ("diff", path, path)):
        result = run(*arguments)
        assert result.exit_code == 2
        assert "which the solver target cannot express" in result.output


def test_diff_fails_on_a_new_permission(tmp_path: Path) -> None:
    """Only when asked to, and only for that direction."""
    strict, free = book(tmp_path / "strict", NO, YES), book(tmp_path / "free", YES)
    result = run("diff", strict, free)
    assert result.exit_code == 0, result.output
    assert "removed: a.no" in result.output
    assert "newly allowed from 2026-01-01 on" in result.output
    assert run("diff", strict, free, "--no-new-permission").exit_code == 1
    back = run("diff", free, strict, "--no-new-permission", "--at", "2026-06-01")
    assert back.exit_code == 0
    assert "nothing is newly allowed" in back.output
    same = run("diff", free, free)
    assert "both books answer every workload alike" in same.output


def test_diff_as_json(tmp_path: Path) -> None:
    """Sets, numbers and flags are JSON values."""
    clause = "a.x\nforbid: {region: us, retention_days: {over: 30}, scc_signed: true}"
    found = json.loads(
        run("diff", book(tmp_path / "a", YES), book(tmp_path / "b", YES, clause), "--json").output
    )
    assert found["added"] == ["a.x"]
    assert found["loosens"] is False
    (shift,) = found["shifts"]
    assert shift["kind"] == "newly prohibited"
    facts = shift["now"]["facts"]
    assert len(facts.pop("region")) == 1
    assert facts == {"retention_days": "31", "scc_signed": True}
    assert (shift["from"], shift["until"]) == ("", "")


def test_without_the_solver_both_say_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Status 2 and one line."""
    monkeypatch.setitem(sys.modules, "z3", None)
    path = book(tmp_path / "one", NO)
    for arguments in (("check", path, "--prove"), ("diff", path, path)):
        result = run(*arguments)
        assert result.exit_code == 2
        assert "install it with `pip install 'comity[solver]'`" in result.output
