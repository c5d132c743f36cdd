"""The meaning of every kind of clause, one small book per rule."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from tests.contracts.small import NOON, ask, book_of, document, outcome, small_book

from comity.contracts import Outcome, Role, decide, parse_facts

CONFINE = "a.confine\nconfine: {action: serve, provider: oai}\nto: {cloud: azure}"
FORBID = "a.forbid\nforbid: {action: serve, cloud: aws}"
READINGS = """define: stateless_api
readings:
  letter: {by: [oai, amzn], means: {surface: api, state: stateless}}
  spirit: {by: [msft], means: {surface: [api, runtime]}}"""


def test_confine_forbids_outside_and_is_conformed_to_inside() -> None:
    """Inside its scope only the goal; outside it the clause is silent."""
    book = small_book(CONFINE)
    assert outcome(book, action="serve", provider="oai", cloud="aws") is Outcome.PROHIBITED
    conforming = ask(book, action="serve", provider="oai", cloud="azure")
    assert conforming.outcome is Outcome.PERMITTED
    assert [reason.effect for reason in conforming.reasons] == [Role.CONFORMS]
    assert outcome(book, action="train", provider="oai", cloud="aws") is Outcome.SILENT


def test_a_missing_fact_is_unknown_and_is_named() -> None:
    """Kleene: a false test settles a conjunction, a missing one leaves it open."""
    book = small_book(CONFINE)
    open_question = ask(book, action="serve", provider="oai")
    assert (open_question.outcome, open_question.needs) == (Outcome.UNKNOWN, ("cloud",))
    assert outcome(book, action="train") is Outcome.SILENT
    assert ask(book, action="serve").needs == ("cloud", "provider")


def test_require_is_conditional_until_the_duty_is_done() -> None:
    """A duty counts as open until it is recorded as done."""
    book = small_book("a.scc\nrequire: {action: serve, data: personal}\nfirst: {scc_signed: true}")
    conditional = ask(book, action="serve", data="personal")
    assert conditional.outcome is Outcome.CONDITIONAL
    assert [(duty.clause, duty.text) for duty in conditional.duties] == [("a.scc", "scc_signed is true")]
    assert outcome(book, action="serve", data="personal", scc_signed=True) is Outcome.PERMITTED


def test_a_permit_without_overrides_loses_in_its_own_contract_and_is_flagged() -> None:
    """A contradiction is answered strictly, and never silently."""
    book = small_book(FORBID, "a.permit\npermit: {action: serve}")
    found = ask(book, action="serve", cloud="aws")
    assert found.outcome is Outcome.PROHIBITED
    assert found.contradictions == (("a.permit", "a.forbid"),)


def test_a_permit_that_overrides_is_the_carve_out() -> None:
    """While the override may apply, the prohibition is open; where it applies, it is gone."""
    permit = "a.permit\npermit: {customer: national_security}\noverrides: [a.forbid]"
    book = small_book(FORBID, permit)
    assert outcome(book, action="serve", cloud="aws", customer="national_security") is Outcome.PERMITTED
    assert outcome(book, action="serve", cloud="aws", customer="consumer") is Outcome.PROHIBITED
    missing = ask(book, action="serve", cloud="aws")
    assert (missing.outcome, missing.needs) == (Outcome.UNKNOWN, ("customer",))


def test_a_fact_that_is_wider_than_the_test_leaves_it_open() -> None:
    """A government customer may or may not be a national security one; exact facts say what they mean."""
    book = small_book("a.forbid\nforbid: {customer: national_security}", "b.forbid\nforbid: {data: special}")
    assert ask(book, customer="us_government", data="none").needs == ("customer",)
    assert outcome(book, customer="civilian_agency", data="personal") is Outcome.SILENT
    assert outcome(book, customer="consumer", data="special") is Outcome.PROHIBITED


def test_an_override_can_itself_be_overridden() -> None:
    """Forbid, permit, forbid: the last word stands where it applies."""
    book = small_book(
        FORBID,
        "a.permit\npermit: {customer: us_government}\noverrides: [a.forbid]",
        "a.back\nforbid: {customer: civilian_agency}\noverrides: [a.permit]",
    )
    assert outcome(book, action="serve", cloud="aws", customer="national_security") is Outcome.PERMITTED
    assert outcome(book, action="serve", cloud="aws", customer="civilian_agency") is Outcome.PROHIBITED


def test_unless_is_an_exception_in_the_sentence() -> None:
    """The exception excuses; while it may apply, the clause is open."""
    book = small_book("a.forbid\nforbid: {cloud: aws}\nunless: {consent: msft}")
    assert outcome(book, cloud="aws", consent="msft") is Outcome.SILENT
    assert outcome(book, cloud="aws", consent="none") is Outcome.PROHIBITED
    assert ask(book, cloud="aws").needs == ("consent",)


def test_a_permit_of_another_contract_never_beats_a_prohibition() -> None:
    """An actor must satisfy every contract that binds it."""
    permit = document("b.permit\npermit: {action: serve, cloud: aws}", front="contract: other")
    book = book_of(document(FORBID), permit)
    found = ask(book, action="serve", cloud="aws")
    assert found.outcome is Outcome.PROHIBITED
    assert found.contradictions == ()


def test_law_overrides_everything_below_it() -> None:
    """`*` of a law reaches into every contract; the contract's silence included."""
    law = document(
        'law.switch\npermit: {action: switch_cloud}\noverrides: ["*"]', front="contract: act\nauthority: law"
    )
    deal = document(
        "a.stay\nforbid: {actor: oai}", front="contract: deal\nparties: {oai: O}\nsilence: forbidden"
    )
    book = book_of(deal, law)
    assert outcome(book, actor="oai", action="switch_cloud") is Outcome.PERMITTED
    assert outcome(book, actor="oai", action="serve") is Outcome.PROHIBITED


