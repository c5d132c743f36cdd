"""From what every clause does to one verdict: the strictest of all contracts, world by world, with reasons.

A permit in one contract never beats a prohibition in another, nor in its own when nothing overrides: that is
a contradiction, answered strictly and flagged.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import lru_cache

from comity.contracts.clauses import Effect
from comity.contracts.interpret import Holding
from comity.contracts.norms import Hush
from comity.contracts.phrases import term_phrase
from comity.contracts.terms import Term, attributes, definitions
from comity.contracts.verdict import Duty, Outcome, Reason, Role, Verdict, outcome_of
from comity.contracts.worlds import Frame

_ORDER = {role: place for place, role in enumerate(Role)}
_KEPT = 10_000
# Members of an enumeration are looked up slowly, and this is asked often.
_FORBIDS, _SILENCE, _REQUIRES = Role.FORBIDS, Role.SILENCE, Role.REQUIRES
_PERMITS, _CONFORMS = Role.PERMITS, Role.CONFORMS
_NONE = (0, 0)


def weigh(
    holdings: list[Holding],
    frame: Frame,
    rejected: tuple[str, ...],
    needs: Callable[[list[Holding], int], Iterable[str]],
) -> Verdict:
    """The verdict that `holdings`, in the order of `place_of`, make together.

    `rejected` are attributes that had to be stated and were not; `needs` finds the missing attributes
    behind the open holdings that it is given, and is called only when the answer hangs on them.
    """
    everywhere = frame.all
    sides = _Sides(holdings, everywhere)
    (f_must, f_may), (c_must, c_may), (p_must, p_may) = sides.forbid, sides.ask, sides.allow
    if rejected:
        f_may = everywhere
    outcome = outcome_of(everywhere, (f_must, f_may), (c_must, c_may), p_must)
    wanted: set[str] = set(rejected)
    if f_may & ~f_must:
        wanted.update(needs(sides.forbidding, everywhere & ~f_must))
    elif not f_may and c_may & ~c_must:
        wanted.update(needs(sides.asking, everywhere & ~c_must))
    return Verdict(
        outcome=outcome,
        all=everywhere,
        f_must=f_must,
        f_may=f_may,
        c_must=c_must,
        c_may=c_may,
        p_must=p_must,
        p_may=p_may,
        reasons=_reasons(holdings, frame) if holdings else (),
        clauses=_deciding(sides, outcome, f_may, c_may, everywhere) if holdings else (),
        needs=tuple(sorted(wanted)) if wanted else (),
        duties=_duties(sides.asking, frame) if sides.asking else (),
        contradictions=_contradictions(sides, everywhere) if sides.forbidding and sides.allowing else (),
        asserted=frame.asserted,
    )


def place_of(role: Role, name: str) -> tuple[int, str]:
    """Where a clause in a role stands among the reasons."""
    return _ORDER[role], name


class _Sides:
    """Who speaks on which side, with the worlds in which one of them must, and may."""

    __slots__ = ("allow", "allowing", "ask", "asking", "forbid", "forbidding")

    def __init__(self, holdings: list[Holding], worlds: int) -> None:
        self.forbidding: list[Holding] = []
        self.asking: list[Holding] = []
        self.allowing: list[Holding] = []
        for holding in holdings:
            role = holding.role
            if role is _FORBIDS or role is _SILENCE:
                self.forbidding.append(holding)
            elif role is _REQUIRES:
                self.asking.append(holding)
            elif role is _PERMITS or role is _CONFORMS:
                self.allowing.append(holding)
        self.forbid = _union(self.forbidding, worlds) if self.forbidding else _NONE
        self.ask = _union(self.asking, worlds) if self.asking else _NONE
        self.allow = _union(self.allowing, worlds) if self.allowing else _NONE


def _union(holdings: list[Holding], worlds: int) -> tuple[int, int]:
    must = may = 0
    for holding in holdings:
        must |= holding.must
        may |= holding.may
    return must & worlds, may & worlds


def _deciding(sides: _Sides, outcome: Outcome, f_may: int, c_may: int, everywhere: int) -> tuple[str, ...]:
    """Prohibitions, else requirements, else permissions; of a dispute both sides."""
    side: list[Holding] = []
    clear = everywhere
    if f_may:
        side, clear = sides.forbidding, everywhere & ~f_may
    elif c_may:
        side, clear = sides.asking, everywhere & ~c_may
    against = sorted({holding.norm.name for holding in side})
    if against and outcome is not Outcome.DISPUTED:
        return tuple(against)
    allowing = {holding.norm.name for holding in sides.allowing if holding.must & clear}
    return (*against, *sorted(allowing.difference(against)))


def _duties(asking: list[Holding], frame: Frame) -> tuple[Duty, ...]:
    """What is asked for, from the duties that the frame keeps."""
    kept: dict[str, Duty] = frame.__dict__.setdefault("_duties", {})
    found: list[Duty] = []
    for holding in asking:
        norm = holding.norm
        if isinstance(norm, Hush) or not holding.may & frame.all:
            continue
        duty = kept.get(norm.name)
        if duty is None:
            duty = kept[norm.name] = Duty(norm.clause.id, term_phrase(norm.goal))
        found.append(duty)
    return tuple(sorted(found, key=lambda duty: duty.clause))


def _contradictions(sides: _Sides, worlds: int) -> tuple[tuple[str, str], ...]:
    permits: dict[str, list[Holding]] = {}
    for holding in sides.allowing:
        if holding.role is _PERMITS and holding.must & worlds:
            permits.setdefault(holding.norm.contract.id, []).append(holding)
    found = [
        (permit.norm.name, forbid.norm.name)
        for forbid in sides.forbidding
        if forbid.role is _FORBIDS
        for permit in permits.get(forbid.norm.contract.id, ())
        if permit.must & forbid.must & worlds
    ]
    return tuple(sorted(found))


def _reasons(holdings: list[Holding], frame: Frame) -> tuple[Reason, ...]:
    """The reasons, from those that the frame keeps: thousands of verdicts share dozens."""
    kept: dict[tuple[str, Role, int, int], Reason] = frame.__dict__.setdefault("_reasons", {})
    found: list[Reason] = []
    worlds = frame.all
    for holding in holdings:
        if not holding.may & worlds:
            continue
        key = (holding.norm.name, holding.role, holding.must, holding.may)
        reason = kept.get(key)
        if reason is None:
            if len(kept) >= _KEPT:
                kept.clear()
            reason = kept[key] = _new_reason(holding, frame)
        found.append(reason)
    return tuple(found)


def _new_reason(holding: Holding, frame: Frame) -> Reason:
    must, may = holding.must & frame.all, holding.may & frame.all
    parties = tuple(
        party for party, worlds in frame.asserted.items() if worlds & frame.all and not worlds & ~must
    )
    norm = holding.norm
    if isinstance(norm, Hush):
        return Reason(
            clause=norm.contract.id,
            contract=norm.contract.id,
            effect=holding.role,
            must=must,
            may=may,
            parties=parties,
            why=tuple(sorted(attributes(norm.scope))),
            grade=norm.contract.grade,
            sources=(),
            binds=norm.contract.binds,
        )
    clause = norm.clause
    return Reason(
        clause=clause.id,
        contract=clause.contract,
        effect=holding.role,
        must=must,
        may=may,
        parties=parties,
        why=tested(
            norm.scope, norm.goal if clause.effect in (Effect.CONFINE, Effect.REQUIRE) else norm.scope
        ),
        grade=clause.grade,
        sources=tuple(source.id for source in clause.sources),
        binds=norm.contract.binds,
    )


@lru_cache(maxsize=4096)
def tested(scope: Term, goal: Term) -> tuple[str, ...]:
    """The attributes and definitions that a clause looks at, sorted."""
    both = attributes(scope) | attributes(goal) | definitions(scope) | definitions(goal)
    return tuple(sorted(both))
