"""What an `owe` block says about reservations: how charges count, what is paid anyway, what goes over."""

from __future__ import annotations

from decimal import Decimal

from comity.contracts.duties import Measure, Owe, Recurring
from comity.contracts.fields import Fields, Problems
from comity.contracts.parse_amount import parse_amount
from comity.source import Node

TOKEN_CLASSES = (
    "input",
    "cached_read",
    "cache_write",
    "output",
    "reasoning",
    "audio_input",
    "audio_output",
    "cache_write_1h",
    "image_input",
    "image_output",
)
"""What a token may be, as the ledger counts them: disjoint classes."""

_PRICES = ("list", "cost")
_PER = ("hour", "day", "month", "quarter", "year")
_BRIEF = ("minute", "hour")


def parse_recurring(node: Node | None, what: str, problems: Problems) -> Recurring | None:
    """The recurring amount that `node` states; None when absent or wrong."""
    if node is None:
        return None
    fields = Fields(node, what, problems)
    amount, per = parse_amount(fields.take("amount"), problems), fields.word("per", _PER)
    fields.finish()
    if amount is None:
        problems.add(node.place, f"{what} needs an `amount`", "write `{amount: 60 USD, per: month}`")
        return None
    return Recurring(amount, per)


def parse_measure(node: Node | None, problems: Problems) -> Measure | None:
    """How charges are counted, as `node` says; None when it is absent."""
    if node is None:
        return None
    fields = Fields(node, "`measure`", problems)
    price, each = fields.word("price", _PRICES), fields.number("each")
    weights = {name: fields.number(name) for name in TOKEN_CLASSES if name in fields}
    fields.asked |= set(TOKEN_CLASSES)
    fields.finish()
    tokens = {name: weight for name, weight in weights.items() if weight is not None}
    if bool(price) == bool(tokens):
        message = "`measure` counts at a price, or by tokens"
        problems.add(node.place, message, "write `{price: list}`, or `{each: 4750, input: 1, output: 8}`")
    if (each is not None and each <= 0) or any(weight < 0 for weight in tokens.values()):
        problems.add(node.place, "`each` is above zero, and no weight is below it", "write `each: 4750`")
        each = None
    return Measure(price, Decimal(1) if each is None else each, tokens)


def parse_share(fields: Fields, key: str) -> Decimal | None:
    """The share under `key`, between 0 and 1; None when absent."""
    share = fields.number(key)
    if share is not None and not 0 <= share <= 1:
        fields.problems.add(
            fields.place(key), f"`{key}` is a share between 0 and 1", "write for example `0.5`"
        )
        return None
    return share


def check_reserve(owe: Owe, fields: Fields, problems: Problems) -> None:
    """Refuses what means nothing together."""
    if owe.per == "minute" and owe.shortfall != "forfeit":
        message = "a minute is used or lost, so `per: minute` needs `shortfall: forfeit`"
        problems.add(fields.place("per"), message, "add it, or ask for the amount per hour")
    if owe.carry and (owe.per in ("", *_BRIEF) or owe.rate is not None):
        message = "`carry` goes from one period to the next, and this duty has none that is long enough"
        problems.add(fields.place("carry"), message, "add `per: year`")
    if owe.carry == "shortfall" and owe.shortfall == "forfeit":
        message = "what is lost cannot go over into the next period"
        problems.add(fields.place("carry"), message, "write `shortfall: pay`, or leave `carry` out")
    if owe.carry_at_most is not None and not owe.carry:
        message = "`carry_at_most` bounds what goes over, and nothing does"
        problems.add(fields.place("carry_at_most"), message, "add `carry: surplus`")
    if owe.recovers is not None and owe.shortfall != "prepay":
        message = "only a shortfall that becomes a prepayment comes back"
        problems.add(fields.place("recovers"), message, "write `shortfall: prepay`")
    _check_least(owe, fields, problems)


def _check_least(owe: Owe, fields: Fields, problems: Problems) -> None:
    least = owe.least
    if least is None:
        return
    whole = owe.amount is not None and not owe.per and not owe.milestones and owe.rate is None
    if not whole or not least.per or least.per in _BRIEF:
        message = "`least` asks for a part of one `amount` in every day, month, quarter or year"
        problems.add(
            fields.place("least"), message, "write `amount: 1200 USD, least: {amount: 60 USD, per: month}`"
        )
    elif owe.amount is not None and owe.amount.unit != least.amount.unit:
        message = f"`least` is in {least.amount.unit}, the amount in {owe.amount.unit}"
        problems.add(fields.place("least"), message, "write both in one unit")
