"""Explanations: who reads it how, what a missing fact would give, what lost, and the cheapest change."""

from __future__ import annotations

from tests.contracts.small import NOON, book_of, document, small_book

from comity.contracts import Book, Explanation, Outcome, explain, parse_facts
from comity.contracts.facts import Raw

READINGS = """define: stateless_api
readings:
  letter: {by: [oai, amzn], means: {surface: api, state: stateless}}
  spirit: {by: [msft], means: {surface: [api, runtime]}}"""
AZURE_ONLY = "a.c\nconfine: {action: serve}\nto: {cloud: azure}"
AZURE = "a.az\nconfine: {action: serve, is: stateless_api}\nto: {cloud: azure}"


def why(book: Book, party: str | None = None, **facts: Raw) -> Explanation:
    """The explanation about `facts`."""
    return explain(book, parse_facts(book, facts), NOON, party=party)


def test_a_dispute_names_the_readings_their_parties_and_the_way_out() -> None:
    """The sentence of the design page, on its example."""
    found = why(small_book(READINGS, AZURE), action="serve", surface="runtime", state="stateful", cloud="aws")
    assert found.sentence == (
        "Disputed. Microsoft's reading (spirit): a.az forbids it, because surface=runtime and cloud=aws. "
        "Amazon's and OpenAI's reading (letter): not reached, because surface=runtime and state=stateful. "
        "Moving the model call to azure is permitted in all 2 worlds."
    )
    assert [(view.outcome, view.parties) for view in found.views] == [
        (Outcome.PROHIBITED, ("msft",)),
        (Outcome.SILENT, ("amzn", "oai")),
    ]
    assert found.change is not None
    assert found.change.facts == {"cloud": "azure"}


def test_a_party_hears_only_its_own_reading() -> None:
    """`party` restricts the views and says whose reading it is."""
    facts = {"action": "serve", "surface": "runtime", "state": "stateful", "cloud": "aws"}
    found = explain(small_book(READINGS, AZURE), facts, NOON, party="msft")
    assert found.sentence.startswith("Prohibited as Microsoft reads it. a.az forbids it, because")


def test_an_unknown_says_what_each_value_would_give() -> None:
    """The values that clauses mention, and everything else."""
    book = small_book(
        AZURE, "define: stateless_api\nmeans: {state: stateless}", "b.x\nforbid: {customer: consumer}"
    )
    found = why(book, action="serve", state="stateless", cloud="azure")
    assert [(one.value, one.outcome) for one in found.given] == [
        ("consumer", Outcome.PROHIBITED),
        ("anything else", Outcome.PERMITTED),
    ]
    assert found.sentence.startswith("Unknown without customer. b.x may forbid it. With customer=consumer: ")
    cloud = why(book, action="serve", state="stateless", customer="enterprise")
    assert [(one.value, one.outcome) for one in cloud.given] == [
        ("azure", Outcome.PERMITTED),
        ("anything else", Outcome.PROHIBITED),
    ]


def test_numbers_flags_and_sets_have_values_to_try() -> None:
    """The ends of an interval and what lies past them; both flags; single regions."""
    keep = small_book("a.keep\nforbid: {retention_days: {over: 30, at_most: 60}}")
    assert [(one.value, one.outcome) for one in why(keep).given] == [
        ("30", Outcome.SILENT),
        ("31", Outcome.PROHIBITED),
        ("60", Outcome.PROHIBITED),
        ("61", Outcome.SILENT),
    ]
    exactly = small_book("a.keep\nforbid: {retention_days: [7]}")
    assert [one.value for one in why(exactly).given] == ["7"]
    flag = small_book("attribute: signed\nkind: flag", "a.x\nforbid: {signed: false}")
    assert {one.value: one.outcome for one in why(flag).given} == {
        "true": Outcome.SILENT,
        "false": Outcome.PROHIBITED,
    }
    region = small_book("a.eu\nconfine: {data: personal}\nto: {region: eu}")
    found = why(region, data="personal")
    assert {one.value: one.outcome for one in found.given} == {"eu": Outcome.PERMITTED}
    assert "Processing in eu only is permitted in the only world." in found.sentence


def test_a_conditional_verdict_asks_for_its_duty() -> None:
    """The duty, and doing it as the cheapest change."""
    book = small_book("a.scc\nrequire: {action: serve}\nfirst: {scc_signed: true}")
    assert why(book, action="serve").sentence == (
        "Conditional. a.scc asks for something first, because scc_signed=false. "
        "First scc_signed is true (a.scc). "
        "Signing standard contractual clauses makes it permitted in the only world."
    )


