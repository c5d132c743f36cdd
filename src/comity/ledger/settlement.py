"""The end of an entry from its attempts: sums that are exact and say what they do not know."""

from __future__ import annotations

from collections.abc import Sequence

from comity.exchange import Usage
from comity.ledger.entry import Attempted, AttemptOutcome, EntryOutcome, Settled
from comity.money import Money
from comity.prices import UnratedReason

_UNCHARGED = {AttemptOutcome.FAILED, AttemptOutcome.NOT_SENT}
_NOTHING = Usage()


def settle(
    entry: bytes,
    outcome: EntryOutcome,
    status: int,
    attempts: Sequence[Attempted],
    at: int,
    *,
    answer_hash: bytes | None = None,
) -> Settled:
    """The settlement of `entry` at unix nanoseconds `at`, summed over its attempts."""
    if len(attempts) == 1:  # the usual entry: what its one attempt used and cost is the sum
        (only,) = attempts
        usage, cost = only.usage, only.cost
        return Settled(
            entry,
            at,
            outcome,
            status,
            1,
            _NOTHING if usage is None else usage,
            int(usage is None and is_unknown(only)),
            () if cost is None else (cost,),
            int(cost is None and is_unrated(only)),
            only.estimated,
            answer_hash,
        )
    return Settled(
        entry=entry,
        at=at,
        outcome=outcome,
        status=status,
        attempts=len(attempts),
        usage=add_usage([attempt.usage for attempt in attempts if attempt.usage is not None]),
        unknown_usage=sum(is_unknown(attempt) for attempt in attempts),
        costs=add_money([attempt.cost for attempt in attempts if attempt.cost is not None]),
        unrated=sum(is_unrated(attempt) for attempt in attempts),
        estimated=any(attempt.estimated for attempt in attempts),
        answer_hash=answer_hash,
    )


def is_unknown(attempt: Attempted) -> bool:
    """Whether the attempt may have been charged for tokens that nobody counted."""
    return attempt.usage is None and attempt.outcome not in _UNCHARGED


def is_unrated(attempt: Attempted) -> bool:
    """Whether something may be owed for the attempt that has no amount."""
    return attempt.cost is None and not attempt.unrated.startswith(UnratedReason.NOT_CHARGED)


def add_usage(parts: Sequence[Usage]) -> Usage:
    """The sum by token class."""
    if len(parts) == 1:
        return parts[0]
    return Usage(*(sum(getattr(part, name) for part in parts) for name in Usage.__struct_fields__))


def add_money(parts: Sequence[Money]) -> tuple[Money, ...]:
    """The exact sums, one per currency, by currency."""
    if len(parts) == 1:
        return (parts[0],)
    sums: dict[str, Money] = {}
    for part in parts:
        known = sums.get(part.currency)
        sums[part.currency] = part if known is None else known + part
    return tuple(sums[currency] for currency in sorted(sums))
