"""The house rules hold, and each of them can fail."""

from __future__ import annotations

import subprocess
import sys
from importlib import util
from pathlib import Path
from types import ModuleType

import pytest

HERE = Path(__file__).parent


def load(root: Path) -> ModuleType:
    """The script as it stands in the project at `root`, as a fresh module."""
    write(root, "tests/budgets.py", (HERE / "budgets.py").read_text(encoding="utf-8"))
    spec = util.spec_from_file_location("budgets_under_test", root / "tests" / "budgets.py")
    assert spec is not None
    assert spec.loader is not None
    module = util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def budgets(tmp_path: Path) -> ModuleType:
    """The rules, in a project of their own."""
    write(tmp_path, "src/comity/__init__.py", '"""It."""\n')
    return load(tmp_path)


def write(root: Path, path: str, text: str) -> None:
    """Writes one file of the invented project."""
    target = root / path
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(text, encoding="utf-8")


LONG_FUNCTION = '"""It."""\n\n\ndef f() -> int:\n' + "    x = 1\n" * 61 + "    return x\n"

BREACHES = [
    ("file limit", "src/comity/a.py", '"""It."""\n' + "x = 1\n" * 801),
    ("file size", "src/comity/a.py", '"""It."""\n' + "x = 1\n" * 501),
    ("pipeline", "src/comity/gateway/pipeline.py", '"""It."""\n' + "x = 1\n" * 201),
    ("function size", "src/comity/a.py", LONG_FUNCTION),
    ("names", "src/comity/wire_utils.py", '"""It."""\n'),
    ("names", "src/comity/models/a.py", '"""It."""\n'),
    ("names", "src/comity/a.py", '"""It."""\n\n\nclass RequestHandler:\n    pass\n'),
    ("docstring", "src/comity/a.py", "x = 1\n"),
    ("docstring", "src/comity/a.py", '"""It.\n' + "more\n" * 15 + '"""\n'),
    ("public names", "src/comity/room/__init__.py", '"""It."""\n'),
    ("public names", "src/comity/room/__init__.py", '"""It."""\nfrom comity import loads\n__all__ = []\n'),
    ("public names", "src/comity/room/__init__.py", '"""It."""\n__all__ = ["ghost"]\n'),
    ("cycles", "src/comity/a.py", '"""It."""\nfrom comity.a import x\n'),
    ("suppressions", "src/comity/a.py", '"""It."""\nx = 1  # noq' + "a\n"),
    ("suppressions", "src/comity/a.py", '"""It."""\nx = 1  # noq' + "a: E501\n"),
    ("suppressions", "src/comity/a.py", '"""It."""\nx = 1  # type: igno' + "re[misc]\n"),
    ("suppressions", "src/comity/a.py", '"""It."""\nx = 1  # pragma: no co' + "ver\n"),
]


@pytest.mark.parametrize(("rule", "path", "text"), BREACHES)
def test_breach_is_found(budgets: ModuleType, tmp_path: Path, rule: str, path: str, text: str) -> None:
    """Each rule finds a file that breaks it."""
    write(tmp_path, path, text)
    write(tmp_path, "src/comity/short.py", '"""It."""\n\n\ndef g() -> int:\n    return 1\n')
    checks = {check for name, check in budgets.RULES.items() if name != "imports alone"}
    findings = [finding for check in checks for finding in check()]
    assert rule in {finding.rule for finding in findings}


def test_clean_project_has_no_findings(budgets: ModuleType, tmp_path: Path) -> None:
    """A reason on the line satisfies the rule about suppressions, and small files the others."""
    write(
        tmp_path,
        "src/comity/a.py",
        '"""It."""\n\n\ndef g() -> int:\n    return 1  # noqa: E501 - a URL is long\n',
    )
    findings = [f for name, check in budgets.RULES.items() if name != "imports alone" for f in check()]
    assert findings == []


def test_module_that_cannot_be_first_is_found(tmp_path: Path) -> None:
    """A module that needs another one imported before it is found, in a process of its own."""
    write(tmp_path, "src/comity/__init__.py", '"""It."""\n')
    write(tmp_path, "src/comity/a.py", '"""It."""\nimport comity\ncomity.b.x\n')
    write(tmp_path, "src/comity/b.py", '"""It."""\nx = 1\n')
    load(tmp_path)
    code = "import budgets; print([f.what for f in budgets.check_imports_alone()])"
    run = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path / "tests", capture_output=True, text=True, check=True
    )
    assert run.stdout.strip() == "['comity.a']"


def test_exception_that_nothing_needs_is_a_finding(budgets: ModuleType) -> None:
    """The table of exceptions does not outlive what it excuses, and excuses nothing else."""
    excused = next(iter(budgets.EXCEPTIONS))
    other = budgets.Finding("names", "x.py", "bad")
    left = budgets.unexcused([budgets.Finding(*excused, "bad"), other])
    assert other in left
    assert excused not in {finding[:2] for finding in left}
    assert excused in {finding[:2] for finding in budgets.unexcused([])}


def test_import_for_the_type_checker_is_no_cycle(budgets: ModuleType, tmp_path: Path) -> None:
    """Two modules that name each other's types do not import each other."""
    write(tmp_path, "src/comity/a.py", '"""It."""\nfrom comity.b import x\n')
    write(tmp_path, "src/comity/b.py", '"""It."""\nif TYPE_CHECKING:\n    from comity.a import y\n')
    assert list(budgets.check_cycles()) == []
    write(tmp_path, "src/comity/b.py", '"""It."""\nfrom comity.a import y\n')
    assert [finding.what for finding in budgets.check_cycles()] == ["comity.a"]
