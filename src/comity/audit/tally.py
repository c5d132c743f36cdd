"""Judges lots and sums what comes out, from every side that a report shows.

Memory grows with the kinds of answers, not with the number of requests.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import TypeVar

import msgspec

from comity.audit.lot import Lot, Weight
from comity.audit.report import (
    ChangeLine,
    ClauseLine,
    GroupLine,
    NeedLine,
    OutcomeLine,
    ReadingLine,
    Report,
)
from comity.audit.rules import Rules
from comity.contracts import Outcome, Role, Value, Verdict, Workload

UNREADABLE = "unreadable"
"""The outcome of what the book has no words for."""

GRAVEST = (
    Outcome.PROHIBITED.value,
    Outcome.DISPUTED.value,
    Outcome.UNKNOWN.value,
    UNREADABLE,
    Outcome.CONDITIONAL.value,
    Outcome.PERMITTED.value,
    Outcome.SILENT.value,
)
"""The outcomes, the gravest first."""

_CLEAR = (Outcome.PERMITTED, Outcome.SILENT)
_SHOWN = (Role.FORBIDS, Role.REQUIRES, Role.SILENCE, Role.SUPPLY_RISK)
_MILDEST = {word: place for place, word in enumerate(reversed(GRAVEST))}
Key = TypeVar("Key")


class Judged(msgspec.Struct, frozen=True):
    """A lot and what the book says about it."""

    lot: Lot
    """The lot."""
    workload: Workload
    """What was done; of a refusal, the candidate with the mildest verdict. Empty when unreadable."""
    verdict: Verdict | None
    """The verdict about it; None when unreadable."""
    unreadable: str = ""
    """Why it means nothing in the book; empty when it does."""

    @property
    def outcome(self) -> str:
        """The verdict in one word, or `unreadable`."""
        return UNREADABLE if self.verdict is None else self.verdict.outcome.value


def judge_lots(lots: Iterable[Lot], rules: Rules) -> Iterator[Judged]:
    """Every lot with its verdict."""
    for lot in lots:
        yield judge_lot(lot, rules)


def judge_lot(lot: Lot, rules: Rules) -> Judged:
    """One lot with its verdict."""
    unreadable = lot.unreadable
    verdicts: list[tuple[Verdict, Workload]] = []
    for facts in lot.candidates:
        try:
            workload = rules.read(facts)
        except ValueError as error:
            unreadable = str(error).partition("; ")[0]
        else:
            verdicts.append((rules.decide(workload, lot.at), workload))
    if not verdicts:
        return Judged(lot, {}, None, unreadable)
    verdict, workload = min(verdicts, key=lambda one: _MILDEST[one[0].outcome.value])
    return Judged(lot, workload, verdict)


class Tally:
    """Sums of judged lots."""

    def __init__(self, rules: Rules, group_by: tuple[str, ...] = ()) -> None:
        self._rules = rules
        self._group_by = group_by
        self._total = Weight()
        self._period: tuple[float, float] | None = None
        self._outcomes: dict[str, Weight] = {}
        self._clauses: dict[tuple[str, str, str, tuple[str, ...], int, int], Weight] = {}
        self._readings: dict[tuple[str, str], Weight] = {}
        self._groups: dict[tuple[tuple[str, ...], str], Weight] = {}
        self._needs: dict[str, Weight] = {}
        self._changes: dict[tuple[str, str, tuple[str, ...]], Weight] = {}
        self._refused: dict[str, Weight] = {}
        self._unreadable: dict[str, Weight] = {}

    def add(self, judged: Judged) -> None:
        """Takes in one judged lot."""
        lot, outcome, weight = judged.lot, judged.outcome, judged.lot.weight
        if judged.verdict is None:
            _add(self._unreadable, judged.unreadable, weight)
        if lot.act == "refused":
            _add(self._refused, outcome, weight)
            return
        self._total.add(weight)
        self._see(lot.at, lot.at if lot.last is None else lot.last)
        _add(self._outcomes, outcome, weight)
        if self._group_by:
            _add(self._groups, (group_of(judged, self._group_by), outcome), weight)
        if judged.verdict is not None:
            self._add_verdict(judged.verdict, weight)
            if lot.recorded and lot.recorded != outcome:
                _add(self._changes, (lot.recorded, outcome, judged.verdict.clauses), weight)

    def _see(self, begin: float, end: float) -> None:
        first, last = self._period or (begin, end)
        self._period = (min(first, begin), max(last, end))

    def _add_verdict(self, verdict: Verdict, weight: Weight) -> None:
        outcome = verdict.outcome.value
        for reason in verdict.reasons:
            worlds = (reason.may & verdict.all).bit_count()
            if reason.effect in _SHOWN and worlds:
                key = (reason.clause, reason.effect.value, outcome, reason.parties, worlds, verdict.worlds)
                _add(self._clauses, key, weight)
        if verdict.outcome not in _CLEAR:
            for party in verdict.asserted:
                _add(self._readings, (party, verdict.as_read_by(party).value), weight)
        for name in verdict.needs:
            _add(self._needs, name, weight)

    def report(self, undecided: int = 0) -> Report:
        """The sums so far."""
        rules = self._rules
        as_of = rules.as_of.isoformat() if isinstance(rules.as_of, datetime) else rules.as_of
        return Report(
            book=rules.book.title,
            fingerprint=rules.book.fingerprint,
            as_of=as_of,
            party=rules.party or "",
            period=self._period,
            total=self._total,
            outcomes=_by_outcome(self._outcomes),
            clauses=self._clause_lines(),
            readings=tuple(
                ReadingLine(party, outcome, weight)
                for (party, outcome), weight in sorted(
                    self._readings.items(), key=lambda one: (one[0][0], GRAVEST.index(one[0][1]))
                )
            ),
            group_by=self._group_by,
            groups=tuple(
                GroupLine(keys, outcome, weight)
                for (keys, outcome), weight in sorted(
                    self._groups.items(), key=lambda one: (one[0][0], GRAVEST.index(one[0][1]))
                )
            ),
            needs=_by_name(self._needs),
            changes=tuple(
                ChangeLine(*key, weight) for key, weight in sorted(self._changes.items(), key=_first)
            ),
            refused=_by_outcome(self._refused),
            unreadable=_by_name(self._unreadable),
            undecided=undecided,
        )

    def _clause_lines(self) -> tuple[ClauseLine, ...]:
        lines = [ClauseLine(*key, weight) for key, weight in self._clauses.items()]
        lines.sort(
            key=lambda line: (
                GRAVEST.index(line.outcome),
                line.clause,
                line.effect,
                line.parties,
                line.worlds,
                line.of,
            )
        )
        return tuple(lines)


def group_of(judged: Judged, names: tuple[str, ...]) -> tuple[str, ...]:
    """The values of `names` for a lot: its facts as judged, else its columns; empty where it has none."""
    return tuple(_value(judged, name) for name in names)


def _value(judged: Judged, name: str) -> str:
    fact = judged.workload.get(name)
    if fact is None:
        return judged.lot.columns.get(name, "")
    return fact_text(fact)


def fact_text(fact: Value) -> str:
    """A fact as it is written in a table."""
    if isinstance(fact, frozenset):
        return ",".join(sorted(fact))
    return str(fact).lower() if isinstance(fact, bool) else str(fact)


def _add(sums: dict[Key, Weight], key: Key, weight: Weight) -> None:
    found = sums.get(key)
    if found is None:
        found = sums[key] = Weight()
    found.add(weight)


def _first(item: tuple[Key, Weight]) -> Key:
    return item[0]


def _by_outcome(sums: dict[str, Weight]) -> tuple[OutcomeLine, ...]:
    return tuple(OutcomeLine(word, sums[word]) for word in GRAVEST if word in sums)


def _by_name(sums: dict[str, Weight]) -> tuple[NeedLine, ...]:
    return tuple(NeedLine(name, sums[name]) for name in sorted(sums))
