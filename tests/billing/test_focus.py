"""FOCUS files: what is written passes the check, adds up to the ledger, and the check finds what is wrong."""

from __future__ import annotations

import csv
import io
import json
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.billing.samples import OCTOBER, TARIFFS, charge, usd
from tests.commitments.books import book_of, moment, spent

from comity.billing import (
    CONTRACT_COMMITMENT,
    COST_AND_USAGE,
    Export,
    View,
    check_file,
    commitment_rows,
    meter_of,
    parse_billing_period,
    shortfall_rows,
    write_rows,
)
from comity.billing.focus_checks import check
from comity.billing.focus_rows import Cells
from comity.commitments import Applied, commitments_at
from comity.exchange import Usage
from comity.ledger import Charge
from comity.money import Money

METER = meter_of(TARIFFS, {})
VIEW = View(OCTOBER, "acme", "Acme Corp", names={"oai": "OpenAI"}, covering={"ptu.swe": frozenset()})


def export(*charges: Charge, applied: tuple[Applied, ...] = (), view: View = VIEW) -> list[Cells]:
    """The rows for charges that all retire the same."""
    made = Export(view, METER)
    for one in charges:
        made.add(one, applied)
    return list(made.rows())


def findings(rows: list[Cells]) -> list[str]:
    """What the check finds in rows as they are read back from a file."""
    out = io.StringIO()
    write_rows(out, rows, COST_AND_USAGE)
    out.seek(0)
    reader = csv.DictReader(out)
    back: list[Cells] = [{name: cell or None for name, cell in row.items()} for row in reader]
    return [str(found) for found in check(reader.fieldnames or (), back, COST_AND_USAGE)]


def total(rows: list[Cells], column: str) -> Decimal:
    """The sum of a column."""
    return sum((Decimal(row[column] or 0) for row in rows), Decimal(0))


def test_a_row_per_day_price_and_kind_of_token() -> None:
    """Tokens of a day at one price are one row, with the seller, the host and the maker of the model."""
    rows = export(charge(1), charge(2), charge(3, "2026-10-06T00:00:00"))
    assert len(rows) == 4
    row = next(row for row in rows if row["SkuMeter"] == "Input Tokens")
    assert row["ConsumedQuantity"] == "2000"
    assert row["PricingQuantity"] == "0.002"
    assert (row["ContractedUnitPrice"], row["ListUnitPrice"]) == ("1.1", "1.25")
    assert (row["BilledCost"], row["ListCost"]) == ("0.0022", "0.0025")
    assert (row["ChargePeriodStart"], row["ChargePeriodEnd"]) == (
        "2026-10-05T00:00:00Z",
        "2026-10-06T00:00:00Z",
    )
    assert (row["HostProviderName"], row["PublisherName"]) == ("Microsoft", "OpenAI")
    assert (row["RegionId"], row["SubAccountId"]) == ("swedencentral", "globex")
    assert json.loads(row["Tags"] or "") == {"caller": "bot", "customer": "globex", "team": "search"}
    assert findings(rows) == []


def test_what_has_no_amount_is_no_row() -> None:
    """FOCUS has no unknown cost; the export counts what it left out, by reason."""
    made = Export(VIEW, METER)
    made.add(charge(1, unrated="unpriced"))
    made.add(charge(2))
    assert made.unpriced == {"unpriced": 1}
    assert total(list(made.rows()), "BilledCost") == Decimal("0.0056")


def test_whole_charges_are_priced_in_their_currency() -> None:
    """Where the terms are gone, quantity is the amount and the unit price one: the identity holds."""
    rows = export(charge(1, cost=Money(Decimal("0.25"), "EUR")))
    (row,) = rows
    assert (row["PricingUnit"], row["PricingQuantity"], row["BilledCost"]) == ("EUR", "0.25", "0.25")
    assert findings(rows) == []


def test_a_late_correction_names_the_day_it_corrects() -> None:
    """A correction of a closed period is a row of the open one, dated where the cost arose."""
    late = charge(1, "2026-09-28T10:00:00", correction="credit note", cost=usd("-2"))
    rows = export(msgspec.structs.replace(late, at=charge(1).at))
    (row,) = rows
    assert (row["ChargeCategory"], row["ChargeClass"], row["BilledCost"]) == (
        "Adjustment",
        "Correction",
        "-2",
    )
    assert row["ChargePeriodStart"] == "2026-09-28T00:00:00Z"
    assert row["BillingPeriodStart"] == "2026-10-01T00:00:00Z"
    assert findings(rows) == []


def test_a_correction_of_the_open_period_is_none_to_focus() -> None:
    """ChargeClass is only for periods that are closed."""
    (row,) = export(charge(1, correction="credit note", cost=usd("-2")))
    assert (row["ChargeCategory"], row["ChargeClass"]) == ("Adjustment", None)


