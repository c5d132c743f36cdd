"""What a commitment still holds while charges come in: a sum for the running period, and one for each day.

`Reservation` resets by the minute or hour and loses what is left; `Balance` follows the steps of any other
duty exactly as `contracts` computes them, one amount at a time instead of all at once. Amounts come in order
of time. Both take only what surely counts.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal
from math import ceil, inf
from zoneinfo import ZoneInfo

from comity.contracts.days import Span, day_of, midnight
from comity.contracts.duty_run import Asked, Over, Rules
from comity.contracts.lives import Life

_NOTHING = Decimal(0)
SIZES = {"minute": 60.0, "hour": 3600.0}
"""Seconds of the periods that reset quickly."""


class Days:
    """Sums by day, of amounts that come in order of time."""

    def __init__(self, zone: ZoneInfo) -> None:
        self.zone = zone
        self.sums: dict[date, Decimal] = {}
        self.start = self.end = -inf
        """The day of the last amount, as unix seconds."""
        self._day = date.min

    def turn(self, at: float) -> None:
        """Makes the day of `at` the running one."""
        day = day_of(at, self.zone)
        assert day is not None, "charges have a finite time"
        self._day, self.start = day, midnight(day, self.zone)
        self.end = midnight(day + timedelta(days=1), self.zone)

    def add(self, at: float, amount: Decimal) -> None:
        """Adds `amount` to the day of `at`."""
        if not self.start <= at < self.end:
            self.turn(at)
        self.sums[self._day] = self.sums.get(self._day, _NOTHING) + amount


class _Pool:
    """What was taken of a commitment, and what was eligible beyond it, by day."""

    def __init__(self, zone: ZoneInfo) -> None:
        self.days = Days(zone)
        self.over = Days(zone)
        """What was eligible beyond the amount."""
        self.drawn = _NOTHING
        """Taken in all."""

    def _count(self, at: float, amount: Decimal, taken: Decimal) -> Decimal:
        """Books what was taken of `amount`, and the rest of it; what was taken."""
        self.drawn += taken
        if taken:
            self.days.add(at, taken)
        if taken != amount:
            self.over.add(at, amount - taken)
        return taken


class Reservation(_Pool):
    """So much in every minute or hour; what a period leaves is lost with it."""

    def __init__(
        self, per: str, amount: Decimal, span: Span, life: Life, zone: ZoneInfo, *, first: float
    ) -> None:
        super().__init__(zone)
        self.size = SIZES[per]
        self.amount = amount
        self.begin = first // self.size * self.size if span.start == -inf else span.start
        self.last = span.end
        self.life = life
        self.lately = _NOTHING
        """Taken in the period of the last amount."""
        self.window = -1
        self._raw = _NOTHING
        self._waived = False

    def take(self, at: float, amount: Decimal, _group: int | None) -> Decimal:
        """What of `amount` the period of `at` still holds; no limits apply within a period."""
        window = self._window(at)
        if window != self.window:
            self.window, self._raw, self.lately = window, _NOTHING, _NOTHING
            self._waived = self._is_waived(window)
        if self._waived:
            return self._count(at, amount, _NOTHING)
        self._raw += amount
        now = max(min(self._raw, self.amount), _NOTHING)
        taken = now - self.lately
        self.lately = now
        return self._count(at, amount, taken)

    def lately_at(self, at: float) -> Decimal:
        """What was taken in the period of `at`, or in the last one."""
        last = self._window(at) if at < self.last else ceil((self.last - self.begin) / self.size) - 1
        return self.lately if self.window == last else _NOTHING

    def begun(self, at: float) -> int:
        """How many periods have begun at `at` and were not waived."""
        if at >= self.last:
            return self.closed(at)
        count = max(self._window(at) + 1, 0)
        return count - self._waivers(count)

    def closed(self, at: float) -> int:
        """How many periods are over at `at` and were not waived."""
        periods = (min(at, self.last) - self.begin) / self.size
        count = max(ceil(periods) if at >= self.last else int(periods), 0)
        return count - self._waivers(count)

    def _window(self, at: float) -> int:
        return int((at - self.begin) // self.size)

    def _is_waived(self, window: int) -> bool:
        due = self.begin + (window + 1) * self.size
        return any(pause.span.start < due <= pause.span.end for pause in self.life.pauses)

    def _waivers(self, count: int) -> int:
        """How many of the first `count` periods ended while the clause was suspended."""
        found = 0
        for pause in self.life.pauses:
            first, last = ((edge - self.begin) / self.size for edge in (pause.span.start, pause.span.end))
            found += max(int(min(last, count)) - max(int(first // 1), 0), 0)
        return found


class Sums:
    """What counts whole, and what counts only up to a share."""

    def __init__(self, shares: Sequence[Decimal]) -> None:
        self.shares = shares
        self.whole = _NOTHING
        self.parts = [_NOTHING] * len(shares)

    def add(self, amount: Decimal, group: int | None) -> None:
        """Adds an amount; `group` is the limit that applies to it."""
        if group is None:
            self.whole += amount
        else:
            self.parts[group] += amount

    def counted(self, asked: Decimal) -> Decimal:
        """What counts toward `asked`."""
        if not self.parts:
            return self.whole
        if asked.is_infinite():
            return sum(self.parts, self.whole)
        limited = (min(part, share * asked) for part, share in zip(self.parts, self.shares, strict=True))
        return sum(limited, self.whole)


class Balance(_Pool):
    """The steps of a duty, one amount at a time."""

    def __init__(
        self, steps: Sequence[Asked], rules: Rules, shares: Sequence[Decimal], zone: ZoneInfo
    ) -> None:
        super().__init__(zone)
        self.steps = steps
        self.rules = rules
        self.released = _NOTHING
        """What limits held back and a later milestone let count, without a charge of its own."""
        self._own, self._all = Sums(shares), Sums(shares)
        self._shares = shares
        self._place = 0
        self._billed = _NOTHING
        self._over = Over(rules)
        self._now = _NOTHING
        self._earlier = _NOTHING
        self._next = steps[0].due if steps else -inf

    def take(self, at: float, amount: Decimal, group: int | None) -> Decimal:
        """What of `amount` retires something at `at`."""
        while at >= self._next and self._place < len(self.steps):
            self._advance()
        if self._place == len(self.steps):
            return self._count(at, amount, _NOTHING)
        self._own.add(amount, group)
        self._all.add(amount, group)
        now = self._reached()
        taken = now - self._now
        self._now = now
        return self._count(at, amount, taken)

    def _reached(self) -> Decimal:
        """How much of the running step, or of the whole, is there: never more than is asked."""
        step = self.steps[self._place]
        if step.within is not None:
            return min(self._all.counted(step.within) + self._billed, step.within)
        if self.rules.cumulative:
            return min(self._all.counted(step.amount) + self._billed, self.steps[-1].amount)
        wanted = step.amount + self._over.shortfall
        return min(self._own.counted(step.amount) + self._over.surplus, wanted)

    def _advance(self) -> None:
        """Closes the running step: what it lacks is billed or goes over, what it has beyond may go over."""
        step, wanted = self.steps[self._place], self._wanted()
        alone = self.rules.cumulative and step.within is None
        own = (self._all if alone else self._own).counted(step.amount)
        own = own if step.within is None else max(own, _NOTHING)
        reached = own + self._over.surplus + (self._billed if alone else _NOTHING)
        missing = wanted if wanted.is_infinite() else max(wanted - reached, _NOTHING)
        missing = _NOTHING if step.excused else missing
        missing -= self._over.defer(step, missing)
        billed = _NOTHING if self.rules.shortfall == "forfeit" or missing.is_infinite() else missing
        self._over.keep(step, reached - wanted, own)
        self._billed += billed
        self._place += 1
        self._own = Sums(self._shares)
        if self._place < len(self.steps):
            self._next = self.steps[self._place].due
            self._begin(billed)

    def _wanted(self) -> Decimal:
        """What the running step asks: a part of a whole only as far as that was not there before."""
        step = self.steps[self._place]
        if step.within is None or step.within.is_infinite():
            return step.amount + self._over.shortfall
        return min(step.amount, max(step.within - self._earlier, _NOTHING))

    def _begin(self, billed: Decimal) -> None:
        """Begins a step: what is there already was not taken from a charge of its own."""
        step = self.steps[self._place]
        if step.within is not None:
            self._earlier = self._all.counted(step.within) + self._billed
        now = self._reached()
        if self.rules.cumulative:
            self.released += max(now - self._now - billed, _NOTHING)
        self._now = now
