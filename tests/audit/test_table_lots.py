"""Tables: a column per fact, in Parquet or CSV, reduced to distinct facts by DuckDB."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from tests.audit.acts import make_book

from comity.audit import Judged, Rules, asked_by, judge_lot, table_files, table_lots
from comity.errors import StoreError
from comity.money import Money

duckdb = pytest.importorskip("duckdb", reason="the extra `columnar` is not installed")

HEAD = "at,action,surface,state,data,cloud,region,amount,currency,prompt_tokens,requests,team"
RUNTIME = "serve,runtime,stateful,none"


def write_csv(folder: Path, *rows: str, head: str = HEAD) -> Path:
    """A CSV file."""
    path = folder / "acts.csv"
    path.write_text("\n".join((head, *rows)) + "\n")
    return path


def judged(path: Path, group_by: tuple[str, ...] = (), **options: Any) -> list[Judged]:
    """The lots of a table with their verdicts, by outcome."""
    rules = Rules(make_book())
    lots = table_lots(table_files(path), asked_by((rules,), group_by, **options))
    return sorted((judge_lot(lot, rules) for lot in lots), key=lambda one: (one.outcome, one.lot.at))


def test_rows_become_lots(tmp_path: Path) -> None:
    """Rows that agree in what clauses look at are one lot; sums are exact; no amount is not zero."""
    path = write_csv(
        tmp_path,
        f"2026-03-18,{RUNTIME},aws,us-east-1,0.10,USD,100,,a",
        f"2026-03-19T10:00:00Z,{RUNTIME},aws,us-east-1,0.20,USD,50,3,b",
        f"2026-03-19,{RUNTIME},aws,us-east-1,,,1,1,b",
        f'2026-03-18,{RUNTIME},azure,"swedencentral,westeurope",1,EUR,7,1,a',
    )
    found = judged(path)
    weights = [(one.outcome, one.lot.weight.requests, one.lot.weight.prompt) for one in found]
    assert sorted(weights) == [("disputed", 1, 1), ("disputed", 4, 150), ("permitted", 1, 7)]
    by_requests = {one.lot.weight.requests: one.lot.weight for one in found if one.outcome == "disputed"}
    assert by_requests[4].costs == {"USD": Money(Decimal("0.3"), "USD")}
    assert (by_requests[1].costs, by_requests[1].unpriced) == ({}, 1)
    assert found[-1].workload["region"] == {"swedencentral", "westeurope"}


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("DATE", "'2026-02-27'"),
        ("TIMESTAMP", "'2026-02-27 00:00:00'"),
        ("TIMESTAMPTZ", "'2026-02-27 00:00:00+00'"),
        ("BIGINT", "1772150400"),
        ("BIGINT", "1772150400000"),
        ("BIGINT", "1772150400000000"),
        ("BIGINT", "1772150400000000000"),
        ("DOUBLE", "1772150400.0"),
        ("VARCHAR", "'2026-02-27'"),
        ("VARCHAR", "'2026-02-27T01:00:00+01:00'"),
        ("VARCHAR", "'1772150400'"),
    ],
)
def test_a_time_has_many_forms(tmp_path: Path, kind: str, value: str) -> None:
    """On its first day an amendment binds, whatever wrote the table."""
    path = tmp_path / "acts.parquet"
    duckdb.sql(
        f"COPY (SELECT CAST({value} AS {kind}) AS at, 'serve' AS action, 'runtime' AS surface,"
        f" 'stateful' AS state, 'none' AS data, 'aws' AS cloud, ['us-east-1'] AS region) TO '{path}'"
    )
    (one,) = judged(path)
    assert one.outcome == "disputed"
    assert one.workload["region"] == {"us-east-1"}


def test_an_amendment_cuts_lots(tmp_path: Path) -> None:
    """The day before, the day, the last day and the day after."""
    days = ("2026-02-26", "2026-02-27", "2026-04-26", "2026-04-27")
    path = write_csv(tmp_path, *(f"{day},{RUNTIME},aws,us-east-1,,,,," for day in days))
    assert [(one.outcome, one.lot.weight.requests) for one in judged(path)] == [
        ("disputed", 2),
        ("silent", 1),
        ("silent", 1),
    ]


def test_groups_are_columns_facts_or_periods(tmp_path: Path) -> None:
    """A column that the book does not know, and the day."""
    path = write_csv(
        tmp_path,
        f"2026-03-18,{RUNTIME},aws,us-east-1,,,,,a",
        f"2026-03-19,{RUNTIME},aws,us-east-1,,,,,a",
        f"2026-03-19,{RUNTIME},aws,us-east-1,,,,,",
    )
    found = judged(path, ("team", "day", "cloud"))
    assert sorted((one.lot.columns["team"], one.lot.columns["day"]) for one in found) == [
        ("", "2026-03-19"),
        ("a", "2026-03-18"),
        ("a", "2026-03-19"),
    ]


def test_a_folder_holds_many_tables(tmp_path: Path) -> None:
    """Of both kinds, with different columns; what is absent is not stated."""
    write_csv(tmp_path, f"2026-03-18,{RUNTIME},aws,us-east-1,,,,,")
    (tmp_path / "deep").mkdir()
    duckdb.sql(f"COPY (SELECT '2026-03-18' AS at, 'aws' AS cloud) TO '{tmp_path / 'deep' / 'b.parquet'}'")
    assert [one.outcome for one in judged(tmp_path)] == ["disputed", "unknown"]


def test_what_cannot_be_read_is_never_clear(tmp_path: Path) -> None:
    """A word that the book does not have, and a row without a time, though a period was asked for."""
    path = write_csv(
        tmp_path, f"2026-03-18,{RUNTIME},sandcastle,us-east-1,,,,,", f"soon,{RUNTIME},aws,us-east-1,,,,,"
    )
    found = judged(path, period=(1, None))
    assert {one.unreadable for one in found} == {
        "`sandcastle` is no value of `cloud`",
        "no time stands in the column `at`",
    }


def test_a_period_is_half_open(tmp_path: Path) -> None:
    """Only the first of two days."""
    days = ("2026-03-17", "2026-03-18", "2026-03-19")
    path = write_csv(tmp_path, *(f"{day}T00:00:00Z,{RUNTIME},aws,us-east-1,,,,," for day in days))
    nanos = 1_773_792_000_000_000_000
    (one,) = judged(path, period=(nanos, nanos + 86_400 * 10**9))
    assert one.lot.at == nanos / 1e9


def test_columns_may_have_other_names(tmp_path: Path) -> None:
    """The time and a fact."""
    path = write_csv(tmp_path, "2026-03-18,google", head="when,provider cloud")
    (one,) = judged(path, renamed={"at": "when", "cloud": "provider cloud"})
    assert one.outcome == "prohibited"


@pytest.mark.parametrize(
    ("head", "options", "message"),
    [
        ("when,cloud", {}, "has no column `at`; name it: --column at=COLUMN"),
        ("at,cloud", {"renamed": {"at": "clock"}}, "has no column `clock` for `at`; did you mean `cloud`?"),
        ("at,cloud,team", {"group_by": ("teem",)}, "has no column `teem` to group by; did you mean `team`?"),
    ],
)
def test_a_table_without_what_is_needed_is_refused(
    tmp_path: Path, head: str, options: dict[str, Any], message: str
) -> None:
    """With the file and a suggestion."""
    path = write_csv(tmp_path, ",".join("1" for _ in head.split(",")), head=head)
    with pytest.raises(StoreError) as caught:
        judged(path, **options)
    assert message in str(caught.value)


def test_a_broken_file_is_refused(tmp_path: Path) -> None:
    """No traceback of DuckDB's."""
    path = tmp_path / "acts.parquet"
    path.write_bytes(b"not a table")
    with pytest.raises(StoreError, match="cannot be read"):
        judged(path)


def test_progress_counts_files(tmp_path: Path) -> None:
    """One of one."""
    path = write_csv(tmp_path, f"2026-03-18,{RUNTIME},aws,us-east-1,,,,,")
    seen: list[tuple[int, int]] = []
    list(table_lots([path], asked_by((Rules(make_book()),)), lambda done, total: seen.append((done, total))))
    assert seen == [(0, 1)]
