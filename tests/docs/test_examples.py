"""Every code block of the pages is executed, and what cannot be is excused and counted."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.docs.examples import ROOT, SERVED, Block, Runner, matches, pages, read_blocks, read_commands

NOT_RUN = 3
"""How many blocks are excused at most; raise it only with the reason on the page."""


@pytest.mark.no_cover  # pages show; what they run is tested where it lives
@pytest.mark.parametrize("page", pages(), ids=lambda page: page.relative_to(ROOT).as_posix())
def test_page_runs(page: Path, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    """A reader can copy any block of the page, from top to bottom, and gets what the page shows."""
    runner = Runner(
        tmp_path,
        lambda: str(request.getfixturevalue("demo").url),
        lambda: Path(request.getfixturevalue("demo").folder),
        lambda: str(request.getfixturevalue("schema")),
    )
    blocks = read_blocks(page)
    try:
        for block in blocks:
            runner.run(block)
    finally:
        if any(block.language == "python" and SERVED in block.code for block in blocks):
            runner.forget()


def test_few_blocks_are_excused() -> None:
    """Blocks that are not run stay an exception."""
    excused = [block for page in pages() for block in read_blocks(page) if block.excuse]
    assert len(excused) <= NOT_RUN, "\n".join(f"{block}: {block.excuse}" for block in excused)


def block_of(tmp_path: Path, text: str) -> Block:
    """The first block of a page with this text."""
    page = tmp_path / "page.md"
    page.write_text(text, encoding="utf-8")
    return read_blocks(page)[0]


def runner_of(tmp_path: Path) -> Runner:
    """A runner without a gateway."""
    folder = tmp_path / "runner"
    folder.mkdir()
    return Runner(folder, lambda: "http://127.0.0.1:1")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("```python\nassert False, 'no'\n```\n", "no"),
        ("```console\n$ echo one\ntwo\n```\n", "printed\none"),
        ("```console\nno command\n```\n", "begins with"),
        ("```rust\nfn main() {}\n```\n", "`rust` blocks cannot run"),
        ("```json\n{\n```\n", "Expecting"),
        ("```toml\n=\n```\n", "Invalid"),
        ("```yaml\na: [\n```\n", "this is not YAML"),
        ("```yaml\ndeployments: nonsense\n```\n", "comity.yaml"),
        ("````markdown\n---\ncontract: x\nbogus: 1\n---\n````\n", "contract.md"),
        ("```comity\nforbidden: {}\n```\n", "clause.md"),
    ],
)
def test_wrong_block_fails(tmp_path: Path, text: str, message: str) -> None:
    """Each kind of block can fail, and says where."""
    with pytest.raises(Exception, match=message):
        runner_of(tmp_path).run(block_of(tmp_path, text))


@pytest.mark.parametrize(
    "text",
    [
        "```python\nassert True\n```\n",
        "```console\n$ echo a; echo b; echo c\na\n...\nc\n```\n",
        "```console\n$ echo shown\n```\n",
        "<!-- not run: it would never come back -->\n\n```rust\nfn main() {}\n```\n",
        "```mermaid\ngraph LR\n```\n",
        '```json\n{"a": 1}\n```\n',
    ],
)
def test_right_block_passes(tmp_path: Path, text: str) -> None:
    """What is true on the page runs without a word."""
    runner_of(tmp_path).run(block_of(tmp_path, text))


def test_blocks_of_a_page_share_names(tmp_path: Path) -> None:
    """A page defines a name once and goes on with it."""
    page = tmp_path / "page.md"
    page.write_text("```python\nx = 1\n```\n\n```python\nassert x == 1\n```\n", encoding="utf-8")
    runner = runner_of(tmp_path)
    for block in read_blocks(page):
        runner.run(block)


def test_error_of_a_block_points_into_the_page(tmp_path: Path) -> None:
    """The line in a traceback is the line of the page."""
    block = block_of(tmp_path, "# Page\n\n```python\nx = 1\nraise ValueError\n```\n")
    with pytest.raises(ValueError) as caught:  # noqa: PT011 - the block raises it without a message
        runner_of(tmp_path).run(block)
    assert caught.traceback[-1].lineno + 1 == 5


def test_excuse_belongs_to_one_block(tmp_path: Path) -> None:
    """The block after an excused one is run again."""
    page = tmp_path / "page.md"
    page.write_text("<!-- not run: it needs a cloud -->\n\n```python\n1/0\n```\n\n```python\n1/1\n```\n")
    assert [block.excuse for block in read_blocks(page)] == ["it needs a cloud", ""]


def test_commands_are_split_with_their_output() -> None:
    """A console block may hold several commands, continued lines, and output below each."""
    code = "$ echo a\na\n$ echo b \\\n  c\nb c\n"
    assert list(read_commands(code)) == [("echo a", "a\n"), ("echo b \\\n  c", "b c\n")]


@pytest.mark.parametrize(
    ("expected", "found", "same"),
    [
        ("a\n", "a  \n\n", True),
        ("a...c\n", "a b\nc\n", True),
        ("", "anything\n", True),
        ("a\n", "b\n", False),
        ("a.c\n", "abc\n", False),
    ],
)
def test_output_is_compared(expected: str, found: str, same: bool) -> None:  # noqa: FBT001 - a column of a table
    """Dots stand for anything, everything else for itself."""
    assert matches(expected, found) is same
