"""Why the book says what it says: as a structure, and as sentences for people."""

from __future__ import annotations

from datetime import datetime

import msgspec

from comity.contracts.book import Book
from comity.contracts.decide import interpret
from comity.contracts.interpret import Interpreter
from comity.contracts.norms import timeline_of
from comity.contracts.verdict import Outcome, Role, Verdict
from comity.contracts.views import View, views_of
from comity.contracts.vocabulary import Workload
from comity.contracts.whatif import Change, Given, cheapest_change, given

_SHOWN = 4


class Defeat(msgspec.Struct, frozen=True):
    """A clause that would have applied, and what overrides it here."""

    clause: str
    """The clause."""
    by: tuple[str, ...]
    """The clauses that override it."""
    why: str
    """The rule of precedence: `law over contract`, `named override` or `order of parts`."""


class Explanation(msgspec.Struct, frozen=True):
    """Why a verdict is what it is."""

    verdict: Verdict
    """The verdict."""
    views: tuple[View, ...]
    """The worlds, by the readings that matter."""
    defeated: tuple[Defeat, ...]
    """Clauses that lost."""
    given: tuple[Given, ...]
    """What the values of the missing attributes would give."""
    change: Change | None
    """The cheapest change that is allowed in every world; None when none is needed or known."""
    sentence: str
    """All of it in a few sentences."""


def explain(
    book: Book, workload: Workload, at: datetime, as_of: datetime | None = None, party: str | None = None
) -> Explanation:
    """The verdict about `workload` with everything behind it; the arguments are those of `decide`.

    >>> book = load_book(Path("books/acme"))
    >>> facts = {"actor": "acme", "action": "serve", "provider": "oai", "cloud": "azure"}
    >>> facts |= {"data": "personal", "subject": "eu", "region": ["us-east-1"]}
    >>> workload = parse_facts(book, facts)
    >>> answer = explain(book, workload, datetime(2026, 6, 1, tzinfo=UTC))
    >>> answer.sentence.partition(",")[0]
    'Prohibited. dpa.residency forbids it'
    >>> answer.change.text
    'processing in eu only'
    """
    norms = timeline_of(book, as_of).norms(at.timestamp())
    verdict = interpret(book, workload, norms, party)
    interpreter = Interpreter(book, norms, workload)
    clear = verdict.outcome in (Outcome.PERMITTED, Outcome.SILENT)
    change = None if clear else cheapest_change(book, norms, workload, party)
    explanation = Explanation(
        verdict=verdict,
        views=views_of(book, interpreter, verdict),
        defeated=_defeated(book, interpreter, verdict),
        given=given(book, norms, workload, verdict.needs, party),
        change=change,
        sentence="",
    )
    return msgspec.structs.replace(explanation, sentence=_sentence(book, explanation, party))


def _defeated(book: Book, interpreter: Interpreter, verdict: Verdict) -> tuple[Defeat, ...]:
    found: list[Defeat] = []
    for identity, norm in interpreter.norms.norms.items():
        reach = interpreter.reach(identity, every=False).may & verdict.all
        by = tuple(
            cutter
            for cutter in norm.cutters
            if interpreter.live(cutter, every=True).must & reach & verdict.all
        )
        if by:
            found.append(Defeat(identity, by, _rule(book, identity, by[0])))
    return tuple(sorted(found, key=lambda defeat: defeat.clause))


def _rule(book: Book, loser: str, winner: str) -> str:
    clause = book.clause(winner)
    own, other = book.contracts[clause.contract], book.contracts[book.clause(loser).contract]
    if own.authority > other.authority:
        return f"{own.authority.word} over {other.authority.word}"
    return "named override" if loser in clause.overrides else "order of parts"


