"""Both databases do the same: rows, exact sums, merged rows, transactions, snapshots, helpful errors."""

from __future__ import annotations

import sqlite3
import sys
import threading
from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.database.server import Server

from comity.database import Database, Table, open_database, prepare
from comity.errors import MissingExtraError, StoreError
from comity.money import plain

THINGS = Table(
    "things",
    {
        "id": "bytes",
        "number": "integer",
        "name": "text",
        "total": "amount",
        "seen": "integer",
        "crc": "integer",
    },
    ("id", "number"),
    merge={"name": "first", "total": "add", "seen": "latest"},
    checks=("crc",),
    indexes=(("things_by_name", "name", "seen > 0"),),
)
"""A table with one column of each sort."""
LOGS = Table("logs", {"line": "integer"}, ("line",), clustered=False)
"""A table whose rows are never merged."""

Opener = Callable[[], Database]


@pytest.fixture(params=["sqlite", "postgresql"])
def opener(request: pytest.FixtureRequest, tmp_path: Path) -> Opener:
    """Opens connections to one empty database."""
    where = tmp_path / "x.db" if request.param == "sqlite" else str(request.getfixturevalue("schema"))
    return lambda: open_database(where)


@pytest.fixture
def database(opener: Opener) -> Iterator[Database]:
    """A database with the tables."""
    with opener() as opened:
        prepare(opened, "things", 1, (THINGS, LOGS), create=True)
        yield opened


def thing(
    number: int, name: str | None = "a", total: str = "0.1", seen: int = 1, crc: int = 7
) -> tuple[object, ...]:
    """A row of `things`."""
    return (b"\x00\xff", number, name, total, seen, crc)


def test_rows_are_merged_as_the_table_says(database: Database) -> None:
    """The first name, the exact sum, the last sight, and how often the check was another one."""
    many = [thing(number, None if number % 2 else "even") for number in range(40)]
    again = [thing(3, "late", "0.2", 5), thing(3, "later", "1e-12", 6, 8), thing(4, "odd", "0.2", 7)]
    with database.transaction():
        database.add(THINGS, many + again)
    with database.transaction():
        database.add(THINGS, [thing(3, "latest", "100000000000000000000", 9)])
    rows = list(
        database.rows(
            "SELECT name, total, seen, conflicts FROM things WHERE number IN (?, ?) ORDER BY number", (3, 4)
        )
    )
    assert [(name, plain(Decimal(str(total))), seen, conflicts) for name, total, seen, conflicts in rows] == [
        ("late", "100000000000000000000.300000000001", 9, 1),
        ("even", "0.3", 7, 0),
    ]
    ((total,),) = database.rows(f"SELECT {database.dialect.sum_amounts.format('total')} FROM things")
    assert Decimal(str(total)) == Decimal("100000000000000000004.400000000001")


def test_a_table_without_merges_keeps_what_it_has(database: Database) -> None:
    """A row that comes again changes nothing."""
    with database.transaction():
        database.add(LOGS, [(number,) for number in range(30)] * 2)
        database.add(LOGS, [(1,)])
        database.add(LOGS, [])
    assert list(database.rows("SELECT count(*) FROM logs WHERE line >= ? AND 'a%' LIKE 'a%'", (0,))) == [
        (30,)
    ]


@given(
    st.lists(
        st.tuples(
            st.integers(0, 5),
            st.none() | st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"])),
            st.decimals(
                allow_nan=False, allow_infinity=False, places=12, min_value=-(10**9), max_value=10**9
            ),
            st.integers(-(2**63), 2**63 - 1),
        ),
        max_size=40,
    )
)
@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_both_hold_the_same_rows(schema: str, rows: list[tuple[int, str | None, Decimal, int]]) -> None:
    """Whatever the values are, and however often a key comes."""
    found = []
    for where in (None, schema):
        with open_database(where) as database:
            prepare(database, "things", 1, (THINGS,), create=True)
            with database.transaction():
                database.execute("DELETE FROM things")
                database.add(THINGS, [thing(n, name, plain(total), 1, crc) for n, name, total, crc in rows])
            kept = database.stream("SELECT number, name, total, crc, conflicts FROM things ORDER BY number")
            found.append([(n, name, plain(Decimal(str(total))), *more) for n, name, total, *more in kept])
    assert found[0] == found[1]


