"""Which part of a charge counts toward a commitment, written and evaluated as FOCUS 1.4 says.

Source: FOCUS 1.4, dataset Contract Commitment, column ContractCommitmentApplicability, "Processing Workflow":
normalise case, then inclusions, then exclusions, then the fraction: that of the matching rule before that of
the object, the highest where several match under `Or`, and 1 where a metric is not named.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal, InvalidOperation
from typing import Any, Literal, TypeAlias

import msgspec

Columns: TypeAlias = Mapping[str, str | None]
"""A charge as FOCUS columns; None or absent is null."""
Operator: TypeAlias = Literal[
    "In",
    "NotIn",
    "StartsWith",
    "NotStartsWith",
    "Contains",
    "NotContains",
    "EndsWith",
    "Exists",
    "DoesNotExist",
    "x_Over",
    "x_AtMost",
]
"""The standard's operators, and two of our own for numbers, which stand in `x_Limits` only."""
Joined: TypeAlias = Literal["And", "Or"]

_ONE = Decimal(1)
_ANY = ("*",)
_WILD = frozenset({"In", "Contains", "Exists", "DoesNotExist"})


class Fractions(msgspec.Struct, frozen=True, rename="pascal"):
    """Which part of a charge counts."""

    cost: Decimal = _ONE
    """Of its cost, from 0 to 1."""
    usage: Decimal = _ONE
    """Of its usage, from 0 to 1."""

    def highest(self, other: Fractions) -> Fractions:
        """The higher of both, metric by metric."""
        return Fractions(max(self.cost, other.cost), max(self.usage, other.usage))


class Rule(msgspec.Struct, frozen=True, rename="pascal"):
    """One test of one column."""

    dimension: str
    """Name of the column."""
    operator: Operator
    """How it is compared."""
    values: tuple[str, ...]
    """With what; `("*",)` for anything."""
    applicability: Fractions | None = None
    """Which part of a matching charge counts; None leaves it to the object."""

    def matches(self, columns: Columns) -> bool:
        """Whether the charge passes; cases do not differ."""
        if self.values == _ANY and self.operator in ("In", "Contains"):
            return True
        found = columns.get(self.dimension)
        if self.operator in ("Exists", "DoesNotExist"):
            return (found is not None) is (self.operator == "Exists")
        if self.operator in ("x_Over", "x_AtMost"):
            return found is not None and (Decimal(found) > Decimal(self.values[0])) is (
                self.operator == "x_Over"
            )
        negated = self.operator.startswith("Not")
        if found is None:
            return negated
        text = found.casefold()
        compare = _COMPARE[self.operator.removeprefix("Not")]
        return negated is not any(compare(text, value.casefold()) for value in self.values)


_COMPARE: dict[str, Callable[[str, str], bool]] = {
    "In": str.__eq__,
    "StartsWith": str.startswith,
    "Contains": str.__contains__,
    "EndsWith": str.endswith,
}


class Limited(msgspec.Struct, frozen=True, rename="pascal"):
    """Our extension: charges that count only up to a share of what is committed (marketplace caps)."""

    rules: tuple[Rule, ...]
    """Which charges: those that pass all of them."""
    at_most: Decimal
    """The share of the same period's amount, from 0 to 1."""


class Applicability(msgspec.Struct, frozen=True):
    """The whole object."""

    everything: bool = False
    """IsGlobalScope: it applies to every charge that no exclusion takes out."""
    complex: bool = False
    """IsComplexScope: the schema cannot say it; the contract has to be read."""
    applicability: Fractions = Fractions()
    """Which part of a charge counts, unless a rule says otherwise."""
    joined: Joined = "And"
    """InclusionOperator."""
    inclusions: tuple[Rule, ...] = ()
    """What belongs to it."""
    excluded: Joined = "Or"
    """ExclusionOperator."""
    exclusions: tuple[Rule, ...] = ()
    """What is taken out again."""
    limits: tuple[Limited, ...] = ()
    """`x_Limits`, our extension."""

    def evaluate(self, columns: Columns) -> Fractions | None:
        """The part of the charge that counts; None when none does, or when the schema cannot say."""
        if self.complex:
            return None
        fractions = self.applicability
        if not self.everything:
            passed = [rule for rule in self.inclusions if rule.matches(columns)]
            if not passed or (self.joined == "And" and len(passed) < len(self.inclusions)):
                return None
            stated = [rule.applicability for rule in passed if rule.applicability is not None]
            for place, own in enumerate(stated):
                fractions = own if place == 0 else fractions.highest(own)
        out = [rule.matches(columns) for rule in self.exclusions]
        if out and (all(out) if self.excluded == "And" else any(out)):
            return None
        return fractions

    def to_json(self) -> dict[str, Any]:
        """The object as JSON values; fractions are numbers, exact as texts would be."""
        found: dict[str, Any] = {}
        if self.everything or self.complex:
            found["IsGlobalScope" if self.everything else "IsComplexScope"] = True
        if self.applicability != Fractions():
            found["Applicability"] = _plain(self.applicability)
        if not (self.everything or self.complex):
            found["InclusionOperator"] = self.joined
            found["Inclusions"] = [_rule(rule) for rule in self.inclusions]
        if self.exclusions:
            found["ExclusionOperator"] = self.excluded
            found["Exclusions"] = [_rule(rule) for rule in self.exclusions]
        if self.limits:
            found["x_Limits"] = [
                {"Rules": [_rule(rule) for rule in limit.rules], "AtMost": float(limit.at_most)}
                for limit in self.limits
            ]
        return found


