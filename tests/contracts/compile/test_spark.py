"""The same expression on Spark, two threads, where Java is."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any

import ibis
import pytest
from tests.contracts.compile.tables import MASKS, arrow, columns_of, plainly, random_rows
from tests.contracts.small import small_book

from comity.contracts import load_book
from comity.contracts.compile import COLUMNS, decide_table

pytest.importorskip("pyspark", reason="the extra `spark` is not installed")
pytestmark = pytest.mark.skipif(shutil.which("java") is None, reason="Spark needs Java")

BOOKS = Path(__file__).parents[3] / "books"


@pytest.fixture(scope="module")
def spark(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """A Spark in this process."""
    from pyspark.sql import SparkSession  # noqa: PLC0415 - starts a Java machine

    folder = tmp_path_factory.mktemp("spark")
    session = (
        SparkSession.builder.master("local[2]")
        .config("spark.ui.enabled", "false")
        .config("spark.driver.host", "127.0.0.1")
        .config("spark.sql.shuffle.partitions", "2")
        .config("spark.sql.warehouse.dir", str(folder))
        .getOrCreate()
    )
    yield ibis.pyspark.connect(session)
    session.stop()


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", ["small", pytest.param("openai", marks=pytest.mark.soak)])
def test_spark_agrees_with_the_interpreter(spark: Any, name: str, tmp_path: Path) -> None:
    """Outcome, masks and deciding clauses of random rows of a Parquet file."""
    book = small_book(
        "a.place\nconfine: {data: personal}\nto: {region: eu}",
        "a.keep\nforbid: {cloud: google, retention_days: {over: 30}}",
        "a.signed\nrequire: {region: us}\nfirst: {scc_signed: true}",
    )
    if name != "small":
        book = load_book(BOOKS / name)
    rows = random_rows(book, 150, Random(11))
    import pyarrow.parquet as pq  # noqa: PLC0415 - only here

    pq.write_table(arrow(book, rows), tmp_path / "rows.parquet")
    decided = decide_table(book, spark.read_parquet(tmp_path / "rows.parquet"))
    found = sorted(spark.to_pyarrow(decided).to_pylist(), key=lambda row: int(row["row"]))
    for row, got in zip(rows, found, strict=True):
        assert {column: got[column] for column in COLUMNS} == columns_of(plainly(book, row)), row
    assert {type(got[mask]) for got in found for mask in MASKS} == {int}
