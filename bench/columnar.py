"""`python -m bench.columnar`: rows decided per second by the columnar target, and the memory it takes.

Synthetic requests in a Parquet file are decided row by row with a shipped book and summed by outcome, or
audited, which gives the whole report; with DuckDB on two threads. Facts belong to targets, callers and
requests as in a ledger. The fastest of several runs counts, preparing included; memory is the peak of the
process.
"""

from __future__ import annotations

import argparse
import os
import resource
import shutil
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Literal, TypeAlias

import duckdb
import ibis
import msgspec

from comity.audit import Rules, Tally, asked_by, judge_lots, table_lots
from comity.contracts import Book, load_book, mentioned_values
from comity.contracts.compile import decide_table, lower, stretches_of
from comity.contracts.vocabulary import Attribute, Kind

BOOKS = Path(__file__).parents[1] / "books"
GOAL = 2_000_000
"""Rows per second at twelve worlds."""

ROWS = 4_000_000
"""How many rows `make bench` decides."""

Way: TypeAlias = Literal["decide", "audit"]
"""Row by row and summed by outcome, or the whole report of an audit."""

_READING = "  or: {by: [], means: {any: [{azure_able: false}"
"""One of two readings of a term: the book without it has half the worlds."""


class Columnar(msgspec.Struct, frozen=True):
    """One measurement of the columnar target."""

    book: str
    """The book."""
    way: Way
    """What was done with the rows."""
    worlds: int
    """Its worlds."""
    rows: int
    """How many rows were decided."""
    seconds: float
    """Wall time from the book to the sums, the file's reading included."""
    cpu_seconds: float
    """Processor time of it, over both threads."""
    memory_mib: float
    """Peak resident memory of the process so far."""
    load: float
    """The machine's load average over the last minute, this process included."""

    @property
    def rows_per_second(self) -> float:
        """Millions of rows per second are what one looks for."""
        return self.rows / self.seconds


def the_book(name: str, folder: Path, *, halved: bool) -> Book:
    """A shipped book; `halved` settles one dispute of `openai`, which leaves twelve worlds."""
    if not halved or name != "openai":
        return load_book(BOOKS / name)
    copy = folder / "openai-12"
    shutil.copytree(BOOKS / name, copy, dirs_exist_ok=True)
    page = copy / "microsoft.md"
    lines = page.read_text().splitlines(keepends=True)
    page.write_text("".join(line for line in lines if not line.startswith(_READING)))
    book = load_book(copy)
    assert book.worlds.count == 12, "the reading left out is one of two"
    return book


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


def rows_file(book: Book, name: str, rows: int, folder: Path, *, apart: bool) -> Path:
    """The requests, written when they are not there yet."""
    path = folder / f"{name}-{rows}{'-apart' if apart else ''}.parquet"
    if not path.exists():
        write_rows(book, path, rows, apart=apart)
    return path


def decide_rows(book: Book, path: Path, folder: Path, limit_mib: int) -> int:
    """Decides every row, and gives how many there were."""
    engine = ibis.duckdb.connect(threads=2, memory_limit=f"{limit_mib}MB", temp_directory=str(folder))
    engine.raw_sql("SET preserve_insertion_order = false")
    decided = decide_table(book, engine.read_parquet(path), keep=())
    total = decided.group_by("outcome").agg(rows=decided.count(), forbidding=decided.f_must.max())
    return sum(engine.to_pyarrow(total)["rows"].to_pylist())


def audit_rows(book: Book, path: Path) -> int:
    """Audits the file, and gives how many requests the report is about."""
    rules = Rules(book)
    tally = Tally(rules)
    for judged in judge_lots(table_lots([path], asked_by((rules,)), rules=(rules,)), rules):
        tally.add(judged)
    return tally.report().total.requests


def measure(name: str, book: Book, rows: int, way: Way, work: Callable[[], int]) -> Columnar:
    """One run of `work`."""
    begin, used = time.perf_counter(), time.process_time()
    done = work()
    seconds, used = time.perf_counter() - begin, time.process_time() - used
    assert done == rows, "every row has one verdict"
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return Columnar(name, way, book.worlds.count, rows, seconds, used, peak, os.getloadavg()[0])


def measure_tables(
    name: str = "openai",
    counts: Sequence[int] = (ROWS,),
    *,
    folder: Path,
    limit_mib: int = 1200,
    apart: bool = False,
    times: int = 2,
    ways: Sequence[Way] = ("decide", "audit"),
) -> list[Columnar]:
    """The fastest of `times` runs, row by row and as an audit, at twelve worlds and at all."""
    books = {
        book.worlds.count: book for book in (the_book(name, folder, halved=half) for half in (True, False))
    }
    found: list[Columnar] = []
    for rows in counts:
        for way in ways:
            for book in books.values():
                path = rows_file(book, name, rows, folder, apart=apart)

                def work(book: Book = book, path: Path = path, way: Way = way) -> int:
                    if way == "audit":
                        return audit_rows(book, path)
                    return decide_rows(book, path, folder, limit_mib)

                runs = [measure(name, book, rows, way, work) for _ in range(times)]
                found.append(min(runs, key=lambda run: run.seconds))
    return found


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m bench.columnar", description=__doc__)
    parser.add_argument("--book", default="openai", help="a shipped book: openai, acme")
    parser.add_argument("--rows", type=int, nargs="*", default=[ROWS])
    parser.add_argument("--memory", type=int, default=1200, help="MiB that DuckDB may use row by row")
    parser.add_argument("--times", type=int, default=2, help="runs of each, of which the fastest counts")
    parser.add_argument("--apart", action="store_true", help="hardly two rows alike: the worst case")
    parser.add_argument("--way", choices=["decide", "audit"], nargs="*", default=["decide", "audit"])
    parser.add_argument("--folder", type=Path, help="where the files are kept; default a temporary one")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        for found in measure_tables(
            chosen.book,
            chosen.rows,
            folder=chosen.folder or Path(temporary),
            limit_mib=chosen.memory,
            apart=chosen.apart,
            times=chosen.times,
            ways=chosen.way,
        ):
            print(
                f"{found.way} {found.book}, {found.worlds} worlds:"
                f" {found.rows:,} rows in {found.seconds:.2f} s,"
                f" {found.cpu_seconds:.2f} s of processor time,"
                f" {found.rows_per_second / 1e6:.2f} million rows/s,"
                f" peak {found.memory_mib:.0f} MiB, load {found.load:.1f}"
            )


if __name__ == "__main__":
    main()
