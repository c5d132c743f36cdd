"""An enterprise's own book: residency, retention, acceptable use, commitments, and the law above them."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from comity.contracts import Book, Outcome, Verdict, decide, parse_facts
from comity.period import parse_moment

Facts = dict[str, str | bool | int | list[str]]

SUPPORT: Facts = {
    "actor": "acme", "action": "serve", "provider": "oai", "product": "support_bot", "data": "personal",
    "subject": "eu", "cloud": "azure",
}  # fmt: skip
US_CASE: Facts = SUPPORT | {"cloud": "aws", "region": ["us-east-1"], "mode": "support_case"}
STORE: Facts = {"actor": "acme", "action": "store", "data": "personal", "subject": "eu"}
LEAVE: Facts = {"actor": "acme", "action": "switch_cloud", "cloud": "azure", "jurisdiction": "de"}
CHARGE: Facts = {"actor": "msft", "action": "charge_switch", "jurisdiction": "de"}


def answer(book: Book, facts: Facts, day: str = "2026-03-18") -> Verdict:
    """The book's verdict at noon of `day`."""
    return decide(book, parse_facts(book, facts), parse_moment(day, book.clock))


@pytest.mark.parametrize(
    ("region", "outcome"),
    [
        (["swedencentral"], Outcome.PERMITTED),
        (["eu-central-1", "europe-west4"], Outcome.PERMITTED),
        (["eu"], Outcome.PERMITTED),
        (["eu-central-1", "us-east-1"], Outcome.PROHIBITED),
        (["switzerlandnorth"], Outcome.PROHIBITED),
        (["uksouth"], Outcome.PROHIBITED),
        (["norwayeast"], Outcome.PROHIBITED),
        (["world"], Outcome.PROHIBITED),
    ],
    ids=str,
)
def test_union_data_stays_in_the_union(acme: Book, region: list[str], outcome: Outcome) -> None:
    """Every region of a deployment has to lie in the Union; signed clauses do not replace that."""
    verdict = answer(acme, SUPPORT | {"region": region, "scc_signed": True})
    assert verdict.outcome is outcome
    assert "dpa.residency" in verdict.clauses


@pytest.mark.parametrize("missing", ["region", "subject"])
def test_what_decides_has_to_be_known(acme: Book, missing: str) -> None:
    """Where the data goes and whose it is are never guessed."""
    facts = {name: value for name, value in US_CASE.items() if name not in {missing, "mode"}}
    verdict = answer(acme, facts | {"scc_signed": True})
    assert verdict.outcome is Outcome.UNKNOWN
    assert verdict.needs == (missing,)


def test_silence_about_data_means_no_personal_data(acme: Book) -> None:
    """A product that declared nothing is not held up by the data processing agreement."""
    undeclared = {name: value for name, value in SUPPORT.items() if name not in {"data", "subject"}}
    assert answer(acme, undeclared | {"region": ["world"]}).outcome is Outcome.SILENT


@pytest.mark.parametrize(
    ("consent", "signed", "outcome"),
    [
        ("none", "false", Outcome.PROHIBITED),
        ("none", "true", Outcome.PROHIBITED),
        ("acme", "false", Outcome.CONDITIONAL),
        ("acme", "true", Outcome.PERMITTED),
    ],
)
def test_a_support_case_needs_consent_and_clauses(
    acme: Book, consent: str, signed: str, outcome: Outcome
) -> None:
    """Outside the Union the Controller consents and the standard clauses are signed: one is not enough."""
    assert answer(acme, US_CASE | {"consent": consent, "scc_signed": signed}).outcome is outcome


def test_the_duty_is_named(acme: Book) -> None:
    """A conditional answer says what is outstanding."""
    verdict = answer(acme, US_CASE | {"consent": "acme", "scc_signed": False})
    assert [duty.clause for duty in verdict.duties] == ["dpa.scc"]


@pytest.mark.parametrize(("days", "outcome"), [(30, Outcome.PERMITTED), (31, Outcome.PROHIBITED)])
def test_retention_ends_after_thirty_days(acme: Book, days: int, outcome: Outcome) -> None:
    """Thirty days are allowed, the thirty-first is not."""
    assert (
        answer(acme, STORE | {"store_region": ["swedencentral"], "retention_days": days}).outcome is outcome
    )


