"""What holds for every shipped book: it loads clean, its examples pass, and books stand side by side."""

from __future__ import annotations

from pathlib import Path

import pytest

from comity.contracts import Book, explain, load_book, run_examples
from comity.contracts.clauses import Effect

BOOKS = Path(__file__).parents[2] / "books"
OPENAI, ACME = BOOKS / "openai", BOOKS / "acme"


@pytest.mark.parametrize("paths", [[OPENAI], [ACME], [OPENAI, ACME], [ACME, OPENAI]], ids=str)
def test_every_example_holds_alone_and_together(paths: list[Path]) -> None:
    """Neither book changes the other's answers, in whichever order they are named; nothing is found wrong."""
    book = load_book(*paths)
    assert book.findings == ()
    assert [checked.failures for checked in run_examples(book) if not checked.passed] == []


def test_the_books_carry_enough_examples(openai: Book, acme: Book) -> None:
    """The questions of the record, and fifteen or more of an enterprise with every kind of answer."""
    assert len(openai.examples) >= 20
    assert len(acme.examples) >= 15
    kinds = {example.verdict for example in acme.examples}
    assert kinds >= {"permitted", "prohibited", "conditional", "unknown", "silent"}


def test_worlds_stay_few(openai: Book, acme: Book) -> None:
    """Four open terms make 24 worlds, far from the 64 that fit; Acme has one."""
    assert openai.worlds.open == (
        "azure_waived",
        "first_party_hosting",
        "national_security_customer",
        "stateless_api",
    )
    assert openai.worlds.count == 24
    assert acme.worlds.count == 1


def test_no_example_meets_a_contradiction(openai: Book, acme: Book) -> None:
    """Where a permission and a prohibition of one contract meet, the book says which prevails."""
    for book in (openai, acme):
        for checked in run_examples(book):
            assert checked.verdict.contradictions == (), checked.example.name


def test_every_clause_is_sourced_graded_and_told_in_prose(openai: Book) -> None:
    """No clause without a source with date and address, the day it was known, and a paragraph above it.

    What the book supposes about its own words nobody has said.
    """
    for clause in openai.clauses:
        if clause.effect is Effect.SUPPOSE:
            continue
        assert clause.sources, clause.id
        assert all(source.date and source.url and source.title for source in clause.sources), clause.id
        assert clause.known is not None, clause.id
        assert len(clause.prose) > 40, clause.id


@pytest.mark.parametrize("name", ["openai", "acme"])
def test_every_file_carries_its_label(name: str) -> None:
    """Nobody can open a contract of these books and take it for the real one."""
    label = {"openai": "ublished, not the contracts", "acme": "llustrative"}[name]
    other = {"amazon-memo.md": "reported, not the text", "law.md": "paraphrase", "data-act.md": "paraphrase"}
    for file in sorted((BOOKS / name).glob("*.md")):
        text = " ".join(file.read_text(encoding="utf-8").split())
        assert other.get(file.name, label) in text, file.name


def test_the_way_out_of_the_dispute_is_named(openai: Book) -> None:
    """The explanation of question 8 names the change that every reading permits: the model call to Azure."""
    example = next(example for example in openai.examples if example.name.startswith("Question 8:"))
    told = explain(openai, example.workload, example.at).sentence
    assert told.startswith("Disputed.")
    assert "zure is permitted in all 24 worlds" in told
