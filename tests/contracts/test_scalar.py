"""The hot path: what is left of a book when caller and target are known, and how little is kept."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from itertools import product
from math import inf
from pathlib import Path
from random import Random

import pytest
from tests.contracts.compile.tables import random_rows, workload
from tests.contracts.small import NOON, small_book

from comity.contracts import Decider, Outcome, decide, load_book, parse_facts
from comity.contracts.index import LIMIT, Sets
from comity.contracts.reduce import KEPT

AT = NOON.timestamp()
BOOKS = Path(__file__).parents[2] / "books"
ODD = """\
define: odd
readings:
  strict: {by: [msft], means: {state: stateful, surface: [api, runtime]}}
  mild: {by: [oai], means: {state: stateful, surface: runtime}}"""
BOOK = small_book(
    "a.cloud\nconfine: {provider: oai, state: stateless}\nto: {cloud: azure}",
    "a.data\nforbid: {cloud: aws, data: personal}",
    "a.keep\nforbid: {cloud: google, retention_days: {over: 30}}",
    "a.late\nforbid: {cloud: aws, purpose: training}\nin_force: 2026-04-27 ..",
)


def test_static_facts_leave_only_what_they_do_not_settle() -> None:
    """A target on AWS makes the Google clause disappear, and its attributes with it."""
    binding = Decider(BOOK).bind(parse_facts(BOOK, {"cloud": "aws", "provider": "oai"}))
    assert binding.program(AT).uses == ("data", "state")
    assert [rows.name for rows in binding.program(AT).rows] == ["data", "state"]


def test_irrelevant_facts_share_one_memo_entry() -> None:
    """Ten thousand customers are one verdict when no clause looks at customers."""
    binding = Decider(BOOK).bind(parse_facts(BOOK, {"cloud": "aws", "provider": "oai"}))
    first = binding.decide({"data": "personal", "customer": "c0"}, AT)
    assert all(binding.decide({"data": "personal", "customer": f"c{n}"}, AT) is first for n in range(100))
    assert len(binding.program(AT)._memo) == 1


def test_static_facts_cannot_be_talked_away() -> None:
    """A request that claims another cloud is decided on the target's cloud."""
    binding = Decider(BOOK).bind(parse_facts(BOOK, {"cloud": "aws", "provider": "none"}))
    assert binding.decide({"cloud": "azure", "data": "personal"}, AT).outcome is Outcome.PROHIBITED


def test_the_memo_is_bounded() -> None:
    """More distinct facts than fit empty the memo instead of growing it."""
    binding = Decider(BOOK).bind(parse_facts(BOOK, {"cloud": "google", "provider": "none"}))
    for days in range(LIMIT + 10):
        binding.decide(parse_facts(BOOK, {"retention_days": days}), AT)
    program = binding.program(AT)
    assert program.uses == ("retention_days",)
    assert 0 < len(program._memo) <= LIMIT
    assert len(program._weighed) == 2
    assert all(len(rows) <= LIMIT for rows in program.rows)


def test_a_verdict_is_valid_until_the_next_boundary() -> None:
    """`until` names it, and the binding turns there and back."""
    binding = Decider(BOOK).bind(parse_facts(BOOK, {"cloud": "aws", "provider": "none"}))
    boundary = datetime(2026, 4, 27, tzinfo=UTC).timestamp()
    assert binding.until(AT) == boundary
    assert binding.until(boundary) == inf
    facts = {"purpose": "training", "data": "none"}
    outcomes = [binding.decide(facts, at).outcome for at in (boundary - 1, boundary, boundary - 1)]
    assert outcomes == [Outcome.SILENT, Outcome.PROHIBITED, Outcome.SILENT]


