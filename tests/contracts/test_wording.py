"""Clauses in words."""

from __future__ import annotations

import pytest
from tests.contracts.small import FRONT, small_book

from comity.contracts import clause_sentence

OTHER = "x.other\npermit: {action: pay}\nin_force: 2020-01-01 .."

OWED = """owe:
  from: [oai, msft]
  to: amzn
  buy: azure
  counts: {eligible: true}
  amount: 5 USD
  per: year
  shortfall: pay"""
OWED_TEXT = (
    "OpenAI and Microsoft owe Amazon to buy azure, 5 USD every year, counting where eligible is true,"
    " what is missing is paid."
)
SHARE = """owe:
  from: oai
  to: msft
  pay: share
  rate: 0.2
  of: revenue
  cap: 38e9 USD
  trigger: {first_of: [filed, 2030-01-01]}
  notes: roughly"""
SHARE_TEXT = (
    "OpenAI owes Microsoft to pay share, 0.2 of revenue, never more than 38,000,000,000 USD in all,"
    " once the company files or 2030-01-01. roughly."
)
STEPS = """owe:
  from: oai
  to: msft
  buy: azure
  by: 2026-12-31
  milestones:
    - {by: 2026-06-30, amount: {at_least: 5 USD}}
    - {by: 2026-09-30, amount: {at_least: 6 USD, at_most: 7 USD}}"""
STEPS_TEXT = (
    "OpenAI owes Microsoft to buy azure, by 2026-12-31, 5 or more USD by 2026-06-30,"
    " 6 to 7 USD by 2026-09-30."
)

YEARLY = """owe:
  from: oai
  to: msft
  buy: azure
  amount: 5 USD
  per: year
  shortfall: prepay
  recovers: 0.8
  carry: surplus
  carry_at_most: 0.1"""
YEARLY_TEXT = (
    "OpenAI owes Microsoft to buy azure, 5 USD every year, what is missing is paid and counted later,"
    " 0.8 of it comes back as a prepayment, a surplus goes over into the next year up to 0.1 of the amount."
)
LEAST = """owe:
  from: oai
  to: msft
  buy: azure
  amount: 1200 USD
  by: 2026-12-31
  least: {amount: 60 USD, per: month}
  measure: {price: list}"""
LEAST_TEXT = (
    "OpenAI owes Microsoft to buy azure, 1,200 USD, by 2026-12-31, at least 60 USD every month until that is"
    " reached, counting at list price."
)
PTU = """owe:
  from: oai
  to: msft
  use: ptu
  amount: 15 PTU
  per: hour
  shortfall: forfeit
  measure: {each: 285000, input: 1, output: 8}
  overage: spill
  fee: {amount: 15 USD, per: hour}"""
PTU_TEXT = (
    "OpenAI owes Microsoft to use ptu, 15 PTU every hour, what is missing is lost, counting 1 for a token of"
    " input and 8 for a token of output, 285,000 to the unit, use beyond it goes elsewhere, for 15 USD every"
    " hour, used or not."
)


@pytest.mark.parametrize(
    ("block", "sentence"),
    [
        ("confine: {cloud: aws}\nto: {host: aws}", "Where cloud is aws: only where host is aws."),
        (
            "forbid: {cloud: aws}\nunless: {consent: msft}",
            "Where cloud is aws: prohibited, unless consent is msft.",
        ),
        ("permit: {}", "Always: permitted."),
        ("require: {cloud: aws}\nfirst: {notified: true}", "Where cloud is aws: only once notified is true."),
        (
            "suppose: {product: chatgpt}\nthen: {surface: application}",
            "Where product is chatgpt: surface is application.",
        ),
        ("end: [x.other]\nin_force: 2026-01-01 ..", "Ends x.other."),
        ("fact: it rained", "It rained."),
        (OWED, OWED_TEXT),
        (SHARE, SHARE_TEXT),
        (STEPS, STEPS_TEXT),
        (YEARLY, YEARLY_TEXT),
        (LEAST, LEAST_TEXT),
        (PTU, PTU_TEXT),
        (
            "power: {holder: oai, may: terminate, of: [x.other], notice_days: 90, notes: in writing}",
            "OpenAI may terminate x.other, with 90 days' notice. in writing.",
        ),
        ("power: {holder: oai, may: verify, event: filed}", "OpenAI may verify that the company files."),
    ],
)
def test_sentences(block: str, sentence: str) -> None:
    """One plain sentence per clause, from its meaning."""
    book = small_book(OTHER, f"x.it\n{block}", front=f"{FRONT}\nevents: {{filed: the company files}}")
    assert clause_sentence(book, book.clause("x.it")) == sentence
