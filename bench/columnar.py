"""`python -m bench.columnar`: rows decided per second by the columnar target, and the memory it takes.

Synthetic requests in a Parquet file are decided with a shipped book and summed by outcome, with DuckDB on
two threads. Facts belong to targets, callers and requests as in a ledger; memory is the peak of the process.
"""

from __future__ import annotations

import argparse
import resource
import tempfile
import time
from pathlib import Path

import duckdb
import ibis
import msgspec

from comity.contracts import Book, load_book, mentioned_values
from comity.contracts.compile import decide_table, lower, stretches_of
from comity.contracts.vocabulary import Attribute, Kind

BOOKS = Path(__file__).parents[1] / "books"


class Columnar(msgspec.Struct, frozen=True):
    """One measurement of the columnar target."""

    book: str
    """The book."""
    worlds: int
    """Its worlds."""
    rows: int
    """How many rows were decided."""
    seconds: float
    """Wall time of the query, file included."""
    cpu_seconds: float
    """Processor time of it, over both threads."""
    memory_mib: float
    """Peak resident memory of the process."""

    @property
    def rows_per_second(self) -> float:
        """Millions of rows per second are what one looks for."""
        return self.rows / self.seconds


CALLERS = 200
TARGETS = 40
_OF_TARGETS = {
    "cloud",
    "host",
    "provider",
    "seller",
    "region",
    "store_region",
    "hardware",
    "weights",
    "model",
}
_OF_REQUESTS = {"state", "data"}


def write_rows(book: Book, path: Path, rows: int, *, apart: bool = False) -> None:
    """A Parquet file of requests: every tested attribute a column, one fact in eight missing.

    Facts belong to one of 40 targets, to one of 200 callers, each of whom uses five targets, or to the
    request, as in a ledger; with `apart` every fact is drawn on its own, so that hardly two rows are alike.
    """
    names = sorted({ask.test.attribute for ask in lower(book, stretches_of(book).norms).asks()})
    facts = {name: _draw(book, book.vocabulary.attributes[name]) for name in names}
    own = [name for name in names if apart or name in _OF_REQUESTS]
    targets = [name for name in names if name in _OF_TARGETS and name not in own]
    callers = [name for name in names if name not in own and name not in targets]
    moment = "TIMESTAMP '2025-06-01' + INTERVAL 1 SECOND * CAST(random() * 40000000 AS BIGINT) AS at"
    drawn = ", ".join([*(_named(facts, own)), "range AS id", moment])
    caller = f"CAST(floor(random() * {CALLERS}) AS INT)"
    target = f"CAST((c * 7 + floor(random() * 5)) % {TARGETS} AS INT)"
    query = (
        f"SELECT * EXCLUDE (t, c) FROM (SELECT *, {target} AS t"
        f" FROM (SELECT {drawn}, {caller} AS c FROM range({rows})))"
    )
    with duckdb.connect() as connection:
        for letter, count, held in (("t", TARGETS, targets), ("c", CALLERS, callers)):
            columns = ", ".join([f"CAST(range AS INT) AS {letter}", *_named(facts, held)])
            connection.execute(f"CREATE TABLE side_{letter} AS SELECT {columns} FROM range({count})")
            query += f" JOIN side_{letter} USING ({letter})"
        connection.execute("SET preserve_insertion_order = false")
        connection.execute(f"COPY ({query}) TO '{path}' (FORMAT parquet, ROW_GROUP_SIZE 200000)")


def _named(facts: dict[str, str], names: list[str]) -> list[str]:
    return [f'{facts[name]} AS "{name}"' for name in names]


def _draw(book: Book, attribute: Attribute) -> str:
    """A random fact in SQL: one of few likely words, seldom any other."""
    if attribute.kind is Kind.FLAG:
        return "CASE WHEN random() < 0.875 THEN random() < 0.5 END"
    if attribute.kind is Kind.NUMBER:
        return "CASE WHEN random() < 0.875 THEN CAST(random() * 90 AS BIGINT) END"
    likely = mentioned_values(book, attribute.name) or ("one", "two")
    words = [*likely, *sorted(book.words.known(attribute) - set(likely))]
    listed = "[" + ", ".join(f"'{word}'" for word in words) + "]"
    place = f"CASE WHEN random() < 0.98 THEN random() * {len(likely)} ELSE random() * {len(words)} END"
    word = f"{listed}[1 + least(CAST(floor({place}) AS BIGINT), {len(words) - 1})]"
    return f"CASE WHEN random() < 0.875 THEN {f'[{word}]' if attribute.set else word} END"


def measure(name: str, rows: int, folder: Path, *, limit_mib: int, apart: bool = False) -> Columnar:
    """Rows per second and memory for the shipped book `name`."""
    book = load_book(BOOKS / name)
    path = folder / f"{name}-{rows}{'-apart' if apart else ''}.parquet"
    if not path.exists():
        write_rows(book, path, rows, apart=apart)
    engine = ibis.duckdb.connect(threads=2, memory_limit=f"{limit_mib}MB", temp_directory=str(folder))
    engine.raw_sql("SET preserve_insertion_order = false")
    decided = decide_table(book, engine.read_parquet(path))
    total = decided.group_by("outcome").agg(rows=decided.count(), forbidding=decided.f_must.max())
    begin, used = time.perf_counter(), time.process_time()
    found = engine.to_pyarrow(total)
    seconds, used = time.perf_counter() - begin, time.process_time() - used
    assert sum(found["rows"].to_pylist()) == rows, "every row has one verdict"
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return Columnar(name, book.worlds.count, rows, seconds, used, peak)


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m bench.columnar", description=__doc__)
    parser.add_argument("--book", default="openai", help="a shipped book: openai, acme")
    parser.add_argument("--rows", type=int, nargs="*", default=[1_000_000, 4_000_000])
    parser.add_argument("--memory", type=int, default=1200, help="MiB that DuckDB may use")
    parser.add_argument("--apart", action="store_true", help="hardly two rows alike: the worst case")
    parser.add_argument("--folder", type=Path, help="where the files are kept; default a temporary one")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        for rows in chosen.rows:
            found = measure(
                chosen.book,
                rows,
                chosen.folder or Path(temporary),
                limit_mib=chosen.memory,
                apart=chosen.apart,
            )
            print(
                f"{found.book}: {found.worlds} worlds, {rows:,} rows in {found.seconds:.2f} s"
                f" ({found.cpu_seconds:.2f} s of processor time),"
                f" {found.rows_per_second / 1e6:.2f} million rows/s, peak {found.memory_mib:.0f} MiB"
            )


if __name__ == "__main__":
    main()
