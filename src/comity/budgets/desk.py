"""The budgets of one gateway process, beside its event loop.

What a request may cost is put aside in memory, from slices that the store lent. The store is asked in a
thread, ahead of need; a request waits for it only where its worker's slices do not suffice, and no longer
than `PATIENCE`: a store that is slow or down refuses what nothing was lent for, and holds up nothing else.
When somebody finds nothing left, the others see it within a tick and give back what they do not use.
"""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any, TypeVar

import msgspec

from comity.budgets.allotment import Allotment
from comity.budgets.clerk import Clerk
from comity.budgets.hold import Amounts, Denial, Denied, Granted, Hold
from comity.budgets.leases import LeaseFile
from comity.budgets.limits import Account, BudgetSettings
from comity.budgets.store import Ask, Lent
from comity.budgets.windows import Window, window_at
from comity.errors import StoreError

T = TypeVar("T")

PATIENCE = 1.0
"""Seconds that a request waits for the store."""
TICK = 0.1
"""Seconds between two looks at what others want."""
MOST = 500
"""How many allotments one question is about, where nobody waits for them."""
REPORT_TICKS = 10
"""Ticks between two reports of what was captured."""
IDLE_TICKS = 50
"""After so many ticks without a hold an allotment is given back."""
SLICE = 1024
"""How many of the largest request so far a worker would like to be lent at once."""
CLOSE_SECONDS = 5.0
"""How long a stopping worker waits for the store; what it cannot report is recovered later."""

_AGAIN = 0.008
_GATHER = 0.002
_FULL = 1 << 61


class _Waiting(msgspec.Struct, eq=False):
    hold: Hold
    amounts: Amounts
    then: Granted
    denied: Denied
    asked: bool = False


