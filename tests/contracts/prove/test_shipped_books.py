"""What is proved about the shipped books: the dilemma and the dispute of spring 2026, to the day."""

from __future__ import annotations

from datetime import UTC, date, datetime
from functools import cache
from pathlib import Path

import pytest

from comity.contracts import Book, Outcome, decide, load_book
from comity.contracts.prove import Kind, Proof, prove
from comity.period import Period

BOOKS = Path(__file__).parents[3] / "books"


@cache
def openai() -> tuple[Book, tuple[Proof, ...]]:
    """The book and all that is proved about it."""
    book = load_book(BOOKS / "openai")
    return book, prove(book)


def of(kind: Kind) -> list[Proof]:
    """The proofs of one kind."""
    return [proof for proof in openai()[1] if proof.kind is kind]


@pytest.mark.no_cover
def test_the_dilemma_of_two_agreements() -> None:
    """Amazon's owes what Microsoft's forbids, on exactly these days, only in the spirit reading."""
    (proof,) = of(Kind.DILEMMA)
    assert proof.clauses == ("2026.sre", "2026a.stateless")
    assert "`2026.sre` (oai-amzn) owes what `2026a.stateless` (oai-msft) forbids" in proof.message
    assert proof.days == "2026-02-27 to 2026-04-26"
    assert proof.readings == {"stateless_api": ("spirit",)}
    assert proof.free == {"stateless_api": ("letter",)}
    assert proof.witness is not None
    assert proof.witness.outcome is Outcome.DISPUTED


@pytest.mark.parametrize(("party", "count"), [("msft", 1), ("oai", 0), ("amzn", 0)])
def test_who_sees_the_dilemma(party: str, count: int) -> None:
    """Microsoft's readings have it, OpenAI's and Amazon's do not."""
    day = datetime(2026, 3, 18, 12, tzinfo=UTC)
    found = prove(openai()[0], day, party)
    assert [proof.kind for proof in found].count(Kind.DILEMMA) == count


def test_the_disputes_and_their_days() -> None:
    """A disputed workload on 18 March over the stateless API; none of that kind from 27 April."""
    book, _ = openai()
    days = {proof.message.split("`")[1]: proof.period for proof in of(Kind.DISPUTE)}
    spring = Period(date(2026, 2, 27), date(2026, 4, 27))
    assert days["stateless_api"] == days["first_party_hosting"] == spring
    assert days["azure_waived"] == Period(date(2026, 4, 27), None)
    assert days["national_security_customer"] == Period(date(2025, 10, 28), date(2026, 4, 27))
    march = prove(book, datetime(2026, 3, 18, 12, tzinfo=UTC))
    assert any("`stateless_api`" in proof.message for proof in march if proof.kind is Kind.DISPUTE)
    may = prove(book, datetime(2026, 4, 27, 12, tzinfo=UTC))
    disputed = [proof.message.split("`")[1] for proof in may if proof.kind is Kind.DISPUTE]
    assert disputed == ["azure_waived"]


@pytest.mark.no_cover
def test_every_witness_stands_in_the_plain_evaluator() -> None:
    """Asked again, from outside."""
    book, proofs = openai()
    for proof in proofs:
        for witness in (proof.before, proof.witness):
            if witness is not None:
                verdict = decide(book, witness.facts, witness.at)
                assert (verdict.outcome, verdict.clauses) == (witness.outcome, witness.clauses)


def test_the_april_amendment_forbids_nothing_that_was_allowed() -> None:
    """It loosens, and asks for a first release on Azure."""
    amended = [proof for proof in of(Kind.AMENDED) if proof.period.start == date(2026, 4, 27)]
    kinds = {proof.message.partition(":")[0] for proof in amended}
    assert "newly allowed" in kinds
    assert "newly prohibited" not in kinds
    assert "newly conditional" in kinds


def test_the_enterprise_has_no_dilemma() -> None:
    """The other shipped book can be kept."""
    found = prove(load_book(BOOKS / "acme"))
    assert Kind.DILEMMA not in {proof.kind for proof in found}
