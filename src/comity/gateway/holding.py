"""What a request may cost at most, put aside before it is called; and what it did cost, once it is over.

The most is taken over all deployments that are planned, at the worst tier and context band each may answer
in. A deployment whose price is unknown, or in another currency than a limit's, is not called under that
limit: an unknown cost is not zero. What came back without an amount counts as the most it can have cost.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping

import msgspec

from comity.budgets import Account, Amounts, Hold, to_grains
from comity.errors import StoreError
from comity.gateway.budget_refusals import over_budget, unavailable, unpriced
from comity.gateway.inbound import Inbound
from comity.gateway.planning import Planned
from comity.gateway.state import State
from comity.http import Call
from comity.intake import Refusal
from comity.ledger import Attempted, AttemptOutcome
from comity.money import Money
from comity.prices import Unrated, tier_of, worst_of
from comity.routing import Candidate

_FAILED, _NOT_SENT = AttemptOutcome.FAILED, AttemptOutcome.NOT_SENT


class Most(msgspec.Struct, frozen=True):
    """The most that one attempt can come to."""

    money: Money | None
    """What it costs; None where no limit counts money."""
    grains: int
    """The same, as budgets count."""
    tokens: int
    """What is read and written."""


class Need(msgspec.Struct, frozen=True):
    """What a plan can come to."""

    each: Mapping[str, Most | str]
    """For each deployment the most, or why it cannot be called under the limits."""
    most: Most | None
    """The most of one attempt on any of those that can; None where none can."""


class Holding:
    """The hold of one request, as its flight uses it."""

    __slots__ = ("_each", "_hold", "_inbound", "_most", "_state")

    def __init__(self, state: State, inbound: Inbound, hold: Hold, need: Need) -> None:
        self._state = state
        self._inbound = inbound
        self._hold = hold
        self._each = need.each
        self._most = need.most

    @property
    def held(self) -> Money | None:
        """The money that was put aside before anything was called; None where no limit counts money."""
        return None if self._most is None else self._most.money

    def follow(self, planned: Planned) -> None:
        """Goes by another plan from now on."""
        self._each = {**self._each, **need_of(self._state, self._inbound, planned).each}

    def unfit(self, candidate: Candidate) -> str:
        """Why a deployment cannot be called under the limits; empty when it can."""
        found = self._each[candidate.deployment]
        return found if isinstance(found, str) else ""

    def cover(
        self,
        candidate: Candidate,
        records: Iterable[Attempted],
        then: Callable[[], None],
        refused: Callable[[Refusal], None],
    ) -> None:
        """Sees to it that another attempt is put aside for, beside what those before may have cost."""
        most = self._each[candidate.deployment]
        assert isinstance(most, Most), "an attempt is made only where its cost has a bound"
        spent = self._spent(records)
        amounts = Amounts(spent.money + most.grains, spent.tokens + most.tokens, 1)
        self._hold.cover(amounts, then, lambda denial: refused(over_budget(denial)))

    def release(self) -> None:
        """Ends the hold; nothing was called."""
        self._hold.release()

    @property
    def warnings(self) -> tuple[Account, ...]:
        """The accounts that have reached a share to warn of."""
        return self._hold.warnings

    def settle(self, records: Iterable[Attempted]) -> None:
        """Ends the hold by what the attempts cost."""
        self._hold.settle(self._spent(records))

    def _spent(self, records: Iterable[Attempted]) -> Amounts:
        money = tokens = requests = 0
        for record in records:
            if record.outcome is _FAILED or record.outcome is _NOT_SENT:
                continue
            requests = 1
            most = self._each.get(record.deployment)
            bound = most if isinstance(most, Most) else self._most
            assert bound is not None, "what was called had a bound"
            tokens += bound.tokens if record.usage is None else record.usage.total
            if bound.money is not None:
                fits = record.cost is not None and record.cost.currency == bound.money.currency
                money += to_grains(record.cost) if fits and record.cost is not None else bound.grains
        return Amounts(money, tokens, requests)


def put_aside(
    state: State,
    call: Call,
    inbound: Inbound,
    planned: Planned,
    *,
    then: Callable[[Holding], None],
    refused: Callable[[Refusal], None],
) -> None:
    """Puts aside what a request can cost.

    One of the two is called, at once or later; neither when the client has left meanwhile.
    """
    budgets = state.budgets
    assert budgets is not None, "accounts come from limits"
    need = need_of(state, inbound, planned)
    if need.most is None:
        refused(unpriced(inbound.route.model, need.each))
        return
    try:
        hold = budgets.open(planned.decided.accounts, inbound.arrived * 1e-9, inbound.entry)
    except StoreError as error:
        refused(unavailable(str(error)))
        return
    holding = Holding(state, inbound, hold, need)
    amounts = Amounts(need.most.grains, need.most.tokens, 1)
    if hold.put_aside(amounts):
        then(holding)
        return

    def proceed() -> None:
        if call.closed:
            hold.release()
        else:
            then(holding)

    def deny(refusal: Refusal) -> None:
        hold.release()
        refused(refusal)

    hold.cover(amounts, proceed, lambda denial: deny(over_budget(denial)))


def need_of(state: State, inbound: Inbound, planned: Planned) -> Need:
    """What a plan can come to."""
    attempts = planned.plan.attempts
    if len(attempts) == 1:  # the usual plan
        (only,) = attempts
        lone = _most_of(state, inbound, planned, only)
        return Need({only.deployment: lone}, lone if isinstance(lone, Most) else None)
    each = {one.deployment: _most_of(state, inbound, planned, one) for one in attempts}
    known = [found for found in each.values() if isinstance(found, Most)]
    if not known:
        return Need(each, None)
    dearest = max(known, key=lambda one: one.grains)
    return Need(each, Most(dearest.money, dearest.grains, max(one.tokens for one in known)))


def _most_of(state: State, inbound: Inbound, planned: Planned, candidate: Candidate) -> Most | str:
    currency, peek = planned.decided.currency, inbound.peek
    if inbound.operation.kind == "count":
        return Most(None, 0, 0)
    settings = state.settings.budgets
    assert settings is not None, "nothing is counted without limits"
    read, share = len(inbound.body), settings.bytes_per_token
    if share != 1.0:
        read = math.ceil(read / share)
    written = 0
    if inbound.operation.kind == "generate":
        traits = state.settings.deployments[candidate.deployment].traits
        bound = peek.max_output_tokens
        if bound is None:
            bound = traits.max_output_tokens or settings.output_tokens
        written = bound * peek.candidates
    if not currency:
        return Most(None, 0, read + written)
    tariffs = state.targets[candidate.deployment].tariffs()
    money = worst_of(tariffs, read, written, asked=tier_of(peek.service_tier), at=inbound.arrived)
    if isinstance(money, Unrated):
        return f"what it may cost is unknown ({money}), and a limit counts money"
    if money.currency != currency:
        return f"it is priced in {money.currency}, and a limit counts {currency}"
    return Most(money, to_grains(money), read + written)