def test_a_failed_transaction_leaves_nothing(database: Database) -> None:
    """All or nothing, whoever failed."""
    with pytest.raises(StoreError, match=r"(?i)unique"), database.transaction():
        database.execute_many("INSERT INTO logs VALUES (?)", [(1,), (1,)])
    with pytest.raises(KeyError), database.transaction():
        fail_after(lambda: database.execute("INSERT INTO logs VALUES (?)", (1,)))
    assert list(database.rows("SELECT * FROM logs")) == []


def fail_after(act: Callable[[], None]) -> None:
    """Does something, and then fails as a caller may."""
    act()
    raise KeyError


def test_a_snapshot_sees_one_state(database: Database, opener: Opener) -> None:
    """While another connection writes, and while streams end in any order."""
    with database.transaction():
        database.add(LOGS, [(number,) for number in range(20)])
    with database.snapshot(), opener() as other:
        first = database.stream("SELECT line FROM logs ORDER BY line")
        second = database.stream("SELECT line FROM logs ORDER BY line DESC")
        assert (next(first), next(second)) == ((0,), (19,))
        with other.transaction():
            other.add(LOGS, [(100,)])
        with database.snapshot():
            assert list(database.rows("SELECT max(line) FROM logs")) == [(19,)]
        assert len(list(first)) == 19
        assert len(list(second)) == 19
    assert list(database.rows("SELECT max(line) FROM logs")) == [(100,)]
    one, two = (database.stream("SELECT line FROM logs ORDER BY line") for _ in range(2))
    assert (next(one), next(two)) == ((0,), (0,))
    assert (len(list(one)), len(list(two))) == (20, 20)


