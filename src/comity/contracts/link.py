"""Checks what only the whole book can tell: ids, overrides, grades, cycles and the number of worlds.

Gives the override relation (who cuts whom) with every rule of precedence already in it, so that evaluation
never asks about authority or parts again.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import product

import msgspec

from comity.contracts.clauses import (
    Authority,
    Clause,
    Contract,
    Definition,
    Effect,
    Example,
    Grade,
    Occurrence,
)
from comity.contracts.fields import Problems, suggest
from comity.contracts.terms import definitions
from comity.contracts.worlds import LIMIT, Worlds, bundles, choices, in_play, size
from comity.errors import Place

_RESTRICTS = (Effect.CONFINE, Effect.FORBID, Effect.REQUIRE)


def link_overrides(
    clauses: Mapping[str, Clause], contracts: Mapping[str, Contract], problems: Problems
) -> dict[str, tuple[str, ...]]:
    """Clause to the clauses that override it; refuses what may not override and cycles."""
    return _Overrides(clauses, contracts, problems).linked()


class _Overrides:
    """Works out who overrides whom."""

    def __init__(
        self, clauses: Mapping[str, Clause], contracts: Mapping[str, Contract], problems: Problems
    ) -> None:
        self.clauses = clauses
        self.contracts = contracts
        self.problems = problems
        self.cutters: dict[str, set[str]] = {}

    def linked(self) -> dict[str, tuple[str, ...]]:
        for clause in self.clauses.values():
            for target in self._targets(clause):
                self.cutters.setdefault(target, set()).add(clause.id)
        for contract in self.contracts.values():
            if contract.order:
                self._rank_parts(contract)
        self._refuse_cycles()
        return {target: tuple(sorted(names)) for target, names in sorted(self.cutters.items())}

    def _targets(self, clause: Clause) -> Iterable[str]:
        for name in clause.overrides:
            if name == "*":
                yield from self._everything_below(clause)
            elif self._may_override(clause, name):
                yield name

    def _everything_below(self, clause: Clause) -> Iterable[str]:
        own = self.contracts[clause.contract]
        if own.authority < Authority.AWARD:
            self.problems.add(
                clause.place,
                f"`{clause.id}` overrides `*`, but its contract is no law, court or award",
                "name the clauses that it overrides, or write `authority: law` in the front matter",
            )
            return
        for other in self.clauses.values():
            if self.contracts[other.contract].authority < own.authority and self._strong(clause, other):
                yield other.id

    def _may_override(self, clause: Clause, name: str) -> bool:
        target = self.clauses.get(name)
        if target is None:
            message = f"`{clause.id}` overrides `{name}`, which is no clause"
            self.problems.add(clause.place, message, suggest(name, self.clauses))
            return False
        own, other = self.contracts[clause.contract], self.contracts[target.contract]
        if own.id != other.id and (own.authority < Authority.AWARD or own.authority <= other.authority):
            self.problems.add(
                clause.place,
                f"`{clause.id}` ({own.authority.word}) cannot override `{name}` ({other.authority.word})"
                f" of `{other.id}`",
                "only law, court or award reach into other files; else let both stand",
            )
            return False
        return self._strong(clause, target)

    def _strong(self, clause: Clause, target: Clause) -> bool:
        statement = Statement(clause.place, f"`{clause.id}`", clause.grade)
        return check_grade(statement, target.grade, f"override `{target.id}`", self.problems)

    def _rank_parts(self, contract: Contract) -> None:
        mine = [clause for clause in self.clauses.values() if clause.contract == contract.id]
        ranks = {part: rank for rank, part in enumerate(contract.order)}
        lowest = len(ranks)
        named = {target: set(names) for target, names in self.cutters.items()}
        for upper, lower in product(mine, mine):
            above = ranks.get(upper.part, lowest) < ranks.get(lower.part, lowest)
            if above and _opposed(upper, lower) and not _reaches(upper.id, lower.id, named):
                self.cutters.setdefault(lower.id, set()).add(upper.id)

    def _refuse_cycles(self) -> None:
        edges = {name: sorted(self.cutters.get(name, ())) for name in self.clauses}
        for cycle in cycles(edges):
            chain = " ← ".join(f"`{name}`" for name in (*cycle, cycle[0]))
            self.problems.add(
                self.clauses[cycle[0]].place,
                f"these clauses override each other in a circle: {chain}",
                "take one `overrides` out",
            )


class Statement(msgspec.Struct, frozen=True):
    """Something that would end something else."""

    place: Place
    """Where it stands."""
    name: str
    """What to call it in a message."""
    grade: Grade
    """How well it is known."""


def check_grade(statement: Statement, needed: Grade, what: str, problems: Problems) -> bool:
    """Whether `statement` may end something of the grade `needed`; notes the problem."""
    if statement.grade.may_end(needed):
        return True
    problems.add(
        statement.place,
        f"{statement.name} is {statement.grade.word} and cannot {what}, which is {needed.word}:"
        " a lower grade can never end a higher one",
        f"cite a source that is {min(needed, Grade.QUOTED).word} or better, or let both stand",
    )
    return False


def _opposed(one: Clause, other: Clause) -> bool:
    pair = (one.effect, other.effect)
    return Effect.PERMIT in pair and any(effect in _RESTRICTS for effect in pair)


def _reaches(start: str, goal: str, cutters: Mapping[str, set[str]]) -> bool:
    seen: set[str] = set()
    todo = [start]
    while todo:
        name = todo.pop()
        if name == goal:
            return True
        if name not in seen:
            seen.add(name)
            todo += cutters.get(name, ())
    return False


def cycles(edges: Mapping[str, Iterable[str]]) -> list[tuple[str, ...]]:
    """One cycle for every strongly tied knot that a walk finds, each beginning at its smallest name."""
    found: dict[frozenset[str], tuple[str, ...]] = {}
    done: set[str] = set()
    for start in sorted(edges):
        path: list[str] = []
        todo: list[tuple[str, bool]] = [(start, False)]
        while todo:
            name, leaving = todo.pop()
            if leaving:
                path.pop()
                done.add(name)
            elif name in path:
                ring = path[path.index(name) :]
                turn = ring.index(min(ring))
                found.setdefault(frozenset(ring), (*ring[turn:], *ring[:turn]))
            elif name not in done:
                path.append(name)
                todo.append((name, True))
                todo += [(other, False) for other in sorted(edges.get(name, ()), reverse=True)]
    return list(found.values())


def check_supersedes(clauses: Mapping[str, Clause], problems: Problems) -> None:
    """Refuses `supersedes` that name nothing, another contract, or have no day to begin."""
    for clause in clauses.values():
        if clause.supersedes and clause.in_force.start is None:
            problems.add(
                clause.place,
                f"`{clause.id}` supersedes other clauses, but does not say from when",
                "add `in_force: 2026-04-27 ..`",
            )
        for name in clause.supersedes:
            target = clauses.get(name)
            if target is None:
                message = f"`{clause.id}` supersedes `{name}`, which is no clause"
                problems.add(clause.place, message, suggest(name, clauses))
            elif target.contract != clause.contract or target.id == clause.id:
                problems.add(
                    clause.place,
                    f"`{clause.id}` cannot supersede `{name}`, which stands in another contract or is itself",
                    "let a law override it, or let both stand",
                )
            else:
                statement = Statement(clause.place, f"`{clause.id}`", clause.grade)
                check_grade(statement, target.grade, f"supersede `{name}`", problems)


def check_definitions(defined: Mapping[str, Definition], problems: Problems) -> None:
    """Refuses definitions that rest on themselves, and settlements known worse than what they settle."""
    edges = {
        name: sorted({used for reading in definition.readings for used in definitions(reading.means)})
        for name, definition in defined.items()
    }
    for cycle in cycles(edges):
        chain = " → ".join(f"`{name}`" for name in (*cycle, cycle[0]))
        problems.add(
            defined[cycle[0]].place, f"these definitions rest on themselves: {chain}", "break the circle"
        )
    for definition in defined.values():
        for settled in definition.settled:
            lost = [reading for reading in definition.readings if reading.name != settled.reading]
            needed = max((reading.grade for reading in lost), default=settled.grade)
            name = f"the settlement of `{definition.name}`"
            statement = Statement(definition.place, name, settled.grade)
            check_grade(statement, needed, "end the other readings, the best of", problems)


def check_events(
    occurrences: Iterable[Occurrence], clauses: Mapping[str, Clause], problems: Problems
) -> None:
    """Refuses event records that are known worse than a clause they end."""
    for record in occurrences:
        for clause in clauses.values():
            if clause.until is not None and record.event in clause.until.events:
                statement = Statement(record.place, f"the record of `{record.event}`", record.grade)
                check_grade(statement, clause.grade, f"end `{clause.id}`", problems)


def check_powers(clauses: Mapping[str, Clause], problems: Problems) -> None:
    """Refuses powers over clauses that do not exist."""
    for clause in clauses.values():
        for name in clause.power.of if clause.power is not None else ():
            if name not in clauses:
                problems.add(
                    clause.place,
                    f"`{clause.id}` is a power over `{name}`, which is no clause",
                    suggest(name, clauses),
                )


def check_examples(examples: Iterable[Example], known: Iterable[str], problems: Problems) -> None:
    """Refuses examples that expect clauses which do not exist."""
    names = set(known)
    for example in examples:
        for name in example.because or ():
            if name not in names:
                message = f"`because` names `{name}`, which is no clause"
                problems.add(example.place, message, suggest(name, names))


def link_worlds(
    clauses: Mapping[str, Clause],
    defined: Mapping[str, Definition],
    problems: Problems,
    *,
    bundled: bool,
    place: Place,
) -> Worlds:
    """The worlds of the book; refuses more than fit."""
    names = tuple(
        sorted(name for name in in_play(clauses.values(), defined) if len(defined[name].readings) > 1)
    )
    if not names or (not bundled and size(names, defined) <= LIMIT):
        return choices(names, defined)
    worlds = bundles(names, defined) if bundled else None
    if worlds is not None and 0 < worlds.count <= LIMIT:
        return worlds
    if worlds is not None and not worlds.count:
        message = "`worlds: by_party`, but nobody asserts a reading"
        problems.add(place, message, "say who reads a term: `by: [oai]`")
    else:
        found = size(names, defined) if worlds is None else worlds.count
        problems.add(
            place,
            f"{len(names)} open definitions make {found} worlds, and at most {LIMIT} fit",
            "settle a definition, or write `worlds: by_party` in the front matter of `vocabulary.md`",
        )
    return choices((), defined)
