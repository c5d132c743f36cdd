"""What more text or more facts may do to a verdict, over random books: never open a door by accident."""

from __future__ import annotations

from datetime import datetime
from random import Random
from typing import Any

import msgspec
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from tests.contracts.random_books import (
    MOMENTS,
    PARTIES,
    PLACES,
    WORDS,
    Written,
    facts_of,
    load,
    predicates,
    workloads,
    written_books,
)
from tests.contracts.small import NOON

from comity.contracts import Book, Outcome, Value, Verdict, decide
from comity.contracts.facts import Raw

ALLOWED = {Outcome.PERMITTED, Outcome.SILENT}
moments = st.sampled_from(MOMENTS)
PLAIN: dict[str, Any] = {"contract": "c", "parties": {party: party for party in PARTIES}}
asked_often = st.lists(workloads(), min_size=1, max_size=3)


def grew(before: Verdict, after: Verdict) -> bool:
    """Whether everything that prohibits or asks before still does after."""
    pairs = (
        (before.f_must, after.f_must),
        (before.f_may, after.f_may),
        (before.c_must, after.c_must),
        (before.c_may, after.c_may),
    )
    return all(one & ~other == 0 for one, other in pairs)


def masks(verdict: Verdict) -> tuple[int, int, int, int]:
    """What prohibits and what asks."""
    return verdict.f_must, verdict.f_may, verdict.c_must, verdict.c_may


@pytest.mark.no_cover
@settings(max_examples=25, deadline=None)
@given(written_books(about=PLACES), asked_often, st.sampled_from(WORDS["region"]), moments)
def test_another_place_never_frees(
    files: tuple[Written, ...], asked: list[dict[str, Raw]], place: str, at: datetime
) -> None:
    """A deployment that may process in one more region is bound by at least as much, silence included."""
    book = load(files)
    for raw in asked:
        facts = facts_of(book, raw)
        regions = facts.get("region")
        if not isinstance(regions, frozenset):
            continue
        before = decide(book, facts, at)
        after = decide(book, {**facts, "region": regions | {place}}, at)
        assert grew(before, after)
        if before.outcome not in ALLOWED:
            assert after.outcome not in ALLOWED


@pytest.mark.no_cover
@settings(max_examples=12, deadline=None)
@given(written_books(), workloads(), st.sampled_from(["national_security", "civilian_agency"]), moments)
def test_a_narrower_fact_only_settles(
    files: tuple[Written, ...], raw: dict[str, Raw], customer: str, at: datetime
) -> None:
    """Saying which government customer it is takes doubts away and adds none."""
    book = load(files)
    facts = facts_of(book, raw)
    wide = decide(book, {**facts, "customer": "us_government"}, at)
    narrow = decide(book, {**facts, "customer": customer}, at)
    assert wide.f_must & ~narrow.f_must == 0
    assert narrow.f_may & ~wide.f_may == 0
    assert narrow.c_may & ~wide.c_may == 0


@pytest.mark.no_cover
@settings(max_examples=12, deadline=None)
@given(predicates(terms=False), predicates(terms=False), st.lists(workloads(), min_size=1, max_size=5))
def test_three_ways_to_say_the_same(
    scope: dict[str, Any], goal: dict[str, Any], asked: list[dict[str, Raw]]
) -> None:
    """`confine S to V` prohibits what `forbid S unless V` does, and `require S first V` asks for it there."""
    said = (
        {"confine": scope, "to": goal},
        {"forbid": scope, "unless": goal},
        {"require": scope, "first": goal},
    )
    confine, forbid, require = (load((Written(PLAIN, ({"id": "c.x", **said},)),)) for said in said)
    for raw in asked:
        facts = facts_of(confine, raw)
        one, other, third = (decide(book, facts, NOON) for book in (confine, forbid, require))
        assert masks(one) == masks(other)
        assert masks(one) == (third.c_must, third.c_may, third.f_must, third.f_may)


@pytest.mark.no_cover
@settings(max_examples=12, deadline=None)
@given(written_books(), predicates(), asked_often, moments)
def test_a_permit_without_overrides_never_beats_a_clause_of_its_own_contract(
    files: tuple[Written, ...], scope: dict[str, Any], asked: list[dict[str, Raw]], at: datetime
) -> None:
    """It can break a silence that forbids, and nothing else."""
    first, second, *rest = files
    assume("silence" not in second.front)
    blocks = (*second.blocks, {"id": "new.permit", "permit": scope})
    book, wider = load(files), load((first, msgspec.structs.replace(second, blocks=blocks), *rest))
    assume(book.worlds == wider.worlds)
    for raw in asked:
        facts = facts_of(book, raw)
        assert masks(decide(book, facts, at)) == masks(decide(wider, facts, at))