def test_writers_wait_for_each_other(database: Database, opener: Opener) -> None:
    """What a writer has read before it writes is still so."""

    def count_up() -> None:
        with opener() as own:
            for _ in range(10):
                with own.transaction():
                    ((highest,),) = own.rows("SELECT coalesce(max(line), 0) FROM logs")
                    assert isinstance(highest, int)
                    own.add(LOGS, [(highest + 1,)])

    threads = [threading.Thread(target=count_up) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert list(database.rows("SELECT count(*), max(line) FROM logs")) == [(30, 30)]


def test_tables_have_versions(database: Database) -> None:
    """Several owners share a database; another version is refused."""
    prepare(database, "more", 3, (Table("more", {"x": "integer"}, ("x",)),), create=True)
    prepare(database, "things", 1, (THINGS, LOGS), create=False)
    with pytest.raises(StoreError, match=r"the more in .* has version 3 of the tables, expected 4"):
        prepare(database, "more", 4, (), create=True)
    with pytest.raises(StoreError, match="but holds no wallets"):
        prepare(database, "wallets", 1, (), create=False)


def test_errors_say_what_to_do(tmp_path: Path, schema: str) -> None:
    """Where, what, and the next step."""
    (tmp_path / "text.db").write_text("no database at all, and long enough to tell")
    with pytest.raises(StoreError, match=r"text.db. cannot be used: file is not a database; name the file"):
        open_database(tmp_path / "text.db")
    with pytest.raises(StoreError, match=r"unable to open database file; look whether the folder is there"):
        open_database(tmp_path / "nowhere" / "x.db")
    with pytest.raises(
        StoreError, match=r"postgresql:///nowhere/x. cannot be used: .*; look whether the server runs"
    ):
        open_database("postgresql:///x?host=%2Fnowhere")
    with (
        open_database(schema) as database,
        pytest.raises(StoreError, match=r"relation \"nothing\" does not exist"),
    ):
        database.rows("SELECT * FROM nothing")


def test_a_lost_connection_is_opened_again(postgres: Server, schema: str) -> None:
    """Between statements nobody notices; inside a transaction it fails, and the next one works."""
    with open_database(schema) as database:
        prepare(database, "things", 1, (LOGS,), create=True)
        cut(postgres)
        assert list(database.rows("SELECT * FROM logs")) == []
        cut(postgres)
        with database.transaction():
            database.add(LOGS, [(1,)])
        with pytest.raises(StoreError, match="cannot be used"), database.transaction():
            lose(postgres, database)
        with database.snapshot():
            with pytest.raises(StoreError, match="cannot be used"):
                lose(postgres, database)
            with pytest.raises(StoreError, match="was lost; it is opened again"):
                database.execute("SELECT 1")
        with database.snapshot():
            assert list(database.rows("SELECT line FROM logs")) == [(1,)]


def lose(postgres: Server, database: Database) -> None:
    """Loses the connection between two statements."""
    database.execute("SELECT 1")
    cut(postgres)
    database.execute("SELECT 1")


def cut(postgres: Server) -> None:
    """Ends every connection that `comity` has to the server."""
    with psycopg.connect(postgres.url(), autocommit=True) as connection:
        connection.execute(
            "SELECT pg_terminate_backend(pid, 60000) FROM pg_stat_activity WHERE application_name = 'comity'"
        )


def test_a_password_is_in_no_error(monkeypatch: pytest.MonkeyPatch, postgres: Server) -> None:
    """Not even where libpq would repeat it."""
    monkeypatch.setenv("COMITY_TEST_PG", "hunter2")
    where = f"{postgres.url()}&password=env:COMITY_TEST_PG&nonsense=hunter2"
    with pytest.raises(StoreError) as refused:
        open_database(where)
    assert "hunter2" not in str(refused.value)


def test_a_busy_file_says_so(tmp_path: Path) -> None:
    """Another process that writes is waited for, and named when it takes too long."""
    with open_database(tmp_path / "x.db") as database:
        prepare(database, "things", 1, (LOGS,), create=True)
        database.execute("PRAGMA busy_timeout=1")
        other = sqlite3.connect(tmp_path / "x.db", isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        with (
            pytest.raises(StoreError, match="database is locked; another process is writing"),
            database.transaction(),
        ):
            pytest.fail("the lock is held")
        other.close()


def test_a_server_needs_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without psycopg the error says what to install."""
    monkeypatch.setitem(sys.modules, "comity.database.postgres", None)
    with pytest.raises(
        MissingExtraError, match=r"needs psycopg; install it with `pip install 'comity\[postgres\]'`"
    ):
        open_database("postgresql:///x")


def test_many_make_one_database_at_once(opener: Opener) -> None:
    """Whoever comes first makes the tables, and nobody is turned away."""
    together = threading.Barrier(6)
    failures: list[StoreError] = []

    def make() -> None:
        together.wait()
        try:
            with opener() as opened:
                prepare(opened, "things", 1, (THINGS, LOGS), create=True)
        except StoreError as error:
            failures.append(error)

    threads = [threading.Thread(target=make) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []


def test_a_new_file_that_another_process_makes_is_waited_for(tmp_path: Path) -> None:
    """SQLite itself gives up at once where a file is about to be written ahead for the first time."""
    other = sqlite3.connect(tmp_path / "x.db", isolation_level=None)
    other.execute("CREATE TABLE things (x)")
    other.execute("BEGIN IMMEDIATE")
    opened: list[str] = []

    def wait() -> None:
        with open_database(tmp_path / "x.db") as database:
            opened.extend(str(mode) for (mode,) in database.rows("PRAGMA journal_mode"))

    thread = threading.Thread(target=wait)
    thread.start()
    thread.join(0.05)
    assert opened == []
    other.execute("COMMIT")
    other.close()
    thread.join(60)
    assert opened == ["wal"]