def test_parts_of_a_contract_are_ranked() -> None:
    """In a conflict the cover page prevails over the standard terms, and a named override over that."""
    front = "contract: deal\norder: [cover, terms]"
    cover = "a.cover\npermit: {cloud: aws}\npart: cover"
    assert outcome(
        small_book(cover, "a.terms\nforbid: {cloud: aws}\npart: terms", front=front), cloud="aws"
    ) is (Outcome.PERMITTED)
    named = "a.terms\nforbid: {cloud: aws}\npart: terms\noverrides: [a.cover]"
    assert outcome(small_book(cover, named, front=front), cloud="aws") is Outcome.PROHIBITED


def test_silence_forbids_in_a_licence() -> None:
    """What a licence does not mention is not allowed, inside what it covers."""
    front = "contract: licence\nparties: {meta: Meta}\nsilence: forbidden\ncovers: {provider: meta}"
    book = small_book("a.use\npermit: {action: serve}", front=front)
    assert outcome(book, provider="meta", action="serve") is Outcome.PERMITTED
    refused = ask(book, provider="meta", action="sell")
    assert (refused.outcome, refused.clauses) == (Outcome.PROHIBITED, ("licence",))
    assert outcome(book, provider="none", action="sell") is Outcome.SILENT
    assert ask(book, provider="meta").needs == ("action",)
    assert ask(book, action="sell").needs == ("provider",)


def test_a_set_is_tested_for_some_member_or_for_every_member() -> None:
    """What restricts looks for some member, what frees must hold for every member."""
    confine = small_book("a.eu\nconfine: {data: personal}\nto: {region: eu}")
    assert outcome(confine, data="personal", region=["swedencentral", "europe-west4"]) is Outcome.PERMITTED
    assert outcome(confine, data="personal", region=["swedencentral", "eastus"]) is Outcome.PROHIBITED
    assert outcome(confine, data="personal", region=["world"]) is Outcome.PROHIBITED
    forbid = small_book("a.us\nforbid: {region: us}")
    assert outcome(forbid, region=["se", "us-east-1"]) is Outcome.PROHIBITED
    assert outcome(forbid, region=["global"]) is Outcome.PROHIBITED
    assert outcome(forbid, region=["se"]) is Outcome.SILENT
    permit = small_book("a.us\npermit: {region: us}")
    assert outcome(permit, region=["eastus", "se"]) is Outcome.SILENT
    assert outcome(permit, region=["eastus"]) is Outcome.PERMITTED
    outside = small_book("a.out\nrequire: {region: {not: [eu, adequate]}}\nfirst: {scc_signed: true}")
    assert outcome(outside, region=["se", "jp"]) is Outcome.SILENT
    assert outcome(outside, region=["se", "eastus"]) is Outcome.CONDITIONAL


