"""Bad input of any kind gives a book or a BookError, never a traceback."""

from __future__ import annotations

import re
from datetime import datetime
from functools import cache
from pathlib import Path
from random import Random
from typing import Any

import msgspec
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from tests.contracts.random_books import MOMENTS, Written, facts_of, workloads, written_books

from comity.contracts import Book, decide, explain, load_book, parse_facts
from comity.contracts.facts import Raw
from comity.contracts.load import parse_book
from comity.errors import BookError

BOOKS = Path(__file__).parents[2] / "books"

LANGUAGE = Path(__file__).parents[2] / "docs" / "language.md"
WHOLE = tuple(re.findall(r"```markdown\n(.*?)\n```", LANGUAGE.read_text(encoding="utf-8"), re.DOTALL))
WORDS = (
    *("forbid", "permit", "confine", "require", "owe", "power", "define", "example", "attribute", "event"),
    *(
        "is",
        "any",
        "not",
        "over",
        "at_most",
        "cloud: {not: [",
        "2026-02-30",
        "..",
        "99999999-01-01",
        "0001-01-01 ..",
    ),
    *(
        "{",
        "}",
        "[",
        "]",
        "```",
        "~~~comity",
        "---",
        "&a",
        "*a",
        "!!python/object:os.system",
        "<<: {}",
        "\t",
        "\0",
    ),
    *(
        "\ufeff",
        "\u2028",
        "é",
        "1e9999 USD",
        "-1",
        "null",
        "~",
        "'",
        '"',
        "|",
        ">",
        "# ",
        "> ",
        "- ",
        "%YAML 1.1",
    ),
)


def book_or_error(*files: bytes) -> Book | BookError:
    """What the loader makes of the files; anything but a book or a BookError fails the test."""
    try:
        return parse_book((Path("b"),), {f"b{index}.md": data for index, data in enumerate(files)})
    except BookError as error:
        found = error
    assert all(problem.place.line >= 1 and problem.place.column >= 1 for problem in found.problems)
    return found


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=200))
@example(b"---\n---\n")
@example(b"---\ncontract: x\n---\n```comity\n```\n")
@example(b"---\ncontract: x\nclock: " + b"a/" * 3000 + b"\n---\n")
def test_any_bytes(data: bytes) -> None:
    """Random bytes, alone and inside a front matter and a block."""
    book_or_error(data)
    book_or_error(b"---\ncontract: x\n" + data + b"\n---\n")
    book_or_error(b"---\ncontract: x\n---\n### a.b\n```comity\n" + data + b"\n```\n")


@pytest.mark.no_cover
@settings(max_examples=150, deadline=None)
@given(
    st.sampled_from(WHOLE), st.lists(st.tuples(st.floats(0, 1), st.sampled_from(WORDS), st.integers(0, 12)))
)
def test_mutated_books(text: str, edits: list[tuple[float, str, int]]) -> None:
    """Valid books with pieces cut out and odd words put in."""
    for where, word, cut in edits:
        at = int(where * len(text))
        text = text[:at] + word + text[at + cut :]
    book_or_error(text.encode("utf-8", "surrogatepass"))


@settings(max_examples=100, deadline=None)
@given(
    st.sampled_from(
        ["forbid", "confine", "require", "owe", "power", "define", "example", "attribute", "event", "end"]
    ),
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=5) | st.floats(),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
        max_leaves=8,
    ),
)
def test_values_of_any_shape(kind: str, value: object) -> None:
    """Where a mapping is expected there may be anything that YAML can say."""
    body = repr(value).replace("None", "null").replace("True", "true").replace("False", "false")
    book_or_error(
        f"---\ncontract: x\n---\n### a.b\n```comity\n{kind}: {body}\n```\n".encode("utf-8", "replace")
    )


@pytest.mark.no_cover
def test_deep_nesting_is_refused() -> None:
    """A thousand brackets give a place, not a crash."""
    deep = "forbid: " + "{any: [" * 1000 + "]}" * 1000
    found = book_or_error(f"---\ncontract: x\n---\n### a.b\n```comity\n{deep}\n```\n".encode())
    assert isinstance(found, BookError)
    assert isinstance(book_or_error(b"> " * 3000 + b"x"), BookError)


ODD: list[Any] = [
    None,
    True,
    0,
    -1,
    1.5,
    "",
    "azure",
    "deal",
    "is",
    "..",
    "2026-02-30",
    [],
    {},
    [[]],
    {"not": {}},
]
KEYS = [
    *(
        "is",
        "any",
        "not",
        "over",
        "at_most",
        "to",
        "first",
        "unless",
        "overrides",
        "supersedes",
        "in_force",
        "until",
    ),
    *(
        "known",
        "readings",
        "means",
        "by",
        "settled",
        "source",
        "sure",
        "part",
        "cloud",
        "region",
        "odd",
        "id",
    ),
]


