"""The answer about one workload: six outcomes, four bitmasks over worlds, and the clauses behind them.

*Disputed* is settled by lawyers, *unknown* by logging; the rule in `outcome_of` never merges them. Masks are
plain integers: bit i stands for world i of the book.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

import msgspec

from comity.contracts.clauses import Grade


class Outcome(StrEnum):
    """What the book says about a workload."""

    PERMITTED = "permitted"
    SILENT = "silent"
    CONDITIONAL = "conditional"
    DISPUTED = "disputed"
    UNKNOWN = "unknown"
    PROHIBITED = "prohibited"


class Role(StrEnum):
    """What a clause does in a verdict."""

    FORBIDS = "forbids"
    REQUIRES = "requires"
    PERMITS = "permits"
    CONFORMS = "conforms"
    SILENCE = "silence"
    SUPPLY_RISK = "supply risk"


class Reason(msgspec.Struct, frozen=True):
    """One clause that speaks about the workload."""

    clause: str
    """Its id; for `SILENCE` the id of the contract that does not allow what it does not mention."""
    contract: str
    """The contract in which it stands."""
    effect: Role
    """What it does here."""
    must: int
    """Worlds in which it certainly does so."""
    may: int
    """Worlds in which it does so for some value of the missing attributes."""
    parties: tuple[str, ...]
    """Parties in whose readings it certainly does so; empty when no party asserts any reading."""
    why: tuple[str, ...]
    """The attributes that it tests."""
    grade: Grade
    """How well the clause is known."""
    sources: tuple[str, ...]
    """Where it was said, by id."""
    binds: tuple[str, ...]
    """Whose breach it would be; empty for everybody."""


class Duty(msgspec.Struct, frozen=True):
    """What a conditional verdict still asks for."""

    clause: str
    """The require clause."""
    text: str
    """What must hold first, as written."""


class Verdict(msgspec.Struct, frozen=True):
    """What the book says about one workload at one moment."""

    outcome: Outcome
    """The one word."""
    all: int
    """The worlds that count: not settled away, and asserted by the party asked for."""
    f_must: int
    """Worlds that prohibit, whatever the missing attributes are."""
    f_may: int
    """Worlds that prohibit for some value of the missing attributes."""
    c_must: int
    """Worlds that are conditional whatever the missing attributes are."""
    c_may: int
    """Worlds that are conditional for some value of them."""
    p_must: int
    """Worlds in which some clause expressly permits, or is conformed to."""
    p_may: int
    """The same, for some value of the missing attributes."""
    reasons: tuple[Reason, ...] = ()
    """Every clause that speaks, prohibitions first."""
    clauses: tuple[str, ...] = ()
    """Ids of the clauses that decided."""
    needs: tuple[str, ...] = ()
    """Missing attributes on which the answer hangs, sorted."""
    duties: tuple[Duty, ...] = ()
    """What is outstanding when conditional."""
    contradictions: tuple[tuple[str, str], ...] = ()
    """Pairs of permit and prohibition of one contract that both apply; the stricter was answered."""
    asserted: Mapping[str, int] = {}
    """Party to the worlds of its readings; parties that assert nothing are absent."""

    @property
    def worlds(self) -> int:
        """How many worlds count."""
        return self.all.bit_count()

    def within(self, worlds: int) -> Outcome:
        """The outcome when only `worlds` count; the verdict's own when they have none in common with it."""
        mask = self.all & worlds or self.all
        return outcome_of(mask, (self.f_must, self.f_may), (self.c_must, self.c_may), self.p_must)

    def as_read_by(self, party: str | None) -> Outcome:
        """The outcome in the readings of `party`; None is nobody in particular."""
        return self.outcome if party is None else self.within(self.asserted.get(party, self.all))


def outcome_of(worlds: int, forbids: tuple[int, int], asks: tuple[int, int], permits: int) -> Outcome:
    """The truth table of verdicts, over the worlds in the mask `worlds` (not zero).

    `forbids` and `asks` are pairs of masks (must, may); `permits` is where something surely permits.
    """
    prohibited = _line(worlds, forbids, Outcome.PROHIBITED)
    if prohibited is not None:
        return prohibited
    conditional = _line(worlds, asks, Outcome.CONDITIONAL)
    if conditional is not None:
        return conditional
    return Outcome.PERMITTED if permits & worlds else Outcome.SILENT


def _line(worlds: int, masks: tuple[int, int], everywhere: Outcome) -> Outcome | None:
    must, may = masks[0] & worlds, masks[1] & worlds
    if must == worlds:
        return everywhere
    if must and may != worlds:
        return Outcome.DISPUTED
    return Outcome.UNKNOWN if may & ~must else None
