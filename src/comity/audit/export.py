"""Judged lots as a flat table for other tools: CSV, JSON or Parquet, written as they come.

One row per lot: what was done, how much, and what the book says. Numbers are exact; amounts are text.
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path
from typing import Any

import msgspec

from comity.audit.tally import Judged, fact_text
from comity.contracts import Book
from comity.errors import MissingExtraError

FORMATS = (".csv", ".json", ".parquet")
"""What an export can be, by the end of its name."""

_BATCH = 8192
_FIXED = {
    "act": "text",
    "at": "text",
    "outcome": "text",
    "clauses": "text",
    "needs": "text",
    "duties": "text",
    "recorded": "text",
    "unreadable": "text",
    "worlds": "number",
    "f_must": "number",
    "f_may": "number",
    "c_must": "number",
    "c_may": "number",
    "requests": "number",
    "prompt_tokens": "number",
    "completion_tokens": "number",
    "unpriced": "number",
    "costs": "text",
}
_COLUMNS = ("caller", "model", "deployment")

Row = dict[str, str | int | None]
Write = Callable[[Row], None]


def export_columns(book: Book) -> dict[str, str]:
    """The columns of an export with their kinds: the verdict, each party's, how much, and every fact."""
    parties = {f"as_{party}": "text" for party in sorted(book.parties)}
    facts = {f"fact_{name}": "text" for name in book.vocabulary.attributes}
    return {**_FIXED, **dict.fromkeys(_COLUMNS, "text"), **parties, **facts}


def export_row(judged: Judged, columns: Iterable[str]) -> Row:
    """A judged lot as a row with exactly `columns`; None where it says nothing."""
    lot, verdict, weight = judged.lot, judged.verdict, judged.lot.weight
    found: Row = {
        "act": lot.act,
        "at": datetime.fromtimestamp(lot.at, UTC).isoformat(),
        "outcome": judged.outcome,
        "recorded": lot.recorded or None,
        "unreadable": judged.unreadable or None,
        "requests": weight.requests,
        "prompt_tokens": weight.prompt,
        "completion_tokens": weight.completion,
        "unpriced": weight.unpriced,
        "costs": " + ".join(str(weight.costs[currency]) for currency in sorted(weight.costs)) or None,
        **{name: lot.columns.get(name) for name in _COLUMNS},
        **{f"fact_{name}": fact_text(fact) for name, fact in judged.workload.items()},
    }
    if verdict is not None:
        found |= {
            "clauses": ",".join(verdict.clauses),
            "needs": ",".join(verdict.needs),
            "duties": "; ".join(f"{duty.clause}: {duty.text}" for duty in verdict.duties),
            "worlds": verdict.worlds,
            **{name: _mask(getattr(verdict, name)) for name in ("f_must", "f_may", "c_must", "c_may")},
            **{f"as_{party}": verdict.as_read_by(party).value for party in verdict.asserted},
        }
    return {name: found.get(name) for name in columns}


def _mask(worlds: int) -> int:
    """A mask of up to 64 worlds in a signed column of 64 bits, as most tools have it."""
    return worlds - (1 << 64) if worlds >> 63 else worlds


@contextmanager
def open_export(path: Path, book: Book) -> Iterator[Callable[[Judged], None]]:
    """Writes every judged lot that it is given to `path`, in the format that its name ends with."""
    columns = export_columns(book)
    with _WRITERS[path.suffix](path, columns) as write:
        yield lambda judged: write(export_row(judged, columns))


@contextmanager
def _csv(path: Path, columns: dict[str, str]) -> Iterator[Write]:
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(columns))
        writer.writeheader()
        yield writer.writerow


@contextmanager
def _json(path: Path, columns: dict[str, str]) -> Iterator[Write]:  # noqa: ARG001 - the writers' signature
    with path.open("wb") as file:
        begun = False

        def write(row: Row) -> None:
            nonlocal begun
            file.write(b",\n" if begun else b"[\n")
            begun = True
            file.write(msgspec.json.encode({name: value for name, value in row.items() if value is not None}))

        yield write
        file.write(b"\n]\n" if begun else b"[]\n")


@contextmanager
def _parquet(path: Path, columns: dict[str, str]) -> Iterator[Write]:
    arrow, parquet = _arrow()
    kinds = {"text": arrow.string(), "number": arrow.int64()}
    schema = arrow.schema([(name, kinds[kind]) for name, kind in columns.items()])
    batch: list[Row] = []
    with parquet.ParquetWriter(path, schema) as writer:

        def flush() -> None:
            writer.write_table(arrow.Table.from_pylist(batch, schema=schema))
            batch.clear()

        def write(row: Row) -> None:
            batch.append(row)
            if len(batch) >= _BATCH:
                flush()

        yield write
        flush()


def _arrow() -> tuple[Any, Any]:
    try:
        return import_module("pyarrow"), import_module("pyarrow.parquet")  # an extra, and heavy
    except ImportError as error:
        raise MissingExtraError("columnar", "Parquet is written with PyArrow") from error


_WRITERS = {".csv": _csv, ".json": _json, ".parquet": _parquet}
