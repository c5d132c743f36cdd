"""LegalRuleML's alternative renderings of one text, and its dated versions, restated as readings and clauses.

Source: OASIS LegalRuleML Core Specification 1.0 (30 August 2021), requirement "multiple interpretations" with
`Alternatives`, `Context` and temporal characteristics: alternatives differ in a definition, in the scope of
a rule, in the deontic effect or in the version; a context selects one; the others are kept.
"""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from tests.contracts.small import NOON, ask, outcome, small_book, verdict_on

from comity.contracts import Book, Outcome, decide, parse_facts
from comity.contracts.facts import Raw

FERRY: dict[str, Raw] = {"surface": "runtime", "action": "serve"}


def readings(book: Book, **facts: Raw) -> dict[str, Outcome]:
    """The outcome as each party that asserts something reads the book."""
    verdict = verdict_on(book, facts)
    return {party: verdict.as_read_by(party) for party in verdict.asserted}


def test_alternatives_of_a_definition() -> None:
    """Is a rowing boat a ferry? Two renderings of a term, both kept, each with who says so."""
    book = small_book(
        "define: ferry\nreadings:\n  wide: {by: [oai], means: {surface: [api, runtime]}}\n"
        "  narrow: {by: [msft], means: {surface: api}}",
        "f.fare\npermit: {action: serve, is: ferry}",
        "f.rest\nforbid: {action: serve, is: {not: ferry}}",
    )
    assert verdict_on(book, FERRY).outcome is Outcome.DISPUTED
    assert readings(book, **FERRY) == {"msft": Outcome.PROHIBITED, "oai": Outcome.PERMITTED}
    assert outcome(book, action="serve", surface="api") is Outcome.PERMITTED
    assert outcome(book, action="serve", surface="platform") is Outcome.PROHIBITED


def test_alternatives_of_a_scope() -> None:
    """One rule, read broadly or narrowly: a definition that stands for its scope."""
    book = small_book(
        "define: reach\nreadings:\n  broad: {by: [msft], means: {data: [personal, confidential]}}\n"
        "  narrow: {by: [amzn], means: {data: personal}}",
        "r.keep\nforbid: {is: reach, retention_days: {over: 30}}",
    )
    assert readings(book, data="confidential", retention_days=31) == {
        "amzn": Outcome.SILENT,
        "msft": Outcome.PROHIBITED,
    }
    assert outcome(book, data="personal", retention_days=31) is Outcome.PROHIBITED
    assert outcome(book, data="public", retention_days=31) is Outcome.SILENT


def test_alternatives_of_an_effect() -> None:
    """The same sentence as a permission or a prohibition: the worlds disagree, none contradicts itself."""
    book = small_book(
        "define: allowed\nreadings:\n  grants: {by: [oai], means: {action: serve}}\n"
        "  denies: {by: [msft], means: {action: train}}",
        "e.yes\npermit: {action: serve, is: allowed}",
        "e.no\nforbid: {action: serve, is: {not: allowed}}",
    )
    found = ask(book, action="serve")
    assert (found.outcome, found.contradictions) == (Outcome.DISPUTED, ())
    assert found.f_must == found.f_may
    assert found.f_must & found.p_must == 0
    assert readings(book, action="serve") == {"msft": Outcome.PROHIBITED, "oai": Outcome.PERMITTED}


@pytest.mark.parametrize(
    ("settled", "before", "after"),
    [
        ("{reading: wide, from: 2026-03-18, by: amendment}", Outcome.DISPUTED, Outcome.PERMITTED),
        ("{reading: narrow, from: 2026-03-18, by: amendment}", Outcome.DISPUTED, Outcome.PROHIBITED),
        (
            "{reading: wide, from: 2026-03-18, by: award, retroactive: true}",
            Outcome.PERMITTED,
            Outcome.PERMITTED,
        ),
    ],
)
def test_a_context_selects_one_alternative(settled: str, before: Outcome, after: Outcome) -> None:
    """The decision of the board picks one, from its day or from the beginning; the other stays on file."""
    book = small_book(
        "define: ferry\nreadings:\n  wide: {by: [oai], means: {surface: [api, runtime]}}\n"
        f"  narrow: {{by: [msft], means: {{surface: api}}}}\nsettled: {settled}",
        "f.fare\npermit: {action: serve, is: ferry}",
        "f.rest\nforbid: {action: serve, is: {not: ferry}}",
    )
    midnight = NOON.replace(hour=0)
    assert verdict_on(book, FERRY, datetime(2026, 3, 17, 23, 59, 59, tzinfo=UTC)).outcome is before
    assert verdict_on(book, FERRY, midnight).outcome is after
    assert {reading.name for reading in book.definitions["ferry"].readings} == {"wide", "narrow"}


@pytest.mark.parametrize(
    ("day", "days", "expected"),
    [
        ("2024-12-31", 3300, Outcome.SILENT),
        ("2024-12-31", 3301, Outcome.PROHIBITED),
        ("2025-01-01", 3301, Outcome.SILENT),
        ("2025-01-01", 5000, Outcome.SILENT),
        ("2025-01-01", 5001, Outcome.PROHIBITED),
    ],
)
def test_dated_versions(day: str, days: int, expected: Outcome) -> None:
    """A threshold that changes with the year: each version binds in its own time, whichever we look from."""
    book = small_book(
        "v.old\nforbid: {retention_days: {over: 3300}}\nin_force: 2022-01-01 ..",
        "v.new\nforbid: {retention_days: {over: 5000}}\nin_force: 2025-01-01 ..\nsupersedes: [v.old]\n"
        "known: 2024-11-01",
    )
    at = datetime.fromisoformat(f"{day}T00:00").replace(tzinfo=UTC)
    assert outcome(book, at=at, retention_days=days) is expected
    ignorant = decide(
        book, parse_facts(book, {"retention_days": 3301}), at, as_of=datetime(2024, 10, 1, tzinfo=UTC)
    )
    assert ignorant.outcome is Outcome.PROHIBITED
