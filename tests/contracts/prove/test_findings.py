"""What is proved about small books: each kind of finding, with the case beside it that is none."""

from __future__ import annotations

import sys
from datetime import UTC, date, datetime

import pytest
from tests.contracts.small import FRONT, book_of, document, small_book

from comity.contracts import Book, Outcome, decide
from comity.contracts.prove import Kind, Proof, prove
from comity.errors import MissingExtraError
from comity.period import Period

TERM = (
    "define: t\nreadings: {a: {by: [oai], means: {state: stateless}}, b: {by: [msft], means: {surface: api}}}"
)
OTHER = "contract: other\nparties: {oai: OpenAI, msft: Microsoft, amzn: Amazon}"


def found(book: Book, kind: Kind, at: datetime | None = None, party: str | None = None) -> list[Proof]:
    """The proofs of one kind; every witness must be what the plain evaluator says too."""
    proofs = prove(book, at, party)
    for proof in proofs:
        if proof.witness is not None:
            verdict = decide(book, proof.witness.facts, proof.witness.at, party=party)
            assert verdict.outcome is proof.witness.outcome
    return [proof for proof in proofs if proof.kind is kind]


def test_a_contradiction_is_shown_with_its_days() -> None:
    """Scopes that only overlap, which no comparison of words sees."""
    book = small_book(
        "a.no\nforbid: {cloud: aws, state: stateless}\nin_force: 2026-01-01 ..",
        "a.yes\npermit: {cloud: [aws, azure], surface: api}\nin_force: .. 2026-06-01",
    )
    (proof,) = found(book, Kind.CONTRADICTION)
    assert proof.clauses == ("a.yes", "a.no")
    assert proof.days == "2026-01-01 to 2026-05-31"
    assert proof.witness is not None
    assert proof.witness.facts == {"cloud": "aws", "state": "stateless", "surface": "api"}


def test_an_override_resolves_a_contradiction() -> None:
    """Named, it decides; another contract contradicts nobody."""
    no, yes = "a.no\nforbid: {cloud: aws}", "a.yes\npermit: {surface: api}"
    assert found(small_book(no, yes), Kind.CONTRADICTION)
    assert not found(small_book(no, f"{yes}\noverrides: [a.no]"), Kind.CONTRADICTION)
    assert not found(
        book_of(document(no), document("b.yes\npermit: {surface: api}", front=OTHER)), Kind.CONTRADICTION
    )


OWES = "a.owes\nowe: {from: oai, to: amzn, do: serve on aws, counts: {action: serve, cloud: aws}}"


def test_a_duty_that_another_contract_forbids() -> None:
    """The days of both, in every reading, with the act that is owed."""
    other = document("b.no\nforbid: {cloud: aws}\nin_force: 2026-02-01 .. 2026-03-01", front=OTHER)
    (proof,) = found(book_of(document(OWES), other), Kind.DILEMMA)
    assert proof.clauses == ("a.owes", "b.no")
    assert proof.period == Period(date(2026, 2, 1), date(2026, 3, 1))
    assert proof.message == "`a.owes` (deal) owes what `b.no` (other) forbids, in every reading"
    assert proof.witness is not None
    assert proof.witness.facts == {"actor": "oai", "action": "serve", "cloud": "aws"}
    assert not proof.readings


@pytest.mark.parametrize(
    "clause",
    [
        "forbid: {cloud: aws, state: stateful}",
        "forbid: {cloud: aws, actor: amzn}",
        "confine: {cloud: aws}\nto: {region: eu}",
    ],
)
def test_a_duty_that_can_be_performed_another_way_is_none(clause: str) -> None:
    """One free performance is enough."""
    book = book_of(document(OWES), document(f"b.no\n{clause}", front=OTHER))
    assert not found(book, Kind.DILEMMA)


def test_a_duty_without_acts_is_not_weighed() -> None:
    """Nothing is guessed from its words."""
    owes = "a.owes\nowe: {from: oai, to: amzn, buy: aws}"
    assert not found(small_book(owes, "a.no\nforbid: {actor: oai}"), Kind.DILEMMA)


def test_a_dilemma_in_some_readings_names_them() -> None:
    """Those in which it is one, and those in which it is none."""
    counts = "{actor: oai, surface: api, state: stateful, cloud: aws}"
    owes = f"a.owes\nowe: {{from: oai, to: amzn, do: x, counts: {counts}}}"
    book = small_book(TERM, owes, "a.azure\nconfine: {is: t}\nto: {cloud: azure}")
    (proof,) = found(book, Kind.DILEMMA)
    assert proof.readings == {"t": ("b",)}
    assert proof.free == {"t": ("a",)}
    assert proof.message.endswith("only with `t` as b (msft); none with `t` as a (oai)")
    assert not found(book, Kind.DILEMMA, party="oai")
    (mine,) = found(book, Kind.DILEMMA, party="msft")
    assert mine.witness is not None
    assert mine.witness.outcome is Outcome.PROHIBITED


