"""The verdicts of random books are those of Cedar, world by world, with the same clauses as reasons."""

from __future__ import annotations

from datetime import datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.contracts.cedar import Answer, Cedar, Mode, words_of
from tests.contracts.random_books import (
    MOMENTS,
    PEOPLE,
    PLACES,
    WORDS,
    Written,
    facts_of,
    load,
    workloads,
    written_books,
)

from comity.contracts import Book, Role, Value, Verdict, decide
from comity.contracts.facts import Raw

PROHIBITS = (Role.FORBIDS, Role.SILENCE)


def settled_away(files: tuple[Written, ...], readings: dict[str, str], at: datetime) -> bool:
    """Whether a settlement has taken this choice of readings away, read from what is written."""
    for file in files:
        for block in file.blocks:
            settled = block.get("settled")
            if settled is None or block["define"] not in readings:
                continue
            begun = settled["retroactive"] or at >= datetime.fromisoformat(f"{settled['from']}T00:00+00:00")
            if begun and readings[block["define"]] != settled["reading"]:
                return True
    return False


def worlds_of(book: Book) -> list[dict[str, str]]:
    """The readings of every world, in the order of their bits."""
    return [dict(zip(book.worlds.open, choice, strict=True)) for choice in book.worlds.choices]


def expected(verdict: Verdict, bit: int, mode: Mode, roles: tuple[Role, ...]) -> Answer:
    """What a verdict says about one world."""
    pairs = {"must": (verdict.f_must, verdict.c_must), "may": (verdict.f_may, verdict.c_may)}
    mask = pairs[mode][0 if Role.FORBIDS in roles else 1]
    reasons = [reason for reason in verdict.reasons if reason.effect in roles]
    speaking = {
        reason.clause for reason in reasons if (reason.must if mode == "must" else reason.may) & 1 << bit
    }
    return Answer(bool(mask & 1 << bit), frozenset(speaking))


@pytest.mark.no_cover
@settings(max_examples=14, deadline=None)
@given(
    st.one_of(
        written_books(changes=False),
        written_books(about=PLACES, changes=False),
        written_books(about=PEOPLE, changes=False),
    ),
    st.lists(st.tuples(workloads(), st.sampled_from(MOMENTS)), min_size=1, max_size=6),
)
def test_every_world_is_a_cedar_policy_set(
    files: tuple[Written, ...], asked: list[tuple[dict[str, Raw], datetime]]
) -> None:
    """Prohibited or not, conditional or not, for facts stated and facts missing, with the same reasons."""
    book = load(files)
    questions: list[tuple[dict[str, Value], datetime]] = [(facts_of(book, raw), at) for raw, at in asked]
    verdicts = [decide(book, facts, at) for facts, at in questions]
    entities = words_of(book.vocabulary.attributes[name] for name in WORDS)
    for bit, readings in enumerate(worlds_of(book)):
        cedar = Cedar(book, files, readings, entities)
        requests = [cedar.request(facts, at) for facts, at in questions]
        modes: tuple[Mode, ...] = ("must", "may")
        for mode in modes:
            denied = cedar.ask(cedar.prohibitions(mode), requests)
            conditional = cedar.ask(cedar.conditions(mode), requests)
            for verdict, (_, at), forbids, asks in zip(verdicts, questions, denied, conditional, strict=True):
                assert bool(verdict.all & 1 << bit) is not settled_away(files, readings, at)
                if verdict.all & 1 << bit:
                    assert forbids == expected(verdict, bit, mode, PROHIBITS)
                    assert asks == expected(verdict, bit, mode, (Role.REQUIRES,))
