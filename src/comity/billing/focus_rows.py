"""Charges as rows of FOCUS's Cost and Usage dataset: one per day, price and kind of token.

Tokens of one price are summed, so that every cost is its unit price times its quantity, exactly. A charge
whose price terms are not known any more is a row priced in its own currency, at one per unit. A charge
without an amount has no row: FOCUS knows no unknown cost, and zero would be one; `unpriced` counts them.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from functools import lru_cache
from typing import NamedTuple, TypeAlias

import msgspec

from comity.billing.applied import Applications, add_money, cover, share_out
from comity.billing.billing_period import BillingPeriod, moment_of
from comity.billing.invoice import invoice_number, round_total
from comity.billing.metering import MILLION, Meter, Metered
from comity.commitments import Applied
from comity.ledger import Charge
from comity.money import Money, add_exactly, plain

Cells: TypeAlias = dict[str, str | None]
"""The cells of a row by column; what is absent or None is empty."""

CLOUD_NAMES = {
    "anthropic": "Anthropic",
    "aws": "AWS",
    "azure": "Microsoft",
    "google": "Google Cloud",
    "openai": "OpenAI",
}
"""Names of clouds as invoices know them; another cloud goes by its own word."""

_METERS = {
    "input": ("Input Tokens", "Input", "Uncached"),
    "cached_read": ("Cache Read Input Tokens", "Input", "Read"),
    "cache_write": ("Cache Write Input Tokens", "Input", "Write"),
    "cache_write_1h": ("1 Hour Cache Write Input Tokens", "Input", "Write"),
    "audio_input": ("Audio Input Tokens", "Input", ""),
    "image_input": ("Image Input Tokens", "Input", ""),
    "output": ("Output Tokens", "Output", ""),
    "reasoning": ("Reasoning Output Tokens", "Output", ""),
    "audio_output": ("Audio Output Tokens", "Output", ""),
    "image_output": ("Image Output Tokens", "Output", ""),
}
_WHOLE = ("Charges", "", "")


class View(msgspec.Struct, frozen=True):
    """From whose side charges are told."""

    period: BillingPeriod
    """The billing period."""
    account: str
    """Who pays: a customer on its invoice, else the operator."""
    account_name: str
    """Its name."""
    issuer: str = ""
    """Who writes the invoice that the rows explain; empty for the clouds' own."""
    covering: Mapping[str, frozenset[str]] = {}
    """The commitments that pay for what they take, such as reserved capacity and prepaid blocks, with the
    token classes that each is for; none where it counts money."""
    names: Mapping[str, str] = {}
    """Names of the makers of models, by the word of their `provider` fact."""
    sub_account: str = "customer"
    """The fact of callers that says for whom a charge was made."""

    def invoice(self, currency: str) -> str:
        """Number of the invoice that the rows explain; empty when there is none."""
        return invoice_number(self.account, self.period, currency) if self.issuer else ""


class _Key(NamedTuple):
    """What the charges of one row have in common."""

    day: date
    currency: str
    account: str
    cloud: str
    provider: str
    model: str
    deployment: str
    region: tuple[str, ...]
    tier: str
    price: str
    token_class: str
    unit_price: Decimal | None
    list_unit_price: Decimal | None
    covered_by: str
    tags: str
    correction: str


class _Sums(msgspec.Struct):
    """What is added up in one row."""

    quantity: Decimal = Decimal(0)
    requests: int = 0
    estimated: int = 0
    cost: Decimal = Decimal(0)
    list_cost: Decimal = Decimal(0)
    applied: Applications = msgspec.field(default_factory=Applications)


