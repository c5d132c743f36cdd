"""`comity schema`: the JSON Schema of blocks and front matter, for editors and other tools."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import msgspec
import typer

from comity.cli.questions import read_book
from comity.contracts import block_schema, front_schema

EXAMPLE = "Example: comity schema books/acme > comity-block.schema.json"


def schema(
    books: Annotated[
        list[Path] | None, typer.Argument(metavar="[BOOK]", help="Accept only the words of this book.")
    ] = None,
    front: Annotated[bool, typer.Option("--front", help="The front matter instead of the blocks.")] = False,
) -> None:
    """Print the JSON Schema of `comity` blocks, with what every key means.

    Without a book any attribute, party and id passes; with one, those of the book are offered and the rest is
    refused. A schema sees one block at a time: what only the whole book can tell is left to `comity check`.
    """
    book = read_book(tuple(books)) if books else None
    found = front_schema(book) if front else block_schema(book)
    sys.stdout.write(msgspec.json.format(msgspec.json.encode(found), indent=2).decode() + "\n")
