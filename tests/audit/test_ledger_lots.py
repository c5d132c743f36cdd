"""Lots from the gateway's own ledger: what is joined, what is kept apart, and older records."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import msgspec
import pytest
from tests.audit.acts import lots_of, make_book, make_call, make_stop, nanos, write_ledger
from tests.ledger.samples import make_attempt, make_entry

from comity.audit import Chosen, Judged, Rules, judge_lot, ledger_lots
from comity.contracts import Posture
from comity.errors import StoreError
from comity.ledger import Attempted, Reserved, Store, count_undecided, fold, open_store, read_decision


@pytest.fixture(params=["sqlite", "postgresql"])
def store(request: pytest.FixtureRequest) -> Iterator[Store]:
    """A store in memory, or on a server."""
    with open_store(request.getfixturevalue("schema") if request.param == "postgresql" else None) as opened:
        yield opened


def judged(store: Store, folder: Path, chosen: Chosen | None = None) -> list[Judged]:
    """The lots of a journal with their verdicts."""
    rules = Rules(make_book())
    return [judge_lot(lot, rules) for lot in lots_of(store, folder, rules, chosen)]


def test_equal_requests_are_one_lot(tmp_path: Path, store: Store) -> None:
    """Sums are exact; another target is another lot; the record says what was decided then."""
    write_ledger(tmp_path, make_call("bedrock"), make_call("bedrock"), make_call("azure-swe"))
    found = sorted(judged(store, tmp_path), key=lambda one: one.lot.weight.requests)
    assert [(one.outcome, one.lot.weight.requests) for one in found] == [("permitted", 1), ("disputed", 2)]
    weight = found[1].lot.weight
    assert (weight.prompt, weight.completion, weight.costs["USD"].amount) == (200, 40, Decimal("0.00065"))
    assert found[1].workload["region"] == {"us-east-1"}
    assert (found[1].lot.recorded, found[1].lot.posture) == ("permitted", Posture())
    assert found[1].lot.columns["caller"] == "support-bot"


def test_a_lot_ends_where_a_verdict_may_change(tmp_path: Path, store: Store) -> None:
    """On the day before, on and after an amendment, though the gateway decided only once."""
    days = ("2026-02-26T23:59:59", "2026-02-27", "2026-04-26T23:59:59", "2026-04-27")
    write_ledger(tmp_path, *(make_call("bedrock", at=day, decided_at=0) for day in days))
    found = sorted(judged(store, tmp_path), key=lambda one: one.lot.at)
    assert [one.outcome for one in found] == ["silent", "disputed", "disputed", "silent"]


def test_a_rehearsal_is_judged_on_its_own_day(tmp_path: Path, store: Store) -> None:
    """The contracts' clock was ahead of the real one."""
    reserved, *rest = make_call("bedrock", at="2025-01-01")
    assert isinstance(reserved, Reserved)
    ahead = nanos("2026-03-18") - nanos("2025-01-01")
    decision = msgspec.structs.replace(reserved.decision, ahead=ahead)
    write_ledger(tmp_path, [msgspec.structs.replace(reserved, decision=decision), *rest])
    (one,) = judged(store, tmp_path)
    assert (one.outcome, one.lot.columns["day"], one.lot.columns["month"]) == (
        "disputed",
        "2026-03-18",
        "2026-03",
    )


def test_days_are_kept_apart_when_asked_for(tmp_path: Path, store: Store) -> None:
    """Two days of one decision."""
    first, second = make_call("bedrock"), make_call("bedrock", at="2026-03-19")
    assert isinstance(first[0], Reserved)
    second[0] = msgspec.structs.replace(second[0], decision=first[0].decision)
    write_ledger(tmp_path, first, second)
    assert len(judged(store, tmp_path)) == 1
    days = [lot.columns["day"] for lot in ledger_lots(store, [], Chosen(daily=True))]
    assert sorted(days) == ["2026-03-18", "2026-03-19"]


