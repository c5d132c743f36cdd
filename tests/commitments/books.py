"""Small books of commitments, charges and spending for tests."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from tests.contracts.small import small_book

from comity.commitments import CommitmentState, commitments_at
from comity.contracts import Book, Progress
from comity.contracts.duties import Moved
from comity.exchange import Usage
from comity.ledger import Charge
from comity.money import Money

FRONT = (
    "contract: deal\ntitle: A deal\nparties: {acme: Acme, msft: Microsoft, oai: OpenAI}\n"
    "in_force: 2026-01-01 .. 2027-01-01"
)


def book_of(*duties: str, front: str = FRONT, **named: str) -> Book:
    """A book with one `owe` clause for each text, `deal.a`, `deal.b` …, from acme to msft."""
    blocks = [
        f"deal.{letter}\nowe: {{from: acme, to: msft, {duty}}}"
        for letter, duty in zip("abcdefg", duties, strict=False)
    ]
    return small_book(*blocks, *named.values(), front=front)


def moment(text: str) -> datetime:
    """A moment in UTC."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def spent(on: str, amount: str, unit: str = "USD", moved: Moved = "bought", **facts: Any) -> Progress:
    """An amount from a file; `of` names the thing."""
    what = facts.pop("of", "")
    return Progress(moment(on), moved, Decimal(amount), unit, what, facts)


def charge(on: str, cost: str | None, **rest: Any) -> Charge:
    """A line of the ledger; `currency` is that of its cost."""
    currency = rest.pop("currency", "USD")
    at = round(moment(on).timestamp() * 1e9)
    fields: dict[str, Any] = {
        "entry": at.to_bytes(16, "big"),
        "number": 1,
        "at": at,
        "caller": "",
        "route": "gpt-5",
        "facts": {},
        "workload": {},
        "deployment": "d",
        "answered_by": "d",
        "cloud": "azure",
        "region": ("swedencentral",),
        "provider": "oai",
        "model": "gpt-5",
        "served_model": "",
        "tier": "",
        "usage": Usage(input=1000, output=100),
        "estimated": False,
        "outcome": "answered",
        "cost": None if cost is None else Money(Decimal(cost), currency),
        "list_cost": None,
        "unrated": "" if cost is not None else "no_price",
        "price": "",
    }
    return Charge(**{**fields, **rest})


def one(
    book: Book, at: str, charges: Iterable[Charge] = (), given: Sequence[Progress] = ()
) -> CommitmentState:
    """The only commitment of a book."""
    (state,) = commitments_at(book, charges, moment(at), given=given)
    return state


def plain(value: object) -> object:
    """`value`, to be compared with whole numbers."""
    return value