class Budgets:
    """The limits of this process; made by `open_budgets_desk`."""

    def __init__(
        self,
        settings: BudgetSettings,
        clerk: Clerk,
        file: LeaseFile,
        loop: asyncio.AbstractEventLoop,
        tell: Callable[[str], None],
        *,
        tick: float = TICK,
    ) -> None:
        self.settings = settings
        self.failure: StoreError | None = None
        self._clerk = clerk
        self._file = file
        self._loop = loop
        self._tell = tell
        self._thread = ThreadPoolExecutor(1, "budgets")
        self._current: dict[str, Allotment] = {}
        self._over: list[Allotment] = []
        self._dirty: dict[Allotment, None] = {}
        self._last: dict[Allotment, Lent] = {}
        self._waiting: list[_Waiting] = []
        self._asked_at: float | None = None
        self._asking: asyncio.Future[Any] | None = None
        self._scheduled: asyncio.Handle | None = None
        self._lazy: asyncio.TimerHandle | None = None
        self._retry_at = 0.0
        self._ticks = 0
        self._seen = 0
        self._tick_seconds = tick
        self._tick = loop.call_later(tick, self._on_tick)
        self._closing = False

    @property
    def idle(self) -> bool:
        """Whether no question to the store is under way."""
        return self._asked_at is None

    # --- holding --------------------------------------------------------------------------------------------

    def open(self, accounts: Sequence[Account], at: float, entry: bytes) -> Hold:
        """A hold for a request that came at `at`, in unix seconds; it has put nothing aside yet.

        Raises StoreError when there is no place for another account.
        """
        current, allotments = self._current, []
        for account in accounts:
            found = current.get(account.name)
            if found is None or not found.starts <= at < found.ends or found.committed > _FULL:
                found = self._begin(account, at)
            found.touched = self._ticks
            allotments.append(found)
        return Hold(self, allotments, entry)

    def park(self, hold: Hold, amounts: Amounts, then: Granted, denied: Denied) -> None:
        """Keeps a hold waiting for the store, or refuses it where there is no use in that."""
        now = self._loop.time()
        waiting = _Waiting(hold, amounts, then, denied)
        stuck = self._asked_at is not None and now - self._asked_at > PATIENCE
        if self._closing or stuck or (self.failure is not None and now < self._retry_at):
            self._refuse(waiting, self._why_not())
            return
        self._waiting.append(waiting)
        self._loop.call_later(PATIENCE, self._lose_patience, waiting)
        self._soon()

    def changed(self, allotment: Allotment) -> None:
        """Notes a hold or its end where it can be read after our death, and asks ahead of need."""
        if self._closing:
            return
        self._file.put(allotment.slot, allotment.committed)
        slack = allotment.granted - allotment.committed
        if slack > 0 if allotment.near else slack < allotment.low:
            self._mark(allotment)

    def _begin(self, account: Account, at: float) -> Allotment:
        """The allotment of a window that begins, or that the clock stepped back into."""
        last = self._current.get(account.name)
        if last is not None:
            self._over.append(last)
        window = window_at(account.limit.every, account.limit.zone, at)
        found = next((one for one in self._over if _is_usable(one, account, window)), None)
        if found is None:
            try:
                found = Allotment(account, window, self._file.take())
            except OSError as error:
                self._current.pop(account.name, None)
                raise StoreError(f"a lease cannot be kept: {error.strerror}") from error
        else:
            self._over.remove(found)
        self._current[account.name] = found
        return found

    # --- asking the store -----------------------------------------------------------------------------------

    def _mark(self, allotment: Allotment) -> None:
        """Asks about an allotment soon; what is only given back waits for more of its kind."""
        self._dirty[allotment] = None
        if allotment.near:
            self._lazily()
        else:
            self._soon()

    def _soon(self) -> None:
        if self._asked_at is None and self._scheduled is None:
            self._scheduled = self._loop.call_soon(self._ask)

    def _lazily(self) -> None:
        if self._asked_at is None and self._scheduled is None and self._lazy is None:
            self._lazy = self._loop.call_later(_GATHER, self._ask)

    def _ask(self) -> None:
        """Puts one question to the store for everything that has come together."""
        self._scheduled = None
        if self._lazy is not None:
            self._lazy.cancel()
            self._lazy = None
        if self._asked_at is not None or self._closing:
            # INVARIANT: after the farewell nothing is asked: a lease that ended would begin again.
            return
        needs: dict[Allotment, int] = {}
        for waiting in self._waiting:
            waiting.asked = True
            for allotment, held in zip(waiting.hold.allotments, waiting.hold.held, strict=True):
                missing = max(waiting.amounts[allotment.kind] - held, 0)
                needs[allotment] = needs.get(allotment, 0) + missing
                allotment.largest = max(allotment.largest, missing)
        for allotment in itertools.islice(self._dirty, MOST):
            needs.setdefault(allotment, 0)
        asked = list(needs)
        self._dirty = {one: None for one in self._dirty if one not in needs}
        if asked:
            asks = [self._question(one, need) for one, need in needs.items()]
            self._submit(partial(self._clerk.exchange, asks), partial(self._answered, asked, asks))

    def _question(self, allotment: Allotment, need: int) -> Ask:
        closing = allotment.open == 0 and allotment in self._over
        allotment.closing = allotment.closing or closing
        if closing or (allotment.near and not need):
            allotment.give_back()
        missing = max(need - max(allotment.slack, 0), 0)
        wanting = not closing and (need or (not allotment.near and allotment.slack < allotment.low))
        return Ask(
            allotment.account,
            allotment.window,
            allotment.slot,
            allotment.granted,
            allotment.committed,
            allotment.used,
            missing,
            allotment.largest * SLICE if wanting else 0,
            allotment.near,
            closing,
            tuple(allotment.captures),
        )

    def _submit(self, work: Callable[[], T], then: Callable[[T], None]) -> None:
        self._asked_at = self._loop.time()
        asking = self._loop.run_in_executor(self._thread, work)
        asking.add_done_callback(partial(self._finish, then))
        self._asking = asking

    def _finish(self, then: Callable[[T], None], future: asyncio.Future[T]) -> None:
        self._asked_at = self._asking = None
        error = future.exception()
        if error is None:
            if self.failure is not None:
                self.failure = None
                self._tell("the store of budgets is back")
            then(future.result())
        else:
            self._failed(error)
        if any(not one.asked for one in self._waiting) or any(not one.near for one in self._dirty):
            self._soon()
        elif self._dirty:
            self._lazily()
        if self._waiting:
            self._loop.call_later(_AGAIN, self._soon)

    def _failed(self, error: BaseException) -> None:
        if not isinstance(error, StoreError):
            self._loop.call_exception_handler(
                {"message": "a question to the store failed", "exception": error}
            )
            error = StoreError(f"the store of budgets cannot be asked: {error}")
        if self.failure is None:
            self._tell(f"the store of budgets is down: {error}")
        self.failure = error
        self._retry_at = self._loop.time() + PATIENCE
        waiting, self._waiting = self._waiting, []
        for one in waiting:
            self._refuse(one, str(error))

    def _answered(self, asked: Sequence[Allotment], asks: Sequence[Ask], lent: list[Lent]) -> None:
        for allotment, ask, one in zip(asked, asks, lent, strict=True):
            self._apply(allotment, ask, one)
        waiting, self._waiting = self._waiting, []
        for one_waiting in waiting:
            if one_waiting.hold.put_aside(one_waiting.amounts):
                self._loop.call_soon(one_waiting.then)
            elif one_waiting.asked and (short := self._short(one_waiting)) is not None:
                self._refuse(one_waiting, "", short)
            else:
                self._waiting.append(one_waiting)
        needed = {allotment for one_waiting in self._waiting for allotment in one_waiting.hold.allotments}
        for allotment in asked:
            if allotment.near and allotment.slack > 0 and not allotment.closing and allotment not in needed:
                self._dirty[allotment] = None

    def _apply(self, allotment: Allotment, ask: Ask, lent: Lent) -> None:
        allotment.reported = ask.used
        del allotment.captures[: len(ask.captures)]
        if ask.closing:
            self._forget(allotment)
            return
        allotment.granted = lent.granted
        if ask.want:
            allotment.low = (lent.granted - max(ask.granted, ask.committed)) // 4
        allotment.near = lent.near
        self._last[allotment] = lent
        limit = allotment.account.limit
        if limit.amount is not None and limit.warn:
            allotment.warned = lent.spent >= limit.warn[0] * limit.amount
        for share in lent.crossed:
            self._tell(f"the limit `{allotment.account.name}` is used to {share:.0%}")

    def _forget(self, allotment: Allotment) -> None:
        self._file.free(allotment.slot)
        self._last.pop(allotment, None)
        if allotment in self._over:
            self._over.remove(allotment)

    def _short(self, waiting: _Waiting, *, final: bool = False) -> Denial | None:
        """What refuses a hold for good; None while it makes sense to ask again, unless this is `final`."""
        for allotment, held in zip(waiting.hold.allotments, waiting.hold.held, strict=True):
            missing = waiting.amounts[allotment.kind] - held
            lent = self._last.get(allotment)
            if missing > allotment.slack and lent is not None and lent.denied:
                if lent.contested and not final:
                    continue
                left = max(lent.left + allotment.slack, 0)
                return Denial(allotment.account, allotment.window, missing + held, left)
        return None

    def _lose_patience(self, waiting: _Waiting) -> None:
        if waiting in self._waiting:
            self._waiting.remove(waiting)
            short = self._short(waiting, final=True) if waiting.asked else None
            self._refuse(waiting, self._why_not(), short)

    def _why_not(self) -> str:
        return str(self.failure) if self.failure else f"it did not answer within {PATIENCE:.0f} s"

    def _refuse(self, waiting: _Waiting, unavailable: str, denial: Denial | None = None) -> None:
        if denial is None:
            first = waiting.hold.allotments[0]
            amount = waiting.amounts[first.kind]
            denial = Denial(first.account, first.window, amount, 0, unavailable)
        self._loop.call_soon(waiting.denied, denial)

    # --- keeping others informed ----------------------------------------------------------------------------

    def _on_tick(self) -> None:
        self._tick = self._loop.call_later(self._tick_seconds, self._on_tick)
        self._ticks += 1
        if self._asked_at is not None:
            return
        if self._ticks % REPORT_TICKS == 0:
            self._report()
        if self._current and self._scheduled is None:
            self._submit(partial(self._clerk.wanted, self._seen), self._told)

    def _told(self, wanted: tuple[int, list[tuple[str, int]]]) -> None:
        """Others found nothing left of these accounts: what is free of ours goes back."""
        self._seen, keys = wanted
        for name, starts in keys:
            allotment = self._current.get(name)
            if allotment is not None and allotment.starts == starts and allotment.slack > 0:
                allotment.near = True
                self._mark(allotment)

    def _report(self) -> None:
        for allotment in list(self._current.values()):
            if allotment.open == 0 and self._ticks - allotment.touched > IDLE_TICKS:
                del self._current[allotment.account.name]
                self._over.append(allotment)
        for allotment in self._each():
            spare = allotment.near and allotment.slack > 0
            over = allotment.open == 0 and allotment in self._over
            if spare or over or allotment.used != allotment.reported:
                self._mark(allotment)

    def _each(self) -> Iterable[Allotment]:
        return [*self._current.values(), *self._over]

    # --- the end --------------------------------------------------------------------------------------------

    async def close(self) -> None:
        """Reports what was captured and gives the rest back; holds that are not over count as captured."""
        self._closing = True
        self._tick.cancel()
        deadline = self._loop.time() + CLOSE_SECONDS
        if self._asking is not None:
            await asyncio.wait([self._asking], timeout=CLOSE_SECONDS)
            await asyncio.sleep(0)
        everything = list(self._each())
        asks = [
            msgspec.structs.replace(self._question(one, 0), closing=True, captures=tuple(one.captures))
            for one in everything
        ]
        future = self._loop.run_in_executor(self._thread, self._farewell, asks)
        done, _ = await asyncio.wait([future], timeout=max(deadline - self._loop.time(), _AGAIN))
        if done:
            self._thread.shutdown()
            self._file.close(settled=future.exception() is None)
        # Else the file stays locked until this process is gone: nobody settles what may yet be reported.

    def _farewell(self, asks: Sequence[Ask]) -> None:
        if asks:
            self._clerk.exchange(asks)
        self._clerk.close()


def _is_usable(allotment: Allotment, account: Account, window: Window) -> bool:
    """Whether an allotment that was over can go on: the clock stepped back, or it was only idle."""
    same = allotment.window == window and allotment.account.name == account.name
    return same and not allotment.closing and allotment.committed <= _FULL


def open_desk(
    settings: BudgetSettings | None,
    loop: asyncio.AbstractEventLoop,
    tell: Callable[[str], None],
    *,
    tick: float = TICK,
) -> Budgets | None:
    """The budgets of this process; None where nothing is limited. `tell` takes what an operator should read.

    The store itself is opened at the first question: a store that is down refuses requests, it does not keep
    the gateway from starting. Raises StoreError when the folder of leases cannot be written.
    """
    if settings is None:
        return None
    try:
        file = LeaseFile(settings.leases)
        return Budgets(settings, Clerk(settings, file.worker), file, loop, tell, tick=tick)
    except OSError as error:
        raise StoreError(f"the leases in `{settings.leases}` cannot be written: {error.strerror}") from error
