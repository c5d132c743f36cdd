"""Books from text in memory, for programs that keep their contracts elsewhere than in files."""

from __future__ import annotations

from pathlib import Path

from comity.contracts.book import Book
from comity.contracts.load import parse_book


def book_from_text(*texts: str) -> Book:
    r"""The book of contracts given as texts, one per file; raises BookError with all its problems.

    >>> book = book_from_text('''---
    ... contract: lease
    ... parties: {host: Hosting}
    ... ---
    ... ### lease.place
    ... ```comity
    ... confine: {actor: host, action: serve}
    ... to: {region: eu}
    ... ```
    ... ''')
    >>> [clause.id for clause in book.clauses]
    ['lease.place']

    Problems point into `text-1`, `text-2` and so on, in the order given:

    >>> book_from_text("---\ncontract: lease\nsilense: permitted\n---\n")
    Traceback (most recent call last):
    comity.errors.BookError: text-1:3:1: the front matter has no key `silense`
      help: did you mean `silence`?
    """
    contents = {f"text-{number}": text.encode() for number, text in enumerate(texts, start=1)}
    return parse_book((Path("text"),), contents)