def test_what_a_commitment_pays_for_is_not_billed_again() -> None:
    """Covered tokens are rows of their own: billed nothing, effective at their cost, with its id."""
    applied = (
        Applied("azure", "ptu.swe", Decimal("0.5"), "PTU", Decimal("0.5")),
        Applied("azure", "macc.y1", Decimal("0.0056"), "USD", Decimal(1)),
    )
    rows = export(charge(1), applied=applied)
    covered = [row for row in rows if row["CommitmentDiscountId"] == "ptu.swe"]
    rest = [row for row in rows if row["CommitmentDiscountId"] is None]
    assert len(covered) == len(rest) == 2
    assert total(covered, "BilledCost") == 0
    assert total(covered, "EffectiveCost") == total(rest, "BilledCost") == Decimal("0.0028")
    elements = [json.loads(row["ContractApplied"] or "")["Elements"] for row in rows]
    quantities = [
        e["ContractCommitmentAppliedQuantity"]
        for group in elements
        for e in group
        if "ContractCommitmentAppliedUnit" in e
    ]
    costs = [
        e["ContractCommitmentAppliedCost"]
        for group in elements
        for e in group
        if "ContractCommitmentAppliedCost" in e
    ]
    assert sum(map(Decimal, map(str, quantities))) == Decimal("0.5")
    assert sum(map(Decimal, map(str, costs))) == Decimal("0.0056")
    assert findings(rows) == []


def covered(charge: Charge, *fractions: tuple[str, str], **classes: str) -> dict[str, Decimal]:
    """What each commitment pays for of a charge; empty for what is billed."""
    applied = tuple(Applied("azure", name, Decimal(part), "USD", Decimal(part)) for name, part in fractions)
    covering = {name: frozenset(classes.get(name, "").split()) for name, _ in fractions}
    rows = export(charge, applied=applied, view=msgspec.structs.replace(VIEW, covering=covering))
    assert findings(rows) == []
    found: dict[str, Decimal] = {}
    for row in rows:
        name = row["CommitmentDiscountId"] or ""
        found[name] = found.get(name, Decimal(0)) + Decimal(row["EffectiveCost"] or 0)
    return found


@pytest.mark.parametrize("one", [charge(1), charge(1, cost=usd("0.0056"))], ids=["by token", "whole"])
def test_commitments_that_share_a_charge_cover_all_of_it(one: Charge) -> None:
    """Each fraction is one of the whole charge, also where nobody can take the charge apart."""
    half = Decimal("0.0028")
    assert covered(one, ("first", "0.5"), ("second", "0.5")) == {"first": half, "second": half}
    assert covered(one, ("first", "0.5")) == {"first": half, "": half}
    assert covered(one, ("input", "0.5"), ("output", "0.5"), input="input", output="output") == {
        "input": half,
        "": half,
    }, "reservations of different token classes cover the same half"
    third = "0.3333333333333333333333333333"
    assert "" not in covered(one, ("a", third), ("b", third), ("c", third))


TOKENS = st.tuples(st.integers(0, 10**6), st.integers(0, 10**6), st.integers(0, 10**6))
FRACTIONS = st.integers(0, 1000).map(lambda thousandth: Decimal(thousandth) / 1000)


@given(st.lists(TOKENS, max_size=8), FRACTIONS)
def test_rows_add_up_to_the_ledger(tokens: list[tuple[int, int, int]], fraction: Decimal) -> None:
    """Whatever is grouped, split or covered, the effective cost is what was rated."""
    charges = [charge(n, usage=Usage(i, c, 0, o)) for n, (i, c, o) in enumerate(tokens)]
    rows = export(*charges, applied=(Applied("azure", "ptu.swe", fraction, "PTU", fraction),))
    owed = sum((one.cost.amount for one in charges if one.cost), Decimal(0))
    assert total(rows, "EffectiveCost") == total(rows, "ContractedCost") == owed
    assert (
        total(rows, "BilledCost")
        + total([row for row in rows if row["CommitmentDiscountId"]], "EffectiveCost")
        == owed
    )
    assert findings(rows) == []


def test_rounding_of_an_invoice_is_a_row() -> None:
    """The rows of an invoice sum to what it asks for (FOCUS, BilledCost)."""
    made = Export(View(OCTOBER, "globex", "globex", issuer="Acme"), METER)
    made.add(charge(1))
    rows = list(made.rows())
    assert total(rows, "BilledCost") == Decimal("0.0100")
    assert {row["InvoiceIssuerName"] for row in rows} == {"Acme"}
    assert {row["InvoiceId"] for row in rows} == {"globex-2026-10-USD"}
    assert rows[-1]["ChargeDescription"] == "Rounding of invoice globex-2026-10-USD"
    assert findings(rows) == []


GOOD = export(charge(1))[0]


