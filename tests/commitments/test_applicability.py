"""FOCUS's rules of applicability: order of evaluation, structure, and clauses exported to them."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.commitments.books import FRONT, moment
from tests.contracts.small import small_book

from comity.commitments import Fractions, applicability_of, columns_of, read_applicability
from comity.contracts import Book, Progress
from comity.contracts.duty_count import Counter
from comity.contracts.norms import timeline_of

AWS = {"BillingAccountId": "123456789012", "ServiceCategory": "Database", "RegionId": "us-east-1"}


def rule(dimension: str, operator: str, *values: str, **part: float) -> dict[str, Any]:
    """One rule; `part` is its applicability."""
    found: dict[str, Any] = {"Dimension": dimension, "Operator": operator, "Values": list(values)}
    return {**found, "Applicability": part} if part else found


def included(*rules: dict[str, Any], joined: str = "And", **more: Any) -> dict[str, Any]:
    """An object with inclusions."""
    return {"InclusionOperator": joined, "Inclusions": list(rules), **more}


@pytest.mark.parametrize(
    ("operator", "values", "matches"),
    [
        ("In", ["US-EAST-1", "x"], True),
        ("NotIn", ["us-east-1"], False),
        ("StartsWith", ["us-"], True),
        ("NotStartsWith", ["us-"], False),
        ("Contains", ["EAST"], True),
        ("NotContains", ["west"], True),
        ("EndsWith", ["-2"], False),
        ("Exists", ["*"], True),
        ("DoesNotExist", ["*"], False),
        ("In", ["*"], True),
        ("Contains", ["*"], True),
    ],
)
def test_operators(operator: str, values: list[str], matches: object) -> None:
    """Each operator of the standard; cases do not differ."""
    found = read_applicability(included(rule("RegionId", operator, *values))).evaluate(AWS)
    assert (found is not None) is matches


@pytest.mark.parametrize(
    ("operator", "matches"), [("In", False), ("NotIn", True), ("Exists", False), ("DoesNotExist", True)]
)
def test_a_missing_dimension_is_null(operator: str, matches: object) -> None:
    """A column that is absent is null: it exists not, equals nothing, and is not in any list."""
    values = ["*"] if "Exist" in operator else ["x"]
    assert (
        read_applicability(included(rule("SubAccountId", operator, *values))).evaluate(AWS) is not None
    ) is matches


def test_everything_but_one_service_of_one_account() -> None:
    """The standard's own example: global, and exclusions joined by `And`."""
    text = {
        "IsGlobalScope": True,
        "ExclusionOperator": "And",
        "Exclusions": [
            rule("BillingAccountId", "In", "123456789012"),
            rule("ServiceCategory", "In", "Database"),
        ],
    }
    scope = read_applicability(text)
    assert scope.evaluate(AWS) is None
    assert scope.evaluate({**AWS, "ServiceCategory": "Compute"}) == Fractions()
    assert scope.to_json() == text
    assert (
        read_applicability({**text, "ExclusionOperator": "Or"}).evaluate({**AWS, "ServiceCategory": "x"})
        is None
    )


def test_fractions_are_resolved_in_the_standards_order() -> None:
    """The matching rule before the object, the highest of several per metric, and 1 for a metric left out."""
    top: dict[str, Any] = {"Applicability": {"Cost": 0.5, "Usage": 0.4}}
    plain = rule("RegionId", "In", "us-east-1")
    cost, usage = (
        rule("RegionId", "Exists", "*", Cost=0.2, Usage=0.9),
        rule("RegionId", "In", "us-east-1", Cost=0.3),
    )
    assert read_applicability(included(plain, **top)).evaluate(AWS) == Fractions(
        Decimal("0.5"), Decimal("0.4")
    )
    both = read_applicability(included(cost, usage, joined="Or", **top))
    assert both.evaluate(AWS) == Fractions(Decimal("0.3"), Decimal(1))
    one = read_applicability(included(cost, rule("RegionId", "In", "x", Cost=1), joined="Or", **top))
    assert one.evaluate(AWS) == Fractions(Decimal("0.2"), Decimal("0.9"))
    assert read_applicability(both.to_json()) == both


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ({"IsGlobalScope": True, "IsComplexScope": True}, "exclude each other"),
        ({"IsGlobalScope": True, **included(rule("A", "In", "b"))}, "has no Inclusions"),
        ({}, "Inclusions are missing"),
        ({"Inclusions": [rule("A", "In", "b")]}, "InclusionOperator is missing"),
        (included(rule("A", "In", "b"), joined="Xor"), "InclusionOperator"),
        (included(rule("A", "Like", "b")), "Invalid enum value 'Like'"),
        (included({"Dimension": "A", "Operator": "In"}), "Values"),
        (included(rule("A", "In", "*", "b")), "stands alone"),
        (included(rule("A", "NotIn", "*")), "stands alone"),
        (included(rule("A", "Exists", "b")), "takes `*`"),
        (included(rule("A", "x_Over", "1")), "no operator of the standard"),
        (included(rule("A", "In", "b", Cost=1.5)), "from 0 to 1"),
        (included(rule("A", "In", "b"), Applicability={"Cost": "much"}), "from 0 to 1"),
    ],
)
def test_what_breaks_the_structure_is_refused(text: dict[str, Any], message: str) -> None:
    """Each with what is wrong."""
    with pytest.raises(ValueError, match=message):
        read_applicability(text)


