"""A table audited by the columnar engine gives the report that one decision per distinct fact gives."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from tests.audit.acts import make_book
from tests.contracts.compile.tables import random_rows
from tests.contracts.random_books import load, written_books
from tests.contracts.small import small_book

from comity.audit import AsOf, Comparison, Lot, Report, Rules, Tally, asked_by, compare, judge_lot, table_lots
from comity.audit.tally import fact_text
from comity.contracts import Book, Posture, load_book

duckdb = pytest.importorskip("duckdb", reason="the extra `columnar` is not installed")

BOOKS = Path(__file__).parents[2] / "books"
NEVER = 1 << 60
WEIGHTS: dict[str, list[Any]] = {
    "team": ["a", "b", None],
    "requests": [1, 1, 2],
    "prompt_tokens": [10, None],
    "amount": ["0.10", "0.2", None],
    "currency": ["USD", "EUR", None],
}


def acts(book: Book, count: int, seed: int) -> list[dict[str, Any]]:
    """Rows with facts, moments and weights."""
    random = Random(seed)
    rows = random_rows(book, count, random)
    return [{**row, **{name: random.choice(some) for name, some in WEIGHTS.items()}} for row in rows]


def write(path: Path, rows: list[dict[str, Any]]) -> Path:
    """The rows as CSV."""
    names = list(dict.fromkeys(name for row in rows for name in row))
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, names)
        writer.writeheader()
        for row in rows:
            known = {name: fact for name, fact in row.items() if fact is not None}
            writer.writerow({name: _text(fact) for name, fact in known.items()})
    return path


def _text(fact: Any) -> str:
    if isinstance(fact, datetime):
        return fact.isoformat()
    return fact_text(frozenset(fact) if isinstance(fact, list) else fact)


def lots(path: Path, rules: Sequence[Rules], group_by: tuple[str, ...] = (), *, large: int) -> list[Lot]:
    """What the table says was done."""
    return list(table_lots([path], asked_by(rules, group_by), rules=rules, large=large))


def report(path: Path, rules: Rules, group_by: tuple[str, ...] = (), *, large: int) -> Report:
    """The whole report."""
    tally = Tally(rules, group_by)
    for lot in lots(path, (rules,), group_by, large=large):
        tally.add(judge_lot(lot, rules))
    return tally.report()


def check(path: Path, rules: Rules, group_by: tuple[str, ...] = ()) -> Report:
    """The report, the same either way."""
    found = report(path, rules, group_by, large=0)
    assert found == report(path, rules, group_by, large=NEVER)
    return found


def difference(path: Path, before: Rules, after: Rules, *, large: int) -> Comparison:
    """What another book would have made of it."""

    def posture(_: Posture | None) -> Posture:
        return Posture(reading="msft", mode="arguable")

    def plain(_: Posture | None) -> Posture:
        return Posture()

    return compare(lots(path, (before, after), large=large), before, after, plain, posture)


@pytest.mark.no_cover
@settings(
    max_examples=2, deadline=None, phases=[Phase.generate], suppress_health_check=[HealthCheck.too_slow]
)
@given(data=st.data())
def test_random_books_over_random_tables(data: st.DataObject) -> None:
    """Report and comparison of two books, on random rows, by all clocks, for one party or all, in groups."""
    book, other = (load(data.draw(written_books())) for _ in range(2))
    as_of: AsOf = data.draw(st.sampled_from(["now", "then", datetime(2026, 3, 1, tzinfo=UTC)]))
    party = data.draw(st.sampled_from([None, "msft"]))
    group_by = data.draw(st.sampled_from([(), ("cloud", "team"), ("month", "region")]))
    rows = acts(book, 40, data.draw(st.integers(0, 2**32)))
    rows[0] |= {"cloud": "aws", "region": ["de"]}
    with TemporaryDirectory() as folder:
        path = write(Path(folder) / "acts.csv", rows)
        rules = Rules(book, as_of, party)
        assert check(path, rules, group_by).total.requests == sum(row["requests"] for row in rows)
        found = [difference(path, rules, Rules(other), large=large) for large in (0, NEVER)]
        assert found[0] == found[1]


@pytest.mark.no_cover
@pytest.mark.parametrize("name", ["openai", "acme"])
def test_the_shipped_books(name: str, tmp_path: Path) -> None:
    """Typed columns of Parquet, grouped by a fact, a column and a period."""
    book = load_book(BOOKS / name)
    rows = acts(book, 12, 11)
    # Neighbours: what they have in common makes them one kind, what they lack must keep them apart.
    for row in list(rows):
        rows += [{**row, name: None} for name in row if name != "at"]
    text = write(tmp_path / "acts.csv", rows)
    path = tmp_path / "acts.parquet"
    duckdb.sql(f"COPY (SELECT * FROM read_csv('{text}')) TO '{path}'")
    found = check(path, Rules(book, "then"), ("cloud", "team", "month"))
    assert found.count("unknown")
    assert found.needs


def test_a_kind_is_few_lots(tmp_path: Path) -> None:
    """Rows that differ in what nobody asks about are one lot, which keeps its first and last moment."""
    day = datetime(2026, 5, 1, tzinfo=UTC)
    rows = [
        {"at": day + timedelta(hours=hour), "cloud": cloud, "data": "none", "action": "serve"}
        for hour, cloud in enumerate(["aws", "oracle", "azure"])
    ]
    rules = Rules(make_book())
    path = write(tmp_path / "acts.csv", rows)
    (lot,) = lots(path, (rules,), large=0)
    assert len(lots(path, (rules,), large=NEVER)) == 3
    assert (lot.weight.requests, lot.at, lot.last) == (3, day.timestamp(), day.timestamp() + 7200)


NUMBERED = small_book(
    "a.keep\nforbid: {cloud: google, retention_days: {over: 30}}",
    "a.signed\nforbid: {scc_signed: false, cloud: aws}",
    "a.place\nconfine: {data: personal}\nto: {region: eu}",
)


TEXTS: list[tuple[dict[str, str], str]] = [
    ({}, "silent"),
    ({"retention_days": "30"}, "silent"),
    ({"retention_days": " 31 "}, "prohibited"),
    ({"retention_days": "1_000"}, "prohibited"),
    ({"retention_days": "30.0000000000001"}, "prohibited"),
    ({"retention_days": "3e1"}, "silent"),
    ({"retention_days": "many"}, "unreadable"),
    ({"retention_days": ""}, "unknown"),
    ({"cloud": "", "retention_days": "31"}, "unknown"),
    ({"cloud": "googol"}, "unreadable"),
    ({"scc_signed": "no"}, "unreadable"),
    ({"cloud": "aws", "scc_signed": "false"}, "prohibited"),
    ({"data": "personal", "region": " de ,fr"}, "permitted"),
    ({"data": "personal", "region": "de,,fr"}, "unreadable"),
    ({"data": "personal", "region": ""}, "unknown"),
    ({"at": "soon"}, "unreadable"),
]


@pytest.mark.parametrize("suffix", [".csv", ".parquet"])
def test_texts_are_read_as_they_are(suffix: str, tmp_path: Path) -> None:
    """What has no class is decided by its text, beside rows that have one."""
    clear = {"at": "2026-03-18", "cloud": "google", "data": "none", "region": "de", "retention_days": "2"}
    clear["scc_signed"] = "true"
    path = write(
        tmp_path / "acts.csv",
        [{**clear, **facts, "case": str(case)} for case, (facts, _) in enumerate(TEXTS)],
    )
    if suffix == ".parquet":
        text, path = path, tmp_path / "acts.parquet"
        source = f"read_csv('{text}', all_varchar = true, nullstr = 'never')"
        duckdb.sql(f"COPY (SELECT * FROM {source}) TO '{path}'")
    found = check(path, Rules(NUMBERED), ("case",))
    outcomes = {int(line.keys[0]): line.outcome for line in found.groups}
    assert outcomes == {case: outcome for case, (_, outcome) in enumerate(TEXTS)}


@pytest.mark.parametrize(
    ("kind", "limit", "over"),
    [
        ("INTEGER", "30", "31"),
        ("DOUBLE", "30.0", "30.000001"),
        ("FLOAT", "30.0", "30.5"),
        ("DECIMAL(30, 12)", "30", "30.000000000001"),
        ("HUGEINT", "30", "31"),
    ],
)
def test_numbers_of_every_type(kind: str, limit: str, over: str, tmp_path: Path) -> None:
    """At the limit, above it, and none."""
    path = tmp_path / "acts.parquet"
    values = ", ".join(f"(CAST({number} AS {kind}))" for number in (limit, over, "NULL"))
    rest = "DATE '2026-03-18' AS at, 'google' AS cloud, 'none' AS data, true AS scc_signed"
    duckdb.sql(f"COPY (SELECT {rest}, * FROM (VALUES {values}) AS t(retention_days)) TO '{path}'")
    found = check(path, Rules(NUMBERED))
    assert {line.outcome: line.weight.requests for line in found.outcomes} == {
        "silent": 1,
        "prohibited": 1,
        "unknown": 1,
    }


def test_what_the_engine_cannot_tell_is_decided_plainly(tmp_path: Path) -> None:
    """A number with too many decimals for it, and books that mean different things by a word."""
    path = write(tmp_path / "acts.csv", [{"at": "2026-03-18", "cloud": "google", "retention_days": "31"}])
    fine = Rules(small_book("a.x\nforbid: {cloud: google, retention_days: {over: 30.00000000001}}"))
    assert check(path, fine).count("prohibited") == 1
    other = (
        small_book("attribute: colour\nkind: flag\nwhy: a test", "a.x\nforbid: {colour: true}"),
        small_book("attribute: colour\nkind: name\nwhy: a test", "a.x\nforbid: {colour: red}"),
    )
    path = write(tmp_path / "more.csv", [{"at": "2026-03-18", "colour": "true"}])
    first, second = (Rules(book) for book in other)
    assert difference(path, first, second, large=0) == difference(path, first, second, large=NEVER)


def test_without_ibis_tables_are_decided_plainly(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """DuckDB alone is enough for a report."""
    path = write(tmp_path / "acts.csv", acts(NUMBERED, 20, 3))
    expected = report(path, Rules(NUMBERED), large=0)
    monkeypatch.setitem(__import__("sys").modules, "ibis", None)
    assert report(path, Rules(NUMBERED), large=0) == expected