def test_as_of_reaches_the_hot_path() -> None:
    """A decider of what the book knew then."""
    book = small_book("a.x\nforbid: {cloud: aws}\nknown: 2026-06-01")
    static = parse_facts(book, {"cloud": "aws"})
    assert Decider(book).bind(static).decide({}, AT).outcome is Outcome.PROHIBITED
    assert Decider(book, as_of=NOON).bind(static).decide({}, AT).outcome is Outcome.SILENT


def test_rejected_and_unknown_answers_name_what_they_need() -> None:
    """The rare answers that need the interpreter agree with it, from the memo too."""
    book = small_book(
        "attribute: owner\nkind: name\nmissing: reject\nwhy: every call has one",
        "a.x\nforbid: {cloud: aws, data: personal}",
        "a.y\nrequire: {cloud: aws, owner: me}\nfirst: {approved: true}",
    )
    binding = Decider(book).bind(parse_facts(book, {"cloud": "aws"}))
    for facts in (
        {},
        {"owner": "me"},
        {"owner": "me", "data": "none"},
        {"data": "personal"},
        {"data": "none"},
    ):
        plain = decide(book, {"cloud": "aws", **facts}, NOON)
        assert binding.decide(facts, AT) == plain
        assert binding.decide(facts, AT) == plain
    assert binding.decide({}, AT).needs == ("data", "owner")


def test_every_unknown_answer_names_its_own_needs() -> None:
    """Facts about which the clauses say the same may miss different attributes."""
    book = small_book("a.x\nforbid: {data: personal, purpose: training}", "a.y\nforbid: {is: odd}", ODD)
    program = Decider(book).bind({}).program(AT)
    whole = {"data": "personal", "purpose": "training", "state": "stateless", "surface": "runtime"}
    for missing in ("data", "purpose", "state", "surface"):
        facts = parse_facts(book, {name: fact for name, fact in whole.items() if name != missing})
        assert program.cold(facts) == decide(book, facts, NOON), missing
    facts = parse_facts(book, {"data": "personal"})
    assert program.cold(facts).needs == ("purpose", "state", "surface")
    facts = parse_facts(book, {"purpose": "training"})
    assert program.cold(facts).needs == ("data", "state", "surface")


def test_a_static_fact_that_is_too_wide_is_needed_too() -> None:
    """A caller known only to be in government leaves a test for security agencies open."""
    book = small_book("a.x\nforbid: {customer: national_security, data: personal}")
    static = parse_facts(book, {"customer": "us_government"})
    verdict = Decider(book).bind(static).decide({}, AT)
    assert verdict == decide(book, static, NOON)
    assert verdict.needs == ("customer", "data")


def test_numbers_on_and_between_the_cuts() -> None:
    """Intervals and single numbers, closer together than any fixed precision."""
    book = small_book(
        "a.x\nforbid: {retention_days: {over: 1, at_most: 30}}",
        "a.y\nforbid: {retention_days: [1, 30, 1e30]}",
        "a.z\nforbid: {retention_days: {over: 1000000000000000000000000000000.1}}",
    )
    program = Decider(book).bind({}).program(AT)
    for text in ("0", "1", "1.5", "30", "30.001", "1e30", "1000000000000000000000000000000.05", "2e30"):
        facts = parse_facts(book, {"retention_days": Decimal(text)})
        assert program.cold(facts) == decide(book, facts, NOON), text
    (rows,) = program.rows
    assert set(rows) == {None, *map(Decimal, ("0", "1", "1.5", "30", "30.001", "1e30", "2e30"))} | {
        Decimal("1000000000000000000000000000000.05")
    }


def test_rows_of_sets_are_made_when_seen_and_bounded() -> None:
    """What was made before is made anew, and a missing set keeps its row."""
    book = small_book("a.x\nconfine: {data: personal}\nto: {region: eu}")
    program = Decider(book).bind({"data": "personal"}).program(AT)
    rows = next(rows for rows in program.rows if rows.name == "region")
    assert isinstance(rows, Sets)
    for n in range(LIMIT + 2):
        program.cold({"region": frozenset({"de", f"place{n}"})})
    assert len(rows) <= LIMIT
    for region in (frozenset({"de"}), frozenset({"de", "us"})):
        assert program.cold({"region": region}) == decide(book, {"data": "personal", "region": region}, NOON)
    assert program.cold({}).needs == ("region",)


