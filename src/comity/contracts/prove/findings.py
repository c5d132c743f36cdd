"""Everything that can be proved about one book, and the difference between two."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from itertools import pairwise

import msgspec

from comity.contracts.book import Book
from comity.contracts.calendar import Span, days_of
from comity.contracts.clauses import Clause
from comity.contracts.prove.changes import Change, changes
from comity.contracts.prove.contradictions import contradictions
from comity.contracts.prove.dilemmas import dilemmas
from comity.contracts.prove.disputes import disputes
from comity.contracts.prove.idle import idle
from comity.contracts.prove.proof import Kind, Proof
from comity.contracts.prove.stretches import Outline, Stretch, View, edges, last_noon, outlines
from comity.errors import Place
from comity.period import Period

_NOWHERE = Place("", 1, 1)


def prove(
    book: Book, at: datetime | None = None, party: str | None = None, as_of: datetime | None = None
) -> tuple[Proof, ...]:
    """What is so about `book`: at all times, or in the stretch without change that holds `at`.

    What a clause does in all its life, and what changes from day to day, is asked for all times only.
    `party` counts only the worlds of that party's readings, `as_of` limits the book to what it knew then.
    Raises MissingExtraError without the solver, BookError for what it cannot express.
    """
    (outline,) = outlines((book,), View(at, party, as_of))
    stretches = outline.stretches()
    questions = (contradictions, dilemmas, disputes)
    found = [proof for question in questions for proof in question(outline, stretches)]
    if at is None:
        found += [*idle(outline, stretches), *amendments(outline, stretches)]
    return tuple(found)


def amendments(outline: Outline, stretches: list[Stretch]) -> Iterator[Proof]:
    """What each day of change newly allows, disputes or forbids."""
    for before, after in pairwise(stretches):
        for change in changes(before, after):
            contract, place = _cause(before, after, change.clauses)
            yield Proof(
                kind=Kind.AMENDED,
                place=place,
                message=f"{change.kind}: {change_phrase(change)}",
                period=Period(days_of(after.span, outline.book.zone(contract)).start, None),
                clauses=change.clauses,
                witness=change.now,
                before=msgspec.structs.replace(change.was, at=last_noon(before.span, outline.book)),
            )


def _cause(before: Stretch, after: Stretch, names: tuple[str, ...]) -> tuple[str, Place]:
    """What changed in between, as contract and place: a clause (of `names` if one did), a term, a silence."""
    book, was, now = before.outline.book, before.form.norms.at, after.form.norms.at
    begun = [clause for clause in book.clauses if clause in now.clauses and clause not in was.clauses]
    ended = [clause for clause in book.clauses if clause in was.clauses and clause not in now.clauses]
    for changed in sorted((*begun, *ended), key=lambda clause: clause.id not in names):
        return changed.contract, changed.place
    for (name, reading), worlds in now.frame.masks.items():
        if was.frame.masks[name, reading] != worlds:
            return book.definitions[name].contract, book.definitions[name].place
    contract = book.contracts[min(was.contracts ^ now.contracts)]
    return contract.id, Place(contract.file, 1, 1)


def change_phrase(change: Change) -> str:
    """What happened to the workloads of a change, in words."""
    names = ", ".join(f"`{name}`" for name in change.clauses)
    strict = change.before if change.loosens else change.after
    ending = "s" if len(change.clauses) == 1 and not change.loosens else ""
    deed = {
        "prohibited": f"forbid{ending}",
        "disputed": f"forbid{ending} in some reading",
        "conditional": f"require{ending} something for",
    }[strict.word]
    if change.loosens:
        return f"{change.after.word} is what {names} used to {deed}"
    return f"{names} now {deed} what was {change.before.word}"


class Shift(msgspec.Struct, frozen=True):
    """A change of answers between two books, with the days on which it shows."""

    change: Change
    """Which workloads, and how."""
    period: Period
    """The days, in the zone of the first book."""


class Difference(msgspec.Struct, frozen=True):
    """Two books side by side."""

    added: tuple[str, ...]
    """Clauses of the second only."""
    removed: tuple[str, ...]
    """Clauses of the first only."""
    changed: tuple[str, ...]
    """Clauses that stand in both and say something else."""
    shifts: tuple[Shift, ...]
    """What is answered otherwise."""

    @property
    def loosens(self) -> bool:
        """Whether the second book allows anything that the first does not."""
        return any(shift.change.loosens for shift in self.shifts)


def compare(
    one: Book,
    other: Book,
    at: datetime | None = None,
    party: str | None = None,
    as_of: datetime | None = None,
) -> Difference:
    """What `other` says otherwise than `one`: at all times or at `at`, in every reading or a party's.

    `as_of` limits both books to what they knew then.
    """
    mine, yours = outlines((one, other), View(at, party, as_of))
    moments = (
        edges(sorted({*mine.timeline.calendar.bounds, *yours.timeline.calendar.bounds}))
        if at is None
        else [at.timestamp()]
    )
    known, new = _written(mine), _written(yours)
    return Difference(
        added=tuple(name for name in new if name not in known),
        removed=tuple(name for name in known if name not in new),
        changed=tuple(name for name in known if name in new and new[name] != known[name]),
        shifts=tuple(_shifts(mine, yours, moments)),
    )


def _written(outline: Outline) -> dict[str, Clause]:
    """The clauses that the book knew, by id."""
    known = outline.timeline.calendar.lives.of
    return {clause.id: _words(clause) for clause in outline.book.clauses if clause.id in known}


def _words(clause: Clause) -> Clause:
    """The clause without where it stands and how it is told."""
    return msgspec.structs.replace(clause, place=_NOWHERE, prose="", title="")


def _shifts(mine: Outline, yours: Outline, moments: list[float]) -> Iterator[Shift]:
    """Every change, joined over adjacent stretches."""
    open_: dict[tuple[str, str, tuple[str, ...]], tuple[Change, Span]] = {}
    zone = mine.book.clock
    for moment in moments:
        one, other = mine.stretch(moment), yours.stretch(moment)
        span = Span(max(one.span.start, other.span.start), min(one.span.end, other.span.end))
        found = {
            (change.before.word, change.after.word, change.clauses): change for change in changes(one, other)
        }
        for key in [key for key in open_ if key not in found]:
            change, run = open_.pop(key)
            yield Shift(change, days_of(run, zone))
        for key, change in found.items():
            first, run = open_.get(key, (change, span))
            open_[key] = (first, Span(run.start, span.end))
    for change, run in open_.values():
        yield Shift(change, days_of(run, zone))
