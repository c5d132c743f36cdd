"""The same journals make the same store: SQLite or PostgreSQL, in any order, any number of times, by many."""

from __future__ import annotations

import subprocess
import sys
import tempfile
import threading
from collections import Counter
from collections.abc import Iterable
from decimal import Decimal
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.environment import unmeasured
from tests.ledger.samples import NOW, make_entry, make_reserved, write_segment
from tests.ledger.stories import Story, stories, write_stories

from comity.ledger import (
    Attempted,
    Corrected,
    Filter,
    Refused,
    Store,
    fold,
    groups,
    lines,
    open_store,
    read_charges,
    recover,
    verify,
)
from comity.ledger.schema import SUM_KEY, TABLES
from comity.ledger.sums import DAY
from comity.money import plain

KEYS = ("customer", "route", "cloud", "attempt", "day", "outcome")
"""What sums are asked by."""


def content(store: Store) -> dict[str, list[list[object]]]:
    """Everything in a store, in an order of its own; amounts in one notation, and no sums of nothing."""
    found = {}
    for table in TABLES:
        if table.name in {"segments", "findings"}:
            continue
        columns = list(table.columns) + (["conflicts"] if table.checks else [])
        amounts = [kind == "amount" for kind in (*table.columns.values(), "integer")]
        rows = [
            [
                plain(Decimal(str(value))) if is_amount and value is not None else value
                for value, is_amount in zip(row, amounts, strict=False)
            ]
            for row in store.rows(f"SELECT {', '.join(columns)} FROM {table.name}")
        ]
        if table.name == "sums":
            rows = [row for row in rows if any(str(value) != "0" for value in row[len(SUM_KEY) :])]
        found[table.name] = sorted(rows, key=str)
    return found


def without_writers(found: dict[str, list[list[object]]]) -> dict[str, list[list[object]]]:
    """The same, but for who wrote an entry first, which a record that is said twice leaves open."""
    place = next(index for index, name in enumerate(TABLES[0].columns) if name == "writer")
    return found | {"entries": [row[:place] + row[place + 1 :] for row in found["entries"]]}


def emptied(where: str | None) -> Store:
    """A store with nothing in it."""
    store = open_store(where)
    with store.transaction():
        for table in TABLES:
            store.execute(f"DELETE FROM {table.name}")
    return store


@given(st.lists(stories(), max_size=12), st.lists(st.integers(0, 2), max_size=4), st.integers(-DAY, DAY))
@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_order_any_store(schema: str, told: list[Story], order: list[int], step: int) -> None:
    """Rows, sums, charges and what `verify` finds are equal, and the sums are those of the records."""
    with tempfile.TemporaryDirectory() as name:
        folders = [Path(name) / part for part in "abc"]
        write_stories(folders, told, 1)
        results = []
        for where, turns in ((None, [0, 1, 2]), (None, [*order, 2, 1, 0]), (schema, [*order, 1, 2, 0])):
            with emptied(where) as store:
                for turn in turns:
                    fold(folders[turn], store)
                results.append(
                    (
                        without_writers(content(store)),
                        list(read_charges(store, NOW - step)),
                        sorted(str(found) for found in verify(store).discrepancies),
                        [
                            groups(store, Filter(since=NOW - step, until=until), KEYS)
                            for until in (None, NOW + DAY)
                        ],
                        lines(store, Filter(clouds=("aws",)), 7),
                    )
                )
                check_sums(store, told)
        assert results[0] == results[1]
        assert results[0] == results[2]


def check_sums(store: Store, told: list[Story]) -> None:
    """Counts and amounts by what the records say, each counted once."""
    records = {repr(record): record for story in told for record in story.records}.values()
    found = groups(store, Filter(), ("cloud",))
    asked = {record.entry for record in records}
    assert sum(group.totals.attempts for group in found) == len(_attempts(records))
    assert _entries(store) == len(asked)
    owed: Counter[str] = Counter()
    for attempt in _attempts(records):
        if attempt.cost is not None:
            owed[attempt.cost.currency] += attempt.cost.amount  # type: ignore[assignment]  # counts decimals
    summed: Counter[str] = Counter()
    for group in found:
        for cost in group.totals.costs:
            summed[cost.currency] += cost.amount  # type: ignore[assignment]  # counts decimals
    assert summed == owed
    corrected = sum((one.delta.amount for one in records if isinstance(one, Corrected)), Decimal(0))
    assert sum((cost.amount for group in found for cost in group.totals.corrections), Decimal(0)) == corrected
    assert sum(group.totals.refused for group in found) == sum(isinstance(one, Refused) for one in records)


