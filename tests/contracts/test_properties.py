"""Properties of the meaning, over random books and workloads."""

from __future__ import annotations

from datetime import datetime
from random import Random

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.contracts.random_books import (
    MOMENTS,
    PEOPLE,
    PLACES,
    Written,
    facts_of,
    load,
    predicates,
    workloads,
    written_books,
)

from comity.contracts import Decider, Outcome, decide
from comity.contracts.facts import Raw

ALLOWED = {Outcome.PERMITTED, Outcome.SILENT}
moments = st.sampled_from(MOMENTS)


@pytest.mark.no_cover
@settings(max_examples=25, deadline=None)
@given(written_books(), st.lists(workloads(), min_size=1, max_size=4), st.randoms(use_true_random=False))
def test_the_order_of_clauses_and_files_never_matters(
    files: tuple[Written, ...], asked: list[dict[str, Raw]], random: Random
) -> None:
    """The same blocks and files, shuffled, give the same verdicts, reasons included."""
    shuffled = [
        msgspec.structs.replace(file, blocks=tuple(random.sample(file.blocks, len(file.blocks))))
        for file in files
    ]
    random.shuffle(shuffled)
    book, other = load(files), load(tuple(shuffled))
    for raw in asked:
        facts = facts_of(book, raw)
        for at in MOMENTS:
            assert decide(book, facts, at) == decide(other, facts, at)


@pytest.mark.no_cover
@settings(max_examples=25, deadline=None)
@given(written_books(), predicates(), st.lists(workloads(), min_size=1, max_size=4), moments)
def test_adding_a_forbid_never_permits(
    files: tuple[Written, ...], scope: dict[str, object], asked: list[dict[str, Raw]], at: datetime
) -> None:
    """What was not allowed stays so, and every world that may prohibit still may."""
    first, second, *rest = files
    stricter = msgspec.structs.replace(second, blocks=(*second.blocks, {"id": "new.forbid", "forbid": scope}))
    book, strict = load(files), load((first, stricter, *rest))
    for raw in asked:
        before, after = decide(book, facts_of(book, raw), at), decide(strict, facts_of(strict, raw), at)
        # Worlds are counted anew when the clause brings a definition into play.
        if before.outcome not in ALLOWED:
            assert after.outcome not in ALLOWED
        if book.worlds == strict.worlds:
            assert before.f_may & ~after.f_may == 0


@pytest.mark.no_cover
@settings(max_examples=25, deadline=None)
@given(written_books(), predicates(), st.lists(workloads(), min_size=1, max_size=4), moments)
def test_a_permit_in_one_contract_never_beats_a_prohibition_in_another(
    files: tuple[Written, ...], scope: dict[str, object], asked: list[dict[str, Raw]], at: datetime
) -> None:
    """A third contract that permits something changes neither prohibitions nor conditions."""
    permit = Written({"contract": "third"}, ({"id": "third.permit", "permit": scope},))
    book, wider = load(files), load((*files, permit))
    for raw in asked:
        before, after = decide(book, facts_of(book, raw), at), decide(wider, facts_of(wider, raw), at)
        assert (before.outcome in ALLOWED) == (after.outcome in ALLOWED)
        if book.worlds == wider.worlds:
            assert (before.f_must, before.f_may) == (after.f_must, after.f_may)
            assert (before.c_must, before.c_may) == (after.c_must, after.c_may)


@pytest.mark.no_cover
@settings(max_examples=40, deadline=None)
@given(written_books(), st.lists(workloads(), min_size=1, max_size=3), moments)
def test_no_missing_fact_opens_a_door(
    files: tuple[Written, ...], asked: list[dict[str, Raw]], at: datetime
) -> None:
    """Every attribute removed in turn: masks only widen, unless `missing` gives the absence a meaning."""
    book = load(files)
    defaults = book.vocabulary.defaults()
    for raw in asked:
        facts = facts_of(book, raw)
        whole = decide(book, facts, at)
        for name in facts.keys() - defaults.keys():
            less = decide(book, {key: fact for key, fact in facts.items() if key != name}, at)
            assert less.f_must & ~whole.f_must == 0
            assert whole.f_may & ~less.f_may == 0
            assert whole.c_may & ~less.c_may == 0
            assert less.p_must & ~whole.p_must == 0
            if whole.outcome not in ALLOWED:
                assert less.outcome not in ALLOWED


@pytest.mark.no_cover
@settings(max_examples=50, deadline=None)
@given(
    st.one_of(written_books(), written_books(about=PLACES), written_books(about=PEOPLE)),
    st.lists(st.tuples(workloads(), workloads(), moments), min_size=1, max_size=3),
    st.sampled_from([None, None, *MOMENTS[1:]]),
    st.sampled_from([None, "oai", "msft"]),
)
def test_the_memoised_verdict_is_the_plain_verdict(
    files: tuple[Written, ...],
    asked: list[tuple[dict[str, Raw], dict[str, Raw], datetime]],
    as_of: datetime | None,
    party: str | None,
) -> None:
    """The index and all caches change nothing, needs included; asked twice, in any order of moments."""
    book = load(files)
    decider = Decider(book, as_of, party)
    for static_raw, _, _ in asked:
        static = facts_of(book, static_raw)
        binding = decider.bind(static)
        for _, dynamic_raw, at in (*asked, *reversed(asked)):
            dynamic = facts_of(book, dynamic_raw)
            plain = decide(book, {**dynamic, **static}, at, as_of, party)
            assert binding.decide(dynamic, at.timestamp()) == plain


@pytest.mark.no_cover
@settings(max_examples=25, deadline=None)
@given(written_books(), workloads(), moments)
def test_what_is_needed_is_missing_and_deciding(
    files: tuple[Written, ...], raw: dict[str, Raw], at: datetime
) -> None:
    """Needs are named when and only when something is open, and never name what was stated exactly."""
    book = load(files)
    facts = facts_of(book, raw)
    found = decide(book, facts, at)
    conditions_count = not found.f_may
    open_worlds = found.f_may & ~found.f_must or (conditions_count and found.c_may & ~found.c_must)
    assert bool(found.needs) == bool(open_worlds)
    wide = {"us_government"}
    assert all(name not in facts or facts[name] in wide for name in found.needs)