def test_a_required_duty_that_is_itself_prohibited() -> None:
    """Offering it first to Microsoft is forbidden: the requirement cannot be met."""
    require = "a.first\nrequire: {action: train, cloud: aws}\nfirst: {offered_to: msft}"
    book = small_book(require, "a.secret\nforbid: {offered_to: msft}")
    (proof,) = found(book, Kind.DILEMMA)
    assert proof.clauses == ("a.first", "a.secret")
    assert "requires first what `a.secret` (deal) forbids" in proof.message
    assert not found(small_book(require, "a.secret\nforbid: {cloud: aws}"), Kind.DILEMMA)
    assert not found(small_book(require, "a.secret\nforbid: {offered_to: msft, cloud: azure}"), Kind.DILEMMA)


def test_a_dispute_is_told_by_the_term_that_decides_it() -> None:
    """Who prohibits and who does not, for prohibitions and for requirements."""
    (proof,) = found(small_book(TERM, "a.no\nforbid: {is: t}"), Kind.DISPUTE)
    assert proof.message.startswith("`t` decides: a (oai) ")
    assert {proof.message.split()[4].strip(","), proof.message.split()[7]} == {"silent", "prohibited"}
    (proof,) = found(small_book(TERM, "a.ask\nrequire: {is: t}\nfirst: {approved: true}"), Kind.DISPUTE)
    assert proof.witness is not None
    assert proof.witness.outcome is Outcome.DISPUTED


def test_a_settled_term_disputes_nothing() -> None:
    """From the day on which it is settled."""
    term = f"{TERM}\nsettled: {{reading: a, from: 2026-04-27}}"
    (proof,) = found(small_book(term, "a.no\nforbid: {is: t}"), Kind.DISPUTE)
    assert proof.days == "until 2026-04-26"
    after = datetime(2026, 4, 27, 12, tzinfo=UTC)
    assert not found(small_book(term, "a.no\nforbid: {is: t}"), Kind.DISPUTE, at=after)


def test_clauses_that_never_apply() -> None:
    """Because of what overrides them, because no workload fits, or because of how the world is."""
    overridden = small_book("a.no\nforbid: {cloud: aws}", "a.yes\npermit: {}\noverrides: [a.no]")
    (proof,) = found(overridden, Kind.DEAD)
    assert proof.message == "`a.no` never applies: `a.yes` overrides all that it reaches"
    impossible = "a.no\nforbid: {cloud: aws}\nunless: {cloud: [aws, azure]}"
    (proof,) = found(small_book(impossible), Kind.DEAD)
    assert proof.message == "`a.no` never applies: no possible workload fits its words"
    runtime = "a.no\nforbid: {product: codex, surface: api}"
    assert not found(small_book(runtime), Kind.DEAD)
    world = "w.codex\nsuppose: {product: codex}\nthen: {surface: application}"
    assert [proof.clauses for proof in found(small_book(runtime, world), Kind.DEAD)] == [("a.no",)]
    excepted = f"{world}\nunless: {{state: stateless}}"
    assert not found(small_book(runtime, excepted), Kind.DEAD)


def test_clauses_that_change_no_answer() -> None:
    """A prohibition inside another, a permit inside another; not one that overrides."""
    book = small_book("a.no\nforbid: {cloud: aws}", "a.too\nforbid: {cloud: aws, state: stateful}")
    (proof,) = found(book, Kind.SHADOWED)
    assert proof.message == "`a.too` changes no answer: where it applies, `a.no` says as much"
    wide, narrow = "a.any\npermit: {cloud: [aws, azure]}", "a.aws\npermit: {cloud: aws}"
    assert [proof.clauses[0] for proof in found(small_book(wide, narrow), Kind.SHADOWED)] == ["a.aws"]
    no = "a.no\nforbid: {cloud: aws, state: stateful}"
    lifted = small_book(wide, f"{narrow}\noverrides: [a.no]", no)
    assert not found(lifted, Kind.SHADOWED)
    ask = "a.ask\nrequire: {cloud: aws}\nfirst: {approved: true}"
    assert [
        proof.clauses[0] for proof in found(small_book("a.no\nforbid: {cloud: aws}", ask), Kind.SHADOWED)
    ] == ["a.ask"]