def test_an_exception_for_one_member_does_not_excuse_the_others() -> None:
    """`unless` and an overriding permit must hold for every member."""
    excused = small_book("a.no\nforbid: {cloud: aws}\nunless: {region: eu}")
    assert outcome(excused, cloud="aws", region=["se"]) is Outcome.SILENT
    assert outcome(excused, cloud="aws", region=["se", "us"]) is Outcome.PROHIBITED
    overridden = small_book("a.no\nforbid: {cloud: aws}", "a.yes\npermit: {region: eu}\noverrides: [a.no]")
    assert outcome(overridden, cloud="aws", region=["se"]) is Outcome.PERMITTED
    assert outcome(overridden, cloud="aws", region=["se", "us"]) is Outcome.PROHIBITED


@pytest.mark.parametrize(
    ("days", "expected"),
    [(30, Outcome.SILENT), ("30.5", Outcome.PROHIBITED), (60, Outcome.PROHIBITED), (61, Outcome.SILENT)],
)
def test_intervals_are_open_below_and_closed_above(days: int | str, expected: Outcome) -> None:
    """`over` is exclusive, `at_most` inclusive."""
    book = small_book("a.keep\nforbid: {retention_days: {over: 30, at_most: 60}}")
    assert outcome(book, retention_days=days) is expected


def test_the_other_tests_of_the_fragment() -> None:
    """Numbers by value, flags, `any`, `not` and lists."""
    book = small_book(
        "a.x\nforbid: {retention_days: [7, 14], scc_signed: false, any: [{cloud: aws}, {host: {not: azure}}]}"
    )
    assert outcome(book, retention_days=7, cloud="aws", host="azure") is Outcome.PROHIBITED
    assert outcome(book, retention_days=7, cloud="azure", host="aws") is Outcome.PROHIBITED
    assert outcome(book, retention_days=7, cloud="azure", host="azure") is Outcome.SILENT
    assert outcome(book, retention_days=8, cloud="aws") is Outcome.SILENT
    assert outcome(book, retention_days=7, cloud="aws", scc_signed=True) is Outcome.SILENT


def test_readings_make_worlds_and_disputes() -> None:
    """The design's example: a stateful runtime is disputed, a stateless API is not."""
    book = small_book(READINGS, "a.az\nconfine: {is: stateless_api}\nto: {cloud: azure}")
    disputed = ask(book, surface="runtime", state="stateful", cloud="aws")
    assert (disputed.outcome, disputed.worlds) == (Outcome.DISPUTED, 2)
    assert disputed.as_read_by("msft") is Outcome.PROHIBITED
    assert disputed.as_read_by("amzn") is Outcome.SILENT
    assert disputed.reasons[0].parties == ("msft",)
    assert outcome(book, surface="api", state="stateless", cloud="aws") is Outcome.PROHIBITED


def test_a_gap_beside_a_prohibition_is_unknown_not_disputed() -> None:
    """An API call with `state` not logged: the letter is unknown, the spirit prohibits, no world is clear."""
    book = small_book(READINGS, "a.az\nconfine: {is: stateless_api}\nto: {cloud: azure}")
    found = ask(book, surface="api", cloud="aws")
    assert (found.outcome, found.needs) == (Outcome.UNKNOWN, ("state",))
    assert outcome(book, surface="api", cloud="aws", state="stateful") is Outcome.DISPUTED


def test_definitions_may_rest_on_definitions_and_be_denied() -> None:
    """`is` in a meaning, `is: {not: …}` and a list of names."""
    book = small_book(
        READINGS,
        "define: kept\nmeans: {state: stateful, is: {not: stateless_api}}",
        "a.kept\nforbid: {is: [kept, stateless_api]}",
    )
    assert outcome(book, surface="platform", state="stateful") is Outcome.PROHIBITED
    assert outcome(book, surface="runtime", state="stateful") is Outcome.PROHIBITED
    assert outcome(book, surface="runtime", state="stateless") is Outcome.DISPUTED


@pytest.mark.parametrize(
    ("settled", "before", "after"),
    [
        ("{reading: letter, from: 2026-04-27}", Outcome.DISPUTED, Outcome.SILENT),
        ("{reading: letter, from: 2026-04-27, by: award, retroactive: true}", Outcome.SILENT, Outcome.SILENT),
        (
            "{reading: spirit, from: 2026-04-27, by: waiver, until: 2026-06-01}",
            Outcome.DISPUTED,
            Outcome.PROHIBITED,
        ),
    ],
)
def test_a_settlement_counts_from_its_day(settled: str, before: Outcome, after: Outcome) -> None:
    """Forward by amendment, from the start when retroactive, for a while by waiver."""
    book = small_book(
        f"{READINGS}\nsettled: {settled}", "a.az\nconfine: {is: stateless_api}\nto: {cloud: azure}"
    )
    facts = {"surface": "runtime", "state": "stateful", "cloud": "aws"}
    assert outcome(book, NOON, **facts) is before
    assert outcome(book, datetime(2026, 5, 1, tzinfo=UTC), **facts) is after
    if "until" in settled:
        assert outcome(book, datetime(2026, 6, 1, tzinfo=UTC), **facts) is Outcome.DISPUTED


