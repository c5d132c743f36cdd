"""Rating by terms is exact, says what it cannot rate, and takes the band of the whole request."""

from __future__ import annotations

from decimal import Context, Decimal, Inexact, localcontext
from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st
from tests.prices.samples import rates, terms

from comity.exchange import Usage
from comity.money import Money
from comity.period import Period, parse_period
from comity.prices import Band, Unrated, UnratedReason

RATES = st.decimals(0, 1000).map(lambda rate: rate + 0) | st.integers(0, 10**30).map(
    lambda digits: Decimal(digits).scaleb(-28)
)
LONG = terms(
    Band(rates(input="2", cached_read="0.2", output="12")),
    Band(rates(input="4", cached_read="0.4", output="18"), 272_000),
)


@given(st.integers(0, 10**9), st.integers(0, 10**9), st.decimals(0, 1000, places=6))
def test_amounts_are_exact(tokens_in: int, tokens_out: int, per_million: Decimal) -> None:
    """The amount equals the fraction that arithmetic gives, without rounding."""
    priced = terms(Band({"input": per_million, "output": Decimal("0.07")}), currency="EUR")
    amount = priced.rate(Usage(input=tokens_in, output=tokens_out))
    assert isinstance(amount, Money)
    wanted = (Fraction(per_million) * tokens_in + Fraction(7, 100) * tokens_out) / 1_000_000
    assert Fraction(amount.amount) == wanted


@given(st.dictionaries(st.sampled_from(Usage.__struct_fields__), RATES, min_size=1), st.data())
def test_whole_numbers_give_what_decimals_give(by_class: dict[str, Decimal], draw: st.DataObject) -> None:
    """Rates of 30 digits and of many scales: the amount is that of the plain formula in decimals."""
    tokens = {name: draw.draw(st.integers(0, 10**12)) for name in by_class}
    amount = terms(Band(by_class)).rate(Usage(**tokens))
    assert isinstance(amount, Money)
    with localcontext(Context(prec=200, traps=[Inexact])):
        wanted = sum((by_class[name] * count for name, count in tokens.items()), Decimal(0)) / 1_000_000
    assert amount.amount == wanted


@given(st.integers(0, 600_000), st.integers(0, 600_000), st.integers(0, 100_000))
def test_a_band_holds_the_whole_request_and_the_worst_case_covers_it(
    fresh: int, cached: int, written: int
) -> None:
    """Above the threshold every token is charged at the higher rates; no request beats its worst case."""
    dear = fresh + cached > 272_000
    amount = LONG.rate(Usage(input=fresh, cached_read=cached, output=written))
    assert isinstance(amount, Money)
    scale = 2 if dear else 1
    wanted = Fraction(fresh * 2 * scale) + Fraction(cached * scale, 5) + written * (18 if dear else 12)
    assert Fraction(amount.amount) == wanted / 1_000_000
    worst = LONG.worst(fresh + cached, written)
    assert isinstance(worst, Money)
    assert worst.amount >= amount.amount


def test_the_pitfall_of_summing_first() -> None:
    """A million tokens in one request cost more than ten requests of a tenth each."""
    one = LONG.rate(Usage(input=600_000, cached_read=400_000, output=100_000))
    tenth = LONG.rate(Usage(input=60_000, cached_read=40_000, output=10_000))
    assert one == Money(Decimal("4.36"), "USD")
    assert isinstance(tenth, Money)
    assert tenth.amount * 10 == Decimal("2.48")


def test_explicit_zero_costs_zero() -> None:
    """A provider that counted nothing is owed nothing."""
    assert terms().rate(Usage()) == Money(Decimal(0), "USD")


def test_unpriced_classes_are_named() -> None:
    """Tokens of a class without a rate are not given away; classes that are not used need no rate."""
    rating = terms(Band(rates(input="1"))).rate(Usage(input=1, reasoning=5, cached_read=2))
    assert rating == Unrated(UnratedReason.UNPRICED, ("cached_read", "reasoning"))
    assert str(rating) == "unpriced: cached_read, reasoning"


def test_a_worst_case_needs_rates_for_both_ways() -> None:
    """Without a rate for what is generated there is no bound, but where nothing is generated."""
    embeddings = terms(Band(rates(input="0.02")))
    assert embeddings.worst(1_000_000, 0) == Money(Decimal("0.02"), "USD")
    assert embeddings.worst(1, 1) == Unrated(UnratedReason.UNPRICED, ("output",))
    assert terms(Band(rates(output="1"))).worst(1, 1) == Unrated(UnratedReason.UNPRICED, ("input",))


def test_an_id_says_what_it_is_for_and_pins_the_rates() -> None:
    """A changed rate gives another id; an end announced later or another spelling of digits does not."""
    since = parse_period("2026-03-05 ..")
    first = terms(Band(rates(input="2.50", output="15")), period=since, places=("eu",))
    assert first.id.startswith("c/m@eu/standard/2026-03-05#")
    ended = Period(since.start, parse_period("2027-01-01 ..").start)
    assert terms(Band(rates(output="15.0", input="2.5")), period=ended, places=("eu",)).id == first.id
    assert terms(Band(rates(input="2.51", output="15")), period=since, places=("eu",)).id != first.id
    assert terms(contract="acme/4.2").id.startswith("acme/4.2:c/m/standard/always#")
    assert terms(places=("a", "b", "x")).id.startswith("c/m@listed/")
