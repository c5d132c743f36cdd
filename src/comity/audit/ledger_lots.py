"""Lots from the gateway's ledger: calls and refusals, joined by decision, target and stretch of time.

The store is streamed once; what grows is the number of kinds of requests, and beyond so many of them the lots
are handed on unfinished and begun anew, which changes no sum.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from decimal import Decimal
from functools import lru_cache
from typing import NamedTuple, TypeVar

import msgspec

from comity.audit.facts import facts_of_call, facts_of_refusal, posture_of
from comity.audit.lot import Facts, Lot, Weight
from comity.ledger import (
    Call,
    Decision,
    Store,
    count_calls,
    read_calls,
    read_decision,
    read_refusals,
)
from comity.money import Money

COLUMNS = ("caller", "model", "deployment", "cloud", "dialect", "day", "month")
"""What a ledger can be grouped by besides facts; days are UTC, on the contracts' clock."""

Progress = Callable[[int, int], None]
"""Told how much is done and how much there is."""

Row = TypeVar("Row")

_STEP = 4096
_SECOND = 1_000_000_000
_DAY = 86_400 * _SECOND


class Chosen(NamedTuple):
    """Which part of a ledger, and how finely."""

    since: int | None = None
    """First moment, unix nanoseconds on the real clock, inclusive."""
    until: int | None = None
    """Last moment, exclusive."""
    daily: bool = False
    """Whether lots are cut at midnight UTC, for sums by day or month."""
    held: int = 100_000
    """Lots held in memory at most."""


class _Kind(NamedTuple):
    """What a lot's requests have in common; None for the call of a refusal."""

    decision: bytes
    call: tuple[str, str, str, str] | None
    stretch: int
    day: int


def ledger_lots(
    store: Store, bounds: list[float], chosen: Chosen, progress: Progress | None = None
) -> Iterator[Lot]:
    """What was done and what was refused, cut at `bounds` (unix seconds, ascending)."""
    reading = _Reading(store, [int(bound * _SECOND) for bound in bounds], chosen)
    calls = read_calls(store, chosen.since, chosen.until)
    yield from reading.lots(_told(calls, count_calls(store), progress), reading.add_call)
    yield from reading.lots(read_refusals(store, chosen.since, chosen.until), reading.add_refusal)


class _Reading:
    """One pass over a store."""

    def __init__(self, store: Store, bounds: list[int], chosen: Chosen) -> None:
        self._store = store
        self._bounds = bounds
        self._daily = chosen.daily
        self._held = chosen.held
        self._kinds: dict[_Kind, tuple[int, Weight]] = {}
        self._decision = lru_cache(_STEP)(self._fetch)
        self._ahead = lru_cache(_STEP)(lambda digest: self._decision(digest).ahead)

    def _fetch(self, digest: bytes) -> Decision:
        return read_decision(self._store, digest)

    def lots(self, rows: Iterable[Row], add: Callable[[Row], None]) -> Iterator[Lot]:
        """The lots that `rows` make when `add` has taken them in."""
        for row in rows:
            add(row)
            if len(self._kinds) >= self._held:
                yield from self._flush()
        yield from self._flush()

    def add_call(self, call: Call) -> None:
        """Takes in one call."""
        (
            digest,
            deployment,
            answered_by,
            cloud,
            region,
            started,
            prompt,
            completion,
            amount,
            currency,
            open_,
        ) = call
        weight = self._weight(digest, (deployment, answered_by, cloud, region), started)
        weight.requests += 1
        weight.prompt += prompt
        weight.completion += completion
        weight.unpriced += open_
        if amount is not None and currency is not None:
            weight.pay(Money(Decimal(amount), currency))

    def add_refusal(self, refusal: tuple[bytes, int]) -> None:
        """Takes in one refusal."""
        self._weight(refusal[0], None, refusal[1]).requests += 1

    def _weight(self, digest: bytes, call: tuple[str, str, str, str] | None, at: int) -> Weight:
        moment = at + self._ahead(digest)
        day = moment // _DAY if self._daily else 0
        kind = _Kind(digest, call, bisect_right(self._bounds, moment), day)
        found = self._kinds.get(kind)
        if found is None:
            found = self._kinds[kind] = (moment, Weight())
        return found[1]

    def _flush(self) -> Iterator[Lot]:
        kinds, self._kinds = self._kinds, {}
        for kind, (moment, weight) in kinds.items():
            yield self._lot(kind, moment, weight)

    def _lot(self, kind: _Kind, moment: int, weight: Weight) -> Lot:
        decision = self._decision(kind.decision)
        candidates = _candidates(decision, kind.call)
        return Lot(
            act="refused" if kind.call is None else "served",
            candidates=candidates,
            at=moment / _SECOND,
            weight=weight,
            columns=_columns(decision, kind.call, moment),
            recorded=_recorded(decision, kind.call),
            posture=posture_of(decision),
            unreadable="" if candidates else "the record names no candidates",
        )


def _candidates(decision: Decision, call: tuple[str, str, str, str] | None) -> tuple[Facts, ...]:
    if call is None:
        return facts_of_refusal(decision)
    deployment, answered_by, cloud, region = call
    where = frozenset(msgspec.json.decode(region, type=list[str]))
    if not decision.targets:  # an older record: all it knows of the target stands in the attempt
        return ({**decision.workload, "cloud": cloud, **({"region": where} if where else {})},)
    return (facts_of_call(decision, deployment, answered_by, where),)


def _columns(decision: Decision, call: tuple[str, str, str, str] | None, moment: int) -> dict[str, str]:
    when = datetime.fromtimestamp(moment / _SECOND, UTC)
    found = {
        **decision.facts,
        "caller": decision.caller,
        "model": decision.route,
        "dialect": decision.dialect,
        "day": f"{when:%Y-%m-%d}",
        "month": f"{when:%Y-%m}",
    }
    if call is not None:
        deployment, answered_by, cloud, _ = call
        found |= {"deployment": answered_by or deployment, "cloud": cloud}
    return found


def _recorded(decision: Decision, call: tuple[str, str, str, str] | None) -> str:
    if call is None:
        return ""
    outcomes = {judged.deployment: judged.outcome for judged in decision.verdicts}
    return outcomes.get(call[0], "")


def _told(calls: Iterator[Call], total: int, progress: Progress | None) -> Iterator[Call]:
    for number, call in enumerate(calls):
        if progress is not None and number % _STEP == 0:
            progress(number, total)
        yield call
