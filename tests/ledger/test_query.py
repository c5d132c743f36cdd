"""Filters and sums answer what was asked, exactly."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest
from tests.ledger.samples import NOW, make_attempt, make_refused, make_reserved, write_segment

from comity.exchange import Usage
from comity.ledger import (
    AttemptOutcome,
    EntryOutcome,
    Filter,
    Record,
    Store,
    fold,
    groups,
    lines,
    open_store,
    settle,
    totals,
)
from comity.money import Money

HOUR = 3_600_000_000_000
USD = Money(Decimal("0.000325"), "USD")
EUR = Money(Decimal("0.5"), "EUR")


def fallen_back() -> list[Record]:
    """An entry that failed on Azure at no charge and was served by AWS in euros."""
    reserved = make_reserved(
        at=NOW + HOUR,
        caller="agent",
        facts={"product": "agent"},
        workload={"tags": frozenset({"eu"}), "seats": 3},
    )
    entry = reserved.entry
    failed = make_attempt(
        entry, 1, outcome=AttemptOutcome.FAILED, usage=None, cost=None, unrated="not_charged", status=503
    )
    served = make_attempt(
        entry, 2, deployment="aws-ptu", answered_by="aws-fra", cloud="aws", cost=EUR, usage=Usage(output=7)
    )
    return [reserved, failed, served, settle(entry, EntryOutcome.SERVED, 200, [failed, served], at=NOW)]


def aborted() -> list[Record]:
    """An entry that a client broke off, with an estimate and without a price."""
    reserved = make_reserved(at=NOW + 24 * HOUR, workload={"personal": False})
    entry = reserved.entry
    attempt = make_attempt(
        entry, outcome=AttemptOutcome.ABORTED, cost=None, unrated="unpriced", estimated=True
    )
    return [reserved, attempt, settle(entry, EntryOutcome.ABORTED, 0, [attempt], at=NOW)]


def served() -> list[Record]:
    """A plain entry in dollars."""
    reserved = make_reserved()
    attempt = make_attempt(reserved.entry)
    return [reserved, attempt, settle(reserved.entry, EntryOutcome.SERVED, 200, [attempt], at=NOW)]


@pytest.fixture(params=["sqlite", "postgresql"])
def store(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Store]:
    """Six entries: two served, one fallen back, one aborted, one refused, one unsettled."""
    where = str(request.getfixturevalue("schema")) if request.param == "postgresql" else None
    refused = make_refused(at=NOW + 2 * HOUR)
    opened = make_reserved(at=NOW + 3 * HOUR)
    write_segment(tmp_path, [*served(), *served(), *fallen_back(), *aborted(), refused, opened])
    with open_store(where) as opened_store:
        fold(tmp_path, opened_store)
        yield opened_store


def test_totals_cover_everything(store: Store) -> None:
    """Entries of every outcome, attempts, tokens by class, money by currency, and what is unknown."""
    summed = totals(store, Filter())
    assert (summed.entries, summed.refused, summed.unsettled, summed.attempts) == (6, 1, 1, 5)
    assert summed.usage == Usage(input=300, output=67)
    assert summed.costs == (EUR, Money(Decimal("0.00065"), "USD"))
    assert (summed.unrated, summed.estimated) == (1, 1)


@pytest.mark.parametrize(
    ("chosen", "entries"),
    [
        (Filter(since=NOW + HOUR), 4),
        (Filter(until=NOW + HOUR), 2),
        (Filter(callers=("agent", "nobody")), 1),
        (Filter(deployments=("aws-ptu",)), 1),
        (Filter(deployments=("aws-fra",)), 1),
        (Filter(clouds=("azure",)), 4),
        (Filter(outcomes=("refused", "unsettled")), 2),
        (Filter(where=(("product", "agent"),)), 1),
        (Filter(where=(("tags", "eu"),)), 1),
        (Filter(where=(("tags", "a"), ("seats", "12"))), 4),
        (Filter(where=(("personal", "true"),)), 4),
        (Filter(where=(("personal", "false"),)), 1),
        (Filter(where=(("personal", "1"),)), 0),
        (Filter(where=(("unheard.of", "x"),)), 0),
        (Filter(callers=("support-bot",), clouds=("azure",), since=NOW + 1), 1),
    ],
)
def test_filters_choose(store: Store, chosen: Filter, entries: int) -> None:
    """All parts must hold; of several values any; the listing and the sums agree."""
    assert totals(store, chosen).entries == entries
    assert len(lines(store, chosen, 100)) == entries


def test_a_cloud_is_charged_for_its_own_attempts(store: Store) -> None:
    """An entry that fell back counts with both clouds, each with its own tokens and money."""
    by_cloud = {group.keys[0]: group.totals for group in groups(store, Filter(), ["cloud"])}
    assert list(by_cloud) == ["", "aws", "azure"]
    assert (by_cloud["aws"].entries, by_cloud["aws"].costs, by_cloud["aws"].usage.output) == (1, (EUR,), 7)
    assert (by_cloud["azure"].entries, by_cloud["azure"].attempts) == (4, 4)
    assert (by_cloud[""].entries, by_cloud[""].refused, by_cloud[""].attempts) == (2, 1, 0)


def test_groups_by_several_columns_and_facts(store: Store) -> None:
    """Facts of the caller and of the workload are columns like any other."""
    keys = ["product", "outcome", "day", "region"]
    found = [(*group.keys, group.totals.entries) for group in groups(store, Filter(), keys)]
    assert found == [
        ("agent", "served", "2026-03-18", "swedencentral", 1),
        ("support", "aborted", "2026-03-19", "swedencentral", 1),
        ("support", "refused", "2026-03-18", "", 1),
        ("support", "served", "2026-03-18", "swedencentral", 2),
        ("support", "unsettled", "2026-03-18", "", 1),
    ]
    assert [group.keys for group in groups(store, Filter(), ["seats"])] == [("",), ("3",), ("12",)]


def test_group_sums_add_up_to_the_totals(store: Store) -> None:
    """Attempts, tokens and money are in exactly one group."""
    everything = totals(store, Filter())
    parts = [group.totals for group in groups(store, Filter(), ["deployment", "attempt"])]
    assert sum(part.attempts for part in parts) == everything.attempts
    assert sum(part.usage.total for part in parts) == everything.usage.total
    for currency in ("USD", "EUR"):
        amounts = [cost.amount for part in parts for cost in part.costs if cost.currency == currency]
        assert sum(amounts) == sum(cost.amount for cost in everything.costs if cost.currency == currency)


def test_a_key_that_is_no_name_is_refused(store: Store) -> None:
    """Nothing but names reaches a statement."""
    for key in ("", "a b", "x') --", '"'):
        with pytest.raises(ValueError, match="expected the name of a column or a fact"):
            groups(store, Filter(), [key])
        with pytest.raises(ValueError, match="expected the name of a column or a fact"):
            totals(store, Filter(where=((key, "x"),)))


def test_lines_are_the_newest_in_order(store: Store) -> None:
    """The limit keeps the newest; each line says who served it, or why nobody did."""
    found = lines(store, Filter(), 4)
    assert [line.outcome for line in found] == ["served", "refused", "unsettled", "aborted"]
    fallback, refused, unsettled, broken = found
    assert (fallback.deployments, fallback.costs) == (("azure-swe", "aws-fra"), (EUR,))
    assert (refused.cause, refused.clauses, refused.status) == ("contract", ("2026a.stateless",), 451)
    assert (unsettled.status, unsettled.usage, unsettled.costs, unsettled.deployments) == (0, Usage(), (), ())
    assert (broken.estimated, broken.unrated) == (True, 1)


def test_an_entry_without_its_reservation_is_still_listed(tmp_path: Path) -> None:
    """Damage may have taken who asked; what was charged is not hidden."""
    write_segment(tmp_path, served()[1:])
    with open_store(None) as store:
        fold(tmp_path, store)
        (line,) = lines(store, Filter(), 5)
        assert (line.caller, line.at, line.costs) == ("", 0, (USD,))
        assert totals(store, Filter()).costs == (USD,)
        assert [group.keys for group in groups(store, Filter(), ("caller", "product", "cloud"))] == [
            ("", "", "azure")
        ]
        assert totals(store, Filter(callers=("support-bot",))).entries == 0
