"""A table as data, and the statements made from it for each database."""

from __future__ import annotations

from typing import Literal, TypeAlias

import msgspec

from comity.database.dialect import Dialect

Kind: TypeAlias = Literal["bytes", "integer", "text", "amount"]
"""What a column holds; an amount is an exact decimal, written and read as text in plain notation."""

Merge: TypeAlias = Literal["first", "latest", "add"]
"""What becomes of a column when a row with the same key comes: the first known value stays, the later one
stands, or the two are added."""


class Table(msgspec.Struct, frozen=True):
    """One table; a row is a tuple in the order of `columns`."""

    name: str
    """Its name."""
    columns: dict[str, Kind]
    """What a row of ours holds, in order."""
    key: tuple[str, ...]
    """The columns by which two rows are the same one."""
    merge: dict[str, Merge] = {}
    """What becomes of columns when a row comes again; a column that is not named keeps its value."""
    checks: tuple[str, ...] = ()
    """Columns that must agree when a row comes again; counted in a further column, `conflicts`."""
    indexes: tuple[tuple[str, str, str], ...] = ()
    """Further indexes: name, columns, and a condition or nothing."""
    clustered: bool = True
    """Whether rows are stored in the order of the key, where the database can."""

    def create(self, dialect: Dialect) -> tuple[str, ...]:
        """The statements that make it."""
        parts = [f"{name} {dialect.types[kind]}" for name, kind in self.columns.items()]
        if self.checks:
            parts.append(f"conflicts {dialect.types['integer']} NOT NULL DEFAULT 0")
        key = f"({', '.join(self.key)})"
        ending = dialect.table_ending
        if self.clustered:
            parts.append(f"PRIMARY KEY {key}")
            ending = dialect.clustered_ending
        statements = [f"CREATE TABLE {self.name} ({', '.join(parts)}){ending}"]
        if not self.clustered:
            statements.append(f"CREATE UNIQUE INDEX {self.name}_by_key ON {self.name} {key}")
        for name, columns, condition in self.indexes:
            where = f" WHERE {condition}" if condition else ""
            statements.append(f"CREATE INDEX {name} ON {self.name} ({columns}){where}")
        return tuple(statements)

    def on_conflict(self, dialect: Dialect) -> str:
        """The end of an INSERT that says what becomes of a row that is there already."""
        sets = [
            f"{name} = {_merged(self.name, name, self.columns[name], how, dialect)}"
            for name, how in self.merge.items()
        ]
        if self.checks:
            differs = " + ".join(
                f"CASE WHEN {self.name}.{check} <> excluded.{check} THEN 1 ELSE 0 END"
                for check in self.checks
            )
            sets.append(f"conflicts = {self.name}.conflicts + {differs}")
        action = f"UPDATE SET {', '.join(sets)}" if sets else "NOTHING"
        return f"ON CONFLICT ({', '.join(self.key)}) DO {action}"


def _merged(table: str, name: str, kind: Kind, how: Merge, dialect: Dialect) -> str:
    old, new = f"{table}.{name}", f"excluded.{name}"
    if how == "latest":
        return new
    if how == "first":
        return f"coalesce({old}, {new})"
    return dialect.add_amounts.format(old, new) if kind == "amount" else f"{old} + {new}"
