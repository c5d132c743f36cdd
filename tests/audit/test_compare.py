"""Two sets of rules over the same acts."""

from __future__ import annotations

from typing import Any

import pytest
from tests.audit.acts import BLOCKS, make_book, make_lot
from tests.contracts.small import small_book

from comity.audit import Answer, Comparison, Lot, Rules, compare
from comity.contracts import Posture

RECORDED = Posture(disputed="allow-and-record")


def compared(*lots: Lot, after: Rules | None = None, **changes: Any) -> Comparison:
    """The book of the tests, and the same or another one, under another posture."""
    rules = Rules(make_book())
    return compare(
        lots,
        rules,
        after or rules,
        lambda recorded: recorded or Posture(),
        lambda recorded: recorded if recorded is not None and not changes else Posture(**changes),
    )


def test_the_same_rules_change_nothing() -> None:
    """Refusals are in no total."""
    result = compared(make_lot("bedrock", posture=RECORDED), make_lot("bedrock", act="refused"))
    assert (result.total.requests, result.same.requests, result.moves) == (10, 10, ())


def test_another_posture_stops_what_was_recorded() -> None:
    """A disputed use was allowed and recorded; a stricter operator refuses it."""
    result = compared(make_lot("bedrock", posture=RECORDED), disputed="refuse")
    (move,) = result.moves
    assert (move.before, move.after) == (Answer("disputed", "record"), Answer("disputed", "refuse"))
    assert (result.stopped.requests, result.opened.requests) == (10, 0)


def test_another_book_opens_what_was_refused() -> None:
    """Without the clause of exclusivity the refused request would have gone to Bedrock."""
    other = Rules(small_book(*BLOCKS[2:]))
    result = compared(make_lot("bedrock", act="refused"), after=other)
    (move,) = result.moves
    assert (move.act, move.after) == ("refused", Answer("silent", "allow"))
    assert (result.stopped.requests, result.opened.requests, result.total.requests) == (0, 10, 0)


def test_a_refusal_asks_for_any_candidate() -> None:
    """One that may serve is enough, though another is milder in the other book."""
    facts = [make_lot(name, data="personal").candidates[0] for name in ("bedrock", "azure-swe")]
    result = compared(make_lot(act="refused", candidates=tuple(facts)), disputed="re-route")
    assert result.moves == ()


@pytest.mark.parametrize("cloud", ["sandcastle", "aws"])
def test_the_unreadable_is_never_allowed(cloud: str) -> None:
    """A word that the other book does not have could be anything."""
    word = "attribute: cloud\nvalues: [sandcastle]"
    before, after = Rules(small_book(word)), Rules(small_book("a.b\npermit: {cloud: aws}"))
    result = compare([make_lot(cloud=cloud)], before, after, lambda _: Posture(), lambda _: Posture())
    (move,) = result.moves
    assert move.after == (Answer("permitted", "allow") if cloud == "aws" else Answer("unreadable", "refuse"))


def test_stops_come_first() -> None:
    """Then what opens, then what is answered by another word."""
    other = Rules(small_book(*BLOCKS[2:], "b.no\nforbid: {cloud: azure}"))
    result = compared(
        make_lot("bedrock"), make_lot("azure-swe"), make_lot("azure-swe", act="refused"), after=other
    )
    assert [(move.before.allowed, move.after.allowed) for move in result.moves] == [
        (True, False),
        (True, False),
        (False, True),
    ]