@pytest.mark.no_cover
@settings(max_examples=12, deadline=None)
@given(written_books(), predicates(), asked_often, moments)
def test_adding_a_requirement_never_permits(
    files: tuple[Written, ...], scope: dict[str, Any], asked: list[dict[str, Raw]], at: datetime
) -> None:
    """Nor does it lift a prohibition, unless it breaks a silence."""
    first, second, *rest = files
    assume("silence" not in second.front)
    duty = {"id": "new.require", "require": scope, "first": {"approved": True}}
    book = load(files)
    strict = load((first, msgspec.structs.replace(second, blocks=(*second.blocks, duty)), *rest))
    assume(book.worlds == strict.worlds)
    for raw in asked:
        before, after = (decide(each, facts_of(each, raw), at) for each in (book, strict))
        assert grew(before, after)


@pytest.mark.no_cover
@settings(max_examples=12, deadline=None)
@given(written_books(), predicates(), asked_often, moments)
def test_a_law_that_frees_adds_no_prohibition(
    files: tuple[Written, ...], scope: dict[str, Any], asked: list[dict[str, Raw]], at: datetime
) -> None:
    """Where no silence forbids, a carve-out for every file only takes prohibitions and conditions away."""
    assume(not any("silence" in file.front for file in files))
    # A restriction may override a permit, and the law would free what it cut as well.
    plain = tuple(
        msgspec.structs.replace(
            file,
            blocks=tuple(
                {key: value for key, value in block.items() if key != "overrides"} for block in file.blocks
            ),
        )
        for file in files
    )
    carve = Written(
        {"contract": "act", "authority": "law"}, ({"id": "act.x", "permit": scope, "overrides": ["*"]},)
    )
    book, freer = load(plain), load((*plain, carve))
    assume(book.worlds == freer.worlds)
    for raw in asked:
        before, after = (decide(each, facts_of(each, raw), at) for each in (book, freer))
        assert after.f_may & ~before.f_may == 0
        assert after.f_must & ~before.f_must == 0
        assert after.c_may & ~before.c_may == 0


def shuffled(value: Any, random: Random) -> Any:
    """The same mapping or list, written in another order, all the way down."""
    if isinstance(value, dict):
        keys = list(value)
        random.shuffle(keys)
        return {key: shuffled(value[key], random) for key in keys}
    if isinstance(value, list):
        return [shuffled(item, random) for item in random.sample(value, len(value))]
    return value


@pytest.mark.no_cover
@settings(max_examples=8, deadline=None)
@given(written_books(), asked_often, moments, st.randoms(use_true_random=False))
def test_the_order_of_words_never_matters(
    files: tuple[Written, ...], asked: list[dict[str, Raw]], at: datetime, random: Random
) -> None:
    """Tests, values and alternatives of a clause may be written in any order."""
    moved = tuple(
        msgspec.structs.replace(
            file,
            blocks=tuple(block if "define" in block else shuffled(block, random) for block in file.blocks),
        )
        for file in files
    )
    book, other = load(files), load(moved)
    for raw in asked:
        facts = facts_of(book, raw)
        assert masks(decide(book, facts, at)) == masks(decide(other, facts, at))
        assert decide(book, facts, at).clauses == decide(other, facts, at).clauses


@pytest.mark.no_cover
@settings(max_examples=8, deadline=None)
@given(written_books(), workloads(), moments)
def test_a_party_hears_its_share_of_the_same_verdict(
    files: tuple[Written, ...], raw: dict[str, Raw], at: datetime
) -> None:
    """Asked for one party, the masks are those of everybody, cut to the worlds of that party's readings."""
    book = load(files)
    facts: dict[str, Value] = facts_of(book, raw)
    whole = decide(book, facts, at)
    for party in PARTIES:
        part = decide(book, facts, at, party=party)
        assert part.all == whole.asserted.get(party, whole.all)
        assert masks(part) == tuple(mask & part.all for mask in masks(whole))
        assert part.outcome is whole.as_read_by(party)


@pytest.mark.no_cover
def test_a_licence_frees_only_the_places_it_speaks_about() -> None:
    """A confine that concerns one region of a deployment does not break the silence about the others."""
    front: dict[str, Any] = {"contract": "licence", "silence": "forbidden"}
    book: Book = load(
        (Written(front, ({"id": "l.us", "confine": {"region": "us"}, "to": {"cloud": "azure"}},)),)
    )
    for regions, expected in (
        ({"us"}, Outcome.PERMITTED),
        ({"eu"}, Outcome.PROHIBITED),
        ({"eu", "us"}, Outcome.PROHIBITED),
        ({"world"}, Outcome.PROHIBITED),
    ):
        facts: dict[str, Value] = {"region": frozenset(regions), "cloud": "azure"}
        assert decide(book, facts, NOON).outcome is expected
