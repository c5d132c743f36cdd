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
_FORBIDS = (Role.FORBIDS, Role.SILENCE)
_ALLOWS = (Role.PERMITS, Role.CONFORMS)


def weigh(
    holdings: list[Holding],
    frame: Frame,
    rejected: tuple[str, ...],
    needs: Callable[[list[Holding], int], Iterable[str]],
) -> Verdict:
    """The verdict that `holdings` make together.

    `rejected` are attributes that had to be stated and were not; `needs` finds the missing attributes
    behind the open holdings that it is given, and is called only when the answer hangs on them.
    """
    everywhere = frame.all
    f_must, f_may = _union(holdings, _FORBIDS, everywhere)
    c_must, c_may = _union(holdings, (Role.REQUIRES,), everywhere)
    p_must, p_may = _union(holdings, _ALLOWS, everywhere)
    if rejected:
        f_may = everywhere
    outcome = outcome_of(everywhere, (f_must, f_may), (c_must, c_may), p_must)
    deciding = _deciding(holdings, outcome, f_may, c_may, everywhere)
    wanted: set[str] = set(rejected)
    if f_may & ~f_must:
        wanted |= set(
            needs([holding for holding in holdings if holding.role in _FORBIDS], everywhere & ~f_must)
        )
    elif not f_may and c_may & ~c_must:
        wanted |= set(
            needs([holding for holding in holdings if holding.role is Role.REQUIRES], everywhere & ~c_must)
        )
    return Verdict(
        outcome=outcome,
        all=everywhere,
        f_must=f_must,
        f_may=f_may,
        c_must=c_must,
        c_may=c_may,
        p_must=p_must,
        p_may=p_may,
        reasons=_reasons(holdings, frame),
        clauses=deciding,
        needs=tuple(sorted(wanted)),
        duties=_duties(holdings, everywhere),
        contradictions=_contradictions(holdings, everywhere),
        asserted=frame.asserted,
    )


def _union(holdings: list[Holding], roles: tuple[Role, ...], worlds: int) -> tuple[int, int]:
    must = may = 0
    for holding in holdings:
        if holding.role in roles:
            must |= holding.must
            may |= holding.may
    return must & worlds, may & worlds


def _deciding(
    holdings: list[Holding], outcome: Outcome, f_may: int, c_may: int, everywhere: int
) -> tuple[str, ...]:
    """Prohibitions, else requirements, else permissions; of a dispute both sides."""
    roles: tuple[Role, ...] = ()
    clear = everywhere
    if f_may:
        roles, clear = _FORBIDS, everywhere & ~f_may
    elif c_may:
        roles, clear = (Role.REQUIRES,), everywhere & ~c_may
    against = sorted({holding.norm.name for holding in holdings if holding.role in roles})
    if against and outcome is not Outcome.DISPUTED:
        return tuple(against)
    allowing = {holding.norm.name for holding in holdings if holding.role in _ALLOWS and holding.must & clear}
    return (*against, *sorted(allowing - set(against)))


def _duties(holdings: list[Holding], worlds: int) -> tuple[Duty, ...]:
    found = [
        Duty(holding.norm.clause.id, term_phrase(holding.norm.goal))
        for holding in holdings
        if holding.role is Role.REQUIRES and not isinstance(holding.norm, Hush) and holding.may & worlds
    ]
    return tuple(sorted(found, key=lambda duty: duty.clause))


def _contradictions(holdings: list[Holding], worlds: int) -> tuple[tuple[str, str], ...]:
    permits: dict[str, list[Holding]] = {}
    for holding in holdings:
        if holding.role is Role.PERMITS and holding.must & worlds:
            permits.setdefault(holding.norm.contract.id, []).append(holding)
    found = [
        (permit.norm.name, forbid.norm.name)
        for forbid in holdings
        if forbid.role is Role.FORBIDS
        for permit in permits.get(forbid.norm.contract.id, ())
        if permit.must & forbid.must & worlds
    ]
    return tuple(sorted(found))


def _reasons(holdings: list[Holding], frame: Frame) -> tuple[Reason, ...]:
    ordered = sorted(holdings, key=lambda holding: (_ORDER[holding.role], holding.norm.name))
    return tuple(_reason(holding, frame) for holding in ordered if holding.may & frame.all)


def _reason(holding: Holding, frame: Frame) -> Reason:
    """The reason, from those that the frame keeps: a few thousand verdicts share a few dozen reasons."""
    kept: dict[tuple[str, Role, int, int], Reason] = frame.__dict__.setdefault("_reasons", {})
    key = (holding.norm.name, holding.role, holding.must, holding.may)
    found = kept.get(key)
    if found is None:
        if len(kept) >= _KEPT:
            kept.clear()
        found = kept[key] = _new_reason(holding, frame)
    return found


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
