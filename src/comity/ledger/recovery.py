"""What a dead gateway left open: every reservation gets its one settlement.

An entry whose writer died between reservation and settlement is settled as `lost`. If an attempt may have
been under way, one is recorded as ambiguous on the deployment that was next in the plan, with the
reservation's tokens as an estimate: the input estimate, and the client's output limit as an upper bound.
Without a limit the tokens stay unknown. Settlements go into the journal, never straight into the store.
"""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import msgspec

from comity.errors import StoreError
from comity.exchange import Usage
from comity.ledger.appending import append_records
from comity.ledger.entry import Attempted, AttemptOutcome, EntryOutcome, Record
from comity.ledger.folding import fold
from comity.ledger.rows import read_attempt
from comity.ledger.schema import ATTEMPT_COLUMNS
from comity.ledger.segments import forget_dead_writers, list_segments
from comity.ledger.settlement import settle
from comity.ledger.store import Store
from comity.prices import Rated, Tariff


class Target(msgspec.Struct, frozen=True):
    """What recovery needs to know of a deployment to estimate a lost attempt."""

    cloud: str
    """Its cloud."""
    region: frozenset[str]
    """Where it may have processed the request."""
    tariff: Tariff = Tariff()
    """What it charges."""


class _Open(msgspec.Struct, frozen=True):
    """An entry that was reserved and not settled."""

    entry: bytes
    planned: tuple[str, ...]
    input_estimate: int
    output_limit: int | None
    writer: str


_NOWHERE = Target("", frozenset())


def recover(folder: Path, store: Store, targets: Mapping[str, Target]) -> int:
    """Settles what dead writers left open and folds it; the number of entries. Safe to run at any time.

    Only what this folder's writers left: another gateway that shares the store settles its own.

    Raises StoreError when the folder or the store cannot be written.
    """
    try:
        with _alone(folder):
            fold(folder, store)
            own = {name.writer for name in list_segments(folder)}
            opened = [left for left in _left_open(store) if left.writer in own]
            if opened:
                append_records(folder, (record for left in opened for record in _close(store, left, targets)))
                fold(folder, store)
            forget_dead_writers(folder)
    except OSError as error:
        raise StoreError(f"the ledger in `{folder}` cannot be recovered: {error.strerror}") from error
    return len(opened)


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    folder.mkdir(parents=True, exist_ok=True)
    lock = os.open(folder / "recovery", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o640)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
    finally:
        os.close(lock)


def _left_open(store: Store) -> Iterator[_Open]:
    # INVARIANT: `alive` was asked before the segments were read, so a dead writer's records are all in.
    for entry, planned, *values in store.rows(
        "SELECT id, planned, input_estimate, output_limit, writer FROM entries WHERE outcome IS NULL"
        " AND writer IN (SELECT writer FROM segments GROUP BY writer HAVING max(alive) = 0) ORDER BY id"
    ):
        fields = (entry, msgspec.json.decode(str(planned)), *values)
        yield msgspec.convert(dict(zip(_Open.__struct_fields__, fields, strict=True)), _Open)


def _close(store: Store, left: _Open, targets: Mapping[str, Target]) -> list[Record]:
    rows = store.rows(
        f"SELECT {', '.join(ATTEMPT_COLUMNS)} FROM attempts WHERE entry = ? ORDER BY number",  # noqa: S608 - names are ours
        (left.entry,),
    )
    attempts = [read_attempt(row) for row in rows]
    added: list[Record] = []
    if not any(attempt.outcome is AttemptOutcome.SERVED for attempt in attempts):
        lost = _lost_attempt(left, len(attempts) + 1, targets)
        attempts.append(lost)
        added.append(lost)
    settlement = settle(left.entry, EntryOutcome.LOST, 0, attempts, at=time.time_ns())
    return [*added, settlement]


def _lost_attempt(left: _Open, number: int, targets: Mapping[str, Target]) -> Attempted:
    deployment = left.planned[min(number, len(left.planned)) - 1] if left.planned else ""
    target = targets.get(deployment, _NOWHERE)
    limit = left.output_limit
    usage = None if limit is None else Usage(input=left.input_estimate, output=limit)
    now = time.time_ns()
    rating = target.tariff.rate(usage, "", now)
    rated = rating if isinstance(rating, Rated) else None
    return Attempted(
        entry=left.entry,
        number=number,
        deployment=deployment,
        answered_by=deployment,
        cloud=target.cloud,
        region=target.region,
        started=now,
        first_byte=None,
        ended=now,
        outcome=AttemptOutcome.AMBIGUOUS,
        failure="lost",
        message="the gateway died before it could tell",
        usage=usage,
        estimated=usage is not None,
        cost=None if rated is None else rated.cost,
        unrated=str(rating) if rated is None else "",
        price="" if rated is None else rated.terms,
        list_cost=None if rated is None else rated.list_cost,
    )