def test_clauses_that_lost_say_to_what() -> None:
    """Named overrides, the order of parts, and law over contract."""
    forbid, permit = "a.no\nforbid: {cloud: aws}", "a.yes\npermit: {host: aws}\noverrides: [a.no]"
    named = why(small_book(forbid, permit), cloud="aws", host="aws")
    assert named.sentence == "Permitted. a.yes permits it. a.no gives way to a.yes (named override)."
    parts = small_book(
        "a.no\nforbid: {cloud: aws}\npart: terms",
        "a.yes\npermit: {host: aws}\npart: cover",
        front="contract: deal\norder: [cover, terms]",
    )
    assert why(parts, cloud="aws", host="aws").defeated[0].why == "order of parts"
    law = document('l.x\npermit: {cloud: aws}\noverrides: ["*"]', front="contract: act\nauthority: law")
    assert why(book_of(document(forbid), law), cloud="aws").defeated[0].why == "law over contract"


def test_two_changes_when_one_is_not_enough() -> None:
    """Both the model and the product have to move."""
    book = small_book(
        "a.c\nconfine: {action: serve}\nto: {cloud: azure}",
        "a.h\nconfine: {action: serve}\nto: {host: azure}",
    )
    found = why(book, action="serve", cloud="aws", host="aws")
    assert found.change is not None
    assert found.change.facts == {"cloud": "azure", "host": "azure"}
    assert "Moving the model call to azure and moving the product to azure is permitted" in found.sentence


def test_a_change_that_is_merely_not_forbidden_is_offered_last() -> None:
    """Moving away from what is forbidden helps, though nobody permits it expressly."""
    found = why(
        small_book("a.no\nforbid: {cloud: aws}", "a.yes\npermit: {cloud: azure, host: azure}"), cloud="aws"
    )
    assert found.change is not None
    assert (found.change.facts, found.change.outcome) == ({"cloud": "azure"}, Outcome.SILENT)
    assert "Moving the model call to azure is not forbidden in the only world." in found.sentence


def test_nothing_helps_when_nothing_can_change() -> None:
    """A prohibition on what the operator cannot move has no way out."""
    assert why(small_book("a.no\nforbid: {action: serve}"), action="serve").change is None


def test_contradictions_and_supply_risk_are_said() -> None:
    """Both are part of the sentence."""
    book = small_book("a.no\nforbid: {cloud: aws}", "a.yes\npermit: {cloud: aws}")
    assert "a.yes permits and a.no forbids it: a contradiction." in why(book, cloud="aws").sentence
    front = "contract: deal\nparties: {oai: OpenAI, acme: Acme}\nbinds: [oai]"
    risk = why(small_book("a.no\nforbid: {cloud: aws}", front=front), actor="acme", cloud="aws")
    assert risk.sentence == (
        "Silent. No clause binds the one who acts, and silence means permitted. "
        "Supply risk: a.no may bind the supplier."
    )


def test_silence_of_a_licence_is_a_reason() -> None:
    """The contract itself is named when its silence forbids."""
    book = small_book("a.x\npermit: {action: train}", front="contract: licence\nsilence: forbidden")
    found = why(book, action="serve")
    assert found.sentence == "Prohibited. licence is silent, and that silence forbids."
    assert found.views[0].clauses == ("licence",)


def test_readings_nobody_asserts_are_named_without_a_party() -> None:
    """An ambiguity without sides."""
    definition = (
        "define: waived\nreadings: {both: {means: {cloud: aws, host: aws}}, either: {means: {cloud: aws}}}"
    )
    found = why(small_book(definition, "a.no\nforbid: {is: waived}"), cloud="aws", host="azure")
    assert "In the reading either: a.no forbids it, because cloud=aws." in found.sentence


def test_definitions_that_do_not_matter_are_left_out() -> None:
    """Only the readings on which the outcome depends make views."""
    other = "define: other\nreadings: {a: {means: {host: aws}}, b: {means: {host: google}}}"
    book = small_book(READINGS, other, AZURE, "b.x\nforbid: {is: other}")
    facts = {"action": "serve", "surface": "runtime", "state": "stateful", "cloud": "aws", "host": "azure"}
    found = explain(book, facts, NOON)
    assert found.verdict.worlds == 4
    assert [set(view.readings) for view in found.views] == [{"stateless_api"}, {"stateless_api"}]