def read_applicability(value: Mapping[str, Any]) -> Applicability:
    """The object that a provider delivers; raises ValueError with what is wrong with it.

    Structure first, as the standard asks: a global or complex scope has no inclusions and they exclude each
    other, any other scope has at least one and says how they are joined, and `*` stands alone.
    """
    everything, complex_ = bool(value.get("IsGlobalScope")), bool(value.get("IsComplexScope"))
    inclusions = _rules(value, "Inclusions")
    if everything and complex_:
        raise ValueError("IsGlobalScope and IsComplexScope exclude each other")
    if (everything or complex_) and inclusions:
        raise ValueError("a global or complex scope has no Inclusions")
    if not (everything or complex_ or inclusions):
        raise ValueError("Inclusions are missing, and the scope is neither global nor complex")
    if inclusions and "InclusionOperator" not in value:
        raise ValueError("InclusionOperator is missing")
    top = _fractions(value.get("Applicability"))
    return Applicability(
        everything=everything,
        complex=complex_,
        applicability=Fractions() if top is None else top,
        joined=_joined(value, "InclusionOperator", "And"),
        inclusions=inclusions,
        excluded=_joined(value, "ExclusionOperator", "Or"),
        exclusions=_rules(value, "Exclusions"),
        limits=tuple(
            Limited(_rules(limit, "Rules", own=True), _fraction(limit, "AtMost"))
            for limit in value.get("x_Limits", ())
        ),
    )


def _rules(value: Mapping[str, Any], key: str, *, own: bool = False) -> tuple[Rule, ...]:
    found: list[Rule] = []
    for item in value.get(key) or ():
        try:
            bare = {name: item[name] for name in ("Dimension", "Operator", "Values")}
            rule = msgspec.convert({**bare, "Applicability": _fractions(item.get("Applicability"))}, Rule)
        except (KeyError, msgspec.ValidationError) as error:
            raise ValueError(f"{key}: {error}") from error
        if "*" in rule.values and (rule.values != _ANY or rule.operator not in _WILD):
            raise ValueError(f"{key}: `*` stands alone, with In, Contains, Exists or DoesNotExist")
        if rule.operator in ("Exists", "DoesNotExist") and rule.values != _ANY:
            raise ValueError(f"{key}: {rule.operator} takes `*`")
        if rule.operator.startswith("x_") and not own:
            raise ValueError(f"{key}: {rule.operator} is no operator of the standard")
        found.append(rule)
    return tuple(found)


def _fractions(value: Mapping[str, Any] | None) -> Fractions | None:
    if value is None:
        return None
    if isinstance(value, Fractions):
        return value
    return Fractions(*(_fraction(value, name) for name in ("Cost", "Usage")))


def _fraction(value: Mapping[str, Any], name: str) -> Decimal:
    try:
        number = Decimal(str(value.get(name, 1)))
    except InvalidOperation:
        number = Decimal("NaN")
    if not (number.is_finite() and 0 <= number <= 1):
        raise ValueError(f"{name} is a fraction from 0 to 1, found `{value.get(name)}`")
    return number


def _joined(value: Mapping[str, Any], key: str, default: Joined) -> Joined:
    try:
        joined: Joined = msgspec.convert(value.get(key, default), Joined)
    except msgspec.ValidationError as error:
        raise ValueError(f"{key}: {error}") from error
    return joined


def _rule(rule: Rule) -> dict[str, Any]:
    found: dict[str, Any] = {
        "Dimension": rule.dimension,
        "Operator": rule.operator,
        "Values": list(rule.values),
    }
    if rule.applicability is not None:
        found["Applicability"] = _plain(rule.applicability)
    return found


def _plain(fractions: Fractions) -> dict[str, float]:
    return {"Cost": float(fractions.cost), "Usage": float(fractions.usage)}
