"""The sums of a report: the same requests from every side."""

from __future__ import annotations

from decimal import Decimal

from tests.audit.acts import NANO, make_book, make_lot, nanos

from comity.audit import Report, Rules, Tally, Weight, group_of, judge_lot, judge_lots
from comity.audit.lot import Lot
from comity.money import Money


def report_of(*lots: Lot, group_by: tuple[str, ...] = (), party: str | None = None) -> Report:
    """The report about some lots."""
    rules = Rules(make_book(), party=party)
    tally = Tally(rules, group_by)
    for judged in judge_lots(lots, rules):
        tally.add(judged)
    return tally.report()


def test_outcomes_are_sums_with_money() -> None:
    """The gravest first; amounts are exact, and what has none is counted."""
    report = report_of(make_lot("bedrock"), make_lot("bedrock"), make_lot("azure-swe"))
    assert [(line.outcome, line.weight.requests) for line in report.outcomes] == [
        ("disputed", 20),
        ("permitted", 10),
    ]
    disputed = report.outcomes[0].weight
    assert (disputed.prompt, disputed.completion, disputed.unpriced) == (200, 40, 2)
    assert disputed.costs == {"USD": Money(Decimal(4), "USD")}
    assert report.total.requests == report.count("disputed") + report.count("permitted") == 30
    assert report.period == (nanos("2026-03-18") / NANO,) * 2


def test_a_clause_stands_with_whose_reading_it_is() -> None:
    """In some worlds, as one party reads it; the other parties' answers beside it."""
    report = report_of(make_lot("bedrock"))
    (line,) = report.clauses
    assert (line.clause, line.effect, line.outcome) == ("a.azure", "forbids", "disputed")
    assert (line.parties, line.worlds, line.of) == (("msft",), 1, 2)
    assert {(reading.party, reading.outcome) for reading in report.readings} == {
        ("msft", "prohibited"),
        ("oai", "silent"),
        ("amzn", "silent"),
    }


def test_one_party_is_counted_alone() -> None:
    """The dispute is none for Microsoft."""
    report = report_of(make_lot("bedrock"), party="msft")
    assert (report.party, report.count("prohibited"), report.clauses[0].of) == ("msft", 10, 1)


def test_groups_are_facts_or_columns() -> None:
    """A fact as judged comes before a column of that name; what has none is empty."""
    lots = (make_lot("bedrock"), make_lot("bedrock", columns={"caller": "other", "cloud": "elsewhere"}))
    report = report_of(*lots, group_by=("caller", "cloud", "region", "product"))
    assert [line.keys for line in report.groups] == [
        ("bot", "aws", "us-east-1", ""),
        ("other", "aws", "us-east-1", ""),
    ]


def test_flags_and_sets_have_a_text() -> None:
    """As they are written in a workload."""
    judged = judge_lot(
        make_lot("vertex", scc_signed=True, region=frozenset({"us", "eu"})), Rules(make_book())
    )
    assert group_of(judged, ("scc_signed", "region")) == ("true", "eu,us")


def test_missing_facts_are_named_with_what_hangs_on_them() -> None:
    """An API call whose state nobody logged."""
    report = report_of(
        make_lot("bedrock", candidates=({"action": "serve", "surface": "api", "cloud": "aws"},))
    )
    assert [(line.attribute, line.weight.requests) for line in report.needs] == [
        ("data", 10),
        ("region", 10),
        ("state", 10),
    ]
    assert report.count("unknown") == 10


def test_what_is_judged_otherwise_than_on_record_is_shown() -> None:
    """With the clauses that decide now; what agrees is not."""
    report = report_of(make_lot("bedrock", recorded="permitted"), make_lot("bedrock", recorded="disputed"))
    (change,) = report.changes
    assert (change.recorded, change.outcome, change.weight.requests) == ("permitted", "disputed", 10)
    assert "a.azure" in change.clauses


def test_refusals_are_apart() -> None:
    """Nothing was done: they are in no sum but their own."""
    report = report_of(make_lot("bedrock", act="refused"))
    assert (report.total, report.outcomes) == (Weight(), ())
    assert [(line.outcome, line.weight.requests) for line in report.refused] == [("disputed", 10)]


def test_the_unreadable_is_never_clear() -> None:
    """It has an outcome of its own, with the reason; a book without the attribute reads it well."""
    report = report_of(make_lot("bedrock", cloud="sandcastle"), make_lot("bedrock", shoe_size=43))
    assert report.count("unreadable") == 10
    assert [line.attribute for line in report.unreadable] == ["`sandcastle` is no value of `cloud`"]
    assert report.count("disputed") == 10
