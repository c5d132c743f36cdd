"""Every line that may be owed: attempts as they were rated, and what corrected them later, in order of time.

A correction is a line of its own, dated when it was made: nothing that was ever read changes afterwards.
Amounts are exact and never converted, netted or rounded here.
"""
# ruff: noqa: S608 - statements are put together from our own column names

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from functools import lru_cache
from heapq import merge
from operator import attrgetter
from typing import NamedTuple

import msgspec

from comity.database import Row
from comity.exchange import Usage
from comity.ledger.calls import read_decision
from comity.ledger.entry import Decision, Fact
from comity.ledger.rows import read_money
from comity.ledger.schema import TOKEN_COLUMNS
from comity.ledger.store import Store
from comity.money import Money


class Charge(msgspec.Struct, frozen=True):
    """One line that may be owed, with everything that a contract, an invoice or a report asks of it."""

    entry: bytes
    """Entry id, 16 bytes."""
    number: int
    """The attempt, from 1; 0 for a correction of the entry as a whole."""
    at: int
    """When the attempt began or the correction was made, unix nanoseconds."""
    caller: str
    """Caller id; empty when its reservation is lost, as are route, facts and workload then."""
    route: str
    """Model name that the client asked for."""
    facts: dict[str, str]
    """The caller's facts: customer, product, team, ..."""
    workload: dict[str, Fact]
    """The facts that were judged, without the target's."""
    deployment: str
    """Deployment id that was called."""
    answered_by: str
    """Deployment that answered as the response says (spillover); else the one called."""
    cloud: str
    """Cloud of the deployment that answered."""
    region: tuple[str, ...]
    """Regions in which it may have been processed, in alphabetical order."""
    provider: str
    """Who makes the model, from the deployment's facts; empty when they do not say."""
    model: str
    """The model's public name, from the deployment's facts; empty when they do not say."""
    served_model: str
    """The model that served, by the provider's name; empty when the response does not say."""
    tier: str
    """The tier that served, as the response says; empty when it does not."""
    usage: Usage | None
    """Tokens by class; None when unknown, and for a correction."""
    estimated: bool
    """Whether the tokens were estimated by us."""
    outcome: str
    """How the attempt ended, as `AttemptOutcome` spells it."""
    cost: Money | None
    """What is owed, or a correction adds; None when unknown, and `unrated` says why."""
    list_cost: Money | None
    """The charge at list price where a negotiated price was applied; None when that is `cost`."""
    unrated: str
    """Why there is no cost; empty when there is one."""
    price: str
    """Id of the price terms that rated the attempt; empty when unrated."""
    correction: str = ""
    """Why the amount was corrected; empty for an attempt."""
    correction_id: bytes = b""
    """Id of the correction, 16 bytes; empty for an attempt."""
    target: dict[str, Fact] = {}
    """The facts of the deployment that answered, as they were judged."""


class _Context(msgspec.Struct, frozen=True):
    """What the lines of one decision and one deployment share."""

    caller: str = ""
    route: str = ""
    facts: dict[str, str] = {}
    workload: dict[str, Fact] = {}
    provider: str = ""
    model: str = ""
    target: dict[str, Fact] = {}


class _Own(NamedTuple):
    """What a line has for itself, at the end of its row."""

    usage: Usage | None
    estimated: bool
    cost: Money | None
    list_cost: Money | None
    unrated: str
    correction: str = ""
    correction_id: bytes = b""


