"""What differs between the two databases, as data: types, a few expressions, and how long to wait."""

from __future__ import annotations

import msgspec


class Dialect(msgspec.Struct, frozen=True):
    """The words of one database."""

    name: str
    """`sqlite` or `postgresql`."""
    types: dict[str, str]
    """Column kind to SQL type."""
    table_ending: str
    """What follows the columns of a table."""
    clustered_ending: str
    """What follows the columns of a table that is stored in the order of its key."""
    sum_amounts: str
    """The exact sum of amounts; `{0}` is the column."""
    add_amounts: str
    """The exact sum of the amounts `{0}` and `{1}`."""
    join_in_order: str
    """The join that reads its left side first, whatever the planner thinks of it."""


SQLITE = Dialect(
    name="sqlite",
    types={"bytes": "BLOB", "integer": "INTEGER", "text": "TEXT", "amount": "TEXT"},
    table_ending=" STRICT",
    clustered_ending=" STRICT, WITHOUT ROWID",
    sum_amounts="decimal_sum({0})",
    add_amounts="decimal_add({0}, {1})",
    join_in_order="CROSS JOIN",
)
"""SQLite: amounts are text, and the exact sums are functions of ours."""

POSTGRESQL = Dialect(
    name="postgresql",
    types={"bytes": "BYTEA", "integer": "BIGINT", "text": "TEXT", "amount": "NUMERIC"},
    table_ending="",
    clustered_ending="",
    sum_amounts="sum({0})",
    add_amounts="{0} + {1}",
    join_in_order="JOIN",
)
"""PostgreSQL: amounts are NUMERIC, which is exact."""
