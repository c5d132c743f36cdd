"""The house rules that a linter does not know: sizes, names, public names, import order, suppressions.

`make check` runs this file as a script, `tests/test_budgets.py` as tests. Every rule is a function that gives
findings; a rule is broken only with a reason in `EXCEPTIONS`, and an exception nobody needs is a finding too.
It does not check layers (import-linter does) nor anything that ruff and mypy already see.
"""

from __future__ import annotations

import ast
import contextlib
import functools
import gc
import importlib
import io
import json
import os
import re
import statistics
import sys
import tokenize
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[1]
SOURCE = ROOT / "src"
TREES = ("src", "tests", "bench", "docs")

FILE_MEDIAN, FILE_REASON, FILE_LIMIT = 200, 500, 800
FUNCTION_MEDIAN, FUNCTION_P90, FUNCTION_REASON = 10, 30, 60
PIPELINE_LIMIT = 200
DOCSTRING_LIMIT = 15
BANNED = frozenset(
    {"util", "utils", "helper", "helpers", "manager", "handler", "core", "common", "misc", "v2"}
)
BANNED_FOLDERS = BANNED | {"models", "services"}

# (rule, what) -> why it is allowed. Keep it short: most rows here are a design that wants another look.
EXCEPTIONS: dict[tuple[str, str], str] = {
    (
        "public names",
        "comity.cli",
    ): "nothing imports the command line; its commands are registered in main.py",
}


class Finding(NamedTuple):
    """One broken rule."""

    rule: str
    """Name of the rule."""
    what: str
    """What breaks it: a path, a module or a function; the key of `EXCEPTIONS`."""
    message: str
    """What is wrong and what is allowed."""


class Function(NamedTuple):
    """One function with its size."""

    name: str
    """`path::name`."""
    lines: int
    """Lines from `def` to its end, without the docstring."""


def files(*trees: str) -> list[Path]:
    """The Python files below the named folders of the project, sorted."""
    return sorted(path for tree in trees for path in (ROOT / tree).rglob("*.py"))


def relative(path: Path) -> str:
    """The path as a reader of the project names it."""
    return path.relative_to(ROOT).as_posix()


def modules() -> dict[str, Path]:
    """Module name to file, for everything in the package."""
    found = {}
    for path in files("src"):
        parts = path.relative_to(SOURCE).with_suffix("").parts
        found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


def line_count(path: Path) -> int:
    """Lines of a file."""
    return path.read_text(encoding="utf-8").count("\n")


@functools.cache
def _nodes(text: bytes) -> tuple[ast.AST, ...]:
    """A file of the package by its text, parsed and walked once for all rules."""
    return tuple(ast.walk(ast.parse(text)))


def nodes(path: Path) -> tuple[ast.AST, ...]:
    """Every node of a file of the package, its module first."""
    return _nodes(path.read_bytes())


def functions(path: Path) -> Iterator[Function]:
    """Every function of a file; a nested one counts for itself and for the function around it."""
    for node in nodes(path):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            assert node.end_lineno is not None, "the parser gives every function an end"
            docstring = node.body[0] if ast.get_docstring(node, clean=False) is not None else None
            hidden = 0 if docstring is None else (docstring.end_lineno or 0) - docstring.lineno + 1
            yield Function(f"{relative(path)}::{node.name}", node.end_lineno - node.lineno + 1 - hidden)


def check_file_sizes() -> Iterator[Finding]:
    """The median file is short, a long one has a reason, none is very long; tests may be tables."""
    sizes = {path: line_count(path) for path in files(*TREES)}
    median = statistics.median(size for path, size in sizes.items() if path.is_relative_to(SOURCE))
    if median > FILE_MEDIAN:
        yield Finding("file size", "median", f"the median file has {median} lines, allowed are {FILE_MEDIAN}")
    for path, size in sizes.items():
        if size > FILE_LIMIT:
            yield Finding(
                "file limit", relative(path), f"{size} lines; more than {FILE_LIMIT} is never allowed"
            )
        elif size > FILE_REASON and not path.is_relative_to(ROOT / "tests"):
            yield Finding(
                "file size", relative(path), f"{size} lines; more than {FILE_REASON} needs a reason"
            )
        if path.parts[-2:] == ("gateway", "pipeline.py") and size > PIPELINE_LIMIT:
            yield Finding("pipeline", relative(path), f"{size} lines; it may only call: {PIPELINE_LIMIT}")


def check_function_sizes() -> Iterator[Finding]:
    """Functions are short: median, ninetieth percentile, and a reason for each long one."""
    found = [function for path in files("src") for function in functions(path)]
    sizes = sorted(function.lines for function in found)
    median, p90 = statistics.median(sizes), sizes[int(len(sizes) * 0.9)]
    if median > FUNCTION_MEDIAN:
        yield Finding("function size", "median", f"the median is {median} lines, allowed {FUNCTION_MEDIAN}")
    if p90 > FUNCTION_P90:
        yield Finding("function size", "p90", f"one in ten is over {p90} lines, allowed is {FUNCTION_P90}")
    for function in found:
        if function.lines > FUNCTION_REASON:
            yield Finding(
                "function size",
                function.name,
                f"{function.lines} lines; over {FUNCTION_REASON} needs a reason",
            )