_NOBODY = _Context()
_CLASSES = Usage.__struct_fields__
_SHARED = "e.decision, a.deployment, a.answered_by, a.cloud, a.region, a.model, a.tier, a.outcome, a.price"
_SHARED_COUNT = 12
_ATTEMPTS = (
    f"SELECT a.entry, a.number, a.started, {_SHARED}, {', '.join(f'a.{name}' for name in TOKEN_COLUMNS)},"
    " a.estimated, a.amount, a.currency, a.list_amount, a.list_currency, a.unrated"
    " FROM attempts a LEFT JOIN entries e ON e.id = a.entry"
    " WHERE a.started >= ? AND a.started < ?"
    " AND (a.amount IS NOT NULL OR a.unrated NOT LIKE 'not_charged%')"
    " ORDER BY a.started, a.entry, a.number"
)
_CORRECTIONS = (
    f"SELECT c.entry, c.number, c.at, {_SHARED}, c.amount, c.currency, c.reason, c.id"
    " FROM corrections c LEFT JOIN entries e ON e.id = c.entry"
    " LEFT JOIN attempts a ON a.entry = c.entry"
    " AND a.number = CASE c.number WHEN 0 THEN e.attempts ELSE c.number END"
    " WHERE c.at >= ? AND c.at < ? ORDER BY c.at, c.entry, c.number, c.id"
)
_EVER = 1 << 62
_ORDER = attrgetter("at", "entry", "number", "correction_id")


def read_charges(
    store: Store, since: int | None = None, until: int | None = None
) -> Generator[Charge, None, None]:
    """Every line of the half-open period of unix nanoseconds, by time, in constant memory.

    Attempts for which nothing is owed (refused by the provider, never sent) are no lines. A correction of an
    entry as a whole carries the deployment of its last attempt.
    """
    period = (since or 0, _EVER if until is None else until)

    @lru_cache(4096)
    def context(digest: bytes | None, deployment: str | None, answered_by: str | None) -> _Context:
        if digest is None:
            return _NOBODY
        return _context(read_decision(store, digest), deployment or "", answered_by or "")

    def read(statement: str, own: Callable[[Row], _Own]) -> Iterator[Charge]:
        for row in store.stream(statement, period):
            digest, deployment, answered_by = row[3:6]
            shared = context(digest, deployment, answered_by)
            yield _line(row, shared, own(row[_SHARED_COUNT:]))

    yield from merge(read(_ATTEMPTS, _attempt), read(_CORRECTIONS, _correction), key=_ORDER)


def _context(decision: Decision, deployment: str, answered_by: str) -> _Context:
    target = decision.targets.get(answered_by) or decision.targets.get(deployment, {})
    return _Context(
        decision.caller,
        decision.route,
        decision.facts,
        decision.workload,
        str(target.get("provider", "")),
        str(target.get("model", "")),
        target,
    )


def _attempt(own: Row) -> _Own:
    *tokens, estimated, amount, currency, list_amount, list_currency, unrated = own
    return _Own(
        None if None in tokens else msgspec.convert(dict(zip(_CLASSES, tokens, strict=True)), Usage),
        bool(estimated),
        read_money(amount, currency),
        read_money(list_amount, list_currency),
        str(unrated),
    )


def _correction(own: Row) -> _Own:
    amount, currency, reason, identity = own
    assert isinstance(identity, bytes), "STRICT tables keep ids as bytes"
    return _Own(None, False, read_money(amount, currency), None, "", str(reason), identity)


def _line(row: Row, shared: _Context, own: _Own) -> Charge:
    entry, number, at, _, *target = row[:_SHARED_COUNT]
    deployment, answered_by, cloud, region, served_model, tier, outcome, price = (
        str(value or "") for value in target
    )
    assert isinstance(entry, bytes), "STRICT tables keep ids as bytes"
    assert isinstance(number, int), "STRICT tables keep numbers as integers"
    assert isinstance(at, int), "STRICT tables keep times as integers"
    return Charge(
        entry=entry,
        number=number,
        at=at,
        caller=shared.caller,
        route=shared.route,
        facts=shared.facts,
        workload=shared.workload,
        deployment=deployment,
        answered_by=answered_by,
        cloud=cloud,
        region=_regions(region),
        provider=shared.provider,
        model=shared.model,
        served_model=served_model,
        tier=tier,
        usage=own.usage,
        estimated=own.estimated,
        outcome=outcome,
        cost=own.cost,
        list_cost=own.list_cost,
        unrated=own.unrated,
        price=price,
        correction=own.correction,
        correction_id=own.correction_id,
        target=shared.target,
    )


@lru_cache(1024)
def _regions(text: str) -> tuple[str, ...]:
    return msgspec.json.decode(text, type=tuple[str, ...]) if text else ()
