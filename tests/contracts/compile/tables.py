"""Tables of random workloads, and the plain interpreter's word on each of their rows."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import cache
from random import Random
from typing import Any

import ibis
import pyarrow as pa

from comity.contracts import Book, Value, Verdict, decide, mentioned_values
from comity.contracts.compile import AsOf, lower, stretches_of
from comity.contracts.vocabulary import Attribute, Kind

NUMBERS = [-1, 0, 1, 2, 9, 10, 29, 30, 31, 60, 61]
START = datetime(2025, 1, 1, tzinfo=UTC)
DAYS = 1000
MASKS = ("worlds", "f_must", "f_may", "c_must", "c_may", "p_must", "p_may")


@cache
def engine() -> Any:
    """A DuckDB in memory, on one thread."""
    return ibis.duckdb.connect(threads=1)


def tested(book: Book) -> list[str]:
    """The attributes that some clause tests or that the book requires."""
    form = lower(book, stretches_of(book).norms)
    return sorted({ask.test.attribute for ask in form.asks()} | set(book.vocabulary.required()))


def random_rows(book: Book, count: int, random: Random) -> list[dict[str, Any]]:
    """Workloads with moments: some facts missing, moments at midnights now and then."""
    names = [book.vocabulary.attributes[name] for name in tested(book)]
    bounds = [START + timedelta(days=day) for day in range(DAYS)]
    bounds += [datetime.fromtimestamp(bound, UTC) for bound in stretches_of(book).bounds]
    rows: list[dict[str, Any]] = []
    for _ in range(count):
        row: dict[str, Any] = {
            attribute.name: random_fact(book, attribute, random) if random.random() < 0.8 else None
            for attribute in names
        }
        moment = random.choice(bounds)
        row["at"] = random.choice([moment, moment - timedelta(microseconds=1), moment + timedelta(hours=9)])
        rows.append(row)
    return rows


def random_fact(book: Book, attribute: Attribute, random: Random) -> Any:
    """Something that the attribute can be."""
    if attribute.kind is Kind.FLAG:
        return random.random() < 0.5
    if attribute.kind is Kind.NUMBER:
        return random.choice(NUMBERS)
    likely = [word for word in mentioned_values(book, attribute.name) if random.random() < 0.8]
    words = likely or sorted(book.words.known(attribute))
    if attribute.open or attribute.kind is Kind.NAME:
        words.append("anything else")
    if attribute.set:
        return sorted(random.sample(words, min(len(words), random.choice([1, 1, 2, 3]))))
    return random.choice(words)


def types_of(book: Book, names: list[str]) -> dict[str, pa.DataType]:
    """A column type for each attribute."""
    found: dict[str, pa.DataType] = {}
    for name in names:
        attribute = book.vocabulary.attributes[name]
        kinds = {Kind.FLAG: pa.bool_(), Kind.NUMBER: pa.int64()}
        plain = pa.list_(pa.string()) if attribute.set else pa.string()
        found[name] = kinds.get(attribute.kind, plain)
    return found


def arrow(book: Book, rows: list[dict[str, Any]]) -> pa.Table:
    """The rows as an Arrow table, numbered."""
    fields = [pa.field(name, kind) for name, kind in types_of(book, tested(book)).items()]
    fields += [pa.field("at", pa.timestamp("us", "UTC")), pa.field("row", pa.int64())]
    numbered = [{**row, "row": index} for index, row in enumerate(rows)]
    return pa.Table.from_pylist(numbered, schema=pa.schema(fields))


def workload(row: dict[str, Any]) -> dict[str, Value]:
    """The facts of one row."""
    return {
        name: frozenset(fact) if isinstance(fact, list) else fact
        for name, fact in row.items()
        if fact is not None and name not in ("at", "row")
    }


def plainly(book: Book, row: dict[str, Any], as_of: AsOf = None, party: str | None = None) -> Verdict:
    """What the interpreter says about one row."""
    known = row["at"] if as_of == "then" else as_of
    return decide(book, workload(row), row["at"], known, party)


def columns_of(verdict: Verdict) -> dict[str, Any]:
    """A verdict as the columns of a decided table."""
    masks = [verdict.all, verdict.f_must, verdict.f_may, verdict.c_must, verdict.c_may]
    masks += [verdict.p_must, verdict.p_may]
    signed = [mask - (1 << 64) if mask >> 63 else mask for mask in masks]
    return {
        "outcome": str(verdict.outcome),
        **dict(zip(MASKS, signed, strict=True)),
        "clauses": list(verdict.clauses),
        "unread": [],
    }


def decided(expression: Any) -> list[dict[str, Any]]:
    """The rows of a decided table, in their order."""
    return sorted(engine().to_pyarrow(expression).to_pylist(), key=lambda row: int(row["row"]))