@pytest.mark.parametrize(
    ("day", "outcome", "clause"),
    [
        ("2026-03-30", Outcome.PROHIBITED, "dpa.processors"),
        ("2026-03-31", Outcome.PROHIBITED, "dpa.processors"),
        ("2026-04-01", Outcome.PERMITTED, "dpa.processors_2026"),
        ("2026-04-02", Outcome.PERMITTED, "dpa.processors_2026"),
    ],
)
def test_the_amendment_lists_google_from_april(acme: Book, day: str, outcome: Outcome, clause: str) -> None:
    """The day before the amendment, the day, and the day after."""
    verdict = answer(acme, SUPPORT | {"cloud": "google", "region": ["europe-west4"]}, day)
    assert verdict.outcome is outcome
    assert clause in verdict.clauses


@pytest.mark.parametrize("processor", ["acme", "oai", "msft", "amzn", "goog"])
def test_every_party_to_the_agreement_is_bound(acme: Book, processor: str) -> None:
    """Whoever of the signatories serves the request, Union data stays in the Union."""
    verdict = answer(acme, SUPPORT | {"actor": processor, "region": ["us-east-1"], "scc_signed": True})
    assert verdict.outcome is Outcome.PROHIBITED


def test_ownership_outranks_the_seat(acme: Book) -> None:
    """The rule looks at the owner and only at the models of the provider who made it."""
    facts: Facts = {
        "actor": "acme",
        "action": "serve",
        "customer_owner": "unsupported_region",
        "jurisdiction": "sg",
    }
    assert answer(acme, facts | {"provider": "anthropic"}).clauses == ("aup.owner",)
    assert answer(acme, facts | {"provider": "oai"}).outcome is Outcome.SILENT


@pytest.mark.parametrize(
    ("day", "outcome", "clause"),
    [
        ("2025-09-11", Outcome.PROHIBITED, "macc.stay"),
        ("2025-09-12", Outcome.PERMITTED, "dataact.switch"),
        ("2025-09-13", Outcome.PERMITTED, "dataact.switch"),
    ],
)
def test_the_law_beats_the_promise_to_stay(acme: Book, day: str, outcome: Outcome, clause: str) -> None:
    """From 12 September 2025 no contract keeps a customer in the Union on a cloud."""
    verdict = answer(acme, LEAVE, day)
    assert verdict.outcome is outcome
    assert clause in verdict.clauses


def test_the_law_of_the_union_ends_at_its_border(acme: Book) -> None:
    """A customer under the law of the United States is held to the promise."""
    assert answer(acme, LEAVE | {"jurisdiction": "us"}).clauses == ("macc.stay",)


@pytest.mark.parametrize(
    ("day", "outcome"),
    [
        ("2027-01-11", Outcome.PERMITTED),
        ("2027-01-12", Outcome.PROHIBITED),
        ("2027-01-13", Outcome.PROHIBITED),
    ],
)
def test_switching_charges_end_in_2027(acme: Book, day: str, outcome: Outcome) -> None:
    """A permission in a contract never beats the prohibition of another, least of all of the law."""
    assert answer(acme, CHARGE, day).outcome is outcome


def test_the_commitments_are_typed_values(acme: Book) -> None:
    """Amounts, dates and what counts are read, ready for the engine of duties."""
    owed = {clause.id: clause.owe for clause in acme.clauses if clause.owe is not None}
    macc, floor, hourly = owed["macc.total"], owed["edp.y1"], owed["cud.flex"]
    assert [step.by for step in macc.milestones] == [
        date(2025, 12, 31),
        date(2026, 12, 31),
        date(2027, 12, 31),
    ]
    assert [step.amount.low for step in macc.milestones] == [Decimal("4e6"), Decimal("9e6"), Decimal("15e6")]
    assert macc.shortfall == "prepay"
    assert floor.amount is not None
    assert (floor.amount.low, floor.amount.unit, floor.shortfall) == (Decimal("8e6"), "USD", "pay")
    assert hourly.amount is not None
    assert (hourly.amount.low, hourly.per, hourly.shortfall) == (Decimal(120), "hour", "forfeit")
