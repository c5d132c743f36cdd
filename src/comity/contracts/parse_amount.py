"""Amounts as a contract writes them: a number and a unit, or an interval."""

from __future__ import annotations

import re
from decimal import Decimal, InvalidOperation

from comity.contracts.duties import Amount
from comity.contracts.fields import GRADES, Fields, Problems
from comity.source import Node

_DIGITS = 30
_AMOUNT = re.compile(r"([0-9][0-9eE.+-]*)\s+([A-Za-z][A-Za-z0-9/_-]*)")


def parse_amount(node: Node | None, problems: Problems, sure: str = "") -> Amount | None:
    """The amount that `node` states: a number and a unit, or an interval; None when absent or wrong."""
    if node is None:
        return None
    if isinstance(node.value, dict):
        return _interval(node, problems)
    if isinstance(node.value, str) and (match := _AMOUNT.fullmatch(node.value.strip())):
        try:
            number = Decimal(match[1])
        except InvalidOperation:
            number = Decimal("NaN")
        if number.is_finite() and abs(number.adjusted()) < _DIGITS:
            return Amount(number, number, match[2], sure)
    problems.add(node.place, "an amount is a number and a unit", "write for example `15e6 USD` or `2 GW`")
    return None


def _interval(node: Node, problems: Problems) -> Amount | None:
    fields = Fields(node, "an amount", problems)
    low, high = (
        parse_amount(fields.take("at_least"), problems),
        parse_amount(fields.take("at_most"), problems),
    )
    sure = fields.word("sure", GRADES)
    fields.finish()
    if low is None and high is None:
        problems.add(node.place, "an interval needs `at_least` or `at_most`", "write `{at_least: 8e6 USD}`")
        return None
    if low is not None and high is not None and (low.unit != high.unit or low.low > high.low):
        problems.add(
            node.place, "this interval is empty or mixes units", "`at_least` comes first, in one unit"
        )
    known = low or high
    assert known is not None, "one of the ends was found above"
    return Amount(
        Decimal(0) if low is None else low.low, None if high is None else high.low, known.unit, sure
    )