def mutated(value: Any, random: Random) -> Any:
    """The value with one place of it changed: replaced, removed, doubled, renamed or put one level deeper."""
    if isinstance(value, dict) and value and random.random() < 0.8:
        key = random.choice(list(value))
        rest = {name: part for name, part in value.items() if name != key}
        choice = random.random()
        if choice < 0.1:
            return rest
        if choice < 0.25:
            return {**rest, random.choice(KEYS): value[key]}
        if choice < 0.35:
            return {**value, random.choice(KEYS): random.choice(ODD)}
        return {name: mutated(part, random) if name == key else part for name, part in value.items()}
    if isinstance(value, list) and value and random.random() < 0.7:
        place = random.randrange(len(value))
        return [mutated(part, random) if at == place else part for at, part in enumerate(value)]
    return random.choice([*ODD, [value], {"not": value}, [value, value]])


@pytest.mark.no_cover
@settings(max_examples=60, deadline=None)
@given(written_books(), workloads(), st.sampled_from(MOMENTS), st.randoms(use_true_random=False))
def test_books_with_a_word_out_of_place(
    files: tuple[Written, ...], raw: dict[str, Raw], at: datetime, random: Random
) -> None:
    """What is nearly right is refused with a place; what is accepted can be decided and explained."""
    place = random.randrange(len(files))
    file = files[place]
    block = random.randrange(-1, len(file.blocks))
    if block < 0:
        broken = msgspec.structs.replace(file, front=mutated(file.front, random))
    else:
        blocks = [mutated(part, random) if at == block else part for at, part in enumerate(file.blocks)]
        broken = msgspec.structs.replace(file, blocks=tuple(blocks))
    texts = [(broken if at == place else part).text().encode() for at, part in enumerate(files)]
    found = book_or_error(*texts)
    if isinstance(found, Book):
        try:
            facts = facts_of(found, raw)
        except ValueError:  # the parties went with the front matter
            return
        verdict = decide(found, facts, at)
        assert explain(found, facts, at).verdict == verdict


@cache
def shipped() -> list[bytes]:
    """Every file of the shipped books, and none of it too long to be read again and again."""
    return [path.read_bytes() for path in sorted(BOOKS.glob("*/*.md"))]


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 2**32))
def test_shipped_books_with_damage(seed: int) -> None:
    """Pieces of the shipped files cut out, moved and repeated, bytes flipped, in any file."""
    random = Random(seed)
    data = bytearray(random.choice(shipped()))
    start = random.randrange(len(data))
    data = data[start : start + 4000]
    for _ in range(random.randrange(1, 6)):
        at, size = random.randrange(len(data) + 1), random.randrange(30)
        piece = random.choice(
            [b"", bytes(data[at : at + size]) * 2, bytes([random.randrange(256)]), b"\n```comity\n"]
        )
        data[at : at + size] = piece
    book_or_error(b"---\ncontract: x\nparties: {oai: OpenAI}\n---\n" + bytes(data))
    book_or_error(bytes(data))


@settings(max_examples=60, deadline=None)
@given(
    st.dictionaries(
        st.one_of(
            st.text(max_size=6),
            st.sampled_from(["cloud", "region", "scc_signed", "retention_days", "actor", "model"]),
        ),
        st.one_of(
            st.text(max_size=6),
            st.booleans(),
            st.integers(),
            st.decimals(),
            st.lists(st.text(max_size=4), max_size=3),
            st.frozensets(st.text(max_size=4), max_size=3),
        ),
        max_size=4,
    )
)
def test_facts_of_any_shape(raw: dict[str, Any]) -> None:
    """Facts from outside are typed, or refused; what is accepted can be decided."""
    book = example_book()
    try:
        facts = parse_facts(book, raw)
    except ValueError:
        return
    assert decide(book, facts, MOMENTS[0]).outcome


@cache
def example_book() -> Book:
    """A small book to ask."""
    found = book_or_error(WHOLE[0].encode())
    assert isinstance(found, Book)
    return found


def test_a_file_that_is_no_text_has_a_place_in_a_folder(tmp_path: Path) -> None:
    """From a folder too: the bytes of a picture named `.md` are refused at their line."""
    (tmp_path / "a.md").write_bytes(b"---\ncontract: x\n---\n\xff\xfe\x00")
    with pytest.raises(BookError) as caught:
        load_book(tmp_path)
    assert [problem.place.line for problem in caught.value.problems] == [4]
