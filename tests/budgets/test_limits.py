"""Whose requests a limit counts."""

from __future__ import annotations

from comity.budgets import Limit, accounts_of

FACTS = {"caller": ("bot",), "customer": ("acme",), "region": ("eu-1", "eu-2"), "contract": ("oai", "msft")}


def names(limit: Limit) -> list[str]:
    """The accounts of a request with those facts."""
    return [one.name for one in accounts_of([limit], FACTS)]


def test_a_limit_counts_requests_with_its_facts() -> None:
    """Any of the values counts, every fact must be there, and what is not said does not match."""
    assert names(Limit("all", "requests", 1)) == ["all"]
    assert names(Limit("one", "requests", 1, where=(("caller", frozenset({"bot", "app"})),))) == ["one"]
    assert names(Limit("one", "requests", 1, where=(("region", frozenset({"eu-2"})),))) == ["one"]
    assert not names(Limit("one", "requests", 1, where=(("caller", frozenset({"app"})),)))
    assert not names(Limit("one", "requests", 1, where=(("product", frozenset({"chat"})),)))


def test_a_limit_is_divided_by_facts() -> None:
    """Each combination is an account; a fact that is missing is counted with all that lack it."""
    assert names(Limit("each", "requests", 1, per=("customer",))) == ["each/acme"]
    assert names(Limit("each", "requests", 1, per=("contract", "caller"))) == [
        "each/oai/bot",
        "each/msft/bot",
    ]
    assert names(Limit("each", "requests", 1, per=("product",))) == ["each/-"]


def test_values_cannot_be_mistaken_for_two() -> None:
    """A slash inside a value does not end it."""
    (found,) = accounts_of([Limit("each", "requests", 1, per=("customer",))], {"customer": ("a/b",)})
    assert found.name == "each/a%2Fb"
