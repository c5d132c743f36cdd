"""Charges: every line that may be owed, by time; corrections are lines of their own."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import msgspec
import pytest
from tests.ledger.samples import NOW, make_attempt, make_entry, make_reserved, write_segment

from comity.errors import StoreError
from comity.ledger import (
    Attempted,
    AttemptOutcome,
    Charge,
    EntryOutcome,
    Record,
    fold,
    open_store,
    read_charges,
    settle,
    write_correction,
)
from comity.money import Money

TARGETS = {
    "azure-swe": {"provider": "openai", "model": "gpt-5.5", "cloud": "azure"},
    "bedrock-eu": {"provider": "anthropic", "model": "claude", "cloud": "aws"},
}
"""Facts of two deployments."""


def charges(folder: Path, since: int | None = None, until: int | None = None) -> list[Charge]:
    """The lines of a folder's journal."""
    with open_store(None) as store:
        fold(folder, store)
        return list(read_charges(store, since, until))


def test_a_charge_says_what_an_invoice_asks(tmp_path: Path) -> None:
    """Who, for whom, on what, at which terms: from the decision and the attempt."""
    reserved = make_reserved(targets=TARGETS, held=Money(Decimal(2), "USD"))
    cost, listed = Money(Decimal("0.000300"), "USD"), Money(Decimal("0.0004"), "USD")
    attempt = make_attempt(
        reserved.entry, tier="priority", model="gpt-5.5-2026-02-01", price="p-7", cost=cost, list_cost=listed
    )
    settled = settle(reserved.entry, EntryOutcome.SERVED, 200, [attempt], at=NOW + 1000)
    write_segment(tmp_path, [reserved, attempt, settled])
    (charge,) = charges(tmp_path)
    assert charge.entry == reserved.entry
    assert (charge.number, charge.at, charge.caller, charge.route) == (1, NOW, "support-bot", "gpt-5.5")
    assert charge.facts == {"customer": "acme", "product": "support"}
    assert charge.workload["personal"] is True
    assert (charge.deployment, charge.answered_by, charge.cloud) == ("azure-swe", "azure-swe", "azure")
    assert charge.region == ("swedencentral",)
    assert (charge.provider, charge.model, charge.served_model) == ("openai", "gpt-5.5", "gpt-5.5-2026-02-01")
    assert (charge.tier, charge.price, charge.usage) == ("priority", "p-7", attempt.usage)
    assert (charge.cost, charge.list_cost) == (Money(Decimal("0.0003"), "USD"), listed)
    assert (charge.outcome, charge.unrated, charge.correction) == ("served", "", "")


def test_lines_are_what_may_be_owed(tmp_path: Path) -> None:
    """A refusal by the provider is no line; a call that nobody could price is one, without an amount."""
    records: list[Record] = []
    for number, unrated in enumerate(("not_charged", "unpriced", "unknown_usage"), 1):
        reserved = make_reserved(targets=TARGETS)
        failed = make_attempt(
            reserved.entry,
            outcome=AttemptOutcome.AMBIGUOUS,
            started=NOW + number,
            answered_by="elsewhere",
            cost=None,
            unrated=unrated,
            usage=None,
        )
        records += [reserved, failed]
    write_segment(tmp_path, records)
    found = charges(tmp_path)
    assert [(charge.unrated, charge.cost, charge.usage) for charge in found] == [
        ("unpriced", None, None),
        ("unknown_usage", None, None),
    ]
    assert {charge.model for charge in found} == {"gpt-5.5"}, "the facts of the deployment that was called"


def test_corrections_are_lines_of_their_own(tmp_path: Path) -> None:
    """The line they change stays as it was; they carry its facts, their own date, and the reason."""
    entry = make_entry(targets=TARGETS)
    attempt = entry[1]
    assert isinstance(attempt, Attempted)
    write_segment(tmp_path, entry)
    whole = write_correction(
        tmp_path, attempt.entry, Money(Decimal("-0.000025"), "USD"), by="billing", reason="invoice 7, line 3"
    )
    part = write_correction(
        tmp_path, attempt.entry, Money(Decimal(1), "USD"), by="billing", reason="surcharge", number=1
    )
    first, *corrected = charges(tmp_path)
    assert first.cost == attempt.cost
    assert [(line.number, line.at, line.cost, line.correction, line.correction_id) for line in corrected] == [
        (0, whole.at, whole.delta, "invoice 7, line 3", whole.id),
        (1, part.at, part.delta, "surcharge", part.id),
    ]
    for line in corrected:
        assert (line.facts, line.model, line.deployment) == (first.facts, "gpt-5.5", "azure-swe")
        assert (line.usage, line.tier, line.region) == (None, first.tier, first.region)
    assert charges(tmp_path, until=NOW) == []
    assert charges(tmp_path, since=NOW, until=NOW + 1) == [first]
    assert charges(tmp_path, since=NOW + 1) == corrected


def test_a_charge_without_its_reservation_is_not_lost(tmp_path: Path) -> None:
    """Money is owed even where nobody can say any more for whom."""
    write_segment(tmp_path, [make_attempt(b"e" * 16)])
    write_correction(tmp_path, b"f" * 16, Money(Decimal(1), "USD"), by="x", reason="y")
    found = charges(tmp_path)
    assert [(charge.caller, charge.deployment) for charge in found] == [("", "azure-swe"), ("", "")]


def test_a_correction_needs_a_reason_and_a_place(tmp_path: Path) -> None:
    """Nobody accepts an amount that was changed without saying why."""
    delta = Money(Decimal(1), "USD")
    with pytest.raises(ValueError, match="expected a reason"):
        write_correction(tmp_path, b"e" * 16, delta, by="billing", reason=" ")
    with pytest.raises(StoreError, match="cannot be written"):
        write_correction(tmp_path / "missing", b"e" * 16, delta, by="billing", reason="late")


def test_lines_are_read_in_order_of_time(tmp_path: Path) -> None:
    """However the journal was written."""
    moments = [NOW + 7, NOW + 3, NOW + 5, NOW + 3]
    for moment in moments:
        reserved = make_reserved(targets=TARGETS)
        attempt = msgspec.structs.replace(make_attempt(reserved.entry), started=moment)
        write_segment(tmp_path, [reserved, attempt])
    assert [charge.at for charge in charges(tmp_path)] == sorted(moments)
