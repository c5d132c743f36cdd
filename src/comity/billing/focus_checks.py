"""Whether a FOCUS file holds: columns, nulls, types, words, and the identities between costs and periods.

It is a small reading of the standard, for the columns in `focus_columns`, and no replacement for the FinOps
Foundation's own validator. It reads any producer's file: columns that it does not know are left alone.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from decimal import Decimal

import msgspec

from comity.billing.focus_columns import Column, Kind
from comity.money import multiply_exactly

FINDING_LIMIT = 100
"""Most findings that are listed."""

_MOMENT = re.compile(r"\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])T([01]\d|2[0-3]):[0-5]\d:[0-5]\dZ")
_NUMBER = re.compile(r"-?(\d+(\.\d+)?|\.\d+)([Ee][+-]?\d+)?")
_SELLERS = {"ProviderName", "ServiceProviderName"}
"""Who sells: 1.2 has the one column, 1.4 has the other, and a file must have one."""
_CUSTOM = re.compile(r"x_\w+")
_COSTS = ("BilledCost", "EffectiveCost", "ListCost", "ContractedCost")

Row = Mapping[str, str | None]
"""One row: the text of each cell, None where it is empty."""


class Finding(msgspec.Struct, frozen=True):
    """One thing in a file that the standard does not allow."""

    row: int
    """Number of the row, from 1; 0 for the file as a whole."""
    column: str
    """Column ID; empty when it is about more than one."""
    what: str
    """What is wrong and what was expected."""

    def __str__(self) -> str:
        place = "file" if not self.row else f"row {self.row}"
        return f"{place}, {self.column}: {self.what}" if self.column else f"{place}: {self.what}"


def check(header: Iterable[str], rows: Iterable[Row], columns: tuple[Column, ...]) -> Iterator[Finding]:
    """Everything in a dataset that the standard does not allow, in the order of its rows."""
    known = {column.name: column for column in columns}
    names = list(header)
    yield from _check_header(names, known)
    present = [known[name] for name in names if name in known]
    usage = known.keys() >= {"ChargeCategory"}
    for number, row in enumerate(rows, 1):
        for column in present:
            cell = row.get(column.name)
            if (wrong := _check_cell(column, cell)) is not None:
                yield Finding(number, column.name, wrong)
        if usage:
            for rule in _ROW_RULES:
                for column_name, wrong in rule(row):
                    yield Finding(number, column_name, wrong)


def _check_header(names: list[str], known: Mapping[str, Column]) -> Iterator[Finding]:
    for column in known.values():
        if column.level == "mandatory" and column.name not in names:
            yield Finding(0, column.name, "it is mandatory and missing")
    if known.keys() >= _SELLERS and _SELLERS.isdisjoint(names):
        yield Finding(
            0, "", "it names no seller: expected `ServiceProviderName` or, before 1.4, `ProviderName`"
        )
    for name in names:
        if names.count(name) > 1:
            yield Finding(0, name, "there are two columns of this name")
        if name not in known and name.startswith("x_") and not _CUSTOM.fullmatch(name):
            yield Finding(0, name, "a custom column is `x_` and letters, digits or underscores")


def _check_cell(column: Column, cell: str | None) -> str | None:
    """What is wrong with one cell by itself; None when nothing is."""
    if cell is None:
        return None if column.nullable else "it must not be empty"
    if column.allowed and cell not in column.allowed:
        return f"`{cell}` is none of {', '.join(column.allowed)}"
    return _FORMS[column.kind](cell)


def _text(cell: str) -> str | None:
    return None if cell == cell.strip() else "it begins or ends with a blank"


def _decimal(cell: str) -> str | None:
    return None if _NUMBER.fullmatch(cell) else f"`{cell}` is no number like -12.5 or 1E-7"


def _moment(cell: str) -> str | None:
    return None if _MOMENT.fullmatch(cell) else f"`{cell}` is no UTC time like 2026-11-01T00:00:00Z"


def _json(cell: str) -> str | None:
    try:
        found = json.loads(cell)
    except (ValueError, RecursionError):
        return "it is no JSON"
    return None if isinstance(found, dict | list) else "it is neither a JSON object nor a list"


_FORMS: dict[Kind, Callable[[str], str | None]] = {
    "text": _text,
    "decimal": _decimal,
    "moment": _moment,
    "json": _json,
}


def number(row: Row, name: str) -> Decimal | None:
    """The number in a cell; None where it is empty, missing or no number."""
    cell = row.get(name)
    return Decimal(cell) if cell is not None and _NUMBER.fullmatch(cell) else None


Wrong = Iterator[tuple[str, str]]


def _check_periods(row: Row) -> Wrong:
    """A period ends after it begins, and a charge that corrects nothing lies in its billing period."""
    for kind in ("Charge", "Billing"):
        start, end = row.get(f"{kind}PeriodStart"), row.get(f"{kind}PeriodEnd")
        if start and end and not start < end:
            yield f"{kind}PeriodEnd", f"it is not after `{start}`, where the period begins"
    start, bill = row.get("ChargePeriodStart"), row.get("BillingPeriodStart")
    if (
        start
        and bill
        and start < bill
        and not row.get("ChargeClass")
        and row.get("ChargeCategory") == "Usage"
    ):
        yield "ChargePeriodStart", "it is before the billing period, and `ChargeClass` is not Correction"


def _check_products(row: Row) -> Wrong:
    """A cost is its unit price times the quantity, where both are there."""
    quantity = number(row, "PricingQuantity")
    for cost, unit in (("ListCost", "ListUnitPrice"), ("ContractedCost", "ContractedUnitPrice")):
        price, amount = number(row, unit), number(row, cost)
        if price is None:
            continue
        if price < 0:
            yield unit, "a unit price is not negative"
        if quantity is None or amount is None:
            continue
        try:
            product = multiply_exactly(price, quantity)
        except ArithmeticError:
            yield cost, f"{unit} times PricingQuantity has too many digits to be an amount"
        else:
            if product != amount:
                yield cost, f"it is {amount}, and {unit} times PricingQuantity is {product}"


def _check_category(row: Row) -> Wrong:
    """What usage and purchases must say, and what taxes must not."""
    category, corrects = row.get("ChargeCategory"), row.get("ChargeClass") == "Correction"
    stated = ("PricingQuantity", "PricingUnit", "PricingCategory", "ListUnitPrice")
    if category in {"Usage", "Purchase"} and not corrects:
        for name in stated:
            if name in row and row[name] is None:
                yield name, f"it must not be empty for a charge of category {category}"
    if category == "Tax":
        for name in stated:
            if row.get(name) is not None:
                yield name, "it must be empty for a tax"
    if category != "Usage" and row.get("ConsumedQuantity") is not None:
        yield "ConsumedQuantity", "only usage is consumed"


def _check_pairs(row: Row) -> Wrong:
    """Cells that come together or not at all."""
    for one, other in (
        ("PricingQuantity", "PricingUnit"),
        ("ConsumedQuantity", "ConsumedUnit"),
        ("SubAccountName", "SubAccountId"),
        ("ResourceName", "ResourceId"),
        ("RegionName", "RegionId"),
        ("SkuPriceDetails", "SkuPriceId"),
    ):
        if row.get(one) is not None and other in row and row[other] is None:
            yield other, f"it must not be empty where `{one}` is there"


def _check_currency(row: Row) -> Wrong:
    currency = row.get("BillingCurrency")
    if currency is not None and not re.fullmatch(r"[A-Z]{3}", currency):
        yield "BillingCurrency", f"`{currency}` is no ISO 4217 code"


def _check_commitments(row: Row) -> Wrong:
    """`{"Elements": [...]}`, each with its ids and either a cost or a quantity with its unit."""
    cell = row.get("ContractApplied")
    if cell is None or _json(cell) is not None:
        return
    found = json.loads(cell)
    elements = found.get("Elements") if isinstance(found, dict) else None
    if not isinstance(elements, list) or not elements:
        yield "ContractApplied", "it holds no `Elements`"
        return
    for element in elements:
        if not isinstance(element, dict) or not {"ContractId", "ContractCommitmentId"} <= element.keys():
            yield "ContractApplied", "an element names no ContractId and ContractCommitmentId"
            continue
        cost = "ContractCommitmentAppliedCost" in element
        quantity = {"ContractCommitmentAppliedQuantity", "ContractCommitmentAppliedUnit"} <= element.keys()
        if cost == quantity:
            yield (
                "ContractApplied",
                "an element has either an applied cost or an applied quantity with its unit",
            )


_ROW_RULES: tuple[Callable[[Row], Wrong], ...] = (
    _check_periods,
    _check_products,
    _check_category,
    _check_pairs,
    _check_currency,
    _check_commitments,
)
