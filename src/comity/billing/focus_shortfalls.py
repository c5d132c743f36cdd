"""What was missing of spend commitments, as rows of FOCUS's Cost and Usage dataset.

FOCUS books the fee for what was not used as usage that nobody used, on the last day of the commitment's
period (its examples of spend agreements). Only exact amounts become rows: where it is open how much was
missing, nobody can be billed yet.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import timedelta
from decimal import Decimal

from comity.billing.applied import Applications
from comity.billing.focus_rows import Cells, View, account_cells, cost_cells, period_cells
from comity.commitments import Applied, CommitmentState, Shape
from comity.commitments.values import Row
from comity.contracts import State
from comity.money import plain


def shortfall_rows(states: Iterable[CommitmentState], view: View) -> Iterator[Cells]:
    """The rows for periods of spend commitments that ended in the billing period and were not met."""
    for state in states:
        if state.shape is not Shape.SPEND:
            continue
        for row in state.rows:
            ended = row.by is not None and view.period.start <= row.by < view.period.end
            missed = row.state in (State.SHORT, State.DISCHARGED)
            if ended and missed and row.missing.low == row.missing.high and row.missing.low > 0:
                yield _row(state, row, row.missing.low, view)


def _row(state: CommitmentState, row: Row, missing: Decimal, view: View) -> Cells:
    assert row.by is not None, "a period that is over has a last day"
    terms = state.terms
    retired = Applications()
    retired.add(Applied(terms.contract, terms.commitment, missing, terms.unit, Decimal(1)), missing)
    return {
        **account_cells(view, terms.unit, ""),
        **cost_cells(missing, missing),
        **period_cells("Charge", row.by, row.by + timedelta(days=1), view),
        "ChargeCategory": "Usage",
        "ChargeDescription": f"Not used of {terms.commitment}: {terms.description}",
        "ChargeFrequency": "Recurring" if len(state.rows) > 1 else "One-Time",
        "CommitmentDiscountCategory": "Spend",
        "CommitmentDiscountId": terms.commitment,
        "CommitmentDiscountStatus": "Unused",
        "ContractApplied": retired.json(terms.unit),
        "ContractedUnitPrice": "1",
        "HostProviderName": terms.creditor,
        "InvoiceIssuerName": terms.creditor,
        "ListUnitPrice": "1",
        "PricingCategory": "Committed",
        "PricingQuantity": plain(missing),
        "PricingUnit": terms.unit,
        "ProviderName": terms.creditor,
        "PublisherName": terms.creditor,
        "ServiceCategory": "Other",
        "ServiceName": terms.kind,
        "ServiceProviderName": terms.creditor,
        "ServiceSubcategory": "Other (Other)",
        "SkuId": terms.commitment,
        "SkuPriceId": terms.commitment,
    }