def test_an_amendment_is_told_by_what_it_allows_and_forbids() -> None:
    """One line per clause that restricted or restricts, with the answers of both days."""
    book = small_book(
        "a.aws\nforbid: {cloud: aws}\nin_force: 2026-01-01 ..",
        "a.google\nforbid: {cloud: google}\nin_force: 2026-01-01 ..",
        "b.ask\nrequire: {cloud: azure}\nfirst: {approved: true}\n"
        "supersedes: [a.aws, a.google]\nin_force: 2026-04-27 ..",
    )
    proofs = [proof for proof in found(book, Kind.AMENDED) if proof.period.start == date(2026, 4, 27)]
    assert {proof.message for proof in proofs} == {
        "newly allowed: allowed is what `a.aws` used to forbid",
        "newly allowed: allowed is what `a.google` used to forbid",
        "newly conditional: `b.ask` now requires something for what was allowed",
    }
    assert all(proof.before is not None and proof.witness is not None for proof in proofs)
    assert {
        (proof.before.outcome, proof.witness.outcome) for proof in proofs if proof.before and proof.witness
    } == {
        (Outcome.PROHIBITED, Outcome.SILENT),
        (Outcome.SILENT, Outcome.CONDITIONAL),
    }


def test_silence_that_forbids_takes_part() -> None:
    """A licence allows nothing that it does not mention; a duty outside of it is a dilemma."""
    licence = document(
        "l.serve\npermit: {action: serve}", front=f"{OTHER}\nsilence: forbidden\ncovers: {{provider: oai}}"
    )
    owes = "a.owes\nowe: {from: oai, to: amzn, do: x, counts: {action: sell, provider: oai}}"
    (proof,) = found(book_of(document(owes), licence), Kind.DILEMMA)
    assert proof.clauses == ("a.owes", "other")
    assert "the silence of `other`" in proof.message


def test_sets_numbers_and_flags_have_classes() -> None:
    """A region outside, a number over the limit: each found, each the smallest witness."""
    book = small_book(
        "a.eu\nconfine: {data: personal}\nto: {region: eu}",
        "a.days\nforbid: {action: store, retention_days: {over: 30}}",
        "a.keep\npermit: {retention_days: [7, 31], scc_signed: true}",
        front=f"{FRONT}\nbinds: [oai]",
    )
    days, region = found(book, Kind.CONTRADICTION)
    assert days.witness is not None
    assert region.witness is not None
    assert str(days.witness.facts["retention_days"]) == "31"
    assert isinstance(region.witness.facts["region"], frozenset)
    assert len(region.witness.facts["region"]) == 1
    assert not found(book, Kind.DEAD)
    assert not found(book, Kind.SHADOWED)


def test_without_the_solver_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    """One line, and nothing imported before."""
    monkeypatch.setitem(sys.modules, "z3", None)
    with pytest.raises(MissingExtraError, match=r"pip install 'comity\[solver\]'"):
        prove(small_book("a.no\nforbid: {cloud: aws}"))


def test_an_amendment_points_at_what_changed() -> None:
    """A clause that began or ended, else a term that was settled, else a contract that began."""
    term = f"{TERM}\nsettled: {{reading: a, from: 2026-04-27}}"
    book = small_book(term, "a.no\nforbid: {is: t}")
    places = {proof.place for proof in found(book, Kind.AMENDED)}
    assert places == {book.definitions["t"].place}
    licence = f"{FRONT}\nsilence: forbidden\nin_force: 2026-01-01 .."
    silent = small_book("a.yes\npermit: {cloud: aws}\nin_force: 2025-01-01 ..", front=licence)
    (proof,) = found(silent, Kind.AMENDED)
    assert (proof.place.file, proof.place.line) == ("file0.md", 1)
    assert proof.period.start == date(2026, 1, 1)
    two = small_book(
        "a.x\nforbid: {cloud: aws}\nin_force: 2026-01-01 ..",
        "a.y\nforbid: {cloud: google}\nin_force: 2026-01-01 ..",
    )
    lines = [(proof.clauses, proof.place) for proof in found(two, Kind.AMENDED)]
    assert sorted(lines) == [((name,), two.clause(name).place) for name in ("a.x", "a.y")]


def test_a_dilemma_that_no_single_act_shows_in_every_reading() -> None:
    """Each reading forbids other acts, all of them; one of its acts is shown."""
    readings = "a: {by: [oai], means: {state: stateless}}, b: {by: [msft], means: {state: stateful}}"
    term = f"define: u\nreadings: {{{readings}}}"
    owes = "a.owes\nowe: {from: oai, to: amzn, do: x, counts: {actor: oai, action: serve, is: u}}"
    book = small_book(term, owes, "a.no\nforbid: {is: u, action: serve}")
    (proof,) = found(book, Kind.DILEMMA)
    assert proof.message.endswith("in every reading")
    assert proof.witness is not None
    assert proof.witness.outcome is Outcome.DISPUTED