def check_names() -> Iterator[Finding]:
    """No module, folder or class is named for being a place to put things."""
    for path in files(*TREES):
        words = set(path.stem.split("_"))
        folders = set(path.relative_to(ROOT).parts[:-1])
        if banned := (words & BANNED) | (folders & BANNED_FOLDERS):
            yield Finding("names", relative(path), f"`{min(banned)}` says nothing; name it for what it is")
        if not path.is_relative_to(SOURCE):
            continue
        for node in nodes(path):
            if isinstance(node, ast.ClassDef):
                parts = {part.lower() for part in re.findall(r"[A-Z][a-z]*", node.name)}
                if banned := parts & BANNED:
                    yield Finding("names", f"{relative(path)}::{node.name}", f"`{min(banned)}` says nothing")


def check_docstrings() -> Iterator[Finding]:
    """Every module says what it is, in at most fifteen lines."""
    for path in files(*TREES):
        text = ast.get_docstring(ast.parse(path.read_bytes()))
        if text is None:
            yield Finding("docstring", relative(path), "a module says what it is, and what it does not do")
        elif text.count("\n") >= DOCSTRING_LIMIT:
            yield Finding(
                "docstring", relative(path), f"{text.count(chr(10)) + 1} lines; allowed {DOCSTRING_LIMIT}"
            )


def check_public_names() -> Iterator[Finding]:
    """A room's `__all__` is exactly the public names that its `__init__` holds."""
    for name, path in modules().items():
        if path.name != "__init__.py" or name.count(".") != 1:
            continue
        tree = ast.parse(path.read_bytes())
        declared = _declared(tree)
        if declared is None:
            yield Finding("public names", name, "the room has no `__all__`")
            continue
        bound = set(_bound(tree))
        if missing := sorted(bound - set(declared)):
            yield Finding("public names", name, f"public but not in `__all__`: {', '.join(missing)}")
        if ghosts := sorted(set(declared) - bound):
            yield Finding("public names", name, f"in `__all__` but not there: {', '.join(ghosts)}")


def _declared(tree: ast.Module) -> list[str] | None:
    for node in tree.body:
        if isinstance(node, ast.Assign) and any(
            isinstance(t, ast.Name) and t.id == "__all__" for t in node.targets
        ):
            return [str(name) for name in ast.literal_eval(node.value)]
    return None


def _bound(tree: ast.Module) -> Iterator[str]:
    for node in tree.body:
        names: list[str] = []
        if isinstance(node, ast.ImportFrom) and (node.level or (node.module or "").startswith("comity")):
            names = [alias.asname or alias.name for alias in node.names]
        elif isinstance(node, ast.Import):
            names = [alias.asname for alias in node.names if alias.asname]
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            names = [node.name]
        elif isinstance(node, ast.Assign):
            names = [target.id for target in node.targets if isinstance(target, ast.Name)]
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            names = [node.target.id]
        yield from (name for name in names if not name.startswith("_"))


def check_cycles() -> Iterator[Finding]:
    """No module imports itself by way of others; imports for the type checker alone do not count."""
    known = modules()
    graph = {name: _imports(path, known) for name, path in known.items()}
    for cycle in _cycles(graph):
        yield Finding("cycles", cycle[0], "imports itself by way of " + " -> ".join([*cycle[1:], cycle[0]]))


def _imports(path: Path, known: dict[str, Path]) -> set[str]:
    found = set()
    typing_only = {
        node
        for block in nodes(path)
        if isinstance(block, ast.If) and isinstance(block.test, ast.Name) and block.test.id == "TYPE_CHECKING"
        for node in block.body
    }
    for node in nodes(path):
        if node in typing_only:
            continue
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            children = {f"{node.module}.{alias.name}" for alias in node.names}
            found |= children & known.keys()
            if not children <= known.keys():
                found.add(node.module)
    return found & known.keys()


def _cycles(graph: dict[str, set[str]]) -> Iterator[list[str]]:
    done: set[str] = set()

    def visit(name: str, path: list[str]) -> Iterator[list[str]]:
        if name in path:
            yield path[path.index(name) :]
        elif name not in done:
            for target in sorted(graph[name]):
                yield from visit(target, [*path, name])
            done.add(name)

    for name in sorted(graph):
        yield from visit(name, [])