def _attempts(records: Iterable[object]) -> list[Attempted]:
    return [record for record in records if isinstance(record, Attempted)]


def _entries(store: Store) -> int:
    ((count,),) = store.rows("SELECT count(*) FROM entries")
    assert isinstance(count, int)
    return count


def test_several_gateways_fold_at_once(schema: str, tmp_path: Path) -> None:
    """Each its own journal, two folders twice, one of them said in both: every entry once, and it holds."""
    shared = make_entry()
    for name in "ab":
        (tmp_path / name).mkdir()
        for _ in range(3):
            write_segment(tmp_path / name, [*(one for _ in range(700) for one in make_entry()), *shared])

    def fold_one(name: str) -> None:
        with open_store(schema) as store:
            fold(tmp_path / name, store)

    threads = [threading.Thread(target=fold_one, args=(name,)) for name in "abab"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with open_store(schema) as store:
        result = verify(store)
        assert (result.holds, result.entries) == (True, 2 * 3 * 700 + 1)
        ((summed,),) = store.rows("SELECT CAST(sum(entries) AS BIGINT) FROM sums")
        assert summed == result.entries


def test_processes_fold_into_one_server(schema: str, tmp_path: Path) -> None:
    """Two processes make the tables and fold one folder at the same time."""
    write_segment(tmp_path, [record for _ in range(2000) for record in make_entry()])
    command = [sys.executable, "-m", "comity.cli", "ledger", "fold", str(tmp_path), schema, "--json"]
    folding = [subprocess.Popen(command, env=unmeasured(), stdout=subprocess.DEVNULL) for _ in range(2)]
    assert [process.wait(60) for process in folding] == [0, 0]
    with open_store(schema, create=False) as store:
        result = verify(store)
        assert (result.holds, result.entries) == (True, 2000)


def test_a_gateway_recovers_what_its_own_writers_left(schema: str, tmp_path: Path) -> None:
    """Not what another gateway's did, which is about to settle it itself."""
    for name in "ab":
        (tmp_path / name).mkdir()
        write_segment(tmp_path / name, [make_reserved()])
    with open_store(schema) as store:
        fold(tmp_path / "b", store)
        assert recover(tmp_path / "a", store, {}) == 1
        assert [found.kind for found in verify(store).discrepancies] == ["unsettled"]
        assert recover(tmp_path / "b", store, {}) == 1
        assert verify(store).holds


def test_an_attempt_too_many_leaves_the_sums_right(schema: str, tmp_path: Path) -> None:
    """An entry whose settlement does not count an attempt that comes later is summed anew, row by row."""
    entry = make_entry()
    attempt = entry[1]
    assert isinstance(attempt, Attempted)
    extra = Attempted(
        attempt.entry, 2, "x", "x", "aws", frozenset(), NOW, None, NOW, attempt.outcome, cost=attempt.cost
    )
    for where in (None, schema):
        folder = tmp_path / ("lite" if where is None else "server")
        folder.mkdir()
        write_segment(folder, entry)
        with open_store(where) as store:
            fold(folder, store)
            write_segment(folder, [extra])
            fold(folder, store)
            (group,) = groups(store, Filter(), ("outcome",))
            assert (group.totals.entries, group.totals.attempts) == (1, 2)
            assert [cost.amount for cost in group.totals.costs] == [Decimal("0.00065")]
            kinds = {found.kind for found in verify(store).discrepancies}
            assert kinds == {"sum"}, (
                "the settlement is not the sum, and the kept sums are what they should be"
            )


def test_kept_sums_that_were_changed_are_found(schema: str, tmp_path: Path) -> None:
    """Whoever edits the store is told by `verify`."""
    write_segment(tmp_path, [*make_entry(), *make_entry(caller="another")])
    for where in (None, schema):
        with open_store(where) as store:
            fold(tmp_path, store)
            ((digest,),) = store.rows("SELECT digest FROM kinds WHERE caller = ?", ("another",))
            store.execute("UPDATE sums SET amount = ? WHERE kind = ?", ("7", digest))
            found = verify(store).discrepancies
            assert [one.kind for one in found] == ["kept", "kept"]
            assert all(isinstance(digest, bytes) and digest.hex() in one.where for one in found)
