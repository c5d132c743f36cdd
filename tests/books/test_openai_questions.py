"""The nineteen questions of spring 2026, asked in Python and independently of the book's own examples."""

from __future__ import annotations

import re
from decimal import Decimal

import msgspec
import pytest

from comity.contracts import Book, Outcome, Posture, Verdict, decide, judge, parse_facts
from comity.period import parse_moment

Facts = dict[str, str]

API: Facts = {
    "actor": "oai", "action": "serve", "provider": "oai", "weights": "closed", "product": "api",
    "surface": "api", "state": "stateless", "customer": "enterprise",
}  # fmt: skip
JOINT_API: Facts = API | {"with": "third_party", "seller": "amzn", "cloud": "aws", "host": "aws"}
RUNTIME: Facts = JOINT_API | {"product": "sre", "surface": "runtime", "state": "stateful"}
FRONTIER: Facts = API | {"product": "frontier", "surface": "platform", "state": "stateful", "cloud": "azure"}
CHATGPT: Facts = API | {
    "product": "chatgpt",
    "surface": "application",
    "customer": "consumer",
    "seller": "oai",
}
TRAINING: Facts = {
    "actor": "oai",
    "action": "train",
    "provider": "oai",
    "phase": "training",
    "capacity": "new",
}
RELEASE: Facts = {
    "actor": "oai", "action": "release", "provider": "oai", "weights": "closed", "product": "new_product",
    "cloud": "aws", "host": "aws",
}  # fmt: skip


class Question(msgspec.Struct, frozen=True):
    """One row of the table of decision questions."""

    row: str
    """Its number there."""
    at: str
    """The day on which the act happens."""
    facts: Facts
    """What is known of the act; flags are written as words."""
    outcome: Outcome
    """The expected answer."""
    clauses: tuple[str, ...] = ()
    """Clauses that have to be among those that decided."""
    needs: tuple[str, ...] = ()
    """Facts that have to be reported as missing, all of them."""
    as_of: str = ""
    """The day whose knowledge counts; empty for everything the book knows."""


QUESTIONS = [
    Question("1", "2024-06-01", CHATGPT | {"cloud": "google", "host": "google", "consent": "none"},
             Outcome.PROHIBITED, ("2023.cloud",)),
    Question("2", "2025-03-15", TRAINING | {"cloud": "oracle", "offered_to": "none"},
             Outcome.CONDITIONAL, ("2025a.rofr",)),
    Question("3", "2025-07-20", API | {"with": "none", "cloud": "google", "host": "google"},
             Outcome.UNKNOWN, ("2025a.api",), ("consent",)),
    Question("3, without consent", "2025-07-20",
             API | {"with": "none", "cloud": "google", "host": "google", "consent": "none"},
             Outcome.PROHIBITED, ("2025a.api",)),
    Question("4", "2025-09-01",
             API | {"actor": "amzn", "weights": "open", "product": "gpt_oss", "with": "none", "cloud": "aws"},
             Outcome.SILENT),
    Question("5", "2025-12-01", TRAINING | {"cloud": "aws", "hardware": "gb300"},
             Outcome.PERMITTED, ("2025.use",)),
    Question("6", "2025-12-01",
             CHATGPT | {"with": "none", "phase": "inference", "cloud": "aws", "host": "azure"},
             Outcome.PERMITTED, ("2025.use",)),
    Question("7", "2026-03-18", JOINT_API, Outcome.PROHIBITED, ("2025b.api", "2026a.stateless")),
    Question("8", "2026-03-18", RUNTIME, Outcome.DISPUTED, ("2026a.stateless", "2026.sre_ok")),
    Question("9", "2026-03-18", RUNTIME | {"cloud": "azure"}, Outcome.PERMITTED, ("2026a.stateless",)),
    Question("10", "2026-02-28", FRONTIER | {"with": "none", "seller": "oai", "host": "azure"},
             Outcome.PERMITTED, ("2026a.host",)),
    Question("11", "2026-03-18", FRONTIER | {"with": "third_party", "seller": "amzn", "host": "aws"},
             Outcome.DISPUTED, ("2026a.host",)),
    Question("13", "2026-03-18", JOINT_API | {"customer": "national_security"},
             Outcome.PERMITTED, ("2025b.natsec",)),
    Question("14", "2026-03-18", JOINT_API | {"customer": "civilian_agency"},
             Outcome.PROHIBITED, ("2025b.api", "2026a.stateless")),
    Question("14b", "2026-03-18", {name: JOINT_API[name] for name in JOINT_API if name != "customer"},
             Outcome.UNKNOWN, ("2025b.api",), ("customer",)),
    Question("15", "2026-05-15", RUNTIME, Outcome.PERMITTED, ("2026b.anycloud",)),
    Question("15, managed agents", "2026-05-15", RUNTIME | {"product": "managed_agents"},
             Outcome.PERMITTED, ("2026b.anycloud",)),
    Question("16", "2026-06-02", JOINT_API | {"model": "gpt-5.5"}, Outcome.PERMITTED, ("2026b.anycloud",)),
    Question("17", "2026-06-15", RELEASE | {"azure_able": "true", "azure_willing": "true"},
             Outcome.CONDITIONAL, ("2026b.first",)),
    Question("18", "2026-03-18", RUNTIME, Outcome.DISPUTED, ("2026a.stateless", "2026.sre_ok"),
             as_of="2026-11-20"),
]  # fmt: skip