def test_conditions_of_many_clauses_are_asked_once() -> None:
    """What several facts decide, shared by six clauses or by fewer."""
    blocks = [ODD, "define: even\nreadings:\n  one: {means: {any: [{data: none}, {cloud: aws}]}}"]
    blocks += [f"c{n}\nforbid: {{is: odd, retention_days: {{over: {n}}}}}" for n in range(6)]
    blocks += [f"d{n}\nrequire: {{is: {{not: odd}}}}\nfirst: {{approved: true}}" for n in range(1)]
    blocks += ["e\npermit: {is: even, cloud: [aws, azure]}\nunless: {data: none, state: stateful}"]
    book = small_book(*blocks)
    program = Decider(book).bind({}).program(AT)
    assert [mask.bit_count() for mask, _ in program._shared] == [6]
    for state, surface, cloud in product((None, "stateful"), (None, "api", "runtime"), ("aws", "azure")):
        raw = {"state": state, "surface": surface, "cloud": cloud, "retention_days": 3}
        facts = parse_facts(book, {name: fact for name, fact in raw.items() if fact is not None})
        assert program.cold(facts) == decide(book, facts, NOON)


def test_everything_behind_the_memo_is_bounded_too() -> None:
    """More distinct verdicts than fit start anew, and the answers stay right."""
    book = small_book(*(f"c.n{n}\nforbid: {{retention_days: [{n}]}}" for n in range(3)))
    program = Decider(book).bind({}).program(AT)
    for days in (0, 1, 2, 3):
        program.decide(parse_facts(book, {"retention_days": days}))
    assert len(program._weighed) == 4
    program.forget()
    assert program.decide(parse_facts(book, {"retention_days": 1})).clauses == ("c.n1",)
    assert (len(program._memo), len(program._weighed)) == (1, 1)


@pytest.mark.no_cover
@pytest.mark.parametrize("name", ["openai", "acme"])
@pytest.mark.parametrize("party", [None, "msft"])
def test_the_shipped_books_are_decided_as_interpreted(name: str, party: str | None) -> None:
    """Facts missing or wide, static or not, at the dates of change; half of what the book learned, or all."""
    book = load_book(BOOKS / name)
    party = party if party in book.parties else None
    random = Random(5)
    for as_of in (None, datetime(2026, 3, 1, tzinfo=UTC)):
        decider = Decider(book, as_of, party)
        for row in random_rows(book, 40, random):
            facts = workload(row)
            names = random.sample(sorted(facts), len(facts) // 3)
            static = {name: facts[name] for name in names}
            found = decider.bind(static).decide(facts, row["at"].timestamp())
            assert found == decide(book, facts, row["at"], as_of, party), row


def test_what_a_definition_keeps_is_bounded() -> None:
    """All clauses share the answers of a definition; more facts than fit start it anew, rightly."""
    book = small_book(
        "define: long\nreadings:\n  strict: {means: {retention_days: {over: 1}}}\n"
        "  mild: {means: {retention_days: {over: 30}}}",
        "a.one\nforbid: {cloud: aws, is: long}",
        "a.two\nforbid: {cloud: aws, is: {not: long}, data: personal}",
    )
    program = Decider(book).bind(parse_facts(book, {"cloud": "aws", "data": "none"})).program(AT)
    for days in (*range(KEPT + 2), 31):
        program.cold(parse_facts(book, {"retention_days": days}))
    facts = parse_facts(book, {"retention_days": 2})
    assert program.cold(facts) == decide(book, {"cloud": "aws", "data": "none", **facts}, NOON)
    assert program.cold(facts).outcome is Outcome.DISPUTED
