"""What ends, suspends and takes back a clause: the day before, on the day and the day after, in its zone."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from tests.contracts.small import FRONT, document, outcome, problems_of, small_book

from comity.contracts import Book, Outcome, decide, in_force, parse_facts
from comity.contracts.calendar import Calendar

PACIFIC = ZoneInfo("America/Los_Angeles")
ZONED = f"{FRONT}\nclock: America/Los_Angeles\nevents: {{agi: verified, other: happened}}"
NO = "a.no\nforbid: {cloud: aws}\nin_force: 2026-01-01 .."
POWER = "a.exit\npower: {holder: oai, may: MAY, of: [a.no], notice_days: DAYS}\nin_force: 2026-01-01 .."


def power(may: str, days: int = 0) -> str:
    """A power over `a.no`."""
    return POWER.replace("MAY", may).replace("DAYS", str(days))


def around(book: Book, day: date) -> tuple[str, str, str]:
    """The outcomes on the day before `day`, on it and after it, at its edges in the contract's zone."""
    begins = datetime(day.year, day.month, day.day, tzinfo=PACIFIC)
    moments = (begins - timedelta(microseconds=1), begins, begins + timedelta(days=1))
    facts = parse_facts(book, {"cloud": "aws"})
    found = [decide(book, facts, moment).outcome.value for moment in moments]
    return found[0], found[1], found[2]


@pytest.mark.parametrize(
    "ending",
    [
        ("a.end\nend: [a.no]\nin_force: 2026-04-27 ..",),
        ("a.yes\npermit: {cloud: google}\nsupersedes: [a.no]\nin_force: 2026-04-27 ..",),
        (power("terminate"), "exercise: a.exit\non: 2026-04-27"),
        (power("terminate", 90), "exercise: a.exit\non: 2026-01-27"),
        (power("waive"), "exercise: a.exit\non: 2026-04-27"),
        (power("consent"), "exercise: a.exit\non: 2026-04-27\nuntil: 2026-05-27"),
    ],
    ids=["end", "supersedes", "terminated", "with notice", "waived", "consent"],
)
def test_an_ending_counts_from_midnight_of_its_day(ending: tuple[str, ...]) -> None:
    """Prohibited until the last moment of the day before, silent from the day on."""
    book = small_book(NO, *ending, front=ZONED)
    assert around(book, date(2026, 4, 27)) == ("prohibited", "silent", "silent")


@pytest.mark.parametrize(
    ("until", "records"),
    [
        ("until: agi", ("event: agi\non: 2026-04-27",)),
        ("until: {first_of: [agi, other]}", ("event: other\non: 2026-04-27", "event: agi\non: 2026-06-01")),
        ("until: {first_of: [agi, 2026-04-27]}", ()),
        ("until: {first_of: [agi, 2031-01-01]}", ("event: agi\non: 2026-04-27",)),
        (
            "until: agi",
            ("a.panel\npower: {holder: msft, may: verify, event: agi}", "exercise: a.panel\non: 2026-04-27"),
        ),
    ],
    ids=["event", "first event", "first day", "event before day", "verified under a power"],
)
def test_until_ends_at_the_first_of_its_ends(until: str, records: tuple[str, ...]) -> None:
    """An event record, a use of the power to verify, or the day that the clause names."""
    book = small_book(f"{NO}\n{until}", *records, front=ZONED)
    assert around(book, date(2026, 4, 27)) == ("prohibited", "silent", "silent")
    assert str(in_force(book)["a.no"]) == "2026-01-01 .. 2026-04-27"


def test_without_a_record_an_event_end_stays_open() -> None:
    """Nobody has verified anything."""
    book = small_book(f"{NO}\nuntil: agi", front=ZONED)
    assert around(book, date(2029, 1, 1)) == ("prohibited",) * 3


def test_a_waiver_suspends_and_the_clause_goes_on() -> None:
    """Its last day does not belong to it."""
    book = small_book(NO, power("waive"), "exercise: a.exit\non: 2026-04-27\nuntil: 2026-05-27", front=ZONED)
    assert around(book, date(2026, 5, 27)) == ("silent", "prohibited", "prohibited")


