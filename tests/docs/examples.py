"""Runs the code blocks of a Markdown page as a reader would.

Blocks of one page share a folder, a Python namespace and one server, in order of appearance. `python` runs;
`console` runs each line after `$ ` and compares what follows, where `...` stands for anything; `yaml` with
`deployments:` loads as comity.yaml, with `prices:` as prices.yaml; `markdown` with front matter and
`comity` load as contracts; `json` and `toml` parse. A block that cannot run has `<!-- not run: reason -->`
above it; the tests count those.
Any other language is a mistake on the page, except prose (`text`) and pictures (`mermaid`).
"""

from __future__ import annotations

import contextlib
import gc
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import tomllib
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec
from markdown_it import MarkdownIt
from tests.environment import unmeasured
from typer.testing import CliRunner

from comity.cli.main import app
from comity.clouds import places_of
from comity.contracts import load_book
from comity.prices import load_prices
from comity.source import parse_yaml

ROOT = Path(__file__).parents[2]
SERVED = "http://127.0.0.1:8080"
"""The address that pages use; a test's own server takes its place."""
STORE = "postgresql://comity@db.example/ledger"
"""The ledger's store on a server, as pages write it; a test's own schema takes its place."""
DEMO = "var/demo"
"""Where `make demo` leaves its files; a page gets a copy of a test's own."""

FRONT_MATTER = "---\ncontract: page\ntitle: Page\nparties: {acme: Acme}\n---\n"
"""What a lone clause on a page is read under."""

PICTURES = frozenset({"text", "mermaid"})
_TERMINAL = {"COLUMNS": "100", "NO_COLOR": "1", "TERM": "dumb"}
_PLAIN = re.compile(r"comity (?!serve |demo )(?:\\\n|[^|<>&;$`\\\n*?#])*")
"""A command without anything that only a shell knows: it runs in this process, which has started already."""
_NOT_RUN = re.compile(r"<!-- not run: (?P<reason>.{12,}?) -->", re.DOTALL)


class Block(msgspec.Struct, frozen=True):
    """One fenced block of a page."""

    page: Path
    """The page."""
    line: int
    """1-based line of its first line of code."""
    language: str
    """First word of the info string."""
    code: str
    """What stands in the fence."""
    excuse: str
    """Why it is not run; empty when it is."""

    def __str__(self) -> str:
        return f"{self.page.name}:{self.line}"


def pages() -> list[Path]:
    """Every page that a reader may try things from."""
    top = [ROOT / name for name in ("README.md", "ARCHITECTURE.md", "CONTRIBUTING.md")]
    books = sorted((ROOT / "books").glob("*/README.md"))
    return [page for page in [*top, *sorted((ROOT / "docs").rglob("*.md")), *books] if page.exists()]


def read_blocks(page: Path) -> list[Block]:
    """The fenced blocks of a page, in order."""
    blocks, excuse = [], ""
    for token in MarkdownIt().parse(page.read_text(encoding="utf-8")):
        if token.type == "html_block":
            match = _NOT_RUN.search(token.content)
            excuse = match["reason"].strip() if match else excuse
        elif token.type == "fence":
            assert token.map is not None, "a fence has a place"
            language = token.info.split()[0] if token.info.strip() else ""
            blocks.append(Block(page, token.map[0] + 2, language, token.content, excuse))
            excuse = ""
    return blocks


