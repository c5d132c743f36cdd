"""What charges retire of commitments, shared among the rows that tell them: FOCUS's `ContractApplied`.

A charge that is told in several rows splits what it retires by cost, or by tokens for a commitment that is no
money; the last row takes what rounding leaves, so that the shares are exactly the whole.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from decimal import ROUND_DOWN, Decimal

import msgspec

from comity.billing.metering import Metered, cost_of
from comity.commitments import Applied
from comity.money import Money

_SHARE = Decimal("1e-12")
_JSON = msgspec.json.Encoder(decimal_format="number")


class Applications:
    """How much was retired of each commitment."""

    def __init__(self) -> None:
        self._sums: dict[tuple[str, str, str], Decimal] = {}

    def add(self, one: Applied, amount: Decimal) -> None:
        """Adds a part of what a charge retires."""
        key = (one.contract, one.commitment, one.unit)
        self._sums[key] = self._sums.get(key, Decimal(0)) + amount

    def merge(self, other: Applications) -> None:
        """Adds what another row retires."""
        for key, amount in other._sums.items():
            self._sums[key] = self._sums.get(key, Decimal(0)) + amount

    def json(self, currency: str) -> str | None:
        """ContractApplied of FOCUS 1.4; None when nothing is retired.

        An element has a cost where the commitment is in the row's currency, else a quantity with its unit.
        """
        elements = []
        for (contract, commitment, unit), amount in sorted(self._sums.items()):
            element: dict[str, object] = {"ContractId": contract, "ContractCommitmentId": commitment}
            if unit == currency:
                element["ContractCommitmentAppliedCost"] = amount
            else:
                element["ContractCommitmentAppliedQuantity"] = amount
                element["ContractCommitmentAppliedUnit"] = unit
            elements.append(element)
        return _JSON.encode({"Elements": elements}).decode() if elements else None


def share_out(applied: Sequence[Applied], parts: Sequence[Metered]) -> list[Applications]:
    """What each part of one charge retires; of a commitment that covers, only the parts that it covers do."""
    shares = [Applications() for _ in parts]
    for one in applied:
        covered = [place for place, part in enumerate(parts) if part.covered_by == one.commitment]
        places = covered or [place for place, part in enumerate(parts) if not part.covered_by] or [0]
        weights = [parts[place].cost.amount if one.money else parts[place].quantity for place in places]
        for place, amount in zip(places, _split(one.amount, weights), strict=True):
            if amount:
                shares[place].add(one, amount)
    return shares


def cover(
    parts: Iterable[Metered], applied: Iterable[Applied], covering: Mapping[str, frozenset[str]]
) -> tuple[Metered, ...]:
    """The parts of a charge with what commitments pay for told apart from what is invoiced.

    Each commitment takes its fraction of the whole charge. Those of `covering` that are for different token
    classes take the same part of it, as when they were drawn down: the largest of them counts.
    """
    found, rest = list(parts), Decimal(1)
    classes: dict[str, Decimal] = {}
    for one in applied:
        names = covering.get(one.commitment)
        if names is None or not one.fraction:
            continue
        before = max(classes.values(), default=Decimal(0))
        classes |= {name: classes.get(name, Decimal(0)) + one.fraction for name in names}
        more = max(classes.values()) - before if names else one.fraction
        if more and rest:
            share = Decimal(1) if rest - more < _SHARE else more / rest
            found = [piece for part in found for piece in _cut(part, one.commitment, share)]
            rest = Decimal(0) if share == 1 else rest - more
    return tuple(found)


def _cut(part: Metered, commitment: str, share: Decimal) -> list[Metered]:
    """What a commitment takes of a part, and what it leaves."""
    if part.covered_by:
        return [part]
    if share == 1:
        return [msgspec.structs.replace(part, covered_by=commitment)]
    taken = _taken(part, share)
    left = msgspec.structs.replace(
        part,
        quantity=part.quantity - taken.quantity,
        cost=part.cost + _negative(taken.cost),
        list_cost=part.list_cost + _negative(taken.list_cost),
    )
    pieces = (msgspec.structs.replace(taken, covered_by=commitment), left)
    return [piece for piece in pieces if piece.quantity or piece.cost.amount] or [part]


def _taken(part: Metered, share: Decimal) -> Metered:
    """A share of a part; without a unit price its amount is shared itself."""
    quantity = _of(part.quantity, share)
    if part.unit_price is None:
        cost, list_cost = (Money(_of(one.amount, share), one.currency) for one in (part.cost, part.list_cost))
    else:
        listed = part.unit_price if part.list_unit_price is None else part.list_unit_price
        cost = cost_of(quantity, part.unit_price, part.cost.currency)
        list_cost = cost_of(quantity, listed, part.cost.currency)
    return msgspec.structs.replace(part, quantity=quantity, cost=cost, list_cost=list_cost)


def _of(amount: Decimal, share: Decimal) -> Decimal:
    return (amount * share).quantize(_SHARE, ROUND_DOWN)


def _negative(money: Money) -> Money:
    return Money(-money.amount, money.currency)


def _split(amount: Decimal, weights: Sequence[Decimal]) -> list[Decimal]:
    total = sum(weights, Decimal(0))
    if not total:
        return [amount, *[Decimal(0)] * (len(weights) - 1)]
    shares = [(amount * weight / total).quantize(_SHARE, ROUND_DOWN) for weight in weights[:-1]]
    return [*shares, amount - sum(shares, Decimal(0))]


def add_money(one: Decimal, other: Money) -> Decimal:
    """The exact sum of an amount and money of the same currency."""
    return (Money(one, other.currency) + other).amount
