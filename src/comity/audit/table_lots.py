"""Lots from tables: Parquet or CSV files with a column per fact, reduced by DuckDB to distinct facts.

DuckDB groups the rows by the facts that some clause looks at and by stretches of time, so a book is asked
once per kind of request, however many rows there are; it works out of core, within `MEMORY`. A column that is
no attribute, no weight and no group is not read.
"""
# ruff: noqa: S608 - the names of columns are quoted, values are bound

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from comity.audit.ledger_lots import Progress
from comity.audit.lot import Lot, Weight
from comity.audit.rules import Rules
from comity.errors import MissingExtraError, StoreError
from comity.money import Money
from comity.source import closest

if TYPE_CHECKING:
    import duckdb

TIME = "at"
"""The column of the time: a timestamp, a date (noon in the book's zone), or unix seconds to nanoseconds."""

WEIGHTS = ("requests", "prompt_tokens", "completion_tokens", "amount", "currency")
"""Columns that say how much; without `requests` a row is one request."""

SUFFIXES = (".parquet", ".csv")
"""What is read as a table."""

MEMORY = "1GiB"
"""What DuckDB may hold in memory."""

_FETCHED = 4096
_PERIODS = {"day": "%Y-%m-%d", "month": "%Y-%m"}
_NO_AMOUNT = "CAST(NULL AS DECIMAL(38, 15))"


class Asked(NamedTuple):
    """What is asked of a table."""

    facts: tuple[str, ...]
    """Attributes that matter to the verdict or to the groups, sorted."""
    bounds: list[float]
    """Unix seconds at which verdicts can change, ascending."""
    zone: str
    """The time zone of what is written without one."""
    group_by: tuple[str, ...] = ()
    """What lots are kept apart by, too."""
    renamed: Mapping[str, str] = {}
    """The name of a fact, a weight or the time to the name of its column, where they differ."""
    since: float | None = None
    """First moment, unix seconds, inclusive."""
    until: float | None = None
    """Last moment, exclusive."""

    @property
    def daily(self) -> bool:
        """Whether lots are cut at midnight UTC."""
        return not _PERIODS.keys().isdisjoint(self.group_by)


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


def table_lots(files: Iterable[Path], asked: Asked, progress: Progress | None = None) -> Iterator[Lot]:
    """What the rows of `files` say was done. Raises StoreError when a file cannot be read or has no time."""
    every = tuple(files)
    for number, file in enumerate(every):
        if progress is not None:
            progress(number, len(every))
        yield from _file_lots(file, asked)


def _file_lots(file: Path, asked: Asked) -> Iterator[Lot]:
    try:
        engine = import_module("duckdb")  # an extra, and heavy
    except ImportError as error:
        raise MissingExtraError("columnar", "tables are read with DuckDB") from error
    try:
        with engine.connect() as connection:
            connection.execute(f"SET memory_limit = '{MEMORY}'")
            connection.execute(f"SET TimeZone = '{asked.zone}'")
            shape = _shape(file, _columns(connection, file), asked)
            cursor = connection.execute(shape.query, [str(file)])
            while rows := cursor.fetchmany(_FETCHED):
                yield from map(shape.lot, rows)
    except engine.Error as error:
        raise StoreError(f"the table `{file}` cannot be read: {str(error).splitlines()[0]}") from error


def _source(file: Path) -> str:
    return (
        "read_parquet(?)" if file.suffix == ".parquet" else "read_csv(?, all_varchar = true, header = true)"
    )


def _columns(connection: duckdb.DuckDBPyConnection, file: Path) -> dict[str, str]:
    """The columns of a table, with DuckDB's names for their types."""
    rows = connection.execute(f"DESCRIBE SELECT * FROM {_source(file)}", [str(file)]).fetchall()
    return {str(row[0]): str(row[1]) for row in rows}


class _Shape(NamedTuple):
    """How a table is asked, and what the columns of the answer are."""

    query: str
    """The query; its one parameter is the file."""
    facts: tuple[str, ...]
    """Attributes, in the order of the first columns."""
    groups: tuple[str, ...]
    """Further groups, in the order of the next ones."""

    def lot(self, row: tuple[Any, ...]) -> Lot:
        """The lot behind a row of the answer."""
        width = len(self.facts) + len(self.groups)
        texts, (at, *weights) = row[:width], row[width:]
        stated = [None if text is None or text == "" else str(text) for text in texts]
        named = list(zip((*self.facts, *self.groups), stated, strict=True))
        facts = {name: text for name, text in named[: len(self.facts)] if text is not None}
        columns = {name: text or "" for name, text in named[len(self.facts) :]}
        weight = _weight(weights)
        if at is None:
            return Lot(
                "served", (), 0.0, weight, columns, unreadable=f"no time stands in the column `{TIME}`"
            )
        when = datetime.fromtimestamp(at, UTC)
        columns |= {name: when.strftime(form) for name, form in _PERIODS.items()}
        return Lot("served", (facts,), at, weight, columns)


def _weight(values: Sequence[Any]) -> Weight:
    requests, prompt, completion, currency, amount, unpriced = values
    weight = Weight(int(requests), int(prompt), int(completion), {}, int(unpriced))
    if amount is not None:
        assert isinstance(amount, Decimal), "DuckDB's decimals are exact"
        weight.pay(Money(Decimal(f"{amount:f}".rstrip("0").rstrip(".")), str(currency)))
    return weight