def answer(book: Book, facts: Facts, at: str, as_of: str = "") -> Verdict:
    """The book's verdict on `facts`."""
    flags = {"true": True, "false": False}
    workload = parse_facts(book, {name: flags.get(value, value) for name, value in facts.items()})
    known = parse_moment(as_of, book.clock) if as_of else None
    return decide(book, workload, parse_moment(at, book.clock), as_of=known)


@pytest.mark.parametrize("question", QUESTIONS, ids=lambda question: question.row)
def test_the_book_answers_the_question(openai: Book, question: Question) -> None:
    """Outcome, deciding clauses and missing facts are those of the table."""
    verdict = answer(openai, question.facts, question.at, question.as_of)
    assert verdict.outcome is question.outcome
    assert set(question.clauses) <= set(verdict.clauses)
    assert verdict.needs == question.needs


@pytest.mark.parametrize("row", ["7", "8", "11", "13", "14", "14b", "15", "16"])
def test_the_answer_is_the_same_when_amazon_serves(openai: Book, row: str) -> None:
    """What comes out of the collaboration is answered alike, whichever of the two is said to serve it."""
    question = next(question for question in QUESTIONS if question.row == row)
    verdict = answer(openai, question.facts | {"actor": "amzn"}, question.at)
    assert verdict.outcome is question.outcome
    assert verdict.needs == question.needs
    assert {reason.binds for reason in verdict.reasons if reason.effect == "forbids"} <= {("oai", "msft")}


def test_open_weights_are_no_act_of_openai(openai: Book) -> None:
    """Question 4 is silent because no clause at all speaks."""
    question = next(question for question in QUESTIONS if question.row == "4")
    assert answer(openai, question.facts, question.at).clauses == ()


def test_releasing_open_weights_is_permitted_from_october(openai: Book) -> None:
    """The clause that question 4 points to applies to OpenAI's release, from 28 October 2025."""
    facts = {
        "actor": "oai",
        "action": "release",
        "provider": "oai",
        "weights": "open",
        "capability_criteria": "met",
    }
    assert answer(openai, facts, "2025-10-27").outcome is Outcome.SILENT
    assert answer(openai, facts, "2025-10-28").clauses == ("2025b.weights",)


def test_the_parties_answer_question_8_differently(openai: Book) -> None:
    """Microsoft's reading prohibits, OpenAI's and Amazon's permits."""
    verdict = answer(openai, RUNTIME, "2026-03-18")
    assert verdict.as_read_by("msft") is Outcome.PROHIBITED
    assert verdict.as_read_by("oai") is Outcome.PERMITTED
    assert verdict.as_read_by("amzn") is Outcome.PERMITTED


