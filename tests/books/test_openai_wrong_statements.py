"""Statements in circulation that the better sources do not bear out: none of them changes the book.

Each is written as somebody who believes it would write it, with the grade it has (a retelling), and added to
a copy of the shipped book. Either the loader refuses it, because a lower grade can never end a higher one, or
the answers of the book stay what they were.
"""

from __future__ import annotations

import shutil
from pathlib import Path

import msgspec
import pytest

from comity.contracts import Book, Outcome, decide, load_book, parse_facts
from comity.errors import BookError
from comity.period import parse_moment

SHIPPED = Path(__file__).parents[2] / "books" / "openai"
SERVE = {"actor": "oai", "action": "serve", "provider": "oai", "weights": "closed", "customer": "enterprise"}
API = SERVE | {
    "product": "api",
    "surface": "api",
    "state": "stateless",
    "with": "third_party",
    "seller": "amzn",
}
FRONTIER = SERVE | {
    "product": "frontier", "surface": "platform", "state": "stateful", "with": "third_party",
    "seller": "amzn", "cloud": "azure", "host": "aws",
}  # fmt: skip


class Rumour(msgspec.Struct, frozen=True):
    """A wrong statement that tries to end what a better source says."""

    name: str
    """What it claims."""
    clause: str
    """The block its believer would write."""
    victim: str
    """The clause or definition that it would end."""


RUMOURS = [
    Rumour("the April amendment keeps a right of first refusal", """\
require: {actor: oai, action: procure, provider: oai, capacity: new, cloud: {not: azure}}
first: {offered_to: msft}
supersedes: [2025b.norofr]
in_force: 2026-04-27 ..
source: [X]""", "2025b.norofr"),
    Rumour("Azure stays the exclusive host of the API to 2032", """\
confine: {actor: oai, action: serve, provider: oai, weights: closed, surface: api}
to: {cloud: azure}
supersedes: [2026b.anycloud]
in_force: 2026-04-27 .. 2033-01-01
source: [X]""", "2026b.anycloud"),
    Rumour("Microsoft stops receiving a share", """\
power: {holder: oai, may: terminate, of: [2026b.share]}
supersedes: [2026b.share]
in_force: 2026-04-28 ..
source: [X]""", "2026b.share"),
    Rumour("the October agreement is from September", """\
permit: {actor: oai, action: serve, provider: oai, surface: {not: api}}
supersedes: [2025a.api]
in_force: 2025-09-28 ..
source: [X]""", "2025a.api"),
    Rumour("GPT-4o, 4.1 and o3 launched on Bedrock", """\
permit: {actor: oai, action: serve, provider: oai, model: [gpt-4o, gpt-4.1, o3], cloud: aws}
overrides: [2025b.api, 2026a.stateless]
in_force: 2026-02-27 ..
source: [X]""", "2026a.stateless"),
]  # fmt: skip


def retold(folder: Path, block: str, clause_id: str = "rumour") -> Path:
    """A copy of the shipped book whose Microsoft contract ends with `block`, known from a retelling `X`."""
    copy = folder / "openai"
    shutil.copytree(SHIPPED, copy)
    contract = copy / "microsoft.md"
    text = contract.read_text(encoding="utf-8")
    text = text.replace(
        "sources:\n", "sources:\n  X: {title: A retelling, date: 2026-04-28, grade: reported}\n", 1
    )
    contract.write_text(f"{text}\n### {clause_id}\nHearsay.\n```comity\n{block}\n```\n", encoding="utf-8")
    return copy


@pytest.mark.no_cover
@pytest.mark.parametrize("rumour", RUMOURS, ids=lambda rumour: rumour.name)
def test_a_lower_grade_never_ends_a_higher_one(tmp_path: Path, rumour: Rumour) -> None:
    """The loader refuses the retelling, names the clause it would end, and points at it."""
    with pytest.raises(BookError, match="lower grade") as refused:
        load_book(retold(tmp_path, rumour.clause))
    (problem,) = (problem for problem in refused.value.problems if rumour.victim in problem.message)
    assert problem.place.file.endswith("microsoft.md")
    assert problem.suggestion


@pytest.mark.no_cover
@pytest.mark.parametrize("rumour", RUMOURS, ids=lambda rumour: rumour.name)
def test_the_same_words_from_the_instrument_would_be_accepted(tmp_path: Path, rumour: Rumour) -> None:
    """What is refused is the grade and nothing else: read in the primary text, each would load."""
    copy = retold(tmp_path, rumour.clause)
    contract = copy / "microsoft.md"
    text = contract.read_text(encoding="utf-8")
    text = text.replace("date: 2026-04-28, grade: reported", "date: 2026-04-28, grade: verified", 1)
    contract.write_text(text, encoding="utf-8")
    assert "rumour" in {clause.id for clause in load_book(copy).clauses}


def test_the_or_of_the_press_settles_nothing(tmp_path: Path) -> None:
    """A definition whose reading was quoted is not settled by a retelling."""
    copy = retold(tmp_path, "permit: {actor: oai, action: serve, cloud: azure}\nsource: [X]")
    contract = copy / "microsoft.md"
    text = contract.read_text(encoding="utf-8")
    head, name, rest = text.partition("define: azure_waived")
    settled = "settled: {reading: or, from: 2026-04-27, by: amendment, source: [S17]}"
    contract.write_text(head + name + rest.replace("settled: open", settled, 1), encoding="utf-8")
    with pytest.raises(BookError, match="lower grade"):
        load_book(copy)


def test_openai_does_not_argue_that_frontier_is_stateless(tmp_path: Path) -> None:
    """A second definition of the disputed word is refused: readings stand in one place."""
    block = """\
define: stateless_api
readings:
  letter: {by: [oai], means: {product: frontier}, source: [X]}"""
    with pytest.raises(BookError, match="stateless_api"):
        load_book(retold(tmp_path, block))


def test_models_on_google_cloud_change_no_answer(tmp_path: Path, openai: Book) -> None:
    """A reported launch on Google Cloud in May 2026 permits nothing that was not permitted already."""
    block = """\
permit: {actor: oai, action: [serve, sell], provider: oai, cloud: google}
in_force: 2026-05-01 ..
source: [X]"""
    believed = load_book(retold(tmp_path, block))
    for day in ("2026-04-26", "2026-05-15"):
        outcomes = {
            ask(book, API | {"cloud": "google", "host": "google"}, day) for book in (openai, believed)
        }
        assert len(outcomes) == 1
    assert ask(believed, API | {"cloud": "google", "host": "google"}, "2026-04-26") is Outcome.PROHIBITED


def test_frontier_is_not_chatgpt_under_a_new_name(tmp_path: Path, openai: Book) -> None:
    """Even a vocabulary that puts Frontier inside ChatGPT leaves question 11 disputed."""
    block = "attribute: product\nvalues: [{chatgpt: [frontier]}]"
    believed = load_book(retold(tmp_path, block))
    for book in (openai, believed):
        assert ask(book, FRONTIER, "2026-03-18") is Outcome.DISPUTED


def ask(book: Book, facts: dict[str, str], day: str) -> Outcome:
    """The outcome at noon of `day`."""
    return decide(book, parse_facts(book, facts), parse_moment(day, book.clock)).outcome
