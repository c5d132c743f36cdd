"""The standard vocabulary and its hierarchy, and facts that come from outside."""

from __future__ import annotations

from decimal import Decimal

import pytest
from tests.contracts.small import ask, outcome, small_book

from comity.contracts import Outcome, mentioned_values, parse_facts
from comity.contracts.facts import Raw
from comity.contracts.parse_front import standard_vocabulary
from comity.contracts.vocabulary import Kind

BOOK = small_book("a.x\nforbid: {region: de, action: serve}")


@pytest.mark.parametrize(
    ("region", "inside", "outside"),
    [
        ("swedencentral", "se", "de"),
        ("swedencentral", "eu", "us"),
        ("eu-central-1", "de", "us"),
        ("europe-west4", "nl", "adequate"),
        ("norwayeast", "eea", "eu"),
        ("eu-west-2", "adequate", "eea"),
        ("eu-central-2", "ch", "eu"),
        ("us-east-1", "us", "eea"),
        ("westus3", "world", "adequate"),
        ("uk", "global", "eu"),
    ],
)
def test_regions_lie_in_their_country_and_union(region: str, inside: str, outside: str) -> None:
    """Azure, AWS and Google regions by name."""
    attribute = standard_vocabulary().attributes["region"]
    assert inside in attribute.above(region)
    assert outside not in attribute.above(region)
    assert region in attribute.below(inside)


def test_all_twenty_seven_members_are_in_the_union() -> None:
    """And no others."""
    attribute = standard_vocabulary().attributes["region"]
    assert len([word for word, parents in attribute.parents.items() if "eu" in parents]) == 27
    members = {word for word, parents in attribute.parents.items() if "eea" in parents}
    assert members == {"eu", "is", "li", "no"}


def test_touching_is_wider_than_inside() -> None:
    """What has a part in common: everything below and everything above it."""
    attribute = standard_vocabulary().attributes["region"]
    touching = attribute.touching(frozenset({"de"}))
    assert {"eu", "eea", "world", "germanywestcentral"} <= touching
    assert not {"us", "adequate", "fr"} & touching


def test_the_words_a_gateway_derives_exist() -> None:
    """Every attribute that a request, a caller or a target can state."""
    names = [
        "actor",
        "action",
        "provider",
        "model",
        "weights",
        "product",
        "surface",
        "state",
        "with",
        "phase",
        "cloud",
        "host",
        "region",
        "store_region",
        "hardware",
        "customer",
        "jurisdiction",
        "data",
        "subject",
        "purpose",
        "consent",
        "seller",
    ]
    attributes = standard_vocabulary().attributes
    assert set(names) <= set(attributes)
    assert attributes["product"].open
    assert attributes["customer"].open
    assert all(attribute.title and attribute.kind in Kind for attribute in attributes.values())
    assert all(attribute.why for attribute in attributes.values() if attribute.default is not None)


@pytest.mark.parametrize(
    ("name", "raw", "fact"),
    [
        ("region", "swedencentral, de", frozenset({"swedencentral", "de"})),
        ("region", ["eu"], frozenset({"eu"})),
        ("region", frozenset({"eu"}), frozenset({"eu"})),
        ("cloud", "aws", "aws"),
        ("model", "gpt-5.5", "gpt-5.5"),
        ("product", "our-own-thing", "our-own-thing"),
        ("consent", "none", "none"),
        ("offered_to", "msft", "msft"),
        ("scc_signed", "true", True),
        ("scc_signed", False, False),
        ("retention_days", "30", Decimal(30)),
        ("retention_days", 30, Decimal(30)),
        ("retention_days", Decimal("0.5"), Decimal("0.5")),
    ],
)
def test_facts_become_typed(name: str, raw: Raw, fact: object) -> None:
    """Texts of a command line and values of a configuration alike."""
    assert parse_facts(BOOK, {name: raw}) == {name: fact}


@pytest.mark.parametrize(
    ("name", "raw", "message"),
    [
        ("clod", "aws", "there is no attribute `clod`; did you mean `cloud`?"),
        ("cloud", "awz", "`awz` is no value of `cloud`; did you mean `aws`?"),
        ("cloud", True, "`cloud` is one word; write for example"),
        ("cloud", "", "`cloud` is one word; write for example"),
        ("actor", "nobody-known", "`nobody-known` is no party; known are"),
        ("region", "", "`region` is one word"),
        ("region", [], "`region` is empty; leave it out when it is not known"),
        ("region", 5, "`region` is one word"),
        ("region", "atlantis", "`atlantis` is no value of `region`; known are"),
        ("scc_signed", "yes", "`scc_signed` is a flag; write `true` or `false`"),
        ("retention_days", "long", "`retention_days` is a number; write for example `30`"),
        ("retention_days", "nan", "`retention_days` is a number"),
        ("retention_days", True, "`retention_days` is a number"),
        ("retention_days", ["1"], "`retention_days` is a number"),
        ("purpose", 7, "`purpose` is one word; write for example `a-name`"),
    ],
)
def test_wrong_facts_are_refused_with_a_suggestion(name: str, raw: Raw, message: str) -> None:
    """What is wrong; what to write instead."""
    with pytest.raises(ValueError, match=r".") as caught:
        parse_facts(BOOK, {name: raw})
    assert str(caught.value).startswith(message)


def test_a_book_extends_the_vocabulary() -> None:
    """New values lie where they are put; new attributes have a kind and a default."""
    book = small_book(
        "attribute: region\nvalues: {eu: {de: [berlin-1]}}",
        "attribute: level\nkind: number\nmissing: 3\nwhy: most are",
        "attribute: zones\nset: true\nvalues: [a, b]\nmissing: a\nwhy: the first",
        "attribute: rank\nvalues_of: cloud\nopen: true\ntitle: the rank\nchange: using {value}",
        "a.x\nforbid: {region: eu, level: {over: 2}, zones: a, rank: [azure, mine]}",
    )
    assert outcome(book, region=["berlin-1"], rank="mine") is Outcome.PROHIBITED
    assert outcome(book, region=["berlin-1"], rank="yours") is Outcome.SILENT
    assert ask(book, region=["berlin-1"]).needs == ("rank",)
    assert book.vocabulary.attributes["zones"].default == frozenset({"a"})


def test_values_that_a_book_mentions() -> None:
    """In the order of the vocabulary, then others; what nobody mentions shows all it knows."""
    book = small_book(
        "define: mine\nmeans: {cloud: aws}",
        "a.x\nforbid: {cloud: {not: azure}, is: mine, product: zebra, scc_signed: true}",
        "example: e\nat: 2026-01-01\nworkload: {product: apple, region: de, cloud: google}\nverdict: silent",
    )
    assert mentioned_values(book, "cloud") == ("azure", "aws", "google")
    assert mentioned_values(book, "product") == ("apple", "zebra")
    assert mentioned_values(book, "region") == ("de",)
    assert mentioned_values(book, "scc_signed") == ("true", "false")
    assert mentioned_values(book, "state") == ("stateless", "stateful")
    assert mentioned_values(book, "purpose") == ()
