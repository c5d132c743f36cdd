"""Rating is exact, and says what it cannot rate."""

from __future__ import annotations

from decimal import Context, Decimal, Inexact, localcontext
from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st
from tests.ledger.samples import PRICE

from comity.exchange import Usage
from comity.ledger import NOT_CHARGED, Unrated, UnratedReason, rate
from comity.money import Money, Price


@given(st.integers(0, 10**9), st.integers(0, 10**9), st.decimals(0, 1000, places=6))
def test_amounts_are_exact(tokens_in: int, tokens_out: int, rate_per_million: Decimal) -> None:
    """The amount equals the fraction that arithmetic gives, without rounding."""
    price = Price("EUR", {"input": rate_per_million, "output": Decimal("0.07")})
    amount = rate(Usage(input=tokens_in, output=tokens_out), price)
    assert isinstance(amount, Money)
    wanted = (Fraction(rate_per_million) * tokens_in + Fraction(7, 100) * tokens_out) / 1_000_000
    assert Fraction(amount.amount) == wanted


RATES = st.decimals(-10, 1000).map(lambda rate: rate + 0) | st.integers(0, 10**30).map(
    lambda digits: Decimal(digits).scaleb(-28)
)


@given(st.dictionaries(st.sampled_from(Usage.__struct_fields__), RATES, min_size=1), st.data())
def test_whole_numbers_give_what_decimals_give(rates: dict[str, Decimal], draw: st.DataObject) -> None:
    """Prices of 30 digits and of many scales: the amount is that of the plain formula in decimals."""
    tokens = {name: draw.draw(st.integers(0, 10**12)) for name in rates}
    amount = rate(Usage(**tokens), Price("USD", rates))
    assert isinstance(amount, Money)
    with localcontext(Context(prec=200, traps=[Inexact])):
        wanted = sum((rates[name] * count for name, count in tokens.items()), Decimal(0)) / 1_000_000
    assert amount.amount == wanted


def test_explicit_zero_costs_zero() -> None:
    """A provider that counted nothing is owed nothing."""
    assert rate(Usage(), PRICE) == Money(Decimal(0), "USD")


def test_unknown_usage_is_not_zero() -> None:
    """No count gives no amount."""
    assert rate(None, PRICE) == Unrated(UnratedReason.UNKNOWN_USAGE)


def test_unpriced_deployment_is_not_free() -> None:
    """No price gives no amount."""
    assert str(rate(Usage(input=1), None)) == "unpriced"


def test_unpriced_class_is_named() -> None:
    """Tokens of a class without a price are not given away; classes that are not used need no price."""
    rating = rate(Usage(input=1, reasoning=5, cached_read=2), PRICE)
    assert str(rating) == "unpriced: cached_read, reasoning"


def test_refusals_of_a_provider_cost_nothing() -> None:
    """The reason is a word of its own."""
    assert str(NOT_CHARGED) == "not_charged"