def _sentence(book: Book, explanation: Explanation, party: str | None) -> str:
    verdict = explanation.verdict
    parts = [_opening(book, verdict, party)]
    parts += _view_sentences(book, explanation)
    parts += [
        f"{loser.clause} gives way to {_and(loser.by)} ({loser.why})."
        for loser in explanation.defeated[:_SHOWN]
    ]
    if explanation.given:
        parts.append(
            "With "
            + ", ".join(f"{one.attribute}={one.value}: {one.outcome}" for one in explanation.given)
            + "."
        )
    if verdict.duties and verdict.outcome is Outcome.CONDITIONAL:
        parts += [f"First {duty.text} ({duty.clause})." for duty in verdict.duties]
    parts += [
        f"{permit} permits and {forbid} forbids it: a contradiction."
        for permit, forbid in verdict.contradictions
    ]
    parts += _risks(verdict)
    if explanation.change is not None:
        parts.append(_change_sentence(book, explanation.change, verdict))
    return " ".join(parts)


def _opening(book: Book, verdict: Verdict, party: str | None) -> str:
    whose = "" if party is None else f" as {book.parties.get(party, party)} reads it"
    if verdict.outcome is Outcome.SILENT:
        risky = any(reason.effect is Role.SUPPLY_RISK for reason in verdict.reasons)
        says = "binds the one who acts" if risky else "speaks about it"
        return f"Silent{whose}. No clause {says}, and silence means permitted."
    if verdict.outcome is Outcome.UNKNOWN:
        return f"Unknown{whose} without {_and(verdict.needs)}."
    return f"{verdict.outcome.capitalize()}{whose}."


def _view_sentences(book: Book, explanation: Explanation) -> list[str]:
    if explanation.verdict.outcome is Outcome.SILENT:
        return []
    return [_view_sentence(book, explanation.verdict, view) for view in explanation.views[:_SHOWN]]


def _view_sentence(book: Book, verdict: Verdict, view: View) -> str:
    because = f", because {_and(view.because)}" if view.because else ""
    says = _says(verdict, view)
    if not view.readings:
        opening = says if says.startswith(view.clauses[:1]) else says[:1].upper() + says[1:]
        return f"{opening}{because}."
    names = ", ".join(view.readings.values())
    if not view.parties:
        return f"In the reading {names}: {says}{because}."
    whose = _and(tuple(f"{book.parties.get(party, party)}'s" for party in view.parties))
    return f"{whose} reading ({names}): {says}{because}."


def _says(verdict: Verdict, view: View) -> str:
    names = _and(view.clauses)
    silent = tuple(reason.clause for reason in verdict.reasons if reason.effect is Role.SILENCE)
    if view.outcome is Outcome.PROHIBITED and view.clauses and set(view.clauses) <= set(silent):
        return f"{names} {'are' if len(view.clauses) > 1 else 'is'} silent, and that silence forbids"
    many = "" if len(view.clauses) > 1 else "s"
    if view.outcome is Outcome.PROHIBITED:
        return f"{names} forbid{many} it"
    if view.outcome is Outcome.CONDITIONAL:
        return f"{names} ask{many} for something first"
    if view.outcome is Outcome.UNKNOWN:
        return f"{names} may forbid it"
    if not view.clauses:
        return "not reached"
    conforms = [reason.clause for reason in verdict.reasons if reason.effect is Role.CONFORMS]
    permits = tuple(name for name in view.clauses if name not in conforms)
    kept = tuple(name for name in view.clauses if name in conforms)
    parts = [f"{_and(permits)} permit{'' if len(permits) > 1 else 's'} it"] if permits else []
    parts += [f"it conforms to {_and(kept)}"] if kept else []
    return " and ".join(parts)


def _risks(verdict: Verdict) -> list[str]:
    names = tuple(
        reason.clause for reason in verdict.reasons if reason.effect is Role.SUPPLY_RISK and reason.must
    )
    return [f"Supply risk: {_and(names)} may bind the supplier."] if names else []


def _change_sentence(book: Book, change: Change, verdict: Verdict) -> str:
    outcome = "permitted" if change.outcome is Outcome.PERMITTED else "not forbidden"
    moves = all(book.vocabulary.attributes[name].known_at == "target" for name in change.facts)
    verb = "is" if moves else "makes it"
    return f"{change.text[:1].upper()}{change.text[1:]} {verb} {outcome} in {_worlds(verdict.worlds)}."


def _and(words: tuple[str, ...]) -> str:
    if len(words) < 2:
        return "".join(words)
    return f"{', '.join(words[:-1])} and {words[-1]}"


def _worlds(count: int) -> str:
    return "the only world" if count == 1 else f"all {count} worlds"
