"""Deciding every candidate of a request on its own concrete target, and remembering what was decided.

Caller and target facts are bound to the book once; a decision is remembered by the facts that vary and
dropped at the next date on which any clause changes. Remembering changes nothing: the same facts give the
same verdict.
"""

from __future__ import annotations

import time

import msgspec
from msgspec import Raw

from comity.budgets import CALLER, CONTRACT, MODEL, Account, accounts_of
from comity.contracts import Binding, Decider, Posture, Value, Workload, judge
from comity.gateway.clock import Clock
from comity.gateway.recorded import (
    recorded_drop,
    recorded_facts,
    recorded_posture,
    recorded_verdict,
    recorded_workload,
)
from comity.gateway.settings import Settings
from comity.intake import Caller, Operation, classify
from comity.intake.classify import KEPT_RESPONSES
from comity.ledger import Decision, pack
from comity.routing import Candidate, Route, Shortlist, shortlist, with_store
from comity.sessions import STORE

MEMORY = 8192
"""Decisions remembered at most; callers may state facts of their own, so the number of kinds has no bound."""


class Decided(msgspec.Struct, frozen=True):
    """What was decided for one kind of request."""

    shortlist: Shortlist
    """Candidates that may serve, and the dropped ones."""
    packed: Raw
    """The decision as the ledger keeps it, encoded once for every request of this kind."""
    until: float
    """Unix seconds (on the contracts' clock) before which the decision holds."""
    accounts: tuple[Account, ...] = ()
    """What the request is counted in by the operator's limits."""
    currency: str = ""
    """The currency of those that count money; several, joined by commas, are no currency of any price."""


class Decisions:
    """The decisions of one gateway process."""

    def __init__(self, settings: Settings, clock: Clock) -> None:
        self._settings = settings
        self._clock = clock
        self._decider = Decider(settings.book)
        self._bindings: dict[tuple[str, str], Binding] = {}
        self._memory: dict[tuple[object, ...], Decided] = {}

    def decide(self, caller: Caller, route: Route, operation: Operation, stated: Workload) -> Decided:
        """The decision for a request of this kind, now."""
        key: tuple[object, ...] = (caller.id, route.model, operation.dialect, operation.facts.get("state"))
        if stated:
            key += tuple(sorted(stated.items()))
        at = self._clock.at()
        decided = self._memory.get(key)
        if decided is None or at >= decided.until:
            decided = self._decide(caller, route, operation, stated, at)
            if len(self._memory) >= MEMORY:
                self._memory.clear()
            self._memory[key] = decided
        return decided

    def may_keep(self, caller: Caller, stated: Workload, posture: Posture) -> Candidate | None:
        """The store as a place where this caller's conversations may be kept; None where there is none."""
        if self._settings.sessions is None:
            return None
        workload = classify(KEPT_RESPONSES, caller, stated)
        return self._store(caller, workload, posture, self._clock.at())

    def outdated(self, decided: Decided) -> bool:
        """Whether a clause has begun or ended since: an attempt must be decided on its own time, too."""
        return self._clock.at() >= decided.until

    def _decide(
        self, caller: Caller, route: Route, operation: Operation, stated: Workload, at: float
    ) -> Decided:
        workload = classify(operation, caller, stated)
        store = None
        if operation is KEPT_RESPONSES and self._settings.sessions is not None:
            # Where a conversation lives is a fact of the product, whichever deployment runs the model.
            host = self._settings.sessions.facts.get("host")
            workload = workload if host is None else {"host": host, **workload}
            store = self._store(caller, workload, route.posture, at)
        judged = [self._candidate(caller, route, name, workload, at) for name in route.deployments]
        otherwise = [self._candidate(caller, route, name, workload, at) for name in route.otherwise]
        names = (*route.deployments, *route.otherwise, *(() if store is None else (STORE,)))
        now = time.time_ns()
        until = min(self._binding(caller, name).until(at) for name in names)
        repriced = min(candidate.tariff.until(now) for candidate in (*judged, *otherwise))
        until = min(until, at + (repriced - now) * 1e-9)
        listed = shortlist(route, judged, otherwise, now)
        if store is not None:
            listed = with_store(listed, store)
            if not listed.conditions:
                # What is refused is the keeping, wherever the model would have run.
                names = (STORE,)
        decision = Decision(
            caller=caller.id,
            route=route.model,
            dialect=operation.dialect,
            facts=recorded_facts(caller.facts),
            workload=recorded_workload(workload),
            verdicts=tuple(recorded_verdict(one) for one in (*listed.eligible, *listed.conditions)),
            dropped=tuple(recorded_drop(one) for one in listed.dropped),
            book=self._settings.book.fingerprint,
            decided_at=int(at * 1e9),
            targets={name: recorded_workload(self._settings.targets[name]) for name in names},
            posture=recorded_posture(route.posture),
            ahead=int(self._clock.shift * 1e9),
        )
        accounts = self._accounts(caller, route, workload, listed)
        currencies = sorted({one.limit.unit for one in accounts if one.limit.measure == "money"})
        return Decided(listed, pack(decision), until, accounts, ", ".join(currencies))

    def _accounts(
        self, caller: Caller, route: Route, workload: Workload, listed: Shortlist
    ) -> tuple[Account, ...]:
        budgets = self._settings.budgets
        if budgets is None:
            return ()
        decisive = {clause for candidate in listed.eligible for clause in candidate.verdict.clauses}
        contracts = {one.contract for one in self._settings.book.clauses if one.id in decisive}
        facts = {
            **{name: _words(value) for name, value in workload.items()},
            CALLER: (caller.id,),
            MODEL: (route.model,),
            CONTRACT: tuple(sorted(contracts)),
        }
        return accounts_of(budgets.limits, facts)

    def _candidate(
        self, caller: Caller, route: Route, deployment: str, workload: dict[str, Value], at: float
    ) -> Candidate:
        # The target's facts win: nobody talks a deployment into another cloud or region.
        target = self._settings.targets[deployment]
        dynamic = {name: value for name, value in workload.items() if name not in target}
        verdict = self._binding(caller, deployment).decide(dynamic, at)
        tariff = self._settings.deployments[deployment].tariff
        return Candidate(deployment, verdict, judge(verdict, route.posture), tariff)

    def _store(self, caller: Caller, workload: Workload, posture: Posture, at: float) -> Candidate:
        """The store, decided as the place where something is stored."""
        target = self._settings.targets[STORE]
        dynamic = {name: value for name, value in workload.items() if name not in target}
        verdict = self._binding(caller, STORE).decide(dynamic, at)
        return Candidate(STORE, verdict, judge(verdict, posture))

    def _binding(self, caller: Caller, deployment: str) -> Binding:
        key = (caller.id, deployment)
        binding = self._bindings.get(key)
        if binding is None:
            binding = self._decider.bind({**caller.facts, **self._settings.targets[deployment]})
            self._bindings[key] = binding
        return binding


def _words(value: Value) -> tuple[str, ...]:
    """A fact in the words of the configuration."""
    if isinstance(value, frozenset):
        return tuple(sorted(value))
    return (str(value).lower() if isinstance(value, bool) else str(value),)
