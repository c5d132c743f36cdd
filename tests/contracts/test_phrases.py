"""Predicates in words."""

from __future__ import annotations

from decimal import Decimal

import pytest

from comity.contracts.phrases import fact_phrase, term_phrase
from comity.contracts.terms import FALSE, TRUE, All, Exactly, Flag, Is, Not, OneOf, Some, Term, Within
from comity.contracts.vocabulary import Value

AWS = OneOf("cloud", frozenset({"aws"}))
BOTH = OneOf("cloud", frozenset({"aws", "azure", "google"}))


@pytest.mark.parametrize(
    ("term", "phrase"),
    [
        (TRUE, "always"),
        (FALSE, "never"),
        (AWS, "cloud is aws"),
        (BOTH, "cloud is aws, azure or google"),
        (Not(AWS), "cloud is not aws"),
        (Is("stateless"), "it is stateless"),
        (Not(Is("stateless")), "it is not stateless"),
        (Flag("signed", value=True), "signed is true"),
        (Not(Flag("signed", value=True)), "not (signed is true)"),
        (Exactly("days", frozenset({Decimal(7), Decimal(14)})), "days is 7 or 14"),
        (Within("days", Decimal(1), Decimal(30)), "days over 1 and at most 30"),
        (Within("days", None, Decimal(30)), "days at most 30"),
        (All((AWS, Some((AWS, Is("x"))))), "cloud is aws and (cloud is aws or it is x)"),
    ],
)
def test_terms(term: Term, phrase: str) -> None:
    """Every kind of term."""
    assert term_phrase(term) == phrase


@pytest.mark.parametrize(
    ("fact", "phrase"),
    [("aws", "aws"), (True, "true"), (frozenset({"se", "de"}), "de,se"), (Decimal("0.5"), "0.5")],
)
def test_facts(fact: Value, phrase: str) -> None:
    """As they are written in a workload."""
    assert fact_phrase(fact) == phrase