@pytest.mark.parametrize(
    "record",
    [
        "exercise: a.exit\non: 2026-04-27\nknown: 2027-01-01",
        "event: agi\non: 2026-04-27\nknown: 2027-01-01",
        "a.end\nend: [a.no]\nin_force: 2026-04-27 ..\nknown: 2027-01-01",
    ],
)
def test_the_book_judges_by_what_it_knew(record: str) -> None:
    """As of a day before it was learned, nothing had ended; as of now it had."""
    book = small_book(f"{NO}\nuntil: agi", power("terminate"), record, front=ZONED)
    facts, at = parse_facts(book, {"cloud": "aws"}), datetime(2026, 6, 1, tzinfo=PACIFIC)
    assert decide(book, facts, at, datetime(2026, 12, 31, tzinfo=PACIFIC)).outcome is Outcome.PROHIBITED
    assert decide(book, facts, at, datetime(2027, 1, 1, tzinfo=PACIFIC)).outcome is Outcome.SILENT


def test_nobody_knows_an_event_before_it_happens() -> None:
    """A record without `known` counts from its own day on, also for what was asked earlier."""
    book = small_book(f"{NO}\nuntil: agi", "event: agi\non: 2026-04-27", front=ZONED)
    facts, at = parse_facts(book, {"cloud": "aws"}), datetime(2026, 6, 1, tzinfo=PACIFIC)
    assert decide(book, facts, at, datetime(2026, 4, 26, tzinfo=PACIFIC)).outcome is Outcome.PROHIBITED
    assert decide(book, facts, at, datetime(2026, 4, 27, tzinfo=PACIFIC)).outcome is Outcome.SILENT


def test_a_retracted_clause_judges_only_what_was_decided_with_it() -> None:
    """`known: A .. B`: the book was wrong in between, and a replay of that time still shows it."""
    book = small_book("a.no\nforbid: {cloud: aws}\nknown: 2026-02-01 .. 2026-05-01", front=ZONED)
    facts, at = parse_facts(book, {"cloud": "aws"}), datetime(2026, 3, 1, tzinfo=PACIFIC)
    for day, expected in (
        ("2026-01-31", Outcome.SILENT),
        ("2026-02-01", Outcome.PROHIBITED),
        ("2026-04-30", Outcome.PROHIBITED),
        ("2026-05-01", Outcome.SILENT),
    ):
        assert decide(book, facts, at, datetime.fromisoformat(f"{day}T12:00-07:00")).outcome is expected
    assert decide(book, facts, at).outcome is Outcome.SILENT
    assert book.findings == ()
    assert str(in_force(book)["a.no"]) == "2026-05-01 .. 2026-05-01"


def test_what_never_comes_into_force_ends_nothing() -> None:
    """The successor was itself replaced before its day."""
    book = small_book(
        NO,
        "a.late\npermit: {cloud: aws}\nsupersedes: [a.no]\nin_force: 2026-09-01 ..",
        "a.end\nend: [a.late]\nin_force: 2026-06-01 ..",
        front=ZONED,
    )
    assert str(in_force(book)["a.no"]) == "2026-01-01 .."


def test_two_that_end_each_other_on_one_day_both_end() -> None:
    """There is no order between them, so neither is preferred."""
    book = small_book(
        "a.x\nforbid: {cloud: aws}\nsupersedes: [a.y]\nin_force: 2026-01-01 ..",
        "a.y\nforbid: {cloud: google}\nsupersedes: [a.x]\nin_force: 2026-01-01 ..",
    )
    assert {finding.kind for finding in book.findings} == {"never in force"}
    assert outcome(book, cloud="aws") is outcome(book, cloud="google") is Outcome.SILENT


def test_a_power_that_has_ended_cannot_be_used() -> None:
    """An exercise after a later clause ended the power changes nothing."""
    book = small_book(
        NO,
        power("terminate"),
        "a.later\nend: [a.exit]\nin_force: 2026-03-01 ..",
        "exercise: a.exit\non: 2026-04-27",
        front=ZONED,
    )
    assert str(in_force(book)["a.no"]) == "2026-01-01 .."


