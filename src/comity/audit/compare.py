"""What would have been otherwise: the same acts under two sets of rules and postures, side by side.

There is no second way to decide: both sides are judged like an audit, and only the answers are compared. It
says what the rules would have done with these requests, not which other requests would have come.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import TypeAlias

import msgspec

from comity.audit.lot import Lot, Weight
from comity.audit.rules import Rules
from comity.audit.tally import GRAVEST, UNREADABLE
from comity.contracts import Posture, Verdict, judge

PostureOf: TypeAlias = Callable[[Posture | None], Posture]
"""From the posture on record to the one that counts."""

_ALLOWED = ("allow", "record")
REFUSED = "refuse"
"""What becomes of a request whose facts mean nothing, or that no deployment may serve."""


class Answer(msgspec.Struct, frozen=True, order=True):
    """What rules and posture make of a lot."""

    outcome: str
    """The verdict in one word, or `unreadable`; of several candidates, the one that may serve, else the
    mildest."""
    action: str
    """What is done: `allow`, `record`, `re-route`, `ask` or `refuse`."""

    @property
    def allowed(self) -> bool:
        """Whether it is served."""
        return self.action in _ALLOWED


class Move(msgspec.Struct, frozen=True):
    """Requests that both sides answer alike."""

    act: str
    """`served` or `refused`, as it happened."""
    before: Answer
    """The answer of the first rules."""
    after: Answer
    """The answer of the second."""
    clauses: tuple[str, ...]
    """The clauses that decide under the second."""
    weight: Weight
    """How much."""


class Comparison(msgspec.Struct, frozen=True):
    """Two sets of rules over the same acts."""

    before: str
    """Fingerprint of the first book."""
    after: str
    """Fingerprint of the second book."""
    total: Weight
    """Everything that was done."""
    same: Weight
    """Of this, what is answered alike."""
    moves: tuple[Move, ...]
    """What is answered otherwise, refusals too; newly refused before newly allowed before the rest."""

    @property
    def stopped(self) -> Weight:
        """What was allowed and would not be."""
        return _sum(move.weight for move in self.moves if move.before.allowed and not move.after.allowed)

    @property
    def opened(self) -> Weight:
        """What was not allowed and would be."""
        return _sum(move.weight for move in self.moves if move.after.allowed and not move.before.allowed)


def compare(
    lots: Iterable[Lot],
    before: Rules,
    after: Rules,
    posture_before: PostureOf,
    posture_after: PostureOf,
) -> Comparison:
    """The answers to `lots` under both rules."""
    total, same = Weight(), Weight()
    moves: dict[tuple[str, Answer, Answer, tuple[str, ...]], Weight] = {}
    for lot in lots:
        first, _ = answer(lot, before, posture_before(lot.posture))
        second, clauses = answer(lot, after, posture_after(lot.posture))
        if lot.act == "served":
            total.add(lot.weight)
        if first != second:
            moves.setdefault((lot.act, first, second, clauses), Weight()).add(lot.weight)
        elif lot.act == "served":
            same.add(lot.weight)
    found = [Move(*key, weight) for key, weight in moves.items()]
    return Comparison(
        before.book.fingerprint, after.book.fingerprint, total, same, tuple(sorted(found, key=_order))
    )


def answer(lot: Lot, rules: Rules, posture: Posture) -> tuple[Answer, tuple[str, ...]]:
    """What becomes of a lot, and the clauses that decide it."""
    judged: list[tuple[Verdict, str]] = []
    for facts in lot.candidates:
        with suppress(ValueError):  # what the book has no words for is never allowed
            verdict = rules.decide(rules.read(facts), lot.at)
            judged.append((verdict, judge(verdict, posture).action))
    if not judged:
        return Answer(UNREADABLE, REFUSED), ()
    verdict, action = min(judged, key=_mildness)
    return Answer(verdict.outcome.value, action), verdict.clauses


def _mildness(one: tuple[Verdict, str]) -> tuple[bool, int]:
    verdict, action = one
    return action not in _ALLOWED, -GRAVEST.index(verdict.outcome.value)


def _order(move: Move) -> tuple[object, ...]:
    stops = move.before.allowed and not move.after.allowed
    opens = move.after.allowed and not move.before.allowed
    return (0 if stops else 1 if opens else 2, move.act, move.before, move.after, move.clauses)


def _sum(weights: Iterable[Weight]) -> Weight:
    found = Weight()
    for weight in weights:
        found.add(weight)
    return found
