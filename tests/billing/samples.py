"""Charges and price terms for the tests of this room."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from comity.billing import BillingPeriod, nanoseconds, parse_billing_period
from comity.exchange import Usage
from comity.ledger import Charge
from comity.money import Money
from comity.prices import Band, PriceBook, Rated, Tariff, Terms, with_id
from comity.prices.book import Offer

LISTED = with_id(
    Terms(
        cloud="azure",
        models=("gpt-5.5",),
        currency="USD",
        provider="oai",
        source="https://prices.example/azure",
        bands=(
            Band({"input": Decimal("1.25"), "cached_read": Decimal("0.125"), "output": Decimal(10)}),
            Band({"input": Decimal("2.5"), "cached_read": Decimal("0.25"), "output": Decimal(15)}, 272_000),
        ),
    )
)
AGREED = with_id(
    Terms(
        cloud="azure",
        models=("gpt-5.5",),
        currency="USD",
        contract="ms-acme.discount",
        bands=(Band({"input": Decimal("1.1"), "cached_read": Decimal("0.1"), "output": Decimal(9)}),),
    )
)
TARIFF: Tariff = PriceBook((LISTED, AGREED)).tariff(Offer("azure", "gpt-5.5"))
TARIFFS = {"azure-swe": TARIFF}
OCTOBER: BillingPeriod = parse_billing_period("2026-10", ZoneInfo("UTC"))


def at(text: str) -> int:
    """Unix nanoseconds of an ISO timestamp; UTC where it names no zone."""
    moment = datetime.fromisoformat(text)
    return nanoseconds(moment if moment.tzinfo else moment.replace(tzinfo=UTC))


def charge(number: int = 1, when: str = "2026-10-05T10:00:00", **changes: Any) -> Charge:
    """A charge for gpt-5.5 on Azure in Sweden, rated by `TARIFF`; `changes` replaces fields.

    `unrated` leaves it without an amount, `cost` gives it one that no terms are known for.
    """
    moment = at(when)
    usage = changes.pop("usage", Usage(input=1000, output=500))
    own = changes.keys() & {"cost", "unrated", "correction"}
    rated = None if own else TARIFF.rate(usage, "standard", moment)
    assert own or isinstance(rated, Rated), "the sample's tokens all have a price"
    plain = Charge(
        entry=(moment // 1_000_000).to_bytes(6, "big") + number.to_bytes(10, "big"),
        number=0 if "correction" in changes else 1,
        at=moment,
        caller="bot",
        route="gpt-5.5",
        facts={"customer": "globex", "team": "search"},
        workload={"data": "personal"},
        deployment="azure-swe",
        answered_by="azure-swe",
        cloud="azure",
        region=("swedencentral",),
        provider="oai",
        model="gpt-5.5",
        served_model="gpt-5.5-2026-09-01",
        tier="standard",
        usage=None if "correction" in changes else usage,
        estimated=False,
        outcome="served",
        cost=rated.cost if isinstance(rated, Rated) else None,
        list_cost=rated.list_cost if isinstance(rated, Rated) else None,
        unrated="",
        price=rated.terms if isinstance(rated, Rated) else "",
        correction_id=number.to_bytes(16, "big") if "correction" in changes else b"",
    )
    return msgspec.structs.replace(plain, **changes)


def usd(amount: str) -> Money:
    """US dollars."""
    return Money(Decimal(amount), "USD")
