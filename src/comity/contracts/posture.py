"""What an operator does with a verdict: whose readings count, and what happens when the answer is not clear.

A posture never changes a verdict; the ruling records both.
"""

from __future__ import annotations

from typing import Literal, TypeAlias

import msgspec

from comity.contracts.verdict import Outcome, Verdict

Choice: TypeAlias = Literal["refuse", "allow-and-record", "re-route", "ask"]
"""What to do when the answer is not clear."""

Action: TypeAlias = Literal["allow", "record", "re-route", "ask", "refuse"]
"""What is done with one target."""

_ACTIONS: dict[Choice, Action] = {
    "refuse": "refuse",
    "allow-and-record": "record",
    "re-route": "re-route",
    "ask": "ask",
}


class Posture(msgspec.Struct, frozen=True):
    """How an operator acts on verdicts."""

    reading: str | None = None
    """The party whose readings count; None when all do."""
    mode: Literal["safe", "arguable"] = "safe"
    """`safe` acts on what every world that counts allows, `arguable` on what some world allows."""
    disputed: Choice = "refuse"
    """What to do when the worlds disagree."""
    unknown: Choice = "refuse"
    """What to do when a fact is missing."""
    conditional: Choice = "refuse"
    """What to do when a duty is outstanding."""


class Ruling(msgspec.Struct, frozen=True):
    """What is done with one verdict under one posture."""

    action: Action
    """What is done."""
    why: str
    """The reason, as a clause for people: lower case, no full stop."""
    outcome: Outcome
    """The outcome in the worlds that the posture counts."""


def judge(verdict: Verdict, posture: Posture) -> Ruling:
    """The ruling on `verdict` under `posture`.

    >>> book = load_book(Path("books/openai"))
    >>> facts = {"actor": "oai", "action": "serve", "provider": "oai", "product": "sre", "surface": "runtime"}
    >>> facts |= {"state": "stateful", "with": "third_party", "cloud": "aws", "host": "aws", "seller": "amzn"}
    >>> facts |= {"customer": "enterprise"}
    >>> verdict = decide(book, parse_facts(book, facts), datetime(2026, 3, 18, tzinfo=UTC))
    >>> str(verdict.outcome), judge(verdict, Posture()).action
    ('disputed', 'refuse')
    >>> judge(verdict, Posture(reading="oai")).action
    'allow'
    >>> judge(verdict, Posture(disputed="allow-and-record")).action
    'record'
    """
    outcome = verdict.as_read_by(posture.reading)
    whose = "every reading" if posture.reading is None else f"the reading of {posture.reading}"
    if outcome in (Outcome.PERMITTED, Outcome.SILENT):
        return Ruling("allow", f"{outcome} in {whose}", outcome)
    if outcome is Outcome.PROHIBITED:
        return Ruling("refuse", f"prohibited in {whose} by {_names(verdict)}", outcome)
    if posture.mode == "arguable" and _arguable(verdict, posture.reading):
        return Ruling("allow", f"{outcome} in {whose}, and allowed in some world", outcome)
    if outcome is Outcome.DISPUTED:
        why = f"disputed, {_readings(verdict)} ({_names(verdict)})"
        return Ruling(_ACTIONS[posture.disputed], why, outcome)
    if outcome is Outcome.UNKNOWN:
        return Ruling(_ACTIONS[posture.unknown], f"unknown without {', '.join(verdict.needs)}", outcome)
    duties = "; ".join(f"{duty.text} ({duty.clause})" for duty in verdict.duties)
    return Ruling(_ACTIONS[posture.conditional], f"conditional: first {duties}", outcome)


def _arguable(verdict: Verdict, party: str | None) -> bool:
    worlds = verdict.all if party is None else verdict.asserted.get(party, verdict.all)
    return bool(worlds & verdict.all & ~verdict.f_may & ~verdict.c_may)


def _readings(verdict: Verdict) -> str:
    """Who reads it how: `prohibited as msft reads it, permitted as amzn and oai read it`."""
    readers: dict[Outcome, list[str]] = {}
    for party in sorted(verdict.asserted):
        readers.setdefault(verdict.as_read_by(party), []).append(party)
    if len(readers) < 2:
        return "prohibited in some readings and not in others"
    return ", ".join(
        f"{outcome} as {' and '.join(parties)} {'reads' if len(parties) == 1 else 'read'} it"
        for outcome, parties in readers.items()
    )


def _names(verdict: Verdict) -> str:
    return ", ".join(verdict.clauses) or "the readings that count"
