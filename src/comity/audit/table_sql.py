"""What a table's columns say, in DuckDB's SQL: facts as text, moments as unix seconds, sums as numbers.

Everything is read as it stands there; nothing is decided, and nothing here knows a book.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from comity.errors import StoreError
from comity.source import closest

if TYPE_CHECKING:
    import duckdb

TIME = "at"
"""The column of the time: a timestamp, a date (noon in the book's zone), or unix seconds to nanoseconds."""

WEIGHTS = ("requests", "prompt_tokens", "completion_tokens", "amount", "currency")
"""Columns that say how much; without `requests` a row is one request."""

SUMS = ("requests", "prompt", "completion", "unpriced", "amount")
"""What is summed, as `weights` calls it."""

PERIODS = {"day": "%Y-%m-%d", "month": "%Y-%m"}
"""Groups that follow from the time, with their form."""

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
        return not PERIODS.keys().isdisjoint(self.group_by)


class Columns(NamedTuple):
    """The columns of a file."""

    file: Path
    """The file."""
    kinds: Mapping[str, str]
    """Column to DuckDB's name of its type."""
    known: Mapping[str, str]
    """What the table says: fact, weight or time to its column."""
    facts: tuple[str, ...]
    """Attributes that it has."""
    groups: tuple[str, ...]
    """Further columns to group by."""

    @property
    def source(self) -> str:
        """The file as a table."""
        name = str(self.file).replace("'", "''")
        if self.file.suffix == ".parquet":
            return f"read_parquet('{name}')"
        return f"read_csv('{name}', all_varchar = true, header = true)"

    def kind(self, name: str) -> str:
        """The type of the column of a fact."""
        return self.kinds[self.known[name]]

    def text(self, name: str) -> str:
        """A fact or a group as text; a list becomes its members in order, with commas."""
        column = self.known.get(name, name)
        if self.kinds[column].endswith("[]"):
            return f"array_to_string(list_sort(CAST({quoted(column)} AS VARCHAR[])), ',')"
        return f"CAST({quoted(column)} AS VARCHAR)"

    def moment(self) -> str:
        """The time."""
        column = self.known[TIME]
        return _moment(quoted(column), self.kinds[column])


def columns_of(connection: duckdb.DuckDBPyConnection, file: Path, asked: Asked) -> Columns:
    """The columns of `file`. Raises StoreError when it lacks what is asked for."""
    bare = Columns(file, {}, {}, (), ())
    rows = connection.execute(f"DESCRIBE SELECT * FROM {bare.source}").fetchall()  # noqa: S608 - quoted
    kinds = {str(row[0]): str(row[1]) for row in rows}
    known = _known(file, kinds, asked)
    groups = tuple(name for name in asked.group_by if name not in asked.facts and name not in PERIODS)
    for name in groups:
        if name not in kinds:
            hint = closest(name, [*kinds, *PERIODS])
            raise StoreError(f"the table `{file}` has no column `{name}` to group by; {hint}")
    return Columns(file, kinds, known, tuple(name for name in asked.facts if name in known), groups)


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


def chosen(asked: Asked) -> str:
    """The rows of the period; those without a time always count: nobody knows that they lie outside."""
    ends = [] if asked.since is None else [f"t >= {asked.since!r}"]
    ends += [] if asked.until is None else [f"t < {asked.until!r}"]
    return f" WHERE t IS NULL OR ({' AND '.join(ends)})" if ends else ""


def weights(known: Mapping[str, str]) -> list[str]:
    """How much a row is, as the columns `SUMS` and `currency`."""

    def counted(name: str, absent: int) -> str:
        if name not in known:
            return str(absent)
        return f"coalesce(TRY_CAST({quoted(known[name])} AS BIGINT), {absent})"

    amount, currency = _NO_AMOUNT, "CAST(NULL AS VARCHAR)"
    if "amount" in known and "currency" in known:
        currency = f"CAST({quoted(known['currency'])} AS VARCHAR)"
        exact = f"TRY_CAST({quoted(known['amount'])} AS DECIMAL(38, 15))"
        amount = f"CASE WHEN {currency} IS NULL THEN {_NO_AMOUNT} ELSE {exact} END"
    requests = counted("requests", 1)
    return [
        f"{requests} AS requests",
        f"{counted('prompt_tokens', 0)} AS prompt",
        f"{counted('completion_tokens', 0)} AS completion",
        f"CASE WHEN {amount} IS NULL THEN {requests} ELSE 0 END AS unpriced",
        f"{amount} AS amount",
        f"{currency} AS currency",
    ]


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


def quoted(name: str) -> str:
    """A name as DuckDB reads it."""
    return '"' + name.replace('"', '""') + '"'


def summed(asked: Asked, columns: Columns, rows: str) -> str:
    """The query that sums `rows` by facts, groups and stretches: these texts, currency, sums, period."""
    keys = [*(f"f_{name}" for name in columns.facts), *(f"g_{name}" for name in columns.groups)]
    cuts = ["t IS NULL", *(["floor(t / 86400)"] if asked.daily else [])]
    if asked.bounds:
        cuts.append(" + ".join(f"CAST(t >= {bound!r} AS INTEGER)" for bound in asked.bounds))
    listed = [quoted(key) for key in keys]
    sums = ", ".join(f"sum({name})" for name in SUMS)
    return (
        f"SELECT {', '.join([*listed, 'currency', sums])}, min(t), max(t) FROM ({rows})"  # noqa: S608 - quoted
        f" GROUP BY {', '.join([*listed, 'currency', *cuts])}"
    )


def texts(columns: Columns) -> Sequence[str]:
    """Facts and groups as text, as columns `f_NAME` and `g_NAME`."""
    facts = [f"{columns.text(name)} AS {quoted('f_' + name)}" for name in columns.facts]
    return facts + [f"{columns.text(name)} AS {quoted('g_' + name)}" for name in columns.groups]