COUNTS = [
    "{}",
    "{eligible: true}",
    "{eligible: false, sku: [a, b]}",
    "{region: eu}",
    "{region: {not: [eu, us]}}",
    "{marketplace: 0}",
    "{sku: {not: a}}",
    "{is: plain}",
    "{any: [{eligible: true}, {sku: a}]}",
    "{any: [{sku: b}]}",
    "{tier: [standard, priority]}",
    "{marketplace: {at_most: 0.25}}",
    "{is: open}",
    "{any: [{eligible: true, sku: a}, {sku: b}]}",
    "{is: {not: plain}}",
]
COMPLEX = 11
"""From here on the schema cannot say it."""
BOOK = small_book(
    *(
        f"deal.c{place}\nowe: {{from: acme, to: msft, buy: things, counts: {counts}, amount: 5 USD}}"
        for place, counts in enumerate(COUNTS)
    ),
    "define: plain\nmeans: {eligible: true, sku: [a, c]}",
    "define: open\nreadings: {one: {by: [acme], means: {sku: a}}, two: {by: [msft], means: {sku: b}}}",
    front=FRONT,
)


@st.composite
def facts(draw: st.DrawFn) -> dict[str, Any]:
    """Facts that may be missing, wide or in several regions."""
    found: dict[str, Any] = {}
    if draw(st.booleans()):
        found["eligible"] = draw(st.booleans())
    if draw(st.booleans()):
        found["sku"] = draw(st.sampled_from(["a", "b", "c"]))
    if draw(st.booleans()):
        words = st.sampled_from(["eu", "swedencentral", "us-east-1", "world", "canadaeast"])
        found["region"] = frozenset(draw(st.lists(words, min_size=1, max_size=1)))
    if draw(st.booleans()):
        found["marketplace"] = Decimal(draw(st.sampled_from(["0", "0.0", "0.5"])))
    if draw(st.booleans()):
        found["tier"] = draw(st.sampled_from(["standard", "batch", "priority"]))
    return found


def counted(book: Book, place: int, facts: dict[str, Any]) -> bool:
    """Whether the clause surely counts a charge with these facts."""
    owe = book.clause(f"deal.c{place}").owe
    assert owe is not None
    one = Progress(moment("2026-03-01"), "bought", Decimal(1), "USD", "", facts)
    return Counter(book, timeline_of(book, None), None).truth(owe.counts, one)[0]


@settings(max_examples=120, deadline=None)
@given(st.integers(0, COMPLEX - 1), facts())
def test_exported_rules_include_what_the_clause_surely_counts(place: int, facts: dict[str, Any]) -> None:
    """Rules and clause agree on every charge, with facts missing, too wide, or standing for silence."""
    scope = applicability_of(BOOK, BOOK.clause(f"deal.c{place}"))
    assert not scope.complex
    again = read_applicability(scope.to_json())
    assert again == scope
    assert (again.evaluate(columns_of(BOOK, facts)) is not None) is counted(BOOK, place, facts)


@pytest.mark.parametrize("place", range(COMPLEX, len(COUNTS)))
def test_what_the_schema_cannot_say_is_a_complex_scope(place: int) -> None:
    """Intervals, nested alternatives and open readings: the contract has to be read."""
    scope = applicability_of(BOOK, BOOK.clause(f"deal.c{place}"))
    assert scope.to_json() == {"IsComplexScope": True}
    assert scope.evaluate({"x_Eligible": "true"}) is None


def test_a_charge_in_several_regions_is_in_no_single_region() -> None:
    """The clause may count it; the rules, which know one region, leave it out."""
    facts = {"region": frozenset({"swedencentral", "francecentral"})}
    assert counted(BOOK, 3, facts)
    assert applicability_of(BOOK, BOOK.clause("deal.c3")).evaluate(columns_of(BOOK, facts)) is None


def test_limits_are_our_extension() -> None:
    """A marketplace cap is exported beside the rules, or makes the scope complex where it cannot be."""
    test = "marketplace: {over: 0, at_most: 1}"
    owe = f"{{from: acme, to: msft, buy: aws, amount: 5 USD, limits: {{counts: {{{test}}}, at_most: 0.25}}}}"
    book = small_book(
        f"deal.a\nowe: {owe}",
        f"deal.b\nowe: {owe.replace(test, 'is: wild')}",
        "define: wild\nreadings: {one: {by: [acme], means: {sku: a}}, two: {by: [msft], means: {sku: b}}}",
        front=FRONT,
    )
    scope = applicability_of(book, book.clause("deal.a"))
    assert read_applicability(scope.to_json()) == scope
    (limit,) = scope.limits
    half = columns_of(book, {"marketplace": Decimal("0.5")})
    assert [one.matches(half) for one in limit.rules] == [True, True]
    assert [one.matches(columns_of(book, {})) for one in limit.rules] == [False, False]
    assert applicability_of(book, book.clause("deal.b")).complex


@pytest.mark.parametrize(
    ("what", "column", "value"), [("azure", "x_Cloud", "azure"), ("oai", "x_Provider", "oai")]
)
def test_the_thing_bought_is_part_of_the_scope(what: str, column: str, value: str) -> None:
    """A duty to buy from a cloud or a maker is about its charges."""
    book = small_book(f"deal.a\nowe: {{from: acme, to: msft, buy: {what}, amount: 5 USD}}", front=FRONT)
    (rule_,) = applicability_of(book, book.clause("deal.a")).inclusions
    assert (rule_.dimension, rule_.values) == (column, (value,))
