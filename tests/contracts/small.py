"""Small books for tests: a front matter, blocks, and the book that they make."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

import pytest

from comity.contracts import Book, Outcome, Verdict, decide, parse_facts
from comity.contracts.facts import Raw
from comity.contracts.load import parse_book
from comity.errors import BookError, Problem

NOON = datetime(2026, 3, 18, 12, tzinfo=UTC)
FRONT = "contract: deal\nparties: {oai: OpenAI, msft: Microsoft, amzn: Amazon}"


def document(*blocks: str, front: str = FRONT) -> str:
    """A contract file; a first line without a colon becomes the heading of its block."""
    parts = [f"---\n{front}\n---\n"]
    for block in blocks:
        heading, _, body = block.partition("\n")
        if ":" in heading:
            heading, body = "", ""
        parts.append(
            f"\n### {heading}\n```comity\n{body}\n```\n" if heading else f"\n```comity\n{block}\n```\n"
        )
    return "".join(parts)


def small_book(*blocks: str, front: str = FRONT) -> Book:
    """The book of one contract."""
    return book_of(document(*blocks, front=front))


def book_of(*documents: str) -> Book:
    """The book of several files."""
    contents = {f"file{index}.md": text.encode() for index, text in enumerate(documents)}
    return parse_book((Path("book"),), contents)


def problems_of(*documents: str) -> list[Problem]:
    """What is wrong with the files."""
    with pytest.raises(BookError) as caught:
        book_of(*documents)
    return list(caught.value.problems)


def verdict_on(book: Book, facts: Mapping[str, Raw], at: datetime = NOON) -> Verdict:
    """The verdict about `facts`; `with_` stands for the attribute `with`."""
    return decide(book, parse_facts(book, {name.rstrip("_"): fact for name, fact in facts.items()}), at)


def ask(book: Book, at: datetime = NOON, **facts: Raw) -> Verdict:
    """The verdict about facts that are written out."""
    return verdict_on(book, facts, at)


def outcome(book: Book, at: datetime = NOON, **facts: Raw) -> Outcome:
    """The outcome of `ask`."""
    return ask(book, at, **facts).outcome