@pytest.mark.parametrize(
    ("column", "cell", "said"),
    [
        ("BilledCost", None, "must not be empty"),
        ("BilledCost", "1,000", "no number"),
        ("ChargeCategory", "usage", "is none of Usage"),
        ("ChargePeriodStart", "2026-10-05", "no UTC time"),
        ("ChargePeriodEnd", "2026-10-04T00:00:00Z", "not after"),
        ("ChargePeriodStart", "2026-09-05T00:00:00Z", "before the billing period"),
        ("ListCost", "7", "times PricingQuantity"),
        ("PricingUnit", None, "must not be empty"),
        ("BillingCurrency", "Euro", "no ISO 4217"),
        ("Tags", "{", "no JSON"),
        ("ContractApplied", '{"Elements": [{"ContractId": "a"}]}', "names no ContractId"),
        (
            "ContractApplied",
            '{"Elements": [{"ContractId": "a", "ContractCommitmentId": "b"}]}',
            "either an applied",
        ),
        ("ContractApplied", "{}", "holds no `Elements`"),
        ("ServiceName", " gpt", "begins or ends with a blank"),
        ("ListUnitPrice", "-1", "not negative"),
        ("ListUnitPrice", "NaN", "no number"),
        ("ListUnitPrice", "1E9999999", "too many digits"),
        ("Tags", "[" * 100_000, "no JSON"),
    ],
)
def test_the_check_finds(column: str, cell: str | None, said: str) -> None:
    """Each rule fails on the row that breaks it, and names the column."""
    wrong = findings([GOOD | {column: cell}])
    assert any(said in one and column in one for one in wrong), wrong


def test_taxes_are_not_priced_and_only_usage_is_consumed() -> None:
    """Rules between columns."""
    wrong = " ".join(findings([GOOD | {"ChargeCategory": "Tax"}]))
    assert "must be empty for a tax" in wrong
    assert "only usage is consumed" in wrong


def test_a_file_is_checked_from_its_header_on(tmp_path: Path) -> None:
    """Missing and doubled columns, short rows, and the dataset told by its columns."""
    path = tmp_path / "focus.csv"
    path.write_text("BilledCost,BilledCost,x_bad-name\n1,1,1\n")
    said = [str(found) for found in check_file(path).findings]
    assert "file, EffectiveCost: it is mandatory and missing" in said
    assert any("names no seller" in one for one in said)
    assert any("two columns" in one for one in said)
    assert any("custom column" in one for one in said)
    path.write_text("ContractCommitmentId\nmacc\n")
    assert check_file(path).dataset == "ContractCommitment"
    path.write_text("\ufeffContractCommitmentId\nmacc\n", encoding="utf-8")
    assert check_file(path).dataset == "ContractCommitment", "as spreadsheets write it"
    path.write_text(f"BilledCost\n{'1' * 200_000}\n")
    with pytest.raises(ValueError, match="it is no CSV: field larger"):
        check_file(path)
    path.write_text("A,B\n1\n")
    with pytest.raises(ValueError, match="row 1 has 1 cells"):
        check_file(path)


@pytest.mark.parametrize(
    ("duty", "period", "missing"),
    [
        ("buy: azure, amount: 1200 USD, by: 2026-12-31, shortfall: pay", "2026-12", "972"),
        ("buy: azure, amount: 60 USD, per: month, shortfall: pay", "2026-01", "12"),
        ("buy: azure, amount: 60 USD, per: month, shortfall: pay", "2026-05", "60"),
    ],
)
def test_what_was_not_used_is_a_row(duty: str, period: str, missing: str) -> None:
    """FOCUS's examples of spend agreements: 228 used of 1,200 leave 972; 48 of a minimum of 60 leave 12."""
    used = [spent("2026-01-10", "48"), spent("2026-02-10", "120"), spent("2026-03-10", "60")]
    view = View(parse_billing_period(period, ZoneInfo("UTC")), "acme", "Acme")
    states = commitments_at(book_of(duty), (), moment("2027-02-01"), given=used)
    (row,) = shortfall_rows(states, view)
    assert (row["BilledCost"], row["CommitmentDiscountStatus"]) == (missing, "Unused")
    assert row["ServiceProviderName"] == "Microsoft"
    assert findings([row]) == []


def test_commitments_are_a_dataset_of_their_own(tmp_path: Path) -> None:
    """Money and units alike, with the ends that nobody has published."""
    book = book_of(
        "buy: azure, amount: 1200 USD, by: 2026-12-31, shortfall: pay",
        "buy: gcp, amount: 120 USD, per: hour, shortfall: forfeit",
    )
    path = tmp_path / "commitments.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        terms = (state.terms for state in commitments_at(book, (), moment("2026-06-01")))
        assert write_rows(file, commitment_rows(terms), CONTRACT_COMMITMENT) == 2
    checked = check_file(path)
    assert checked.findings == ()
    assert checked.dataset == "ContractCommitment"