class Export:
    """The rows of a period; iterate once, then ask what was left out."""

    def __init__(self, view: View, meter: Meter) -> None:
        self._view = view
        self._meter = meter
        self._sums: dict[_Key, _Sums] = {}
        self.unpriced: dict[str, int] = {}
        """Charges without an amount, by reason."""

    def add(self, charge: Charge, applied: tuple[Applied, ...] = ()) -> None:
        """Takes in a charge with what it retires of commitments; outside the period it does not count."""
        if not self._view.period.holds(charge.at):
            return
        if charge.cost is None:
            self.unpriced[charge.unrated] = self.unpriced.get(charge.unrated, 0) + 1
            return
        parts = cover(self._meter(charge), applied, self._view.covering)
        day = moment_of(_happened(charge)).astimezone(self._view.period.zone).date()
        for part, share in zip(parts, share_out(applied, parts), strict=True):
            self._add(charge, day, part, share)

    def rows(self) -> Iterator[Cells]:
        """The rows by day, and what the total of the invoice that they explain adds to the exact sum."""
        billed: dict[str, Decimal] = {}
        for key in sorted(self._sums, key=lambda key: tuple(map(str, key))):
            sums = self._sums[key]
            if not key.covered_by:
                so_far = billed.get(key.currency, Decimal(0))
                billed[key.currency] = add_exactly(so_far, sums.cost)
            yield self._row(key, sums)
        for currency, subtotal in billed.items() if self._view.issuer else ():
            if amount := round_total(Money(subtotal, currency)) - subtotal:
                yield {
                    **account_cells(self._view, currency, self._view.account),
                    **cost_cells(amount, amount),
                    **period_cells("Charge", self._view.period.start, self._view.period.end, self._view),
                    **_sellers(self._view, "", ""),
                    "ChargeCategory": "Adjustment",
                    "ChargeDescription": f"Rounding of invoice {self._view.invoice(currency)}",
                    "ChargeFrequency": "One-Time",
                    "ServiceCategory": "Other",
                    "ServiceSubcategory": "Other (Other)",
                    "ServiceName": "Invoice",
                }

    def _add(self, charge: Charge, day: date, part: Metered, share: Applications) -> None:
        key = _Key(
            day,
            part.cost.currency,
            charge.facts.get(self._view.sub_account, ""),
            charge.cloud,
            charge.provider,
            charge.model or charge.route,
            charge.answered_by,
            charge.region,
            charge.tier,
            charge.price,
            part.token_class,
            part.unit_price,
            part.list_unit_price,
            part.covered_by,
            _tags(charge.caller, tuple(charge.facts.items())),
            charge.correction,
        )
        sums = self._sums.setdefault(key, _Sums())
        sums.quantity += part.quantity
        sums.requests += 1
        sums.estimated += charge.estimated
        sums.cost = add_money(sums.cost, part.cost)
        sums.list_cost = add_money(sums.list_cost, part.list_cost)
        sums.applied.merge(share)

    def _row(self, key: _Key, sums: _Sums) -> Cells:
        view = self._view
        late = key.day < view.period.start
        row = {
            **account_cells(view, key.currency, key.account),
            **cost_cells(sums.cost, sums.list_cost, covered=bool(key.covered_by)),
            **period_cells("Charge", key.day, key.day + timedelta(days=1), view),
            **_sellers(view, key.cloud, key.provider),
            "ChargeCategory": "Adjustment" if key.correction else "Usage",
            "ChargeClass": "Correction" if key.correction and late else None,
            "ChargeFrequency": "One-Time" if key.correction else "Usage-Based",
            "CommitmentDiscountCategory": "Usage" if key.covered_by else None,
            "CommitmentDiscountId": key.covered_by or None,
            "CommitmentDiscountStatus": "Used" if key.covered_by else None,
            "ContractApplied": sums.applied.json(key.currency),
            "RegionId": key.region[0] if len(key.region) == 1 else None,
            "RegionName": key.region[0] if len(key.region) == 1 else None,
            "ResourceId": key.deployment,
            "ResourceName": key.deployment,
            "ResourceType": "Model deployment",
            "ServiceCategory": "AI and Machine Learning",
            "ServiceSubcategory": "Generative AI",
            "ServiceName": key.model,
            "Tags": key.tags,
            "x_Estimated": f"{sums.estimated}" if sums.estimated else None,
            "x_Regions": json.dumps(list(key.region)),
            "x_Requests": str(sums.requests),
            "x_ServiceTier": key.tier or None,
        }
        return row | (_corrected(key) if key.correction else _priced(key, sums))


