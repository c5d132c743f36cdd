"""The seven uses of "subject to", "notwithstanding" and "despite" that the L4 project tells apart, restated.

Source: L4 language design, "SUBJECT TO / DESPITE / NOTWITHSTANDING: Taxonomic Analysis and Specification",
draft of 2025-01-23, sections 2.1 to 2.7 and 4.1 to 4.3 (github.com/smucclaw/l4-ide). The cases are its
patterns; the clauses are ours.
"""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from tests.contracts.small import (
    FRONT,
    NOON,
    ask,
    book_of,
    document,
    outcome,
    problems_of,
    small_book,
    verdict_on,
)

from comity.contracts import Outcome
from comity.contracts.facts import Raw

HOURS = "s.hours\npermit: {action: serve}"
FORBID = "s.limit\nforbid: {action: serve, customer: consumer}"


@pytest.mark.parametrize(
    ("hours", "limit", "expected"),
    [
        ("", "", Outcome.PROHIBITED),
        ("", "\noverrides: [s.hours]", Outcome.PROHIBITED),
        ("\noverrides: [s.limit]", "", Outcome.PERMITTED),
    ],
)
def test_1_priority(hours: str, limit: str, expected: Outcome) -> None:
    """2.1: of two clauses that both apply, the named one yields; naming it from either side is the same."""
    book = small_book(HOURS + hours, FORBID + limit)
    found = ask(book, action="serve", customer="consumer")
    assert found.outcome is expected
    assert bool(found.contradictions) is (hours == limit == "")
    assert outcome(book, action="serve", customer="enterprise") is Outcome.PERMITTED


@pytest.mark.parametrize(
    "blocks",
    [
        ["v.speed\nforbid: {retention_days: {over: 30}}\nunless: {mode: emergency}"],
        [
            "v.speed\nforbid: {retention_days: {over: 30}}",
            "v.emergency\npermit: {mode: emergency}\noverrides: [v.speed]",
        ],
    ],
)
def test_2_carve_out(blocks: list[str]) -> None:
    """2.2: what is carved out is not caught at all, whether the sentence says so or another clause."""
    book = small_book(*blocks)
    assert outcome(book, retention_days=60) is Outcome.PROHIBITED
    assert outcome(book, retention_days=60, mode="emergency") in {Outcome.SILENT, Outcome.PERMITTED}
    assert not ask(book, retention_days=60, mode="emergency").contradictions


def test_3_condition_precedent() -> None:
    """2.3: the duty only arises once the condition is met; until then the clause is silent, not breached."""
    book = small_book(
        "attribute: inspected\nkind: flag",
        "p.place\nconfine: {action: serve, inspected: true}\nto: {region: eu}",
    )
    assert outcome(book, action="serve", region=["us"], inspected=False) is Outcome.SILENT
    assert outcome(book, action="serve", region=["us"], inspected=True) is Outcome.PROHIBITED
    assert outcome(book, action="serve", region=["eu"], inspected=True) is Outcome.PERMITTED
    assert ask(book, action="serve", region=["us"]).needs == ("inspected",)


def test_4_proviso() -> None:
    """2.4: the right exists and is qualified: allowed once the consent is there, with the duty until then."""
    book = small_book("t.improve\nrequire: {action: store}\nfirst: {approved: true}")
    found = ask(book, action="store")
    assert (found.outcome, [duty.clause for duty in found.duties]) == (Outcome.CONDITIONAL, ["t.improve"])
    assert outcome(book, action="store", approved=True) is Outcome.PERMITTED


def test_5_savings() -> None:
    """2.5: a clause that preserves another takes nothing from it: without `overrides` both stand."""
    master = document("m.right\nforbid: {cloud: aws, data: personal}", front=FRONT.replace("deal", "master"))
    terms = "d.new\npermit: {cloud: aws}"
    alone, together = book_of(master), book_of(master, document(terms))
    for facts in ({"cloud": "aws", "data": "personal"}, {"cloud": "azure", "data": "personal"}):
        before, after = verdict_on(alone, facts), verdict_on(together, facts)
        assert (before.outcome is Outcome.PROHIBITED) is (facts["cloud"] == "aws")
        assert before.f_must == after.f_must


def test_6_domain() -> None:
    """2.6: the exclusion stands in the definition, and every clause that uses the term has it."""
    book = small_book(
        "define: controller\nmeans: {data: [personal, special], customer: {not: civilian_agency}}",
        "c.keep\nforbid: {is: controller, retention_days: {over: 30}}",
        "c.place\nconfine: {is: controller}\nto: {region: eu}",
    )
    caught: dict[str, Raw] = {"data": "personal", "retention_days": 31, "region": ["us"]}
    assert verdict_on(book, {"customer": "enterprise", **caught}).clauses == ("c.keep", "c.place")
    assert verdict_on(book, {"customer": "civilian_agency", **caught}).clauses == ()


def test_7_defeasible() -> None:
    """2.7: a conclusion stands until there is a determination to the contrary, and falls from its day."""
    born = "b.born\npermit: {action: serve}"
    court = document(
        "d.contrary\nforbid: {action: serve, model: gpt}\noverrides: [b.born]\n"
        "in_force: 2026-02-01 ..\nknown: 2026-05-01",
        front="contract: court\nauthority: court",
    )
    book = book_of(document(born), court)
    before = datetime(2026, 1, 31, 12, tzinfo=UTC)
    assert outcome(book, at=before, action="serve", model="gpt") is Outcome.PERMITTED
    assert outcome(book, action="serve", model="gpt") is Outcome.PROHIBITED
    assert outcome(book, action="serve", model="other") is Outcome.PERMITTED
    then = book_of(document(born))
    assert outcome(then, at=NOON, action="serve", model="gpt") is Outcome.PERMITTED


def test_anything_to_the_contrary_has_to_be_named() -> None:
    """4.1: "notwithstanding anything to the contrary" is refused between equals: name the clauses."""
    problems = problems_of(document("a.cap\npermit: {action: serve}\noverrides: ['*']"))
    assert [problem.message for problem in problems] == [
        "`a.cap` overrides `*`, but its contract is no law, court or award"
    ]


def test_circular_priority_is_refused() -> None:
    """4.2: two clauses that are each notwithstanding the other are a mistake, not a paradox at run time."""
    problems = problems_of(
        document(
            "a.one\nforbid: {action: serve}\noverrides: [a.two]", "a.two\npermit: {}\noverrides: [a.one]"
        )
    )
    assert [problem.message for problem in problems] == [
        "these clauses override each other in a circle: `a.one` ← `a.two` ← `a.one`"
    ]


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        ({}, Outcome.PERMITTED),
        ({"customer": "consumer"}, Outcome.PROHIBITED),
        ({"customer": "consumer", "mode": "veteran"}, Outcome.PERMITTED),
        ({"customer": "consumer", "mode": "veteran", "notified": True}, Outcome.PROHIBITED),
    ],
)
def test_layers_of_exceptions(facts: dict[str, str | bool], expected: Outcome) -> None:
    """4.3: leave, but not part-time, but with ten years, unless declined: each layer names the one below."""
    book = small_book(
        "l.all\npermit: {action: serve}",
        "l.part\nforbid: {action: serve, customer: consumer}\noverrides: [l.all]",
        "l.long\npermit: {customer: consumer, mode: veteran}\noverrides: [l.part]",
        "l.declined\nforbid: {mode: veteran, notified: true}\noverrides: [l.long]",
    )
    found = verdict_on(book, {"action": "serve", "customer": "enterprise", **facts})
    assert (found.outcome, found.contradictions) == (expected, ())