class Runner:
    """Runs the blocks of one page in a folder of its own."""

    def __init__(
        self,
        folder: Path,
        served: Callable[[], str],
        demo: Callable[[], Path] = Path,
        store: Callable[[], str] = str,
    ) -> None:
        self.folder = folder
        self._served = served
        self._demo = demo
        self._store = store
        self._names: dict[str, object] = {"__name__": "__page__"}
        for name in ("books", "docs", "README.md"):
            (folder / name).symlink_to(ROOT / name)

    def run(self, block: Block) -> None:
        """Runs one block; raises AssertionError, or what the block raises."""
        if block.excuse or block.language in PICTURES:
            return
        run = getattr(self, f"_run_{block.language}", None)
        assert run is not None, (
            f"{block}: `{block.language}` blocks cannot run; say `text`, or why it is not run"
        )
        if DEMO in block.code and not (self.folder / DEMO).exists():
            shutil.copytree(self._demo(), self.folder / DEMO)
        run(block)

    def forget(self) -> None:
        """Drops what the page's programs made; like a reader, they leave their clients open."""
        self._names.clear()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ResourceWarning)
            gc.collect()

    def _place(self, text: str) -> str:
        text = text.replace(SERVED, self._served()) if SERVED in text else text
        return text.replace(STORE, self._store()) if STORE in text else text

    def _run_python(self, block: Block) -> None:
        padded = "\n" * (block.line - 1) + self._place(block.code)
        with contextlib.chdir(self.folder):
            exec(compile(padded, str(block.page), "exec"), self._names)

    def _run_console(self, block: Block) -> None:
        for command, expected in read_commands(block.code):
            placed = self._place(command)
            code, found = self._run_here(placed) if _PLAIN.fullmatch(command) else self._run_bash(placed)
            found = found.replace(self._served(), SERVED) if SERVED in block.code else found
            assert matches(expected, found), (
                f"{block}: `{command}` (exit {code}) printed\n{found}\nthe page says\n{expected}"
            )

    def _run_here(self, command: str) -> tuple[int, str]:
        arguments = shlex.split(command.replace("\\\n", " "))[1:]
        with contextlib.chdir(self.folder):
            run = CliRunner(env=_TERMINAL).invoke(app, arguments, prog_name="comity")
        return run.exit_code, run.output

    def _run_bash(self, command: str) -> tuple[int, str]:
        path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
        run = subprocess.run(
            ["bash", "-c", command],
            cwd=self.folder,
            env=unmeasured(PATH=path, **_TERMINAL),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=60,
            check=False,
        )
        return run.returncode, run.stdout

    def _run_yaml(self, block: Block) -> None:
        node = parse_yaml(block.code, str(block.page), block.line)
        if isinstance(node.value, dict) and "deployments" in node.value:
            from comity.config import load_settings  # noqa: PLC0415 - pages without a configuration need no server room

            path = self.folder / "comity.yaml"
            path.write_text(block.code, encoding="utf-8")
            load_settings(path)
        elif isinstance(node.value, dict) and "prices" in node.value:
            path = self.folder / "prices.yaml"
            path.write_text(block.code, encoding="utf-8")
            load_prices(path, expand=places_of)

    def _run_json(self, block: Block) -> None:
        json.loads(block.code)

    def _run_toml(self, block: Block) -> None:
        tomllib.loads(block.code)

    def _run_markdown(self, block: Block) -> None:
        if block.code.startswith("---\n"):
            path = self.folder / "contract.md"
            path.write_text(block.code, encoding="utf-8")
            load_book(path)

    def _run_comity(self, block: Block) -> None:
        text = FRONT_MATTER + f"\n### page.clause\n```comity\n{block.code}```\n"
        path = self.folder / "clause.md"
        path.write_text(text, encoding="utf-8")
        load_book(path)


def read_commands(code: str) -> Iterator[tuple[str, str]]:
    """The commands of a console block with the output that the page shows for each."""
    command, output = "", ""
    for line in code.splitlines(keepends=True):
        if line.startswith("$ "):
            if command:
                yield command, output
            command, output = line[2:].rstrip("\n"), ""
        elif command.endswith("\\"):
            command = f"{command}\n{line.rstrip()}"
        else:
            output += line
    assert command, "a console block has at least one line that begins with `$ `"
    yield command, output


def matches(expected: str, found: str) -> bool:
    """Whether `found` is what the page shows; `...` stands for anything, spaces at line ends do not count."""
    if not expected.strip():
        return True
    pattern = ".*?".join(re.escape(part) for part in _tidy(expected).split("..."))
    return re.fullmatch(pattern, _tidy(found), re.DOTALL) is not None


def _tidy(text: str) -> str:
    return "\n".join(line.rstrip() for line in text.strip("\n").splitlines())
