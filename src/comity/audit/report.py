"""What an audit found, as values: sums by outcome, by clause and reading, by party, and by group.

Every number here is a sum over the same requests seen from another side; nothing is rounded.
"""

from __future__ import annotations

import msgspec

from comity.audit.lot import Weight


class OutcomeLine(msgspec.Struct, frozen=True):
    """Everything with one outcome."""

    outcome: str
    """The verdict in one word, or `unreadable`."""
    weight: Weight
    """How much."""


class ClauseLine(msgspec.Struct, frozen=True):
    """What one clause does to the requests with one outcome, in some readings."""

    clause: str
    """The clause."""
    effect: str
    """What it does: `forbids`, `requires`, `silence`, `supply risk`."""
    outcome: str
    """The outcome of these requests."""
    parties: tuple[str, ...]
    """The parties in whose readings it certainly does so; empty when nobody asserts a reading."""
    worlds: int
    """The number of worlds in which it may do so."""
    of: int
    """The number of worlds that count."""
    weight: Weight
    """How much; a request that two clauses speak about is in both lines."""


class ReadingLine(msgspec.Struct, frozen=True):
    """Everything with one outcome as one party reads the book."""

    party: str
    """The party."""
    outcome: str
    """The outcome in the worlds of its readings."""
    weight: Weight
    """How much."""


class GroupLine(msgspec.Struct, frozen=True):
    """Everything with one outcome in one group."""

    keys: tuple[str, ...]
    """The values of the group, in the order that was asked for; empty where there is none."""
    outcome: str
    """The outcome."""
    weight: Weight
    """How much."""


class NeedLine(msgspec.Struct, frozen=True):
    """What a fact that was not recorded keeps unknown."""

    attribute: str
    """The fact."""
    weight: Weight
    """How much hangs on it."""


class ChangeLine(msgspec.Struct, frozen=True):
    """What is judged otherwise than it was when it happened."""

    recorded: str
    """The outcome on record."""
    outcome: str
    """The outcome now."""
    clauses: tuple[str, ...]
    """The clauses that decide now."""
    weight: Weight
    """How much."""


class Report(msgspec.Struct, frozen=True):
    """The result of an audit."""

    book: str
    """Title of the book."""
    fingerprint: str
    """SHA-256 of its files, hexadecimal."""
    as_of: str
    """What the book was asked as of: `then`, `now` or a moment."""
    party: str
    """The party whose readings count; empty when all do."""
    period: tuple[float, float] | None
    """The first and the last moment of a lot, unix seconds on the contracts' clock; None without any."""
    total: Weight
    """Everything that was done."""
    outcomes: tuple[OutcomeLine, ...]
    """By outcome, the gravest first."""
    clauses: tuple[ClauseLine, ...]
    """By clause and reading, as far as clauses stand in the way of something."""
    readings: tuple[ReadingLine, ...]
    """By party, for the requests on which the readings differ."""
    group_by: tuple[str, ...]
    """What the groups are by."""
    groups: tuple[GroupLine, ...]
    """By group and outcome."""
    needs: tuple[NeedLine, ...]
    """Missing facts."""
    changes: tuple[ChangeLine, ...]
    """What is judged otherwise than on record."""
    refused: tuple[OutcomeLine, ...]
    """Requests for which no deployment was left, by the mildest outcome among those that they might have gone
    to; nothing was done, so they are in no other sum."""
    unreadable: tuple[NeedLine, ...]
    """What the book has no words for, and how much it concerns."""
    undecided: int = 0
    """Calls on record without any reservation: nobody can say what they were about."""

    def count(self, outcome: str) -> int:
        """The requests with an outcome."""
        return sum(line.weight.requests for line in self.outcomes if line.outcome == outcome)
