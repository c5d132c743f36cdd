"""Lots from tables: Parquet or CSV files with a column per fact, reduced to what verdicts tell apart.

Large files go through the columnar engine: a lot is what the rules judge alike, with the facts of one of its
rows. Small files, and what the classes of a book cannot say, are summed by distinct facts, which is the same
to whoever judges lots. Both work out of core, within `MEMORY`. A column that is no attribute, no weight and
no group is not read.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from comity.audit.ledger_lots import Progress
from comity.audit.lot import Facts, Lot, Weight
from comity.audit.rules import Rules
from comity.audit.table_kinds import TableKinds, kinds_of
from comity.audit.table_sql import PERIODS, TIME, Asked, Columns, chosen, columns_of, summed, texts, weights
from comity.errors import MissingExtraError, StoreError
from comity.money import Money

if TYPE_CHECKING:
    import duckdb

SUFFIXES = (".parquet", ".csv")
"""What is read as a table."""

MEMORY = "1GiB"
"""What DuckDB may hold in memory."""

LARGE = 200_000
"""Rows from which a file is worth preparing the columnar engine for, which takes a second or two."""

_FETCHED = 4096
_ROW_BYTES = 64


def asked_by(
    rules: Sequence[Rules],
    group_by: tuple[str, ...] = (),
    renamed: Mapping[str, str] | None = None,
    period: tuple[int | None, int | None] = (None, None),
) -> Asked:
    """What all of `rules` together need to know of a table, in the half-open `period` of unix nanoseconds."""
    attributes = {name for one in rules for name in one.book.vocabulary.attributes}
    facts = frozenset().union(*(one.uses() for one in rules), attributes & set(group_by))
    bounds = sorted({bound for one in rules for bound in one.bounds})
    since, until = (None if end is None else end / 1e9 for end in period)
    zone = rules[0].book.clock.key
    return Asked(tuple(sorted(facts)), bounds, zone, group_by, renamed or {}, since, until)


def table_files(path: Path) -> list[Path]:
    """The tables at `path`: a file, or every table in a folder and below; empty when there is none."""
    if path.is_dir():
        return sorted(file for file in path.rglob("*") if file.suffix in SUFFIXES and file.is_file())
    return [path] if path.suffix in SUFFIXES and path.is_file() else []


def table_lots(
    files: Iterable[Path],
    asked: Asked,
    progress: Progress | None = None,
    *,
    rules: Sequence[Rules] = (),
    large: int = LARGE,
) -> Iterator[Lot]:
    """What the rows of `files` say was done. Raises StoreError when a file cannot be read or has no time.

    With `rules`, rows that all of these judge alike, for the same reasons, may be one lot though their facts
    differ; `large` is the number of rows from which they are.
    """
    every = tuple(files)
    for number, file in enumerate(every):
        if progress is not None:
            progress(number, len(every))
        yield from _file_lots(file, asked, rules, large)


def _file_lots(file: Path, asked: Asked, rules: Sequence[Rules], large: int) -> Iterator[Lot]:
    try:
        engine = import_module("duckdb")  # an extra, and heavy
    except ImportError as error:
        raise MissingExtraError("columnar", "tables are read with DuckDB") from error
    try:
        with engine.connect() as connection:
            connection.execute(f"SET memory_limit = '{MEMORY}'")
            connection.execute(f"SET TimeZone = '{asked.zone}'")
            columns = columns_of(connection, file, asked)
            kinds = None
            if rules and _rows(connection, columns) >= large:
                kinds = kinds_of(connection, columns, asked, rules)
            yield from _plain(connection, columns, asked) if kinds is None else _kinds(kinds, columns, asked)
    except engine.Error as error:
        raise StoreError(f"the table `{file}` cannot be read: {str(error).splitlines()[0]}") from error


def _rows(connection: duckdb.DuckDBPyConnection, columns: Columns) -> int:
    """How many rows a file has, about: a CSV file is not read twice to know."""
    if columns.file.suffix != ".parquet":
        return columns.file.stat().st_size // _ROW_BYTES
    found = connection.execute(f"SELECT count(*) FROM {columns.source}").fetchone()  # noqa: S608 - quoted
    assert found is not None, "a count is one row"
    return int(found[0])


def _plain(
    connection: duckdb.DuckDBPyConnection, columns: Columns, asked: Asked, rows: str | None = None
) -> Iterator[Lot]:
    """One lot for all rows with the same facts."""
    if rows is None:
        selected = ", ".join([*texts(columns), f"{columns.moment()} AS t", *weights(columns.known)])
        rows = f"SELECT * FROM (SELECT {selected} FROM {columns.source}){chosen(asked)}"  # noqa: S608 - quoted
    cursor = connection.execute(summed(asked, columns, rows))
    while found := cursor.fetchmany(_FETCHED):
        yield from (_plain_lot(columns, row) for row in found)


def _plain_lot(columns: Columns, row: tuple[Any, ...]) -> Lot:
    width = len(columns.facts) + len(columns.groups)
    stated = [None if text is None or text == "" else str(text) for text in row[:width]]
    *weighed, first, last = row[width:]
    named = list(zip((*columns.facts, *columns.groups), stated, strict=True))
    facts = {name: text for name, text in named[: len(columns.facts)] if text is not None}
    groups = {name: text or "" for name, text in named[len(columns.facts) :]}
    return _lot(facts, groups, _weight(weighed), (first, last))


def _kinds(kinds: TableKinds, columns: Columns, asked: Asked) -> Iterator[Lot]:
    """One lot for all rows that are judged alike, and the rows that no class is for as they are."""
    cursor = kinds.execute(kinds.query())
    unread = False
    while found := cursor.fetchmany(_FETCHED):
        for row in found:
            kind = kinds.read(row)
            if kind is None:
                unread = True
            else:
                yield _lot(kind.facts, kind.groups, _weight(kind.weight), kind.period)
    if unread:
        yield from _plain(kinds.connection, columns, asked, kinds.unread())


def _lot(
    facts: Facts, groups: dict[str, str], weight: Weight, period: tuple[float | None, float | None]
) -> Lot:
    first, last = period
    if first is None:
        reason = f"no time stands in the column `{TIME}`"
        return Lot("served", (), 0.0, weight, groups, unreadable=reason)
    when = datetime.fromtimestamp(first, UTC)
    groups |= {name: when.strftime(form) for name, form in PERIODS.items()}
    return Lot("served", (facts,), first, weight, groups, last=last)


def _weight(values: Sequence[Any]) -> Weight:
    currency, requests, prompt, completion, unpriced, amount = values
    weight = Weight(int(requests), int(prompt), int(completion), {}, int(unpriced))
    if amount is not None:
        assert isinstance(amount, Decimal), "DuckDB's decimals are exact"
        weight.pay(Money(Decimal(f"{amount:f}".rstrip("0").rstrip(".")), str(currency)))
    return weight
