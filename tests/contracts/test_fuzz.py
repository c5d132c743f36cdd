"""Bad input of any kind gives a book or a BookError, never a traceback."""

from __future__ import annotations

import re
from pathlib import Path

from hypothesis import example, given, settings
from hypothesis import strategies as st

from comity.contracts import Book
from comity.contracts.load import parse_book
from comity.errors import BookError

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


def book_or_error(data: bytes) -> Book | BookError:
    """What the loader makes of the bytes; anything but a book or a BookError fails the test."""
    try:
        return parse_book((Path("b"),), {"b.md": data})
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


def test_deep_nesting_is_refused() -> None:
    """A thousand brackets give a place, not a crash."""
    deep = "forbid: " + "{any: [" * 1000 + "]}" * 1000
    found = book_or_error(f"---\ncontract: x\n---\n### a.b\n```comity\n{deep}\n```\n".encode())
    assert isinstance(found, BookError)
    assert isinstance(book_or_error(b"> " * 3000 + b"x"), BookError)
