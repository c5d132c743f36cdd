"""What `check` tells about a sound book: contradictions, forgotten overrides, clauses that never bind."""

from __future__ import annotations

import pytest
from tests.contracts.small import FRONT, book_of, document, small_book

from comity.contracts import Book, in_force, run_examples

FORBID = "a.no\nforbid: {action: serve, cloud: aws}"


def kinds(book: Book) -> list[str]:
    """The kinds of what was found."""
    return [finding.kind for finding in book.findings]


@pytest.mark.parametrize(
    ("permit", "found"),
    [
        ("permit: {cloud: aws, action: serve}", ["contradiction"]),
        ("permit: {cloud: aws, action: serve, customer: consumer}", ["specificity"]),
        ("permit: {cloud: aws}", ["specificity"]),
        ("permit: {action: serve, cloud: aws}\noverrides: [a.no]", []),
        ("permit: {action: serve, cloud: aws}\nunless: {consent: msft}", []),
        ("permit: {action: serve, cloud: azure}", []),
        ("permit: {action: serve, cloud: aws}\nin_force: 2026-01-01 ..", ["contradiction"]),
        ("permit: {action: serve, cloud: aws}\nin_force: 2026-01-01 ..\nsupersedes: [a.no]", []),
        ("forbid: {action: serve, cloud: aws}", []),
    ],
)
def test_conflicts_that_can_be_seen(permit: str, found: list[str]) -> None:
    """Same scope: a contradiction; one inside the other: a likely forgotten override."""
    assert kinds(small_book(FORBID, f"a.yes\n{permit}")) == found


def test_conflicts_across_contracts_are_none() -> None:
    """Two contracts may disagree: the stricter is answered."""
    other = document("b.yes\npermit: {action: serve, cloud: aws}", front="contract: other")
    assert kinds(book_of(document(FORBID), other)) == []


def test_wider_words_contain_narrower_ones() -> None:
    """A permit for Germany lies inside a prohibition for the Union."""
    (found,) = small_book("a.no\nforbid: {subject: eu}", "a.yes\npermit: {subject: de}").findings
    assert found.message == "`a.yes` lies inside `a.no` and disagrees"
    assert "`overrides: [a.no]`" in found.suggestion


def test_a_clause_that_never_binds_is_found() -> None:
    """Superseded before it began."""
    late = "a.late\nforbid: {cloud: google}\nin_force: 2026-06-01 .."
    book = small_book(late, "a.end\nend: [a.late]\nin_force: 2026-01-01 ..")
    assert [(finding.kind, finding.message) for finding in book.findings] == [
        ("never in force", "`a.late` is never in force")
    ]


def test_the_days_on_which_a_clause_binds() -> None:
    """Its own period, cut by what ends it, in its contract's zone."""
    book = small_book(
        "a.x\nforbid: {cloud: aws}\nin_force: 2026-01-01 ..",
        "a.y\nforbid: {cloud: google}\nuntil: {first_of: [agi, 2031-01-01]}",
        "a.z\npermit: {cloud: aws}\nsupersedes: [a.x]\nin_force: 2026-04-27 ..",
        front=f"{FRONT}\nclock: America/Los_Angeles\nevents: {{agi: verified}}",
    )
    assert {name: str(period) for name, period in in_force(book).items()} == {
        "a.x": "2026-01-01 .. 2026-04-27",
        "a.y": ".. 2031-01-01",
        "a.z": "2026-04-27 ..",
    }


def test_examples_say_what_does_not_hold() -> None:
    """Outcome, clauses, needs and parties are each compared."""
    readings = (
        "define: t\nreadings: {a: {by: [oai], means: {cloud: aws}}, b: {by: [msft], means: {host: aws}}}"
    )
    example = "example: e{}\nat: 2026-03-18\nworkload: {}\nverdict: {}\n{}"
    book = small_book(
        readings,
        "a.no\nforbid: {is: t}",
        example.format(1, "{cloud: aws, host: azure}", "disputed", "because: [a.no]\nfor: {oai: prohibited}"),
        example.format(2, "{cloud: aws, host: azure}", "permitted", "because: []\nfor: {msft: prohibited}"),
        example.format(3, "{cloud: azure}", "unknown", "needs: [host]"),
        example.format(4, "{cloud: azure}", "unknown", "needs: [cloud]"),
        example.format(5, "{cloud: azure, host: azure}", "silent", "because: [a.no]"),
        example.format(6, "{cloud: azure, host: azure}", "silent", "because: []\nas_of: 2026-01-01"),
    )
    checked = run_examples(book)
    assert [one.passed for one in checked] == [True, False, True, False, False, True]
    assert checked[1].failures == (
        "expected permitted, but it is disputed because of `a.no`",
        "expected because of nothing, but it is because of `a.no`",
        "expected prohibited for msft, but it is silent",
    )
    assert checked[3].failures == ("expected to need `cloud`, but it needs `host`",)
    assert checked[4].failures == ("expected because of `a.no`, but it is silent",)