def test_a_settled_reading_binds_the_party_that_read_otherwise() -> None:
    """After the settlement Microsoft's worlds are those that are left."""
    settled = f"{READINGS}\nsettled: {{reading: letter, from: 2026-01-01}}"
    book = small_book(settled, "a.az\nconfine: {is: stateless_api}\nto: {cloud: azure}")
    found = ask(book, surface="runtime", state="stateful", cloud="aws")
    assert (found.worlds, found.as_read_by("msft")) == (1, Outcome.SILENT)


def test_days_begin_in_the_zone_of_the_contract() -> None:
    """Half-open: the first day counts from local midnight, the last day does not count."""
    front = "contract: deal\nclock: America/Los_Angeles"
    book = small_book("a.x\nforbid: {cloud: aws}\nin_force: 2026-02-27 .. 2026-04-27", front=front)
    zone = ZoneInfo("America/Los_Angeles")
    first, last = datetime(2026, 2, 27, tzinfo=zone), datetime(2026, 4, 27, tzinfo=zone)
    tick = timedelta(seconds=1)
    assert [outcome(book, moment, cloud="aws") for moment in (first - tick, first, last - tick, last)] == [
        Outcome.SILENT,
        Outcome.PROHIBITED,
        Outcome.PROHIBITED,
        Outcome.SILENT,
    ]


def test_a_later_clause_ends_an_earlier_one_for_good() -> None:
    """Superseded from the day on, even after the later clause has ended itself."""
    book = small_book(
        FORBID, "b.new\npermit: {cloud: aws}\nsupersedes: [a.forbid]\nin_force: 2026-04-27 .. 2026-06-01"
    )
    facts = {"action": "serve", "cloud": "aws"}
    assert outcome(book, NOON, **facts) is Outcome.PROHIBITED
    assert outcome(book, datetime(2026, 4, 27, tzinfo=UTC), **facts) is Outcome.PERMITTED
    assert outcome(book, datetime(2026, 6, 1, tzinfo=UTC), **facts) is Outcome.SILENT


def test_end_and_fact_say_nothing_else() -> None:
    """An `end` block only ends; a fact decides nothing."""
    book = small_book(FORBID, "b.end\nend: [a.forbid]\nin_force: 2026-03-01 ..", "b.fact\nfact: It happened.")
    assert outcome(book, action="serve", cloud="aws") is Outcome.SILENT
    assert book.clause("b.fact").title == "It happened."


def test_an_event_ends_a_clause_once_it_is_recorded() -> None:
    """Open until a record exists; a date in `first_of` ends it anyway; the record has its own `known`."""
    front = "contract: deal\nevents: {agi: the panel has verified it}"
    clause = "a.x\nforbid: {cloud: aws}\nuntil: {first_of: [agi, 2031-01-01]}"
    before = small_book(clause, front=front)
    assert outcome(before, cloud="aws") is Outcome.PROHIBITED
    assert outcome(before, datetime(2031, 1, 1, tzinfo=UTC), cloud="aws") is Outcome.SILENT
    after = small_book(clause, "event: agi\non: 2026-03-01\nknown: 2026-04-01", front=front)
    assert outcome(after, cloud="aws") is Outcome.SILENT
    as_of_then = decide(after, parse_facts(after, {"cloud": "aws"}), NOON, as_of=NOON)
    assert as_of_then.outcome is Outcome.PROHIBITED


def test_as_of_limits_the_book_to_what_it_knew() -> None:
    """A clause, and what it supersedes, count from the day on which our book knew them."""
    book = small_book(
        FORBID,
        "b.new\npermit: {cloud: aws}\nsupersedes: [a.forbid]\nin_force: 2026-01-01 ..\nknown: 2026-06-01",
    )
    facts = parse_facts(book, {"action": "serve", "cloud": "aws"})
    assert decide(book, facts, NOON, as_of=NOON).outcome is Outcome.PROHIBITED
    assert decide(book, facts, NOON, as_of=datetime(2026, 6, 1, tzinfo=UTC)).outcome is Outcome.PERMITTED
    assert decide(book, facts, NOON).outcome is Outcome.PERMITTED


