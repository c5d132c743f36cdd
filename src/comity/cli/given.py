"""What `duties` and `commitments` share: amounts from a file, and values as JSON without rounding."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec

from comity.cli.questions import refuse
from comity.commitments import parse_table
from comity.contracts import Book, Progress, parse_progress
from comity.errors import Place, Problem, SourceError


def read_given(book: Book, path: Path | None) -> tuple[Progress, ...]:
    """The amounts in the YAML or CSV file of `--given`, or the end of the command; none without a file."""
    if path is None:
        return ()
    try:
        text = path.read_text(encoding="utf-8-sig")  # spreadsheets begin a table with a mark
        parse = parse_table if path.suffix.lower() == ".csv" else parse_progress
        return parse(book, text, str(path))
    except SourceError as error:
        refuse(error.problems)
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is no UTF-8 text"
        message = f"in `--given`: cannot read {path}: {reason}"
        refuse([Problem(Place("command line", 1, 1), message, "name a YAML or CSV file")])


def as_json(value: object) -> str:
    """`value` as one line of JSON; numbers are texts in plain notation, so that nothing is rounded."""
    plain = msgspec.to_builtins(value, builtin_types=(Decimal,))
    return msgspec.json.encode(_plain(plain), order="deterministic").decode() + "\n"


def _plain(value: Any) -> Any:
    if isinstance(value, Decimal):
        return f"{value:f}"
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return value
