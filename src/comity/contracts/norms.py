"""What binds at one moment, ready to be evaluated by any target: scopes with their actors, cutters in order.

A clause that does not test `actor` applies to the parties that its contract binds. For other actors it is
supply risk: its shadow says so and decides nothing. A contract whose silence forbids adds one norm of its
own.
"""

from __future__ import annotations

from datetime import datetime

import msgspec

from comity.contracts.book import Book
from comity.contracts.calendar import Calendar, Slice, Span
from comity.contracts.clauses import Clause, Contract, Effect
from comity.contracts.terms import FALSE, All, Not, OneOf, Term, attributes

_ACTOR = "actor"
_RESTRICTS = (Effect.CONFINE, Effect.FORBID, Effect.REQUIRE)
_DECIDES = (*_RESTRICTS, Effect.PERMIT)


class Norm(msgspec.Struct, frozen=True):
    """One clause at one moment."""

    name: str
    """The id of the clause."""
    clause: Clause
    """The clause."""
    contract: Contract
    """Its contract."""
    scope: Term
    """When it speaks, actors included, exceptions apart."""
    unless: Term
    """When it does not."""
    goal: Term
    """What a confine or a require asks for."""
    cutters: tuple[str, ...]
    """The live clauses that override it."""
    shadow: Term | None
    """When it is supply risk: the scope for an actor that it does not bind; None when it never is."""


class Hush(msgspec.Struct, frozen=True):
    """A contract that forbids what it does not mention."""

    name: str
    """The id of the contract."""
    contract: Contract
    """The contract."""
    scope: Term
    """What it is about."""
    speakers: tuple[str, ...]
    """Its live clauses; one of them must speak."""
    cutters: tuple[str, ...]
    """The live clauses of higher authority that override everything."""


class Norms(msgspec.Struct, frozen=True):
    """Everything that decides at one moment."""

    at: Slice
    """The moment."""
    norms: dict[str, Norm]
    """Every live clause that decides single requests, by id; cutters before what they cut."""
    hushes: tuple[Hush, ...]
    """The contracts whose silence forbids."""

    def read_by(self, party: str) -> Norms:
        """The same in the worlds of one party's readings only."""
        frame = self.at.frame.restricted(party)
        return msgspec.structs.replace(self, at=msgspec.structs.replace(self.at, frame=frame))


class Timeline:
    """What decides at every moment, in the book as it was known; built stretch by stretch, then kept."""

    def __init__(self, book: Book, as_of: float | None = None) -> None:
        self.book = book
        self.calendar = Calendar(book, as_of)
        self._norms: dict[Span, Norms] = {}

    def norms(self, at: float) -> Norms:
        """What decides at `at` (unix seconds)."""
        moment = self.calendar.slice(at)
        found = self._norms.get(moment.span)
        if found is None:
            found = self._norms[moment.span] = norms_of(self.book, moment)
        return found


def timeline_of(book: Book, as_of: datetime | None) -> Timeline:
    """The timeline of `book`; the one of all that it knows is kept with it, since a book never changes."""
    if as_of is not None:
        return Timeline(book, as_of.timestamp())
    known: Timeline | None = book.__dict__.get("_timeline")
    if known is None:
        known = book.__dict__["_timeline"] = Timeline(book)
    return known


def norms_of(book: Book, moment: Slice) -> Norms:
    """What decides in the stretch `moment`."""
    live = {clause.id: clause for clause in moment.clauses if clause.effect in _DECIDES}
    found: dict[str, Norm] = {}
    for identity in live:
        _add(identity, live, book, found)
    return Norms(moment, found, _hushes(book, moment, live))


def _add(identity: str, live: dict[str, Clause], book: Book, found: dict[str, Norm]) -> None:
    if identity in found:
        return
    clause = live[identity]
    cutters = tuple(name for name in book.cutters.get(identity, ()) if name in live)
    for name in cutters:
        _add(name, live, book, found)
    contract = book.contracts[clause.contract]
    found[identity] = Norm(
        name=identity,
        clause=clause,
        contract=contract,
        scope=_bound(clause.scope, contract),
        unless=FALSE if clause.unless is None else clause.unless,
        goal=clause.goal,
        cutters=cutters,
        shadow=_shadow(clause, contract),
    )


def _bound(scope: Term, contract: Contract) -> Term:
    if not contract.binds or _ACTOR in attributes(scope):
        return scope
    return All((OneOf(_ACTOR, frozenset(contract.binds)), scope))


def _shadow(clause: Clause, contract: Contract) -> Term | None:
    if not contract.binds or clause.effect not in _RESTRICTS:
        return None
    parts = clause.scope.terms if isinstance(clause.scope, All) else (clause.scope,)
    named = [part for part in parts if isinstance(part, OneOf) and part.attribute == _ACTOR]
    rest = tuple(part for part in parts if part not in named)
    bound = frozenset(contract.binds).union(*(part.values for part in named))
    return All((Not(OneOf(_ACTOR, bound)), *rest))


def _hushes(book: Book, moment: Slice, live: dict[str, Clause]) -> tuple[Hush, ...]:
    found: list[Hush] = []
    for contract in sorted(book.contracts.values(), key=lambda contract: contract.id):
        if contract.silence != "forbidden" or contract.id not in moment.contracts:
            continue
        cutters = tuple(
            sorted(
                clause.id
                for clause in live.values()
                if "*" in clause.overrides and book.contracts[clause.contract].authority > contract.authority
            )
        )
        speakers = tuple(sorted(clause.id for clause in live.values() if clause.contract == contract.id))
        found.append(Hush(contract.id, contract, _bound(contract.covers, contract), speakers, cutters))
    return tuple(found)
