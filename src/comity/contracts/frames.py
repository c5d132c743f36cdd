"""Decisions over a dataframe in memory: the columnar target, from and to Arrow.

Tables that do not fit in memory go to `comity.contracts.compile.decide_table` as an Ibis expression.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, TypeAlias

from comity.contracts.book import Book
from comity.contracts.compile.coding import engine
from comity.contracts.compile.columnar import decide_table

Frame: TypeAlias = Any
"""A dataframe of pandas, Polars or PyArrow, or a list of dicts; none of them is needed to import this."""

_ROW = "comity_row"


def decide_frame(
    book: Book,
    frame: Frame,
    *,
    at: str | datetime = "at",
    as_of: datetime | None = None,
    party: str | None = None,
) -> Any:
    """The rows of `frame`, in order, with the verdict of each: a PyArrow table.

    Columns named like attributes are facts, a null is not stated, other columns are kept. `at` is the column
    of the moment, or one moment for all rows. Needs the extra `columnar`.

    >>> book = load_book(Path("books/acme"))
    >>> same = {"actor": "acme", "action": "serve", "provider": "oai", "cloud": "azure"}
    >>> same |= {"data": "personal", "subject": "eu"}
    >>> calls = [{**same, "region": region} for region in ("swedencentral", "us-east-1", None)]
    >>> table = decide_frame(book, calls, at=datetime(2026, 6, 1, tzinfo=UTC))
    >>> table["outcome"].to_pylist()
    ['permitted', 'prohibited', 'unknown']
    """
    ibis = engine()
    rows = _arrow(frame)
    numbered = rows.append_column(_ROW, [range(rows.num_rows)])
    decided = decide_table(book, ibis.memtable(numbered), at=at, as_of=as_of, party=party)
    return decided.order_by(_ROW).drop(_ROW).to_pyarrow()


def _arrow(frame: Frame) -> Any:
    """The frame as Arrow; a column that holds nothing has no type of its own, and text can say every fact."""
    import pyarrow as pa  # noqa: PLC0415 - part of the extra, and heavy

    if isinstance(frame, Sequence):
        assert all(isinstance(row, Mapping) for row in frame), "a list of rows is a list of mappings"
        rows = pa.Table.from_pylist(list(frame))
    else:
        rows = pa.table(frame)
    kinds = [field.with_type(pa.string()) if pa.types.is_null(field.type) else field for field in rows.schema]
    return rows.cast(pa.schema(kinds))
