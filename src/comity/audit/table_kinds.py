"""A table by kinds of rows: what the columnar engine makes of it, and how a kind becomes facts and sums.

A fact is read here exactly as it is read as text, or it is left to whoever reads texts: nothing is guessed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib import import_module
from typing import TYPE_CHECKING, Any, NamedTuple

from comity.audit.lot import Facts
from comity.audit.rules import Rules
from comity.audit.table_sql import SUMS, Asked, Columns, chosen, quoted, texts, weights
from comity.contracts.compile.kinds import FIRST, LAST, SAMPLE, UNREAD, Judging, Kinds, Rows
from comity.contracts.vocabulary import Attribute, Kind
from comity.errors import BookError

if TYPE_CHECKING:
    import duckdb

_VIEW = "comity_rows"
_TYPES = {
    "BOOLEAN": (Kind.FLAG, "boolean"),
    "DOUBLE": (Kind.NUMBER, "float64"),
    **dict.fromkeys(("TINYINT", "SMALLINT", "INTEGER", "BIGINT"), (Kind.NUMBER, "int64")),
}
"""Columns that are read as they are, for which kind of fact."""

_NUMBER = r"[+-]?[0-9]{1,28}([.][0-9]{1,9})?"
_DAY = "day of t"


class TableKind(NamedTuple):
    """Rows that are judged alike."""

    facts: Facts
    """Facts of one of them, as far as they were told apart."""
    groups: dict[str, str]
    """Their groups, besides facts."""
    weight: tuple[Any, ...]
    """Currency and sums."""
    period: tuple[float | None, float | None]
    """Their first and last moment."""


class TableKinds:
    """The kinds of rows of one file."""

    def __init__(
        self,
        connection: duckdb.DuckDBPyConnection,
        columns: Columns,
        asked: Asked,
        kinds: Kinds,
        kept: list[str],
    ) -> None:
        self.connection = connection
        self._columns = columns
        self._grouped = [name for name in columns.facts if name in asked.group_by]
        self._kinds = kinds
        self._kept = kept

    def query(self) -> str:
        """The query for the kinds."""
        return _sql(self._kinds.table().select(UNREAD, SAMPLE, FIRST, LAST, *self._kept, "currency", *SUMS))

    def unread(self) -> str:
        """The query for the rows that are of no kind."""
        return _sql(self._kinds.unread())

    def execute(self, query: str) -> duckdb.DuckDBPyConnection:
        """The answer to a query."""
        return self.connection.execute(query)

    def read(self, row: tuple[Any, ...]) -> TableKind | None:
        """The kind behind a row of the answer; None when its facts have to be read as they are."""
        unread, sample, first, last, *rest = row
        if unread:
            return None
        kept = {name: value for name, value in zip(self._kept, rest, strict=False) if value not in (None, "")}
        facts: dict[str, Any] = self._kinds.facts(sample)
        facts |= {name: kept[f"f_{name}"] for name in self._grouped if f"f_{name}" in kept}
        groups = {name: kept.get(f"g_{name}", "") for name in self._columns.groups}
        return TableKind(facts, groups, tuple(rest[len(self._kept) :]), (first, last))


def kinds_of(
    connection: duckdb.DuckDBPyConnection, columns: Columns, asked: Asked, rules: Sequence[Rules]
) -> TableKinds | None:
    """The kinds of rows under `rules`; None when the columnar engine cannot tell them or is not installed."""
    attributes = _attributes(columns.facts, rules)
    if attributes is None:
        return None
    try:
        ibis = import_module("ibis")  # part of the same extra
    except ImportError:
        return None
    facts = [_fact(columns, attributes[name]) for name in columns.facts]
    selected = [*texts(columns), *(fact.sql for fact in facts), f"{columns.moment()} AS t"]
    selected += weights(columns.known)
    days = [", floor(t / 86400) AS " + quoted(_DAY)] if asked.daily else [""]
    rows = f"SELECT *{days[0]} FROM (SELECT {', '.join(selected)} FROM {columns.source}){chosen(asked)}"  # noqa: S608 - quoted
    kept = [f"f_{name}" for name in columns.facts if name in asked.group_by]
    kept += [*(f"g_{name}" for name in columns.groups), *([_DAY] if asked.daily else [])]
    connection.execute(f"CREATE TEMPORARY VIEW {_VIEW} AS {rows}")
    types = {f"f_{name}": "string" for name in columns.facts} | {
        f"g_{name}": "string" for name in columns.groups
    }
    types |= {fact.column: fact.type for fact in facts} | {"t": "float64", _DAY: "float64"}
    types |= {**dict.fromkeys(SUMS, "int64"), "amount": "decimal(38, 15)", "currency": "string"}
    if not asked.daily:
        del types[_DAY]
    table = ibis.table(types, name=_VIEW)
    judging = {(one.book.fingerprint, one.as_of, one.party): _judging(one) for one in rules}
    try:
        columns_of_facts = {fact.name: fact.column for fact in facts}
        kinds = Kinds(Rows(table, columns_of_facts, "t", SUMS, (*kept, "currency")), list(judging.values()))
    except BookError:  # a book says what only the plain engine can express
        return None
    return TableKinds(connection, columns, asked, kinds, kept)


def _judging(rules: Rules) -> Judging:
    return Judging(rules.book, None if rules.as_of == "now" else rules.as_of, rules.party)


def _attributes(names: Sequence[str], rules: Sequence[Rules]) -> Mapping[str, Attribute] | None:
    """The attributes of `names`; None when books disagree about what they are."""
    found: dict[str, Attribute] = {}
    for name in names:
        known = [one.book.vocabulary.attributes.get(name) for one in rules]
        stated = [attribute for attribute in known if attribute is not None]
        if len({(attribute.kind, attribute.set) for attribute in stated}) > 1:
            return None
        found[name] = stated[0]
    return found


class _Fact(NamedTuple):
    """A fact in a type that says it exactly."""

    name: str
    """The attribute."""
    sql: str
    """Its column, as selected."""
    type: str
    """Its type for Ibis."""

    @property
    def column(self) -> str:
        """What its column is called."""
        return _named(self.name)


def _fact(columns: Columns, attribute: Attribute) -> _Fact:
    """The column of a fact; what is no plain number stays unread."""
    name, text, found = attribute.name, columns.text(attribute.name), _TYPES.get(columns.kind(attribute.name))
    if found is not None and attribute.kind is found[0]:
        sql, type_ = quoted(columns.known[name]), found[1]
    elif attribute.kind is Kind.NUMBER:
        plain = f"regexp_full_match({text}, '{_NUMBER}')"
        sql, type_ = (
            f"CASE WHEN coalesce({text}, '') = '' THEN NULL WHEN {plain} THEN {text} ELSE '?' END",
            "string",
        )
    elif attribute.kind is Kind.FLAG or attribute.set:
        sql, type_ = f"nullif({text}, '')", "string"
    else:
        sql, type_ = text, "string"  # as it is: DuckDB looks a word up once per dictionary
    return _Fact(name, f"{sql} AS {quoted(_named(name))}", type_)


def _named(name: str) -> str:
    return f"fact {name}"


def _sql(table: Any) -> str:
    return str(import_module("ibis").to_sql(table, dialect="duckdb", pretty=False))
