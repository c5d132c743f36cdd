"""The columns of a FOCUS file as data: names, types, nulls and allowed values.

Source: FinOps Open Cost and Usage Specification, Cost and Usage dataset 1.2 (2025-05-29), with the provider
and contract columns that 1.3 and 1.4 (2026-06-04) added; and the Contract Commitment dataset of 1.4. Only
what this program writes or a reader needs is listed: FOCUS allows a conditional column to be absent.
"""

from __future__ import annotations

from typing import Literal, TypeAlias

import msgspec

Kind: TypeAlias = Literal["text", "decimal", "moment", "json"]
"""What a cell holds: StringHandling, NumericFormat, DateTimeFormat (UTC, to the second) or KeyValueFormat."""

Level: TypeAlias = Literal["mandatory", "conditional", "recommended"]
"""FOCUS's feature level."""


class Column(msgspec.Struct, frozen=True):
    """One column of a dataset."""

    name: str
    """Its Column ID."""
    kind: Kind = "text"
    """What its cells hold."""
    level: Level = "conditional"
    """Only a mandatory column must be in the file."""
    nullable: bool = True
    """Whether a cell may be empty in some row."""
    allowed: tuple[str, ...] = ()
    """The words that it takes; empty when any."""
    since: str = "1.2"
    """The version of FOCUS that this program follows for it."""


def _must(name: str, kind: Kind = "text", *allowed: str, since: str = "1.2") -> Column:
    return Column(name, kind, "mandatory", nullable=False, allowed=allowed, since=since)


def _present(name: str, kind: Kind = "text", *allowed: str, since: str = "1.2") -> Column:
    return Column(name, kind, "mandatory", nullable=True, allowed=allowed, since=since)


COST_AND_USAGE = (
    _must("BilledCost", "decimal"),
    _must("BillingAccountId"),
    _present("BillingAccountName"),
    Column("BillingAccountType"),
    _must("BillingCurrency"),
    _must("BillingPeriodEnd", "moment"),
    _must("BillingPeriodStart", "moment"),
    _must("ChargeCategory", "text", "Usage", "Purchase", "Tax", "Credit", "Adjustment"),
    _present("ChargeClass", "text", "Correction"),
    _present("ChargeDescription"),
    Column(
        "ChargeFrequency",
        level="recommended",
        nullable=False,
        allowed=("One-Time", "Recurring", "Usage-Based"),
    ),
    _must("ChargePeriodEnd", "moment"),
    _must("ChargePeriodStart", "moment"),
    Column("CommitmentDiscountCategory", allowed=("Spend", "Usage")),
    Column("CommitmentDiscountId"),
    Column("CommitmentDiscountStatus", allowed=("Used", "Unused")),
    Column("ConsumedQuantity", "decimal"),
    Column("ConsumedUnit"),
    Column("ContractApplied", "json", since="1.4"),
    _must("ContractedCost", "decimal"),
    Column("ContractedUnitPrice", "decimal"),
    _must("EffectiveCost", "decimal"),
    Column("HostProviderName", since="1.3"),
    Column("InvoiceId", level="recommended"),
    _must("InvoiceIssuerName"),
    _must("ListCost", "decimal"),
    Column("ListUnitPrice", "decimal"),
    Column("PricingCategory", allowed=("Standard", "Dynamic", "Committed", "Other")),
    _present("PricingQuantity", "decimal"),
    _present("PricingUnit"),
    Column("ProviderName", nullable=False),
    Column("PublisherName", nullable=False),
    Column("RegionId"),
    Column("RegionName"),
    Column("ResourceId"),
    Column("ResourceName"),
    Column("ResourceType"),
    _must("ServiceCategory", "text", "AI and Machine Learning", "Other"),
    _must("ServiceName"),
    Column("ServiceProviderName", nullable=False, since="1.3"),
    Column(
        "ServiceSubcategory", level="recommended", nullable=False, allowed=("Generative AI", "Other (Other)")
    ),
    Column("SkuId"),
    Column("SkuMeter"),
    Column("SkuPriceDetails", "json"),
    Column("SkuPriceId"),
    Column("SubAccountId"),
    Column("SubAccountName"),
    Column("SubAccountType"),
    Column("Tags", "json"),
    Column("x_Estimated"),
    Column("x_Regions", "json"),
    Column("x_Requests", "decimal"),
    Column("x_ServiceTier"),
)
"""The Cost and Usage dataset, in the order of its columns in a file."""

CONTRACT_COMMITMENT = (
    _must("BillingCurrency", since="1.4"),
    _present("ContractCommitmentApplicability", "json", since="1.4"),
    _present(
        "ContractCommitmentBenefitCategory",
        "text",
        "Discount",
        "Monetary Pool",
        "Availability",
        "Other",
        since="1.4",
    ),
    _must("ContractCommitmentCategory", "text", "Spend", "Usage", since="1.4"),
    _present("ContractCommitmentCost", "decimal", since="1.4"),
    _present("ContractCommitmentDescription", since="1.4"),
    _present(
        "ContractCommitmentFulfillmentInterval",
        "text",
        "Hourly",
        "Daily",
        "Weekly",
        "Monthly",
        "Quarterly",
        "Semi-Annual",
        "Annual",
        "Full Commitment Period",
        "Transactional",
        "Custom",
        since="1.4",
    ),
    _must("ContractCommitmentId", since="1.4"),
    _present(
        "ContractCommitmentLifecycleStatus",
        "text",
        "Proposed",
        "Pending",
        "Active",
        "Exhausted",
        "Expired",
        "Canceled",
        "Superseded",
        since="1.4",
    ),
    _present("ContractCommitmentModel", "text", "Continuous", "Discontinuous", since="1.4"),
    _must("ContractCommitmentPeriodEnd", "moment", since="1.4"),
    _must("ContractCommitmentPeriodStart", "moment", since="1.4"),
    _present("ContractCommitmentQuantity", "decimal", since="1.4"),
    _must("ContractCommitmentType", since="1.4"),
    _present("ContractCommitmentUnit", since="1.4"),
    _must("ContractId", since="1.4"),
    _must("ContractPeriodEnd", "moment", since="1.4"),
    _must("ContractPeriodStart", "moment", since="1.4"),
    _must("InvoiceIssuerName", since="1.4"),
    _must("ServiceProviderName", since="1.4"),
)
"""The Contract Commitment dataset, in the order of its columns in a file."""
