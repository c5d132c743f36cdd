"""What charges retire of commitments, shared among the rows that tell them: FOCUS's `ContractApplied`.

A charge that is told in several rows splits what it retires by cost, or by tokens for a commitment that is no
money; the last row takes what rounding leaves, so that the shares are exactly the whole.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
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
    parts: Iterable[Metered], applied: Iterable[Applied], covering: frozenset[str]
) -> tuple[Metered, ...]:
    """The parts of a charge with what commitments pay for told apart from what is invoiced."""
    found = list(parts)
    for one in applied:
        if one.commitment in covering and one.fraction:
            found = [piece for part in found for piece in _cut(part, one)]
    return tuple(found)


def _cut(part: Metered, one: Applied) -> list[Metered]:
    if part.covered_by:
        return [part]
    if one.fraction == 1:
        return [msgspec.structs.replace(part, covered_by=one.commitment)]
    taken = (part.quantity * one.fraction).quantize(_SHARE, ROUND_DOWN)
    if part.unit_price is None:
        return [part]  # without unit prices there is nothing to cut by; the whole stays as it is
    pieces = ((taken, one.commitment), (part.quantity - taken, ""))
    return [_piece(part, quantity, by) for quantity, by in pieces if quantity]


def _piece(part: Metered, quantity: Decimal, covered_by: str) -> Metered:
    assert part.unit_price is not None, "only priced tokens are cut"
    listed = part.unit_price if part.list_unit_price is None else part.list_unit_price
    currency = part.cost.currency
    return Metered(
        part.token_class,
        quantity,
        part.unit_price,
        part.list_unit_price,
        cost_of(quantity, part.unit_price, currency),
        cost_of(quantity, listed, currency),
        covered_by,
    )


def _split(amount: Decimal, weights: Sequence[Decimal]) -> list[Decimal]:
    total = sum(weights, Decimal(0))
    if not total:
        return [amount, *[Decimal(0)] * (len(weights) - 1)]
    shares = [(amount * weight / total).quantize(_SHARE, ROUND_DOWN) for weight in weights[:-1]]
    return [*shares, amount - sum(shares, Decimal(0))]


def add_money(one: Decimal, other: Money) -> Decimal:
    """The exact sum of an amount and money of the same currency."""
    return (Money(one, other.currency) + other).amount