def test_a_settlement_that_was_not_known_did_not_settle() -> None:
    """The known clock holds for settlements too."""
    settled = f"{READINGS}\nsettled: {{reading: letter, from: 2026-01-01, known: 2026-06-01}}"
    book = small_book(settled, "a.az\nconfine: {is: stateless_api}\nto: {cloud: azure}")
    facts = parse_facts(book, {"surface": "runtime", "state": "stateful", "cloud": "aws"})
    assert decide(book, facts, NOON, as_of=NOON).outcome is Outcome.DISPUTED
    assert decide(book, facts, NOON).outcome is Outcome.SILENT


def test_somebody_elses_contract_is_supply_risk() -> None:
    """A customer who calls another cloud breaches nothing of its supplier's contract."""
    front = "contract: deal\nparties: {oai: OpenAI, msft: Microsoft, acme: Acme}\nbinds: [oai, msft]"
    book = small_book("a.az\nconfine: {action: serve}\nto: {cloud: azure}", front=front)
    assert outcome(book, actor="oai", action="serve", cloud="aws") is Outcome.PROHIBITED
    customer = ask(book, actor="acme", action="serve", cloud="aws")
    assert customer.outcome is Outcome.SILENT
    assert [(reason.effect, reason.binds) for reason in customer.reasons] == [
        (Role.SUPPLY_RISK, ("oai", "msft"))
    ]
    assert ask(book, action="serve", cloud="aws").needs == ("actor",)


def test_a_clause_that_names_an_actor_reaches_beyond_those_bound() -> None:
    """Amazon's act can be the breach of the parties that are bound."""
    front = "contract: deal\nparties: {oai: O, msft: M, amzn: A, acme: Acme}\nbinds: [oai, msft]"
    book = small_book("a.no\nforbid: {actor: [oai, amzn], cloud: aws}", front=front)
    found = ask(book, actor="amzn", cloud="aws")
    assert (found.outcome, found.reasons[0].binds) == (Outcome.PROHIBITED, ("oai", "msft"))
    customer = ask(book, actor="acme", cloud="aws")
    assert [reason.effect for reason in customer.reasons] == [Role.SUPPLY_RISK]


def test_missing_may_mean_a_value_or_be_refused() -> None:
    """`missing` as a value stands in for the fact; `reject` makes every workload state it."""
    book = small_book(
        "attribute: tier\nvalues: [gold, lead]\nmissing: lead\nwhy: nobody gets gold by accident",
        "attribute: owner\nkind: name\nmissing: reject\nwhy: every call has an owner",
        "a.gold\nforbid: {tier: gold, cloud: aws}",
        "a.no\nforbid: {cloud: google}",
    )
    assert outcome(book, owner="x", cloud="aws") is Outcome.SILENT
    rejected = ask(book, cloud="aws")
    assert (rejected.outcome, rejected.needs) == (Outcome.UNKNOWN, ("owner",))
    assert outcome(book, cloud="google") is Outcome.PROHIBITED


def test_a_party_restricts_the_worlds() -> None:
    """`decide(party=…)` counts only the worlds of its readings."""
    book = small_book(READINGS, "a.az\nconfine: {is: stateless_api}\nto: {cloud: azure}")
    facts = parse_facts(book, {"surface": "runtime", "state": "stateful", "cloud": "aws"})
    mine = decide(book, facts, NOON, party="msft")
    assert (mine.outcome, mine.worlds) == (Outcome.PROHIBITED, 1)
    assert decide(book, facts, NOON, party="nobody").outcome is Outcome.DISPUTED


def test_reading_asserted_by_nobody_stays_open_for_every_party() -> None:
    """A posture cannot choose what its party never said."""
    definition = """define: waived
readings:
  both: {means: {cloud: aws, host: aws}}
  either: {means: {any: [{cloud: aws}, {host: aws}]}}"""
    book = small_book(definition, "a.no\nforbid: {is: waived}")
    found = ask(book, cloud="aws", host="azure")
    assert found.outcome is Outcome.DISPUTED
    assert found.as_read_by("oai") is Outcome.DISPUTED
