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
