"""What every clause said, test by test: the interpreter's own truths, with the facts and who reads what."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.contracts.random_books import MOMENTS, Written, facts_of, load, workloads, written_books
from tests.contracts.small import NOON, small_book

from comity.contracts import Book, Role, Said, Step, decide, parse_facts, trace
from comity.contracts.facts import Raw

TERM = """define: job
readings:
  letter: {by: [oai], means: {surface: api, state: stateless}}
  spirit: {by: [msft], means: {surface: [api, runtime]}}"""
AZURE = "a.az\nconfine: {action: serve, is: job}\nto: {cloud: azure}\nunless: {consent: msft}"
OVER = "b.free\npermit: {action: serve, customer: national_security}\noverrides: [a.az]"
NOT_JOB = """c.rest
require: {action: serve, is: {not: job}, any: [{cloud: aws}, {host: aws}]}
first: {notified: true}"""
NOBODY: dict[str, Any] = {"consent": "none", "customer": "consumer"}
BOOK = small_book(TERM, AZURE, OVER, NOT_JOB)


def said(clause: str, book: Book = BOOK, **facts: Raw) -> Said:
    """What one clause says about the facts."""
    found = trace(book, parse_facts(book, facts), NOON)
    return next(one for one in found.said if one.clause.id == clause)


def step_of(step: Step, text: str) -> Step:
    """The step inside `step` with this text."""
    if step.text == text:
        return step
    for inner in step.steps:
        try:
            return step_of(inner, text)
        except LookupError:
            continue
    raise LookupError(text)


def test_a_reading_has_its_party_its_worlds_and_its_tests() -> None:
    """The letter fails on state, the spirit holds, each in its own half of the worlds."""
    one = said("a.az", action="serve", surface="runtime", state="stateful", cloud="aws", **NOBODY)
    letter, spirit = step_of(one.scope, "letter"), step_of(one.scope, "spirit")
    assert (letter.parties, letter.may) == (("oai",), 0)
    assert (spirit.parties, spirit.must) == (("msft",), spirit.among)
    assert letter.among | spirit.among == 0b11
    assert step_of(letter, "surface is api").fact == "runtime"
    assert one.does == ((Role.FORBIDS, spirit.among, spirit.among),)
    assert one.goal is not None
    assert (one.goal.fact, one.goal.may) == ("aws", 0)
    assert one.unless is not None
    assert one.unless.fact == "none"


def test_what_is_missing_and_what_silence_means_is_told_apart() -> None:
    """`not stated` leaves the test open; a default is a fact, and says where it comes from."""
    one = said("a.az", action="serve", surface="api")
    state = step_of(one.scope, "state is stateless")
    assert (state.fact, state.must) == ("not stated", 0)
    assert state.may == state.among
    assert one.goal is not None
    assert one.goal.fact == "not stated"
    three = said("c.rest", action="serve", surface="application", cloud="aws")
    assert three.goal is not None
    assert three.goal.fact == "false, by silence"


def test_a_clause_that_gives_way_names_the_other() -> None:
    """The override holds in both worlds."""
    one = said(
        "a.az", action="serve", surface="api", state="stateless", customer="national_security", cloud="aws"
    )
    assert one.cut == (("b.free", 0b11),)
    assert one.does == ()


def test_a_negated_term_shows_its_readings() -> None:
    """`is: {not: job}` holds where the reading does not."""
    one = said("c.rest", action="serve", surface="runtime", state="stateful", cloud="aws", notified=False)
    assert [inner.text for inner in step_of(one.scope, "it is not job").steps] == ["letter", "spirit"]
    either = step_of(one.scope, "cloud is aws or host is aws")
    assert [inner.fact for inner in either.steps] == ["aws", "not stated"]


def test_a_term_with_one_meaning_shows_its_tests() -> None:
    """There is no reading to name."""
    book = small_book("define: job\nmeans: {surface: api}", "a.no\nforbid: {is: job}")
    one = said("a.no", book, surface="api")
    assert [inner.text for inner in one.scope.steps] == ["surface is api"]


@pytest.mark.no_cover
@settings(max_examples=30, deadline=None)
@given(files=written_books(), raw=workloads(), at=st.sampled_from(MOMENTS))
def test_a_trace_agrees_with_the_verdict(
    files: tuple[Written, ...], raw: dict[str, Raw], at: datetime
) -> None:
    """The verdict is the plain one, and what the clauses do are its reasons."""
    book = load(files)
    facts = facts_of(book, raw)
    found, verdict = trace(book, facts, at), decide(book, facts, at)
    assert found.verdict == verdict
    clauses = {one.clause.id for one in found.said}
    does = {(one.clause.id, *act) for one in found.said for act in one.does}
    assert does == {
        (reason.clause, reason.effect, reason.must, reason.may)
        for reason in verdict.reasons
        if reason.clause in clauses
    }
