"""Everything that was done, row by row, for whoever judges it again: calls to deployments, and refusals.

It reads a store once, in the order of entry ids, with bounded memory. What many entries share is behind their
decision's key; `read_decision` fetches it.
"""
# ruff: noqa: S608 - statements are put together from our own column names

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from comity.errors import StoreError
from comity.exchange import Usage
from comity.ledger.entry import Decision
from comity.ledger.packed import unpack
from comity.ledger.selection import by_time
from comity.ledger.store import Store

_PROMPT = [name for name in Usage.__struct_fields__ if Usage(**{name: 1}).prompt]
_COMPLETION = [name for name in Usage.__struct_fields__ if Usage(**{name: 1}).completion]


class Call(NamedTuple):
    """One attempt that reached a deployment, or may have."""

    decision: bytes
    """Key of the decision."""
    deployment: str
    """The deployment that was called."""
    answered_by: str
    """The deployment that answered."""
    cloud: str
    """The cloud of the deployment that was called."""
    region: str
    """Regions in which it may have been processed, as a JSON list."""
    started: int
    """When the call began, unix nanoseconds."""
    prompt: int
    """Tokens read, as far as they are known."""
    completion: int
    """Tokens generated, as far as they are known."""
    amount: str | None
    """What it cost, in plain notation; None when unknown or nothing."""
    currency: str | None
    """Currency of the amount."""
    unpriced: int
    """1 when something may be owed and no amount is known, else 0."""


def _sum(names: list[str]) -> str:
    return " + ".join(f"coalesce(a.{name}_tokens, 0)" for name in names)


_CALLS = (
    "SELECT e.decision, a.deployment, a.answered_by, a.cloud, a.region, a.started,"
    f" {_sum(_PROMPT)}, {_sum(_COMPLETION)}, a.amount, a.currency,"
    " CASE WHEN a.amount IS NULL AND a.unrated NOT LIKE 'not_charged%' THEN 1 ELSE 0 END"
    " FROM attempts a {join} entries e ON e.id = a.entry"
    " WHERE a.outcome <> 'not_sent' AND e.decision IS NOT NULL AND {period} ORDER BY a.entry, a.number"
)
_REFUSALS = (
    "SELECT decision, at FROM entries"
    " WHERE outcome = 'refused' AND decision IS NOT NULL AND verdicts = '[]' AND at >= ? AND at < ?"
)
_EVER = 1 << 62


def read_calls(store: Store, since: int | None = None, until: int | None = None) -> Iterator[Call]:
    """Every attempt that was sent, begun in the half-open period of unix nanoseconds."""
    period, values = by_time(since, until, "a.started")
    statement = _CALLS.replace("{join}", store.dialect.join_in_order).replace("{period}", period)
    for row in store.stream(statement, values):
        yield Call(*row)  # type: ignore[arg-type]  # STRICT tables hold what their columns say


def read_refusals(
    store: Store, since: int | None = None, until: int | None = None
) -> Iterator[tuple[bytes, int]]:
    """The decision's key and the arrival of every request for which no candidate was left."""
    for digest, at in store.stream(_REFUSALS, (since or 0, _EVER if until is None else until)):
        assert isinstance(digest, bytes), "STRICT tables keep keys as bytes"
        assert isinstance(at, int), "STRICT tables keep times as integers"
        yield digest, at


def count_calls(store: Store) -> int:
    """How many attempts there are."""
    (row,) = store.rows("SELECT count(*) FROM attempts")
    assert isinstance(row[0], int), "a count is an integer"
    return row[0]


def count_undecided(store: Store) -> int:
    """Attempts whose reservation is not in the store: nobody can say what they were about."""
    (row,) = store.rows(
        "SELECT count(*) FROM attempts a LEFT JOIN entries e ON e.id = a.entry WHERE e.decision IS NULL"
    )
    assert isinstance(row[0], int), "a count is an integer"
    return row[0]


def read_decision(store: Store, digest: bytes) -> Decision:
    """The decision behind its key; raises StoreError when the store does not hold it."""
    for row in store.rows("SELECT packed FROM decisions WHERE digest = ?", (digest,)):
        assert isinstance(row[0], bytes), "STRICT tables keep decisions as bytes"
        return unpack(row[0])
    raise StoreError(f"the store `{store.name}` names a decision `{digest.hex()}` that it does not hold")
