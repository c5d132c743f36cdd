"""Takes a contract file apart: front matter, headings, prose and `comity` blocks, each with its line.

The structure is markdown-it's (CommonMark), so what a forge renders as a block is what the machine reads. A
block inside a list or a quotation is refused: its columns could not be told.
"""

from __future__ import annotations

import re

import msgspec
from markdown_it import MarkdownIt
from markdown_it.token import Token

from comity.errors import Place, Problem, SourceError
from comity.source import Node, parse_yaml

ID = re.compile(r"[a-z0-9][a-z0-9_]*(?:[.-][a-z0-9_]+)*")
"""What an id looks like: lower case letters, digits, `_`, `-` and `.`."""

_SPAN = re.compile(r"`([^`]+)`")


class Block(msgspec.Struct, frozen=True):
    """One `comity` block."""

    place: Place
    """Its first line of YAML."""
    node: Node
    """Its content."""
    heading: str
    """The heading above it, without marks; empty when there is none."""
    id: str
    """The id that the heading gives; empty when it gives none."""
    prose: str
    """The text between the heading, or the block before, and this block."""


class Document(msgspec.Struct, frozen=True):
    """One file, taken apart."""

    file: str
    """Path as the operator named it."""
    front: Node | None
    """The front matter; None when the file has none."""
    blocks: tuple[Block, ...]
    """Its blocks that are YAML, in order."""
    problems: tuple[Problem, ...]
    """What is wrong with its form."""


def parse_document(data: bytes, file: str) -> Document:
    """The parts of a file with the content `data`."""
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        column = error.start - (data.rfind(b"\n", 0, error.start) + 1) + 1
        problem = Problem(Place(file, line, column), "this is not UTF-8", "save the file as UTF-8")
        return Document(file, None, (), (problem,))
    lines = text.replace("\r\n", "\n").replace("\r", "\n").replace("\0", "\ufffd").split("\n")
    problems: list[Problem] = []
    front, body = _front_matter(lines, file, problems)
    blocks = _blocks(lines, body, file, problems)
    return Document(file, front, tuple(blocks), tuple(problems))


def _front_matter(lines: list[str], file: str, problems: list[Problem]) -> tuple[Node | None, int]:
    if lines[0].rstrip() != "---":
        return None, 0
    for number, line in enumerate(lines[1:], start=1):
        if line.rstrip() == "---":
            return _yaml("\n".join(lines[1:number]), file, 2, problems), number + 1
    problems.append(
        Problem(
            Place(file, 1, 1), "the front matter does not end", "write `---` on a line of its own below it"
        )
    )
    return None, len(lines)


def _blocks(lines: list[str], body: int, file: str, problems: list[Problem]) -> list[Block]:
    blank = [""] * body
    tokens = MarkdownIt("commonmark").parse("\n".join([*blank, *lines[body:]]))
    blocks: list[Block] = []
    heading, identity, after = "", "", body
    for index, token in enumerate(tokens):
        if token.type == "heading_open" and token.map is not None:
            heading = tokens[index + 1].content
            identity = _heading_id(heading)
            after = token.map[1]
        elif token.type == "fence" and token.map is not None and token.info.split()[:1] == ["comity"]:
            prose = "\n".join(lines[after : token.map[0]]).strip()
            after = token.map[1]
            node = _content(token, lines, file, problems)
            if node is not None:
                blocks.append(Block(node.place, node, heading.replace("`", ""), identity, prose))
    return blocks


def _content(token: Token, lines: list[str], file: str, problems: list[Problem]) -> Node | None:
    assert token.map is not None, "markdown-it gives every fence its lines"
    first, last = token.map
    place = Place(file, first + 1, 1)
    if token.level or not lines[first].startswith(token.markup):
        problems.append(
            Problem(place, "this block is indented, or stands in a list or quotation", "start it at column 1")
        )
        return None
    closed = lines[last - 1].strip().startswith(token.markup) and last - 1 > first
    if not closed:
        problems.append(Problem(place, "this block does not end", f"write `{token.markup}` below it"))
        return None
    node = _yaml("\n".join(lines[first + 1 : last - 1]), file, first + 2, problems)
    if node is not None and not isinstance(node.value, dict):
        problems.append(
            Problem(node.place, "a block is a mapping", "write for example `forbid: {action: serve}`")
        )
        return None
    return node


def _yaml(text: str, file: str, first_line: int, problems: list[Problem]) -> Node | None:
    try:
        return parse_yaml(text, file, first_line)
    except SourceError as error:
        problems.extend(error.problems)
        return None


def _heading_id(heading: str) -> str:
    for span in _SPAN.findall(heading):
        if ID.fullmatch(span):
            return str(span)
    return heading if ID.fullmatch(heading) else ""
