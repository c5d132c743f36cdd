"""Commitments as rows of FOCUS's Contract Commitment dataset (1.4)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from decimal import Decimal

import msgspec

from comity.billing.focus_rows import Cells
from comity.commitments import CommitmentTerms
from comity.commitments.values import is_currency
from comity.money import plain

OPEN_START = "1970-01-01T00:00:00Z"
OPEN_END = "9999-12-31T23:59:59Z"
"""What stands for an end that nobody has published: the dataset takes no empty period."""


def commitment_rows(terms: Iterable[CommitmentTerms]) -> Iterator[Cells]:
    """One row per commitment, in the order given."""
    for one in terms:
        money = is_currency(one.unit)
        yield {
            "BillingCurrency": one.unit if money else "USD",
            "ContractCommitmentApplicability": msgspec.json.encode(one.applicability).decode(),
            "ContractCommitmentBenefitCategory": one.benefit,
            "ContractCommitmentCategory": one.category,
            "ContractCommitmentCost": _number(one.cost),
            "ContractCommitmentDescription": one.description or None,
            "ContractCommitmentFulfillmentInterval": one.interval,
            "ContractCommitmentId": one.commitment,
            "ContractCommitmentLifecycleStatus": one.lifecycle,
            "ContractCommitmentModel": one.model,
            "ContractCommitmentPeriodEnd": _moment(one.end, OPEN_END),
            "ContractCommitmentPeriodStart": _moment(one.start, OPEN_START),
            "ContractCommitmentQuantity": _number(one.quantity),
            "ContractCommitmentType": one.kind,
            "ContractCommitmentUnit": None if money else one.unit,
            "ContractId": one.contract,
            "ContractPeriodEnd": _moment(one.contract_end, OPEN_END),
            "ContractPeriodStart": _moment(one.contract_start, OPEN_START),
            "InvoiceIssuerName": one.creditor,
            "ServiceProviderName": one.creditor,
        }


def _number(amount: Decimal | None) -> str | None:
    return None if amount is None else plain(amount)


def _moment(moment: datetime | None, otherwise: str) -> str:
    return otherwise if moment is None else f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
