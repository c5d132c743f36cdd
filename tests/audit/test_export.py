"""Exports: every kind of act with its verdict, in three formats that say the same."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import pytest
from tests.audit.acts import make_book, make_lot

from comity.audit import FORMATS, Rules, export_columns, judge_lot, open_export

duckdb = pytest.importorskip("duckdb", reason="the extra `columnar` is not installed")


def exported(path: Path, count: int = 1) -> list[dict[str, Any]]:
    """Rows as another tool reads them, without what is empty."""
    book = make_book()
    judged = judge_lot(make_lot("bedrock", scc_signed=True), Rules(book))
    with open_export(path, book) as write:
        for _ in range(count):
            write(judged)
    if path.suffix == ".json":
        return list(json.loads(path.read_bytes()))
    if path.suffix == ".csv":
        with path.open(newline="") as file:
            rows = list(csv.DictReader(file))
    else:
        answer = duckdb.sql(f"SELECT * FROM '{path}'")
        rows = [dict(zip(answer.columns, row, strict=True)) for row in answer.fetchall()]
    return [{name: value for name, value in row.items() if value not in (None, "")} for row in rows]


@pytest.mark.parametrize("suffix", FORMATS)
def test_formats_agree(tmp_path: Path, suffix: str) -> None:
    """One row per lot; facts, verdict, each party's, and exact sums."""
    (row,) = exported(tmp_path / f"acts{suffix}")
    expected = {
        "act": "served",
        "outcome": "disputed",
        "clauses": "a.azure",
        "worlds": 2,
        "requests": 10,
        "costs": "2 USD",
        "as_msft": "prohibited",
        "as_oai": "silent",
        "fact_cloud": "aws",
        "fact_region": "us-east-1",
        "fact_scc_signed": "true",
        "caller": "bot",
    }
    assert {name: str(row[name]) for name in expected} == {name: str(one) for name, one in expected.items()}
    assert set(row) <= set(export_columns(make_book()))


@pytest.mark.parametrize("suffix", FORMATS)
@pytest.mark.parametrize("count", [0, 8193])
def test_any_number_of_rows(tmp_path: Path, suffix: str, count: int) -> None:
    """None is a table without rows; many are written in batches."""
    assert len(exported(tmp_path / f"acts{suffix}", count)) == count


def test_a_mask_of_64_worlds_fits_a_signed_column(tmp_path: Path) -> None:
    """The highest world is the sign."""
    from comity.audit.export import _mask  # noqa: PLC0415 - one private rule

    assert (_mask((1 << 64) - 1), _mask(1 << 63), _mask(5)) == (-1, -(1 << 63), 5)
