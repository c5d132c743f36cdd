"""Two books side by side: what the second newly allows, disputes or forbids, and on which days."""

from __future__ import annotations

from datetime import UTC, date, datetime

from tests.contracts.small import FRONT, small_book

from comity.contracts import Book, decide
from comity.contracts.prove import Difference, change_phrase, compare
from comity.period import Period

AWS = "a.aws\nforbid: {cloud: aws}\nin_force: 2026-01-01 .."
GOOGLE = "a.google\nforbid: {cloud: google, state: stateful}\nin_force: 2026-01-01 .. 2027-01-01"


def compared(one: Book, other: Book) -> Difference:
    """The difference, with every witness asked of both books once more."""
    found = compare(one, other)
    for shift in found.shifts:
        was, now = shift.change.was, shift.change.now
        assert was.facts == now.facts
        assert decide(one, was.facts, was.at).outcome in shift.change.before.outcomes
        assert decide(other, now.facts, now.at).outcome in shift.change.after.outcomes
    return found


def phrases(found: Difference) -> list[tuple[str, str, Period]]:
    """The differences in words, with their days."""
    return [(shift.change.kind, change_phrase(shift.change), shift.period) for shift in found.shifts]


def test_a_book_is_like_itself() -> None:
    """Also when its prose and its order changed."""
    found = compared(small_book(AWS, GOOGLE), small_book(GOOGLE, AWS, front=f"{FRONT}\ntitle: again"))
    assert found == Difference((), (), (), ())
    assert not found.loosens


def test_what_is_left_out_is_newly_allowed() -> None:
    """On the days on which it bound."""
    found = compared(small_book(AWS, GOOGLE), small_book(AWS))
    assert found.removed == ("a.google",)
    assert found.loosens
    year = Period(date(2026, 1, 1), date(2027, 1, 1))
    assert phrases(found) == [("newly allowed", "allowed is what `a.google` used to forbid", year)]


def test_what_is_added_is_newly_prohibited() -> None:
    """Nothing is freer than before."""
    found = compared(small_book(AWS), small_book(AWS, GOOGLE))
    assert found.added == ("a.google",)
    assert not found.loosens
    assert [kind for kind, _, _ in phrases(found)] == ["newly prohibited"]


def test_what_is_changed_is_told_both_ways() -> None:
    """A narrower clause allows some, a wider word forbids some; joined over the days without change."""
    other = small_book(
        "a.aws\nforbid: {cloud: [aws, oracle], state: stateful}\nin_force: 2026-01-01 ..", GOOGLE
    )
    found = compared(small_book(AWS, GOOGLE), other)
    assert found.changed == ("a.aws",)
    assert {(kind, period) for kind, _, period in phrases(found)} == {
        ("newly allowed", Period(date(2026, 1, 1), None)),
        ("newly prohibited", Period(date(2026, 1, 1), None)),
    }


def test_a_new_reading_disputes_what_was_clear() -> None:
    """A term with one meaning gets a second one."""
    no = "a.no\nforbid: {is: t}"
    one = small_book("define: t\nmeans: {state: stateless}", no)
    readings = "a: {means: {state: stateless}}, b: {means: {surface: api}}"
    other = small_book(f"define: t\nreadings: {{{readings}}}", no)
    kinds = {(shift.change.before.word, shift.change.after.word) for shift in compared(one, other).shifts}
    assert kinds == {("allowed", "disputed"), ("prohibited", "disputed")}
    assert compared(one, other).loosens


def test_words_that_only_one_book_knows() -> None:
    """A vocabulary may grow with the amendment."""
    extra = "attribute: eco\nkind: flag"
    found = compared(small_book(AWS), small_book(AWS, extra, "a.eco\nforbid: {eco: false, cloud: azure}"))
    (shift,) = found.shifts
    assert shift.change.now.facts == {"cloud": "azure", "eco": False}
    assert shift.period == Period(None, None)


def test_one_day_only() -> None:
    """What differs on another day is not told."""
    one, other = small_book(AWS, GOOGLE), small_book(AWS)
    assert not compare(one, other, datetime(2027, 6, 1, tzinfo=UTC)).shifts
    assert compare(one, other, datetime(2026, 6, 1, tzinfo=UTC)).shifts