def check_imports_alone() -> Iterator[Finding]:
    """Every module can be the first of the package that a program imports.

    Each is imported in a fork of this process, which has loaded what the package imports from elsewhere but
    nothing of the package itself. Modules of one room share the import of the room that comes before theirs.
    """
    sys.path.insert(0, str(SOURCE))
    assert not any(name.split(".")[0] == "comity" for name in sys.modules), "run this in a process of its own"
    for name in sorted({foreign for path in modules().values() for foreign in _foreign(path)}):
        with contextlib.suppress(ImportError):  # an extra that is not installed
            importlib.import_module(name)
    gc.freeze()
    packages = {name for name, path in modules().items() if path.name == "__init__.py"}
    for package in sorted(packages):
        inside = [name for name in modules() if name.rpartition(".")[0] == package and name not in packages]
        yield from _in_fork(functools.partial(_import_package, package, inside))


def _import_package(package: str, inside: list[str]) -> Iterator[Finding]:
    """Imports the package, which importing any module in it would do first, then each module from there."""
    found = list(_import(package))
    yield from found
    for name in inside if not found else ():
        if name not in sys.modules and not name.endswith("__main__"):
            yield from _in_fork(functools.partial(_import, name))


def _import(name: str) -> Iterator[Finding]:
    try:
        importlib.import_module(name)
    except BaseException as error:  # noqa: BLE001  # whatever it is, it is the finding
        yield Finding("imports alone", name, f"{type(error).__name__}: {error}")


def _in_fork(check: Callable[[], Iterator[Finding]]) -> Iterator[Finding]:
    """What `check` finds in a copy of this process, which ends with it."""
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        with os.fdopen(writer, "w") as pipe:
            pipe.writelines(json.dumps(finding) + "\n" for finding in check())
        os._exit(0)
    os.close(writer)
    with os.fdopen(reader) as pipe:
        yield from (Finding(*json.loads(line)) for line in pipe)
    status = os.waitpid(child, 0)[1]
    assert status == 0, f"an import ended its process with {status}"


def _foreign(path: Path) -> Iterator[str]:
    """Modules outside the package that a file imports at its top level."""
    for node in ast.parse(path.read_bytes()).body:
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name.split(".")[0] != "comity")
        elif isinstance(node, ast.ImportFrom) and node.module and node.module.split(".")[0] != "comity":
            yield node.module


SUPPRESSION = re.compile(r"#\s*(noqa|type:\s*ignore|pragma:\s*no (?:cover|branch))(.*)", re.IGNORECASE)
CODES = re.compile(r"\s*(?::\s*[A-Z]+\d+(?:\s*,\s*[A-Z]+\d+)*|\[[a-z-]+(?:,\s*[a-z-]+)*\])")


def check_suppressions() -> Iterator[Finding]:
    """A silenced checker is named by its code, and the line says why."""
    for path in files(*TREES):
        text = path.read_text(encoding="utf-8")
        if not SUPPRESSION.search(text):
            continue
        for token in tokenize.generate_tokens(io.StringIO(text).readline):
            match = SUPPRESSION.match(token.string) if token.type == tokenize.COMMENT else None
            if match is None:
                continue
            rest = match[2]
            codes = CODES.match(rest)
            place = f"{relative(path)}:{token.start[0]}"
            if codes is None and not match[1].startswith("pragma"):
                yield Finding("suppressions", place, f"`{match[1]}` without a code")
                continue
            if len(re.sub(r"[\W_]+", "", rest[codes.end() if codes else 0 :])) < 6:
                yield Finding("suppressions", place, f"`{match[1]}` without a reason on its line")


RULES: dict[str, Callable[[], Iterator[Finding]]] = {
    "file size": check_file_sizes,
    "function size": check_function_sizes,
    "names": check_names,
    "docstring": check_docstrings,
    "public names": check_public_names,
    "cycles": check_cycles,
    "suppressions": check_suppressions,
    "imports alone": check_imports_alone,
}


def unexcused(findings: list[Finding]) -> list[Finding]:
    """The findings that no exception allows, and the exceptions that nothing needs."""
    left = [finding for finding in findings if finding[:2] not in EXCEPTIONS]
    needed = {finding[:2] for finding in findings}
    stale = [
        Finding(rule, what, "this exception is not needed any more")
        for rule, what in EXCEPTIONS.keys() - needed
    ]
    return left + sorted(stale)


def main() -> int:
    """Prints the findings and the sizes; 1 when a rule is broken."""
    findings = unexcused([finding for rule in RULES.values() for finding in rule()])
    for finding in findings:
        sys.stdout.write(f"{finding.what}: {finding.rule}: {finding.message}\n")
    sizes = sorted(line_count(path) for path in files("src"))
    lengths = sorted(function.lines for path in files("src") for function in functions(path))
    sys.stdout.write(
        f"{len(sizes)} files, median {statistics.median(sizes):.0f} lines, longest {sizes[-1]}; "
        f"{len(lengths)} functions, median {statistics.median(lengths):.0f}, "
        f"p90 {lengths[int(len(lengths) * 0.9)]}, longest {lengths[-1]}; {len(findings)} findings\n"
    )
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
