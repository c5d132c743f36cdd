"""`comity render`: a book as one HTML page that can be mailed and printed."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from comity.cli.questions import read_book, refuse
from comity.contracts import book_files, render_book
from comity.errors import Place, Problem

EXAMPLE = "Example: comity render books/openai --output openai.html"


def render(
    books: Annotated[list[Path], typer.Argument(metavar="BOOK", help="A folder of contracts, or one file.")],
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="Where to write; without it to standard output.")
    ] = None,
) -> None:
    """Render a book as one HTML page: prose, meaning, sources and grades, examples with their verdicts.

    The page holds no script and loads nothing from anywhere.
    """
    book = read_book(tuple(books))
    page = render_book(book, {str(file): file.read_bytes() for path in books for file in book_files(path)})
    if output is None:
        sys.stdout.write(page)
        return
    try:
        output.write_text(page, encoding="utf-8")
    except OSError as error:
        problem = f"cannot write this file: {error.strerror or 'it cannot be opened'}"
        refuse([Problem(Place(str(output), 1, 1), problem, "name a file in a folder that exists")])
    sys.stdout.write(f"{output}\n")
