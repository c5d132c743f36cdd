"""However acts come, summed or one by one, they are judged like the plain interpreter judges each of them."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from tests.contracts.random_books import MOMENTS, facts_of, load, workloads, written_books

from comity.audit import AsOf, Lot, Rules, Weight, asked_by, judge_lot, table_lots
from comity.audit.tally import fact_text
from comity.contracts import Book, decide

duckdb = pytest.importorskip("duckdb", reason="the extra `columnar` is not installed")


def as_known(as_of: AsOf, at: datetime) -> datetime | None:
    """What `--as-of` means for the plain interpreter."""
    if isinstance(as_of, datetime):
        return as_of
    return at if as_of == "then" else None


def write_table(path: Path, book: Book, acts: list[tuple[dict[str, Any], datetime]]) -> None:
    """A CSV file with a row per act."""
    names = sorted({name for facts, _ in acts for name in facts})
    rows = [["at", *names]]
    rows += [
        [at.isoformat(), *(f'"{fact_text(facts[name])}"' if name in facts else "" for name in names)]
        for facts, at in acts
    ]
    path.write_text("".join(",".join(row) + "\n" for row in rows))


@pytest.mark.no_cover
@settings(
    max_examples=20, deadline=None, phases=[Phase.generate], suppress_health_check=[HealthCheck.too_slow]
)
@given(data=st.data())
def test_tables_lots_and_single_decisions_agree(data: st.DataObject) -> None:
    """On random books, workloads and moments, by all three clocks and for one party or all."""
    book = load(data.draw(written_books()))
    raw = data.draw(st.lists(st.tuples(workloads(), st.sampled_from(MOMENTS)), min_size=1, max_size=6))
    later = data.draw(st.sampled_from([timedelta(0), timedelta(seconds=1), timedelta(days=30)]))
    acts = [(facts_of(book, facts), at + later) for facts, at in raw]
    as_of: AsOf = data.draw(st.sampled_from(["now", "then", datetime(2026, 3, 1, tzinfo=UTC)]))
    party = data.draw(st.sampled_from([None, "msft"]))
    rules = Rules(book, as_of, party)
    expected = Counter(
        (verdict.outcome.value, verdict.clauses, verdict.needs)
        for facts, at in acts
        for verdict in [decide(book, facts, at, as_known(as_of, at), party)]
    )
    alone = (Lot("served", (facts,), at.timestamp(), Weight(1)) for facts, at in acts)
    with TemporaryDirectory() as folder:
        path = Path(folder) / "acts.csv"
        write_table(path, book, acts)
        summed = list(table_lots([path], asked_by((rules,))))
    for lots in (alone, summed):
        found: Counter[object] = Counter()
        for lot in lots:
            verdict = judge_lot(lot, rules).verdict
            assert verdict is not None, "every fact is a word of the book"
            found[verdict.outcome.value, verdict.clauses, verdict.needs] += lot.weight.requests
        assert found == expected
