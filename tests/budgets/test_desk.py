"""The desks of several workers beside real event loops and a real store, fast, slow and down."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from comity.budgets import (
    Account,
    Amounts,
    Budgets,
    BudgetSettings,
    Denial,
    Hold,
    Limit,
    Standing,
    account_of,
    open_budgets,
    open_desk,
    recover,
)
from comity.errors import StoreError

CAP = Limit("cap", "tokens", 1000, warn=(0.5, 0.9))
MINUTE = Limit("pace", "requests", 2, "minute")
START = 1_800_000_000.0
"""The first second of a minute."""


def settings(folder: Path, *limits: Limit) -> BudgetSettings:
    """Limits kept in a folder."""
    return BudgetSettings(limits, folder / "budgets.db", folder / "leases")


@asynccontextmanager
async def desks(chosen: BudgetSettings, number: int, told: list[str]) -> AsyncIterator[list[Budgets]]:
    """The desks of so many workers, closed at the end."""
    loop = asyncio.get_running_loop()
    found = [open_desk(chosen, loop, told.append) for _ in range(number)]
    opened = [one for one in found if one is not None]
    try:
        yield opened
    finally:
        for one in opened:
            await one.close()


async def hold(desk: Budgets, account: Account, amount: int, at: float = START) -> Hold | Denial:
    """A hold, or why there is none."""
    done: asyncio.Future[Hold | Denial] = asyncio.get_running_loop().create_future()
    one = desk.open([account], at, b"entry")

    def denied(denial: Denial) -> None:
        one.release()
        done.set_result(denial)

    one.cover(Amounts(amount, amount, amount), lambda: done.set_result(one), denied)
    async with asyncio.timeout(60):
        return await done


async def held(desk: Budgets, account: Account, amount: int, at: float = START) -> Hold:
    """A hold that is there."""
    found = await hold(desk, account, amount, at)
    assert isinstance(found, Hold), found
    return found


async def until(condition: Callable[[], bool]) -> None:
    """Waits until something is so; fails after a minute."""
    async with asyncio.timeout(60):
        while not condition():  # noqa: ASYNC110 - what is waited for tells nobody
            await asyncio.sleep(0.02)


def standings(chosen: BudgetSettings) -> dict[tuple[str, int], Standing]:
    """What the store knows, by name and start of the window."""
    store = open_budgets(chosen)
    with store.database:
        return {(one.name, one.window.starts): one for one in store.standings()}


def test_the_last_of_a_limit_is_found_whoever_was_lent_it(tmp_path: Path) -> None:
    """One worker is lent slices and sits on them; the other gets everything that is not held."""
    chosen, told = settings(tmp_path, CAP), list[str]()
    account = account_of(CAP)

    async def run() -> None:
        async with desks(chosen, 2, told) as (first, second):
            (await held(first, account, 10)).release()
            kept = await held(first, account, 100)
            one = await held(second, account, 900)
            refused = await hold(second, account, 1)
            assert isinstance(refused, Denial)
            assert (refused.left, refused.unavailable) == (0, "")
            assert isinstance(await hold(first, account, 1), Denial)
            one.settle(Amounts(tokens=450))
            kept.settle(Amounts(tokens=60))
            assert one.warnings == ()
            more = await held(first, account, 490)
            assert more.warnings == (account,)
            more.release()

    asyncio.run(run())
    assert standings(chosen)["cap", 0] == Standing(
        "cap", standings(chosen)["cap", 0].window, "tokens", 510, 0
    )
    assert told == ["the limit `cap` is used to 50%"]
    assert [path.name for path in (tmp_path / "leases").iterdir()] == ["home"]


def test_windows_roll_over_and_a_clock_that_steps_finds_its_window_again(tmp_path: Path) -> None:
    """Each minute has its own two; what was spent in one is still spent when the clock comes back."""
    chosen, account = settings(tmp_path, MINUTE), account_of(MINUTE)

    async def run() -> None:
        async with desks(chosen, 1, []) as (desk,):
            for _ in range(2):
                (await held(desk, account, 1)).settle(Amounts(requests=1))
            late = await held(desk, account, 1, START + 60)
            assert isinstance(await hold(desk, account, 1, START + 59.9), Denial)
            (await held(desk, account, 1, START + 3600)).settle(Amounts(requests=1))
            (await held(desk, account, 1, START + 119)).settle(Amounts(requests=1))
            assert isinstance(await hold(desk, account, 1, START + 60), Denial)
            late.settle(Amounts(requests=1))

    asyncio.run(run())
    spent = {starts - START: one.spent for (_, starts), one in standings(chosen).items()}
    assert spent == {0: 2, 60: 2, 3600: 1}


def test_a_hold_grows_and_ends_once(tmp_path: Path) -> None:
    """More is put aside for another attempt; a hold that cannot grow keeps what it has."""
    chosen, account = settings(tmp_path, CAP), account_of(CAP)

    async def run() -> None:
        async with desks(chosen, 1, []) as (desk,):
            one = await held(desk, account, 300)
            grown = asyncio.Event()
            one.cover(Amounts(tokens=700), grown.set, lambda _: None)
            await asyncio.wait_for(grown.wait(), 60)
            refused = list[Denial]()
            one.cover(Amounts(tokens=1001), grown.clear, refused.append)
            await until(lambda: bool(refused))
            assert grown.is_set()
            assert refused[0].left == 300
            one.settle(Amounts(tokens=1100))
            with pytest.raises(AssertionError, match="exactly once"):
                one.release()
            assert isinstance(await hold(desk, account, 1), Denial)

    asyncio.run(run())
    assert standings(chosen)["cap", 0].spent == 1100


def test_T41_a_store_that_hangs_refuses_only_what_nothing_was_lent_for(tmp_path: Path) -> None:
    """What is lent goes on being spent; the rest is refused within a second or two, and never let through."""
    chosen, told = settings(tmp_path, CAP), list[str]()
    account = account_of(CAP)

    async def run() -> None:
        async with desks(chosen, 1, told) as (desk,):
            (await held(desk, account, 1)).settle(Amounts(tokens=1))
            blocker = sqlite3.connect(tmp_path / "budgets.db", isolation_level=None)
            blocker.execute("BEGIN IMMEDIATE")
            try:
                for _ in range(50):
                    (await held(desk, account, 1)).settle(Amounts(tokens=1))
                refused = await hold(desk, account, 900)
                assert isinstance(refused, Denial)
                assert "did not answer" in refused.unavailable
                again = await hold(desk, account, 900)
                assert isinstance(again, Denial)
                assert again.unavailable
            finally:
                blocker.rollback()
                blocker.close()
            await until(lambda: desk.idle)
            (await held(desk, account, 900)).settle(Amounts(tokens=900))

    asyncio.run(run())
    assert standings(chosen)["cap", 0].spent == 951


def test_a_store_that_is_down_is_said_and_comes_back(tmp_path: Path) -> None:
    """No store, no service under a limit; the gateway itself starts all the same."""
    chosen, told = settings(tmp_path, CAP), list[str]()
    account = account_of(CAP)
    (tmp_path / "budgets.db").mkdir()

    async def run() -> None:
        async with desks(chosen, 1, told) as (desk,):
            for _ in range(2):
                refused = await hold(desk, account, 1)
                assert isinstance(refused, Denial)
                assert "budgets.db" in refused.unavailable
            (tmp_path / "budgets.db").rmdir()
            found: list[Hold] = []
            async with asyncio.timeout(60):
                while not found:
                    again = await hold(desk, account, 1)
                    found += [again] if isinstance(again, Hold) else []
                    await asyncio.sleep(0.05)
            found[0].settle(Amounts(tokens=1))

    asyncio.run(run())
    assert "is down" in told[0]
    assert told[-1] == "the store of budgets is back"
    assert standings(chosen)["cap", 0].spent == 1


def test_a_worker_that_stops_in_the_middle_captures_what_it_holds(tmp_path: Path) -> None:
    """Its hold may have been charged for; nothing else stays lent."""
    chosen, account = settings(tmp_path, CAP), account_of(CAP)

    async def run() -> None:
        async with desks(chosen, 1, []) as (desk,):
            await held(desk, account, 200)

    asyncio.run(run())
    standing = standings(chosen)["cap", 0]
    assert (standing.spent, standing.lent) == (200, 0)


def test_what_nobody_uses_any_more_is_given_back(tmp_path: Path) -> None:
    """What was captured is reported by and by; a slice that is idle returns, and its account begins anew."""
    chosen, account = settings(tmp_path, CAP), account_of(CAP)

    def known() -> tuple[int, int]:
        one = standings(chosen)["cap", 0]
        return one.spent, one.lent

    async def run() -> None:
        desk = open_desk(chosen, asyncio.get_running_loop(), print, tick=0.002)
        assert desk is not None
        (await held(desk, account, 10)).settle(Amounts(tokens=4))
        await until(lambda: known() == (4, 0))
        (await held(desk, account, 10)).settle(Amounts(tokens=5))
        await desk.close()

    asyncio.run(run())
    assert known() == (9, 0)


def test_a_folder_that_cannot_be_is_told(tmp_path: Path) -> None:
    """As an error of the store, with the place."""
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(StoreError, match="cannot be made"):
        open_budgets(BudgetSettings((CAP,), tmp_path / "file" / "deeper" / "budgets.db", tmp_path))
    store = open_budgets(settings(tmp_path, CAP))
    with store.database, pytest.raises(StoreError, match="cannot be read"):
        recover(store, tmp_path / "file")


def test_without_limits_there_is_no_desk_and_without_a_folder_no_start(tmp_path: Path) -> None:
    """Where leases cannot be written, the gateway says so before it serves."""
    (tmp_path / "leases").write_text("in the way")

    async def run() -> None:
        loop = asyncio.get_running_loop()
        assert open_desk(None, loop, print) is None
        with pytest.raises(StoreError, match="leases"):
            open_desk(settings(tmp_path, CAP), loop, print)

    asyncio.run(run())


def test_several_gateways_share_a_limit_through_postgresql(tmp_path: Path, schema: str) -> None:
    """Two gateways with journals of their own, one store: the limit is one."""
    account = account_of(CAP)
    homes = [BudgetSettings((CAP,), schema, tmp_path / name) for name in ("one", "two")]

    async def take(desk: Budgets) -> int:
        found = await hold(desk, account, 30)
        if isinstance(found, Denial):
            return 0
        await asyncio.sleep(0)
        found.settle(Amounts(tokens=20))
        return 20

    async def run() -> int:
        async with desks(homes[0], 1, []) as (first,), desks(homes[1], 1, []) as (second,):
            return sum(await asyncio.gather(*(take((first, second)[n % 2]) for n in range(100))))

    total = asyncio.run(run())
    assert 600 <= total <= 1000
    assert standings(homes[1])["cap", 0].spent == total