def test_silence_forbids_only_once_the_book_knows_the_contract() -> None:
    """A licence that was learned of in June does not judge what was decided in May."""
    book = small_book("a.yes\npermit: {cloud: aws}", front=f"{FRONT}\nsilence: forbidden\nknown: 2026-06-01")
    facts, at = parse_facts(book, {"cloud": "google"}), datetime(2026, 7, 1, tzinfo=PACIFIC)
    assert decide(book, facts, at).outcome is Outcome.PROHIBITED
    assert decide(book, facts, at, datetime(2026, 5, 1, tzinfo=PACIFIC)).outcome is Outcome.SILENT


READINGS = "define: t\nreadings: {a: {means: {cloud: aws}}, b: {means: {cloud: google}}}"


def test_settlements_follow_each_other() -> None:
    """A waiver for a while, then an award from the start: the later one counts where both hold."""
    waiver = "{reading: b, from: 2026-02-01, by: waiver, until: 2026-03-01}"
    award = "{reading: a, from: 2026-06-01, by: award, retroactive: true}"
    book = small_book(f"{READINGS}\nsettled: [{award}, {waiver}]", "a.no\nforbid: {is: t}", front=ZONED)
    calendar = Calendar(book)
    settled = [
        settlement and settlement.reading
        for day in ("2026-01-15", "2026-02-15", "2026-03-01", "2026-07-01")
        for settlement in [calendar.settlement("t", datetime.fromisoformat(f"{day}T12:00Z").timestamp())]
    ]
    assert settled == ["a", "a", "a", "a"]
    before = Calendar(book, datetime(2026, 5, 1, tzinfo=PACIFIC).timestamp())
    known = [
        settlement and settlement.reading
        for day in ("2026-01-15", "2026-02-15", "2026-03-02")
        for settlement in [before.settlement("t", datetime.fromisoformat(f"{day}T12:00Z").timestamp())]
    ]
    assert known == [None, "b", None]


@pytest.mark.parametrize(
    ("blocks", "message"),
    [
        (("exercise: a.no\non: 2026-04-27",), "`a.no` is no power"),
        ((power("terminate"), "exercise: a.exit"), "the use of a power needs `on`"),
        ((power("terminate"), "exercise: a.exit\non: 2025-04-27"), "`a.exit` is not in force on 2025-04-27"),
        (
            (power("terminate"), "exercise: a.exit\non: 2026-04-27\nuntil: 2026-05-01"),
            "is a power to terminate, which has no `until`",
        ),
        (
            (power("waive"), "exercise: a.exit\non: 2026-04-27\nuntil: 2026-04-27"),
            "a waiver ends after it begins",
        ),
        (
            (f"{NO.replace('a.no', 'b.no')}\nsource: [S1]", power("waive").replace("a.no", "b.no"),
             "exercise: a.exit\non: 2026-04-27"),
            "the use of `a.exit` is memory and cannot waive `b.no`, which is quoted",
        ),
        ((f"{READINGS}\nsettled: [{{reading: a, from: 2026-01-01}}, {{reading: b, from: 2026-01-01}}]",),
         "two settlements begin on 2026-01-01"),
        ((f"{READINGS}\nsettled: {{reading: a, from: 2026-01-01, until: 2025-01-01}}",),
         "a settlement ends after it begins"),
    ],
)  # fmt: skip
def test_records_that_cannot_be_are_refused(blocks: tuple[str, ...], message: str) -> None:
    """Each with its place."""
    front = f"{ZONED}\nsources: {{S1: {{title: t, grade: quoted}}}}"
    problems = problems_of(document(NO, *blocks, front=front))
    assert any(message in problem.message for problem in problems), problems


def test_a_power_does_not_reach_into_other_contracts() -> None:
    """Only law, court or award do."""
    other = document("b.no\nforbid: {cloud: google}", front="contract: other")
    mine = document(
        "a.exit\npower: {holder: oai, may: terminate, of: [b.no]}", "exercise: a.exit\non: 2026-04-27"
    )
    (problem,) = problems_of(mine, other)
    assert problem.message == "`a.exit` cannot terminate `b.no`, which stands in another contract"