POSTURES = [
    (Posture(reading="msft"), "refuse"),
    (Posture(reading="oai"), "allow"),
    (Posture(mode="safe"), "refuse"),
    (Posture(mode="arguable"), "allow"),
    (Posture(disputed="allow-and-record"), "record"),
    (Posture(disputed="re-route"), "re-route"),
]


@pytest.mark.parametrize(("posture", "action"), POSTURES, ids=lambda value: str(value)[:60])
def test_each_posture_acts_on_question_8_in_its_own_way(openai: Book, posture: Posture, action: str) -> None:
    """The verdict stays the same; whose readings an operator acts on decides what is done."""
    assert judge(answer(openai, RUNTIME, "2026-03-18"), posture).action == action


def test_where_the_model_runs_is_not_where_the_product_runs(openai: Book) -> None:
    """Of the four ways to place the runtime, those with the model on Azure are permitted in every world."""
    for host in ("aws", "azure"):
        verdict = answer(openai, RUNTIME | {"cloud": "azure", "host": host}, "2026-03-18")
        assert verdict.f_may == verdict.c_may == 0
        assert answer(openai, RUNTIME | {"host": host}, "2026-03-18").outcome is Outcome.DISPUTED


def test_the_state_of_a_joint_api_call_does_not_matter(openai: Book) -> None:
    """October's clause on joint API products prohibits before the word `stateless` is asked for."""
    unlogged = {name: JOINT_API[name] for name in JOINT_API if name != "state"}
    verdict = answer(openai, unlogged, "2026-03-18")
    assert verdict.outcome is Outcome.PROHIBITED
    assert verdict.needs == ()
    assert {reason.clause for reason in verdict.reasons if reason.must == verdict.all} >= {"2025b.api"}


def test_and_or_or_decides_about_a_release(openai: Book) -> None:
    """Azure cannot but would: the conjunction of the amendment decides; with both the two readings agree."""
    able_or_willing = {"azure_able": "false", "azure_willing": "true"}
    verdict = answer(openai, RELEASE | able_or_willing, "2026-06-15")
    assert verdict.outcome is Outcome.DISPUTED
    assert verdict.as_read_by("oai") is Outcome.CONDITIONAL
    neither = {"azure_able": "false", "azure_willing": "false"}
    assert answer(openai, RELEASE | neither, "2026-06-15").outcome is Outcome.SILENT


def test_every_question_is_an_example_of_the_book(openai: Book) -> None:
    """The book carries each question with the same answer; question 19 is arithmetic and stands in prose."""
    numbered = ((re.match(r"Question (\w+):", example.name), example) for example in openai.examples)
    carried = {match[1]: example for match, example in numbered if match}
    for question in QUESTIONS:
        if "," not in question.row:
            example = carried.pop(question.row)
            assert example.verdict == question.outcome
            assert set(question.clauses) <= set(example.because or ())
            assert set(question.needs) == set(example.needs or ())
    assert not carried


def test_question_19_has_its_figures_typed(openai: Book) -> None:
    """Rate, cap, the grade of the cap and the last day are typed values; an example computes what is owed."""
    clause = openai.clause("2026b.share")
    assert clause.owe is not None
    assert clause.owe.cap is not None
    assert (clause.owe.rate, clause.owe.cap.high, clause.owe.cap.unit) == (
        Decimal("0.20"),
        Decimal("38e9"),
        "USD",
    )
    assert clause.owe.cap.sure == "reported"
    assert str(clause.in_force) == "2026-04-27 .. 2031-01-01"
    asked = next(example for example in openai.duty_examples if example.name.startswith("Question 19:"))
    assert asked.owes is not None
    assert (asked.duty, asked.owes.low) == (clause.id, Decimal("0.5e9"))
