"""Each thing that can be wrong with a ledger is found and named."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import msgspec
import pytest
from tests.ledger.samples import NOW, make_attempt, make_entry, make_reserved, write_segment

from comity.exchange import Usage
from comity.ledger import (
    Corrected,
    EntryOutcome,
    Record,
    Settled,
    Verification,
    fold,
    format_entry_id,
    open_store,
    settle,
    verify,
)
from comity.ledger.verification import DISCREPANCY_LIMIT
from comity.money import Money


def check(folder: Path, *records: Record) -> Verification:
    """The verification of a ledger that holds these records."""
    write_segment(folder, list(records))
    with open_store(None) as store:
        fold(folder, store)
        return verify(store)


def sound_settlement(entry: bytes) -> Settled:
    """The settlement of `make_entry`."""
    return settle(entry, EntryOutcome.SERVED, 200, [make_attempt(entry)], at=NOW)


def test_a_sound_ledger_holds(tmp_path: Path) -> None:
    """Nothing to report."""
    result = check(tmp_path, *make_entry(), *make_entry())
    assert result.holds
    assert (result.entries, result.attempts, result.under_way, result.notes) == (2, 2, 0, ())


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"usage": Usage(input=101, output=20)}, "`input_tokens` is 101, its attempts make 100"),
        ({"costs": ()}, '`costs` is {}, its attempts make {"USD":"0.000325"}'),
        ({"unrated": 1}, "`unrated` is 1, its attempts make 0"),
        ({"unknown_usage": 1}, "`unknown_usage` is 1, its attempts make 0"),
        ({"estimated": True}, "`estimated` is 1, its attempts make 0"),
    ],
)
def test_a_sum_that_is_not_the_sum_is_found(tmp_path: Path, change: dict[str, object], named: str) -> None:
    """Any total of a settlement that differs is named with both values."""
    reserved = make_reserved()
    entry = reserved.entry
    wrong = msgspec.structs.replace(sound_settlement(entry), **change)
    result = check(tmp_path, reserved, make_attempt(entry), wrong, *make_entry())
    assert [(found.kind, found.where, found.detail) for found in result.discrepancies] == [
        ("sum", format_entry_id(entry), named)
    ]
    assert not result.holds


def test_a_missing_attempt_is_found(tmp_path: Path) -> None:
    """A settlement that counts more attempts than there are, or other numbers."""
    reserved = make_reserved()
    entry = reserved.entry
    second = make_attempt(entry, 2)
    settled = settle(entry, EntryOutcome.SERVED, 200, [make_attempt(entry), second], at=NOW)
    kinds = [found.kind for found in check(tmp_path, reserved, second, settled).discrepancies]
    assert kinds == ["sum", "sum", "sum", "sum", "numbering"]


def test_two_settlements_are_a_conflict(tmp_path: Path) -> None:
    """Exactly once: the first stands, and the second is reported."""
    records = make_entry()
    entry = make_reserved().entry
    records = [make_reserved(entry=entry), make_attempt(entry), sound_settlement(entry)]
    other = msgspec.structs.replace(sound_settlement(entry), status=500)
    result = check(tmp_path, *records, other)
    assert [found.kind for found in result.discrepancies] == ["conflict"]


def test_two_attempts_of_one_number_are_a_conflict(tmp_path: Path) -> None:
    """The first stands, and the second is reported."""
    reserved = make_reserved()
    entry = reserved.entry
    other = make_attempt(entry, deployment="elsewhere")
    result = check(tmp_path, reserved, make_attempt(entry), other, sound_settlement(entry))
    assert [found.kind for found in result.discrepancies] == ["conflict"]


def test_attempts_without_an_entry_are_orphans(tmp_path: Path) -> None:
    """Their reservation was lost to damage; the ones before and after are still checked."""
    result = check(
        tmp_path,
        make_attempt(b"\x00" * 16),
        *make_entry(),
        make_attempt(b"\xff" * 16),
        make_attempt(b"\x01" * 16),
    )
    assert [found.kind for found in result.discrepancies] == ["orphan"] * 3


def test_corrections_of_what_is_not_there_are_found(tmp_path: Path) -> None:
    """No such entry, no such attempt, another currency, and one that is said twice with two amounts."""
    records = make_entry()
    entry = records[0].entry
    made = [
        Corrected(
            bytes([number]) * 16, whose, attempt, NOW + number, "billing", "late", Money(Decimal(1), of)
        )
        for number, (whose, attempt, of) in enumerate(
            [(b"e" * 16, 1, "USD"), (entry, 2, "USD"), (entry, 1, "EUR"), (entry, 0, "USD")]
        )
    ]
    twice = msgspec.structs.replace(made[-1], delta=Money(Decimal(2), "USD"))
    result = check(tmp_path, *records, *made, twice)
    assert [(found.kind, found.detail) for found in result.discrepancies] == [
        ("conflict", "two records of a correction differ"),
        ("correction", "it was corrected and is not there"),
        ("correction", "its attempt 2 was corrected and is not there"),
        ("correction", "it was charged in USD and corrected in EUR"),
    ]
    assert [str(one) for one in result.corrections] == ["1 EUR", "3 USD"]


def test_open_entries_of_the_dead_are_found(tmp_path: Path) -> None:
    """They wait for the recovery of the next start."""
    result = check(tmp_path, make_reserved())
    assert [(found.kind, result.under_way) for found in result.discrepancies] == [("unsettled", 0)]


def test_the_list_is_bounded_and_the_count_is_not(tmp_path: Path) -> None:
    """A ledger that is wrong everywhere does not fill the screen."""
    result = check(tmp_path, *(make_reserved() for _ in range(DISCREPANCY_LIMIT + 7)))
    assert len(result.discrepancies) == DISCREPANCY_LIMIT
    assert result.discrepancy_count == DISCREPANCY_LIMIT + 7


def test_progress_is_told(tmp_path: Path) -> None:
    """Every thousand settlements."""
    write_segment(tmp_path, [record for _ in range(2100) for record in make_entry()])
    told: list[tuple[int, int]] = []
    with open_store(None) as store:
        fold(tmp_path, store)
        assert verify(store, lambda done, total: told.append((done, total))).holds
    assert told == [(1000, 2100), (2000, 2100)]
