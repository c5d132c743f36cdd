"""The hot path: what is left of a book when caller and target are known, and how little is kept."""

from __future__ import annotations

from datetime import UTC, datetime
from math import inf

from tests.contracts.small import NOON, small_book

from comity.contracts import Decider, Outcome, decide, parse_facts
from comity.contracts.groups import LIMIT
from comity.contracts.residual import KEPT

AT = NOON.timestamp()
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
    assert sorted(group.uses for group in binding.program(AT).groups) == [("data",), ("state",)]


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
    assert len(program._verdicts) == 2


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


def test_many_kinds_of_clauses_make_few_groups() -> None:
    """Groups join when there are many, and one fact rules out most clauses of a group."""
    names = [f"p{n}" for n in range(6)]
    blocks = [f"attribute: {name}\nvalues: [x, y]" for name in names]
    pairs = [(one, other) for one in names for other in names if one < other]
    blocks += [f"c.{one}{other}\nforbid: {{{one}: x, {other}: y}}" for one, other in pairs]
    blocks += [f"d.{name}\npermit: {{{name}: y}}" for name in names]
    book = small_book(*blocks)
    program = Decider(book).bind({}).program(AT)
    assert len(program.groups) == len(pairs)
    facts = parse_facts(book, dict.fromkeys(names, "y") | {"p0": "x"})
    assert program.decide(facts) == decide(book, facts, NOON)
    assert program.decide(facts).outcome is Outcome.PROHIBITED


def test_everything_behind_the_memo_is_bounded_too() -> None:
    """More distinct verdicts than fit start the numbers anew, and the answers stay right."""
    blocks = [f"c.n{n}\nforbid: {{retention_days: [{n}]}}" for n in range(3)]
    book = small_book(*blocks)
    program = Decider(book).bind({}).program(AT)
    for days in (0, 1, 2, 3):
        program.cold(parse_facts(book, {"retention_days": days}))
    assert len(program._verdicts) == 4
    program._forget()
    assert program.cold(parse_facts(book, {"retention_days": 1})).clauses == ("c.n1",)
    assert [len(group.said) for group in program.groups] == [1]


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
