"""Amendments take effect at midnight in the contract's zone: the day before, the day, the day after."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from comity.contracts import Book, Outcome, Workload, decide, parse_facts

PACIFIC = ZoneInfo("America/Los_Angeles")
BASE = {"actor": "oai", "action": "serve", "provider": "oai", "weights": "closed", "customer": "enterprise"}
API = BASE | {"product": "api", "surface": "api", "state": "stateless", "cloud": "aws", "host": "aws"}
RUNTIME = BASE | {
    "product": "sre", "surface": "runtime", "state": "stateful", "with": "third_party", "seller": "amzn",
    "cloud": "aws", "host": "aws",
}  # fmt: skip
FRONTIER = RUNTIME | {"product": "frontier", "surface": "platform", "cloud": "azure"}


def at(text: str) -> datetime:
    """A moment of the contract's clock."""
    return datetime.fromisoformat(text).replace(tzinfo=PACIFIC)


@pytest.mark.parametrize("facts", [RUNTIME, FRONTIER], ids=["runtime", "frontier"])
@pytest.mark.parametrize(
    ("day", "outcome"),
    [
        ("2026-02-26", Outcome.PERMITTED),
        ("2026-02-27", Outcome.DISPUTED),
        ("2026-02-28", Outcome.DISPUTED),
        ("2026-04-26", Outcome.DISPUTED),
        ("2026-04-27", Outcome.PERMITTED),
        ("2026-04-28", Outcome.PERMITTED),
    ],
)
def test_the_dispute_lasts_from_statement_to_amendment(
    openai: Book, facts: dict[str, str], day: str, outcome: Outcome
) -> None:
    """Runtime and Frontier on AWS are disputed from 27 February to 26 April 2026, both days included."""
    workload = parse_facts(openai, facts)
    for hour in ("00:00", "12:00", "23:59:59.999999"):
        assert decide(openai, workload, at(f"{day}T{hour}")).outcome is outcome


@pytest.mark.parametrize("partner", ["none", "third_party"])
@pytest.mark.parametrize(
    ("day", "outcome"),
    [
        ("2026-02-26", Outcome.PROHIBITED),
        ("2026-02-27", Outcome.PROHIBITED),
        ("2026-02-28", Outcome.PROHIBITED),
        ("2026-04-26", Outcome.PROHIBITED),
        ("2026-04-27", Outcome.PERMITTED),
        ("2026-04-28", Outcome.PERMITTED),
    ],
)
def test_the_api_stays_on_azure_until_the_amendment(
    openai: Book, partner: str, day: str, outcome: Outcome
) -> None:
    """A stateless call answered from AWS is prohibited before 27 April 2026 and permitted from then."""
    assert decide(openai, parse_facts(openai, API | {"with": partner}), at(f"{day}T12:00")).outcome is outcome


def test_the_day_begins_in_california(openai: Book) -> None:
    """At midnight UTC of 27 April 2026 it is still the 26th for the parties; seven hours later it is not."""
    workload = parse_facts(openai, RUNTIME)
    midnight = datetime(2026, 4, 27, tzinfo=UTC)
    assert decide(openai, workload, midnight).outcome is Outcome.DISPUTED
    assert decide(openai, workload, midnight + timedelta(hours=7)).outcome is Outcome.PERMITTED
    assert (
        decide(openai, workload, midnight + timedelta(hours=7, microseconds=-1)).outcome is Outcome.DISPUTED
    )


@pytest.mark.parametrize(
    ("day", "clauses"),
    [
        ("2019-07-21", set[str]()),
        ("2019-07-22", {"2019.cloud"}),
        ("2023-01-22", {"2019.cloud"}),
        ("2023-01-23", {"2023.cloud"}),
        ("2025-01-20", {"2023.cloud"}),
        ("2025-01-21", {"2025a.api"}),
        ("2025-10-27", {"2025a.api"}),
        ("2025-10-28", {"2025b.excl"}),
        ("2026-02-26", {"2025b.excl"}),
        ("2026-02-27", {"2025b.excl", "2026a.stateless"}),
        ("2026-04-26", {"2025b.excl", "2026a.stateless"}),
    ],
)
def test_which_clause_keeps_the_api_on_azure(openai: Book, day: str, clauses: set[str]) -> None:
    """From 2019 to April 2026 one clause follows the other without a gap and without an overlap."""
    facts = API | {"with": "none", "cloud": "google", "host": "google", "consent": "none"}
    verdict = decide(openai, parse_facts(openai, facts), at(f"{day}T12:00"))
    assert {
        reason.clause for reason in verdict.reasons if reason.must and reason.effect == "forbids"
    } == clauses


def test_the_right_of_first_refusal_ends_in_october(openai: Book) -> None:
    """New capacity has to be offered first until 27 October 2025; the day after it need not."""
    facts = {"actor": "oai", "action": "procure", "provider": "oai", "capacity": "new", "cloud": "oracle"}
    workload: Workload = parse_facts(openai, facts | {"offered_to": "none"})
    assert decide(openai, workload, at("2025-10-27T23:59:59")).outcome is Outcome.CONDITIONAL
    assert decide(openai, workload, at("2025-10-28T00:00")).clauses == ("2025b.norofr",)


def test_asked_in_november_the_past_stays_disputed(openai: Book) -> None:
    """No release of earlier conduct is on record: the answer about March does not depend on when one asks."""
    workload = parse_facts(openai, RUNTIME)
    then = at("2026-03-18T12:00")
    for as_of in (then, at("2026-04-28T12:00"), at("2026-11-20T12:00"), None):
        assert decide(openai, workload, then, as_of=as_of).outcome is Outcome.DISPUTED


def test_before_the_statement_was_known_it_did_not_bind_the_gateway(openai: Book) -> None:
    """What a gateway knew on 26 February about the following week: October's terms only."""
    workload = parse_facts(openai, RUNTIME)
    verdict = decide(openai, workload, at("2026-03-04T12:00"), as_of=at("2026-02-26T12:00"))
    assert verdict.outcome is Outcome.PERMITTED
    assert "2026a.stateless" not in verdict.clauses


def test_no_event_has_ended_the_clauses_that_wait_for_one(openai: Book) -> None:
    """No panel has verified AGI on record: Microsoft's research licence is open until its calendar end."""
    facts = {"actor": "msft", "action": "use_ip", "provider": "oai", "ip": "research"}
    workload = parse_facts(openai, facts)
    assert decide(openai, workload, at("2030-12-31T12:00")).outcome is Outcome.PERMITTED
    assert decide(openai, workload, at("2031-01-01T12:00")).outcome is Outcome.SILENT


def test_in_march_nobody_knew_of_the_amendment(openai: Book) -> None:
    """Old text is never edited: as known on 18 March 2026, the February clauses had no end."""
    workload = parse_facts(openai, API | {"with": "third_party"})
    in_june = at("2026-06-02T12:00")
    assert decide(openai, workload, in_june).outcome is Outcome.PERMITTED
    known_in_march = decide(openai, workload, in_june, as_of=at("2026-03-18T12:00"))
    assert known_in_march.outcome is Outcome.PROHIBITED
    assert set(known_in_march.clauses) == {"2025b.api", "2026a.stateless"}