def _shape(file: Path, kinds: Mapping[str, str], asked: Asked) -> _Shape:
    """The query that reduces a table to its kinds of requests."""
    known = _known(file, kinds, asked)
    facts = tuple(name for name in asked.facts if name in known)
    groups = tuple(name for name in asked.group_by if name not in asked.facts and name not in _PERIODS)
    for name in groups:
        if name not in kinds:
            hint = closest(name, [*kinds, *_PERIODS])
            raise StoreError(f"the table `{file}` has no column `{name}` to group by; {hint}")
    selected = [
        *(f"{_text(known[name], kinds)} AS {_quoted('f_' + name)}" for name in facts),
        *(f"{_text(name, kinds)} AS {_quoted('g_' + name)}" for name in groups),
        f"{_moment(_quoted(known[TIME]), kinds[known[TIME]])} AS t",
        *_weights(known),
    ]
    keys = [*(_quoted("f_" + name) for name in facts), *(_quoted("g_" + name) for name in groups)]
    cuts = ["t IS NULL", *(["floor(t / 86400)"] if asked.daily else [])]
    if asked.bounds:
        cuts.append(" + ".join(f"CAST(t >= {bound!r} AS INTEGER)" for bound in asked.bounds))
    sums = (
        "min(t), sum(requests), sum(prompt), sum(completion), currency, sum(amount),"
        " sum(CASE WHEN amount IS NULL THEN requests ELSE 0 END)"
    )
    return _Shape(
        f"SELECT {', '.join([*keys, sums])} FROM (SELECT {', '.join(selected)} FROM {_source(file)})"
        f"{_chosen(asked)} GROUP BY {', '.join([*keys, 'currency', *cuts])}",
        facts,
        groups,
    )


def _chosen(asked: Asked) -> str:
    """The rows of the period; those without a time always count: nobody knows that they lie outside."""
    ends = [] if asked.since is None else [f"t >= {asked.since!r}"]
    ends += [] if asked.until is None else [f"t < {asked.until!r}"]
    return f" WHERE t IS NULL OR ({' AND '.join(ends)})" if ends else ""


def _known(file: Path, kinds: Mapping[str, str], asked: Asked) -> dict[str, str]:
    """What a table says: fact, weight or time to its column."""
    for name, column in asked.renamed.items():
        if column not in kinds:
            hint = closest(column, list(kinds))
            raise StoreError(f"the table `{file}` has no column `{column}` for `{name}`; {hint}")
    columns = {name: asked.renamed.get(name, name) for name in (TIME, *WEIGHTS, *asked.facts)}
    known = {name: column for name, column in columns.items() if column in kinds}
    if TIME not in known:
        raise StoreError(f"the table `{file}` has no column `{TIME}`; name it: --column {TIME}=COLUMN")
    return known


def _weights(known: Mapping[str, str]) -> list[str]:
    def counted(name: str, absent: int) -> str:
        if name not in known:
            return str(absent)
        return f"coalesce(TRY_CAST({_quoted(known[name])} AS BIGINT), {absent})"

    amount, currency = _NO_AMOUNT, "CAST(NULL AS VARCHAR)"
    if "amount" in known and "currency" in known:
        currency = f"CAST({_quoted(known['currency'])} AS VARCHAR)"
        exact = f"TRY_CAST({_quoted(known['amount'])} AS DECIMAL(38, 15))"
        amount = f"CASE WHEN {currency} IS NULL THEN {_NO_AMOUNT} ELSE {exact} END"
    return [
        f"{counted('requests', 1)} AS requests",
        f"{counted('prompt_tokens', 0)} AS prompt",
        f"{counted('completion_tokens', 0)} AS completion",
        f"{amount} AS amount",
        f"{currency} AS currency",
    ]


def _text(column: str, kinds: Mapping[str, str]) -> str:
    """A fact as text; a list becomes its members in order, with commas."""
    name = _quoted(column)
    if kinds[column].endswith("[]"):
        return f"array_to_string(list_sort(CAST({name} AS VARCHAR[])), ',')"
    return f"CAST({name} AS VARCHAR)"


def _moment(name: str, kind: str) -> str:
    """Unix seconds of a time in whatever form; NULL when it has none."""
    if kind == "DATE":
        return f"epoch(CAST(CAST({name} AS TIMESTAMP) + INTERVAL 12 HOUR AS TIMESTAMPTZ))"
    if kind.startswith("TIMESTAMP"):
        return f"epoch(CAST({name} AS TIMESTAMPTZ))"
    number = _seconds(f"TRY_CAST({name} AS DOUBLE)")
    if kind != "VARCHAR":
        return number
    written = f"CASE WHEN length({name}) = 10 THEN {name} || ' 12:00:00' ELSE {name} END"
    return f"coalesce(epoch(TRY_CAST({written} AS TIMESTAMPTZ)), {number})"


def _seconds(number: str) -> str:
    """Unix seconds, milliseconds, microseconds or nanoseconds, told apart by their size, as seconds."""
    return (
        f"(CASE WHEN {number} < 1e11 THEN {number} WHEN {number} < 1e14 THEN {number} / 1e3"
        f" WHEN {number} < 1e17 THEN {number} / 1e6 ELSE {number} / 1e9 END)"
    )


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
