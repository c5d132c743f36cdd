"""What a reader of a sound book should still know: contradictions, forgotten overrides, dead clauses."""

from __future__ import annotations

from itertools import combinations

from comity.contracts.book import Book, Finding
from comity.contracts.calendar import Calendar, Span
from comity.contracts.clauses import Clause, Effect
from comity.contracts.terms import All, Is, OneOf, Term
from comity.contracts.vocabulary import Vocabulary

_FORBIDS = (Effect.CONFINE, Effect.FORBID)


def find(book: Book) -> tuple[Finding, ...]:
    """Everything that a reader should know about `book`, by place."""
    spans = Calendar(book).spans
    found = [*_worlds(book), *_dead(book, spans), *_conflicts(book, spans)]
    return tuple(sorted(found, key=lambda finding: (finding.place, finding.message)))


def _worlds(book: Book) -> list[Finding]:
    if not book.worlds.bundled:
        return []
    names = ", ".join(f"`{name}`" for name in book.worlds.open)
    place = next(iter(book.definitions.values())).place
    return [
        Finding(
            "worlds",
            place,
            f"the readings of {names} are bundled: one world per party",
            "settle a definition",
        )
    ]


def _dead(book: Book, spans: dict[str, Span]) -> list[Finding]:
    return [
        Finding(
            "never in force",
            clause.place,
            f"`{clause.id}` is never in force",
            "check its dates and what ends it",
        )
        for clause in book.clauses
        if clause.id in spans and not spans[clause.id].start < spans[clause.id].end
    ]


def _conflicts(book: Book, spans: dict[str, Span]) -> list[Finding]:
    found: list[Finding] = []
    for one, other in combinations([clause for clause in book.clauses if clause.id in spans], 2):
        if one.contract != other.contract or not _opposed(one, other) or _ranked(book, one.id, other.id):
            continue
        if not _overlap(spans[one.id], spans[other.id]):
            continue
        finding = _conflict(one, other, book.vocabulary)
        if finding is not None:
            found.append(finding)
    return found


def _conflict(one: Clause, other: Clause, vocabulary: Vocabulary) -> Finding | None:
    if one.unless is not None or other.unless is not None:
        return None
    inner, outer = _narrower(one, other, vocabulary), _narrower(other, one, vocabulary)
    if inner and outer:
        return Finding(
            "contradiction",
            other.place,
            f"`{one.id}` and `{other.id}` speak about the same and disagree",
            "say with `overrides` which prevails; until then the stricter is answered",
        )
    if inner or outer:
        small, large = (one, other) if inner else (other, one)
        return Finding(
            "specificity",
            small.place,
            f"`{small.id}` lies inside `{large.id}` and disagrees",
            f"did you mean `overrides: [{large.id}]`? being more specific decides nothing",
        )
    return None


def _opposed(one: Clause, other: Clause) -> bool:
    effects = (one.effect, other.effect)
    return Effect.PERMIT in effects and any(effect in _FORBIDS for effect in effects)


def _ranked(book: Book, one: str, other: str) -> bool:
    return one in book.cutters.get(other, ()) or other in book.cutters.get(one, ())


def _overlap(one: Span, other: Span) -> bool:
    return max(one.start, other.start) < min(one.end, other.end)


def _narrower(small: Clause, large: Clause, vocabulary: Vocabulary) -> bool:
    """Whether every workload of `small` is surely one of `large`; False when that cannot be seen."""
    inner, outer = _parts(small.scope), _parts(large.scope)
    return all(any(_implies(have, want, vocabulary) for have in inner) for want in outer)


def _parts(term: Term) -> tuple[Term, ...]:
    if not isinstance(term, All):
        return (term,)
    return tuple(leaf for part in term.terms for leaf in _parts(part))


def _implies(have: Term, want: Term, vocabulary: Vocabulary) -> bool:
    if have == want:
        return True
    if isinstance(have, Is) or not isinstance(have, OneOf) or not isinstance(want, OneOf):
        return False
    if have.attribute != want.attribute:
        return False
    return have.values <= vocabulary.attributes[have.attribute].inside(want.values)
