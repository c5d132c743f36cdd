"""The worlds of a verdict as people see them: by the readings that make a difference, with who asserts them.

Most definitions do not matter to a given workload. A view groups the worlds by those that do.
"""

from __future__ import annotations

from itertools import product

import msgspec

from comity.contracts.book import Book
from comity.contracts.interpret import Interpreter
from comity.contracts.phrases import fact_phrase
from comity.contracts.terms import Is, Term, tests
from comity.contracts.verdict import Outcome, Role, Verdict


class View(msgspec.Struct, frozen=True):
    """What the book says in one choice of the readings that matter."""

    readings: dict[str, str]
    """Definition to reading, for the definitions that matter; empty when none does."""
    parties: tuple[str, ...]
    """Parties that assert all of these readings."""
    outcome: Outcome
    """The outcome in these worlds."""
    worlds: int
    """The worlds, as a mask."""
    clauses: tuple[str, ...]
    """The clauses that forbid or require in these worlds; else those that permit."""
    because: tuple[str, ...]
    """The facts behind it, as `attribute=value`."""


def views_of(book: Book, interpreter: Interpreter, verdict: Verdict) -> tuple[View, ...]:
    """The verdict by the readings that matter, prohibitions first."""
    names = _matter(book, verdict)
    choices = product(*([reading.name for reading in book.definitions[name].readings] for name in names))
    found: list[View] = []
    for choice in choices:
        readings = dict(zip(names, choice, strict=True))
        worlds = verdict.all
        for name, reading in readings.items():
            worlds &= book.worlds.mask(name, [reading])
        if worlds:
            found.append(_view(book, interpreter, verdict, readings, worlds))
    order = list(Outcome)
    return tuple(sorted(found, key=lambda view: -order.index(view.outcome)))


def _matter(book: Book, verdict: Verdict) -> tuple[str, ...]:
    """The open definitions on which the outcome of a world depends."""
    outcomes = [verdict.within(1 << i) if verdict.all >> i & 1 else None for i in range(book.worlds.count)]
    by_choice = dict(zip(book.worlds.choices, outcomes, strict=True))
    found: list[str] = []
    for position, name in enumerate(book.worlds.open):
        groups: dict[tuple[str, ...], set[Outcome]] = {}
        for choice, outcome in by_choice.items():
            if outcome is not None:
                groups.setdefault((*choice[:position], *choice[position + 1 :]), set()).add(outcome)
        if any(len({_allowed(outcome) for outcome in group}) > 1 for group in groups.values()):
            found.append(name)
    return tuple(found)


def _allowed(outcome: Outcome) -> Outcome:
    return Outcome.PERMITTED if outcome is Outcome.SILENT else outcome


def _view(
    book: Book, interpreter: Interpreter, verdict: Verdict, readings: dict[str, str], worlds: int
) -> View:
    outcome = verdict.within(worlds)
    roles = {
        Outcome.PROHIBITED: (Role.FORBIDS, Role.SILENCE),
        Outcome.CONDITIONAL: (Role.REQUIRES,),
        Outcome.UNKNOWN: (Role.FORBIDS, Role.SILENCE, Role.REQUIRES),
    }.get(outcome, (Role.PERMITS, Role.CONFORMS))
    clear = outcome in (Outcome.PERMITTED, Outcome.SILENT)
    reasons = [
        reason
        for reason in verdict.reasons
        if reason.effect in roles and (reason.must if clear else reason.may) & worlds
    ]
    clauses = tuple(dict.fromkeys(reason.clause for reason in reasons))
    if clear:
        because = _unreached(book, interpreter, verdict, readings)
    else:
        because = _facts(book, interpreter, clauses, readings)
    parties = tuple(
        party
        for party in verdict.asserted
        if readings and all(_asserts(book, party, name, reading) for name, reading in readings.items())
    )
    return View(readings, parties, outcome, worlds, clauses, because)


def _asserts(book: Book, party: str, name: str, reading: str) -> bool:
    return any(party in known.by for known in book.definitions[name].readings if known.name == reading)


def _facts(
    book: Book, interpreter: Interpreter, clauses: tuple[str, ...], readings: dict[str, str]
) -> tuple[str, ...]:
    """The facts that the clauses test beyond who does what: their goal, and the readings that matter."""
    found: dict[str, None] = {}
    for identity in clauses[:2]:
        norm = interpreter.norms.norms.get(identity)
        if norm is None:
            continue
        for term in (*_meanings(book, norm.scope, readings), norm.goal):
            found.update(dict.fromkeys(_stated(interpreter, term)))
        if not found:
            found.update(dict.fromkeys(_stated(interpreter, norm.scope)))
    return tuple(found)


def _meanings(book: Book, scope: Term, readings: dict[str, str]) -> list[Term]:
    named = [leaf.definition for leaf in tests(scope) if isinstance(leaf, Is)]
    return [
        reading.means
        for name in named
        for reading in book.definitions[name].readings
        if readings.get(name, reading.name) == reading.name
    ]


def _stated(interpreter: Interpreter, term: Term) -> list[str]:
    leaves = [leaf for leaf in tests(term) if not isinstance(leaf, Is)]
    return [
        f"{leaf.attribute}={fact_phrase(interpreter.facts[leaf.attribute])}"
        for leaf in leaves
        if leaf.attribute in interpreter.facts and leaf.attribute not in {"actor", "action"}
    ]


def _unreached(
    book: Book, interpreter: Interpreter, verdict: Verdict, readings: dict[str, str]
) -> tuple[str, ...]:
    """The facts that keep this choice of readings clear of the clauses that forbid in another one."""
    found: dict[str, None] = {}
    for name, reading in readings.items():
        meaning = next(known.means for known in book.definitions[name].readings if known.name == reading)
        for leaf in tests(meaning):
            truth = interpreter.truth(leaf, every=False)
            if not truth.may & verdict.all and not isinstance(leaf, Is):
                found.update(dict.fromkeys(_stated(interpreter, leaf)))
    return tuple(found)