def account_cells(view: View, currency: str, sub_account: str) -> Cells:
    """Who pays, in which currency and billing period."""
    return {
        "BillingAccountId": view.account,
        "BillingAccountName": view.account_name,
        "BillingCurrency": currency,
        "InvoiceId": view.invoice(currency) or None,
        "SubAccountId": sub_account or None,
        "SubAccountName": sub_account or None,
        **period_cells("Billing", view.period.start, view.period.end, view),
    }


def _sellers(view: View, cloud: str, provider: str) -> Cells:
    host = CLOUD_NAMES.get(cloud, cloud) or view.issuer
    seller = view.issuer or host
    return {
        "HostProviderName": host,
        "InvoiceIssuerName": seller,
        "ProviderName": seller,
        "PublisherName": view.names.get(provider, provider) or seller,
        "ServiceProviderName": seller,
    }


def cost_cells(cost: Decimal, list_cost: Decimal, *, covered: bool = False) -> Cells:
    """What a commitment pays for is invoiced with the commitment, not with its use."""
    return {
        "BilledCost": "0" if covered else plain(cost),
        "ContractedCost": plain(cost),
        "EffectiveCost": plain(cost),
        "ListCost": plain(list_cost),
    }


def _corrected(key: _Key) -> Cells:
    return {"ChargeDescription": f"Correction of {key.model}: {key.correction}"}


def _priced(key: _Key, sums: _Sums) -> Cells:
    name, direction, cache = _METERS.get(key.token_class, _WHOLE)
    details = {
        "x_ModelDeveloper": key.provider,
        "x_ModelId": key.model,
        "x_ServiceTier": key.tier,
        "x_TokenCacheAction": cache,
        "x_TokenDirection": direction,
    }
    sku = f"{key.provider or key.cloud}/{key.model}"
    row: Cells = {
        "ChargeDescription": f"{name} of {key.model} on {key.deployment}",
        "ConsumedQuantity": plain(sums.quantity),
        "ConsumedUnit": "Tokens",
        "PricingCategory": "Committed" if key.covered_by else "Standard",
        "SkuId": f"{sku}/{key.token_class}" if key.token_class else sku,
        "SkuMeter": name,
        "SkuPriceDetails": json.dumps({name: value for name, value in details.items() if value}),
        "SkuPriceId": f"{key.price}#{key.token_class}" if key.token_class else key.price or "recorded",
    }
    if key.unit_price is None:
        return row | {
            "PricingQuantity": plain(sums.cost),
            "PricingUnit": key.currency,
            "ContractedUnitPrice": "1",
            "ListUnitPrice": "1",
            "ListCost": plain(sums.cost),
        }
    list_price = key.unit_price if key.list_unit_price is None else key.list_unit_price
    return row | {
        "PricingQuantity": plain(sums.quantity / MILLION),
        "PricingUnit": "1000000 Tokens",
        "ContractedUnitPrice": plain(key.unit_price),
        "ListUnitPrice": plain(list_price),
    }


@lru_cache(4096)
def _tags(caller: str, facts: tuple[tuple[str, str], ...]) -> str:
    return json.dumps({**dict(facts), "caller": caller}, sort_keys=True)


def _happened(charge: Charge) -> int:
    """When the request was that a charge or a correction is about: entry ids begin with their millisecond."""
    return int.from_bytes(charge.entry[:6], "big") * 1_000_000 if charge.correction else charge.at


def period_cells(kind: str, start: date, end: date, view: View) -> Cells:
    """The two columns of a period, `Charge` or `Billing`."""

    def midnight(day: date) -> str:
        moment = datetime.combine(day, time(), view.period.zone).astimezone(UTC)
        return f"{moment:%Y-%m-%dT%H:%M:%SZ}"

    return {f"{kind}PeriodStart": midnight(start), f"{kind}PeriodEnd": midnight(end)}
