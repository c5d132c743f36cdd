"""The same expression on Spark, two threads, where Java is."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any

import ibis
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from tests.contracts.compile.tables import MASKS, arrow, columns_of, plainly, random_rows
from tests.contracts.random_books import Written, load, written_books
from tests.contracts.small import small_book

from comity.contracts import Book, load_book
from comity.contracts.compile import COLUMNS, AsOf, decide_table

pytest.importorskip("pyspark", reason="the extra `spark` is not installed")
pytestmark = pytest.mark.skipif(
    shutil.which("java") is None,
    reason="Spark needs Java: install a runtime, such as Debian's default-jre-headless",
)

BOOKS = Path(__file__).parents[3] / "books"


@pytest.fixture(scope="module")
def spark(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """A Spark in this process."""
    from pyspark.sql import SparkSession  # noqa: PLC0415 - starts a Java machine

    folder = tmp_path_factory.mktemp("spark")
    session = (
        SparkSession.builder.master("local[2]")
        # A machine that lives for one test: quick to start, and nothing worth compiling twice.
        .config("spark.driver.extraJavaOptions", "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC -Xshare:auto")
        .config("spark.sql.codegen.wholeStage", "false")
        .config("spark.ui.enabled", "false")
        .config("spark.driver.host", "127.0.0.1")
        .config("spark.sql.shuffle.partitions", "2")
        .config("spark.sql.warehouse.dir", str(folder))
        .getOrCreate()
    )
    yield ibis.pyspark.connect(session)
    session.stop()


@pytest.mark.no_cover
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
    agrees(spark, book, random_rows(book, 150, Random(11)), tmp_path / "rows.parquet")


@pytest.mark.soak  # the same expression as DuckDB runs over random books in every run, on a slower engine
# Shrinking would run Spark hundreds of times; a counterexample shrinks faster on DuckDB.
@pytest.mark.filterwarnings("ignore")
@settings(
    max_examples=3,
    deadline=None,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
    suppress_health_check=list(HealthCheck),
)
@given(files=written_books(), seed=st.integers(0, 2**32), as_of=st.sampled_from([None, "then"]))
def test_spark_agrees_with_the_interpreter_on_random_books(
    spark: Any, tmp_path_factory: pytest.TempPathFactory, files: tuple[Written, ...], seed: int, as_of: AsOf
) -> None:
    """The same for books that nobody wrote, as they are known now or were known then."""
    book = load(files)
    rows = random_rows(book, 60, Random(seed))
    agrees(spark, book, rows, tmp_path_factory.mktemp("rows") / "rows.parquet", as_of)


def agrees(spark: Any, book: Book, rows: list[dict[str, Any]], path: Path, as_of: AsOf = None) -> None:
    """Asks Spark about the rows, and the interpreter about each."""
    pq.write_table(arrow(book, rows), path)
    decided = decide_table(book, spark.read_parquet(path), as_of=as_of)
    found = sorted(spark.to_pyarrow(decided).to_pylist(), key=lambda row: int(row["row"]))
    for row, got in zip(rows, found, strict=True):
        assert {column: got[column] for column in COLUMNS} == columns_of(plainly(book, row, as_of)), row
    assert {type(got[mask]) for got in found for mask in MASKS} == {int}