def test_a_period_is_half_open(tmp_path: Path, store: Store) -> None:
    """The first moment belongs to it, the last does not; refusals too."""
    for day in ("2026-03-17", "2026-03-18", "2026-03-19"):
        write_ledger(tmp_path, make_call("bedrock", at=day), make_stop(at=day))
    chosen = Chosen(nanos("2026-03-18"), nanos("2026-03-19"))
    found = judged(store, tmp_path, chosen)
    assert {(one.lot.act, one.lot.at) for one in found} == {
        ("served", nanos("2026-03-18") / 1e9),
        ("refused", nanos("2026-03-18") / 1e9),
    }


def test_a_refusal_is_judged_by_its_mildest_candidate(tmp_path: Path, store: Store) -> None:
    """Azure in Sweden would have done."""
    write_ledger(tmp_path, make_stop(data="personal"))
    (one,) = judged(store, tmp_path)
    assert (one.lot.act, one.outcome, one.workload["cloud"]) == ("refused", "permitted", "azure")


@pytest.mark.parametrize(
    ("answered_by", "region", "outcome"),
    [
        ("azure-swe", "swedencentral", "permitted"),
        ("bedrock", "us-east-1", "prohibited"),
        ("somewhere", "eastus2", "prohibited"),
        ("somewhere", "swedencentral", "permitted"),
        ("somewhere", "moonbase", "unreadable"),
    ],
)
def test_a_spillover_is_judged_where_it_ran(
    tmp_path: Path, store: Store, answered_by: str, region: str, outcome: str
) -> None:
    """The facts of the deployment that answered; of an unknown one, at least the region it named."""
    reserved, attempt, settled = make_call("azure-swe", data="personal")
    assert isinstance(attempt, Attempted)
    moved = msgspec.structs.replace(attempt, answered_by=answered_by, region=frozenset({region}))
    write_ledger(tmp_path, [reserved, moved, settled])
    assert [one.outcome for one in judged(store, tmp_path)] == [outcome]


def test_an_older_record_says_at_least_where(tmp_path: Path, store: Store) -> None:
    """Without the target's facts there are the attempt's cloud and region; a refusal cannot be judged."""
    call, stop = make_call("bedrock", data="personal"), make_stop()
    for entry in (call, stop):
        decision = msgspec.structs.replace(entry[0].decision, targets={})  # type: ignore[union-attr]  # both have one
        entry[0] = msgspec.structs.replace(entry[0], decision=decision)
    write_ledger(tmp_path, call, stop)
    found = {one.lot.act: one for one in judged(store, tmp_path)}
    assert (found["served"].outcome, found["served"].lot.posture) == ("prohibited", None)
    assert found["refused"].unreadable == "the record names no candidates"


def test_what_was_never_sent_was_not_done(tmp_path: Path, store: Store) -> None:
    """A failed one left all the same."""
    reserved, attempt, settled = make_call("bedrock")
    assert isinstance(attempt, Attempted)
    outcome = type(attempt.outcome)
    never = msgspec.structs.replace(attempt, outcome=outcome.NOT_SENT)
    failed = msgspec.structs.replace(attempt, number=2, outcome=outcome.FAILED)
    write_ledger(tmp_path, [reserved, never, failed, settled])
    assert [one.lot.weight.requests for one in judged(store, tmp_path)] == [1]


def test_calls_without_a_reservation_are_counted(tmp_path: Path, store: Store) -> None:
    """They are in no lot, since nobody knows what they were about."""
    write_ledger(tmp_path, [make_attempt(b"x" * 16)], make_entry())
    fold(tmp_path, store)
    assert count_undecided(store) == 1


def test_many_kinds_are_handed_on_early(tmp_path: Path, store: Store) -> None:
    """The same sums in more lots."""
    write_ledger(tmp_path, *(make_call(name) for name in ("bedrock", "azure-swe", "bedrock", "vertex")))
    fold(tmp_path, store)
    seen: list[tuple[int, int]] = []
    lots = list(ledger_lots(store, [], Chosen(held=1), lambda done, total: seen.append((done, total))))
    assert sum(lot.weight.requests for lot in lots) == 4
    assert len(lots) == 4
    assert seen == [(0, 4)]


def test_a_missing_decision_is_a_fault_of_the_store(store: Store) -> None:
    """It says which."""
    with pytest.raises(StoreError, match="names a decision `6162` that it does not hold"):
        read_decision(store, b"ab")
